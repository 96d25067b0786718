"""Start what a click on a reminder asks for: the workflow of an extension, or of a purchase.

A click buys nothing: the workflow looks up what is on sale now, and asks for approval of exactly that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from capacity_blocks.clicking.reply import Reply
from capacity_blocks.core.purchase import approver, canonical
from capacity_blocks.core.purchase.words import hours, when
from capacity_blocks.core.slack import answer
from capacity_blocks.core.slack.click import Click
from capacity_blocks.core.slack.rewrite import Note
from capacity_blocks.core.slack.wish import HOUR, Extension, Successor
from capacity_blocks.pool_settings import PoolSettingsError
from capacity_blocks.ports import Clock, PoolSettings
from capacity_blocks.purchase_ports import Workflows
from capacity_blocks.purchasing.survey import money_settings

AGAIN = "It was asked for by this message already: its question, or what became of it, is a message of its own."


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    clock: Clock
    pool_settings: PoolSettings
    workflows: Workflows
    extension_machine: str
    purchase_machine: str

    def start(self, click: Click, wish: Extension | Successor) -> Reply:
        """Start what is wished by somebody who may approve it. Each button of a message starts one workflow, once."""
        try:
            settings = money_settings(self.pool_settings, wish.pool)
        except PoolSettingsError as error:
            return Reply(told=f"The settings of pool {wish.pool} cannot be read: {error}")
        if settings is None or approver.person(click.identity, settings.approvers) is None:
            return Reply(told=answer.unlisted(click.identity, wish.pool))
        machine, name, document = self._workflow(click, wish)
        if not self.workflows.start(machine, f"{name}-{click.message_ts.replace('.', '-')}", document):
            return Reply(told=AGAIN)
        asked = answer.started(_what(wish), click.identity, self.clock.now(), click.team, UTC)
        return Reply(note=Note(subject=name, text=asked, concerns=lambda value: value == click.value))

    def _workflow(self, click: Click, wish: Extension | Successor) -> tuple[str, str, Mapping[str, Any]]:
        """Return state machine, name and input. A retry of a click has the same input, a second click another."""
        match wish:
            case Extension():
                why = f"{click.identity} asked for it in Slack (click {click.clicked_at})"
                extension = {
                    "reservation_id": wish.reservation_id,
                    "region": wish.region,
                    "hours": wish.duration // HOUR,
                    "why": why,
                    "automatic": False,
                    "most_fee": wish.most_fee,
                    "end": canonical.instant(wish.end),  # once it has moved, the click asks for nothing any more
                }
                return self.extension_machine, f"{wish.reservation_id}-{wish.duration // HOUR}h", {"extend": extension}
            case Successor():
                return self.purchase_machine, wish.request_id, wish.request


def _what(wish: Extension | Successor) -> str:
    match wish:
        case Extension():
            return (
                f"extend {wish.reservation_id}, which ends at {when(wish.end)}, by {hours(wish.duration)} hours "
                f"for at most ${wish.most_fee}"
            )
        case Successor():
            return f"buy a block for pool {wish.pool} by the request {wish.request_id}"
