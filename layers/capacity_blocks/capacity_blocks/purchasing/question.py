"""Put a new intent to those who decide: its money is reserved, then the settings approve it, or people are asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.budget import BudgetError
from capacity_blocks.core.purchase.decision import approve_by_settings
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.scribe import Scribe, close
from capacity_blocks.purchasing.step import reference, row_of

OPEN = frozenset({IntentState.ASKED, IntentState.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    clock: Clock
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe

    def put(
        self, intent: Intent, settings: MoneySettings, why: str, unasked: Callable[[Intent], Notice]
    ) -> dict[str, Any]:
        """Reserve the money of an intent, and have it approved by the settings where they ask for nobody.

        `unasked` words that. Return what the workflow does next.
        """
        now = self.clock.now()
        if intent.state is IntentState.ASKED and now < intent.expires_at:
            try:
                self.bookkeeper.reserve(now, intent, settings)
            except BudgetError as error:
                return self._too_dear(intent, error)
        approved = approve_by_settings(now, intent, settings)
        if approved != intent:
            self.scribe.put(approved, intent)
        row = row_of(self.ledger, intent.request_id)
        if row.ended is not None:  # in between, as when a person stops the execution: nobody else will give this up
            closed = close(self.scribe, self.bookkeeper, approved, f"the request has ended: {row.ended}")
            return answer("nothing", told=closed.reason)
        if approved.state is not IntentState.APPROVED:
            return answer("ask", approved, wait_until=approved.expires_at, told=why)
        if not approved.approvals:
            self.scribe.say(unasked(approved))
        return answer("buy", approved, told=approved.reason)

    def _too_dear(self, intent: Intent, error: BudgetError) -> dict[str, Any]:
        """Close an intent whose money went to another one in the meantime."""
        closed = close(self.scribe, self.bookkeeper, intent, str(error))
        violations = (Violation(guard=Guard.BUDGET, reason=str(error)),)
        context = self.scribe.context(closed)
        self.scribe.say(notices.not_bought(intent=closed, violations=violations, looks_again=False, **context))
        return answer("nothing", told=closed.reason)


def answer(
    outcome: str, intent: Intent | None = None, *, wait_until: datetime | None = None, told: str
) -> dict[str, Any]:
    """Say what the workflow does next, about which intent, and when; `told` is for people."""
    return {
        "outcome": outcome,
        "intent": None if intent is None else reference(intent),
        "wait_until": None if wait_until is None else wait_until.isoformat(),
        "told": told,
    }
