"""Do what a click wants, if whoever clicked may, and say in Slack what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capacity_blocks.clicking.reply import Reply
from capacity_blocks.clicking.starter import Starter
from capacity_blocks.core.purchase.approval import Door
from capacity_blocks.core.purchase.intent import request_of
from capacity_blocks.core.slack import answer, wish
from capacity_blocks.core.slack.click import Click, parse
from capacity_blocks.core.slack.rewrite import Note
from capacity_blocks.core.slack.wish import Decision
from capacity_blocks.pool_settings import PoolSettingsError
from capacity_blocks.purchasing.decider import Decider
from capacity_blocks.purchasing.step import StepError, UnknownIntentError, find
from capacity_blocks.slack_ports import Replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    decider: Decider
    starter: Starter
    replies: Replies

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Handle one click; ClickError where it is none.

        Record, then reply: what Slack does not take is tried again by Lambda, and then finds the answer given. Whoever
        gave it may hear that twice, and never that it counts when it does not.
        """
        click = parse(event)
        wished = wish.read(click.value)
        reply = self._decide(click, wished) if isinstance(wished, Decision) else self.starter.start(click, wished)
        lost = reply.send(click, self.replies)
        note = reply.note.text if reply.note is not None else ""
        return {"by": click.identity, "value": dict(click.value), "told": reply.told, "note": note, "lost": lost}

    def _decide(self, click: Click, decision: Decision) -> Reply:
        try:
            counts, told = self.decider.decide(Door.SLACK, click.identity, decision.body)
        except (StepError, UnknownIntentError, PoolSettingsError) as error:
            return Reply(told=f"It does not count: {error}")
        intent_id = decision.body["intent_id"]
        intent = find(self.decider.ledger, {"request_id": request_of(intent_id), "intent_id": intent_id})
        now, zone = self.decider.clock.now(), self.decider.scribe.context(intent)["time_zone"]
        note = Note(
            subject=intent_id,
            text=answer.standing(intent, now, click.team, zone),
            concerns=lambda value: value.get("intent_id") == intent_id,
            is_final=not answer.is_open(intent, now),
        )
        return Reply(note=note if note.text else None, told="" if counts else told)
