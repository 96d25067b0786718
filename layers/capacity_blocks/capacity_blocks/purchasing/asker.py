"""Ask people: keep the workflow's task token with the intent, and send the question once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.ports import Clock, PoolSettings
from capacity_blocks.purchase_ports import PurchaseLedger, TaskTokens
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.step import find, section, text
from capacity_blocks.purchasing.survey import money_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    clock: Clock
    ledger: PurchaseLedger
    pool_settings: PoolSettings
    tokens: TaskTokens
    scribe: Scribe
    decide_url: str
    console_function: str
    slack_buttons: bool

    def ask(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Ask about an intent, and let the workflow wait. Where it is decided already, wake the workflow at once.

        The token is kept before the intent is read: a decision in between wakes it, or is seen here.
        """
        token = text(event, "token")
        intent = find(self.ledger, section(event, "intent"))
        self.ledger.keep_token(intent, token)
        intent = find(self.ledger, section(event, "intent"))
        if intent.state is not IntentState.ASKED or self.clock.now() >= intent.expires_at:
            self.tokens.wake(token)
            return {"told": f"{intent.intent_id} is {intent.state.value}, and nobody can answer any more"}
        pool = intent.terms.pool
        self.scribe.say(
            notices.asked(
                intent=intent,
                settings=money_settings(self.pool_settings, pool),
                url=self.decide_url,
                console_function=self.console_function,
                slack=self.slack_buttons,
                why=str(event.get("why", "")),
                book=self.ledger.book(pool),
                **self.scribe.context(intent),
            )
        )
        return {"told": f"asked about {intent.intent_id}"}
