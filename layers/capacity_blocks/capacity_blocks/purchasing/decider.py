"""The one door for decisions: record what somebody said, then wake the workflow, which reads the record."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from capacity_blocks.core.purchase import decision, notices
from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.decision import Answer
from capacity_blocks.core.purchase.intent import Intent, IntentState, request_of
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.reading import shown
from capacity_blocks.ports import AwsError, Clock, PoolSettings
from capacity_blocks.purchase_ports import PurchaseLedger, TaskTokens
from capacity_blocks.purchasing.scribe import LostRaceError, Scribe, UnsaidError
from capacity_blocks.purchasing.step import StepError, find, text
from capacity_blocks.purchasing.survey import money_settings

DECISIONS = {"approve": decision.approve, "reject": decision.reject}
FIELDS = ("intent_id", "terms", "decision")
MOST_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    clock: Clock
    ledger: PurchaseLedger
    pool_settings: PoolSettings
    tokens: TaskTokens
    scribe: Scribe

    def decide(self, door: Door, by: str, body: Mapping[str, Any]) -> tuple[bool, str]:
        """Record a decision; return whether it counts, and what to tell whoever made it.

        `by` is what the door knows of the caller, and nothing that the caller says. Record, then wake: a crash in
        between leaves a workflow that looks for itself a quarter of an hour later at the latest.
        """
        for name in sorted(set(body) - set(FIELDS)):
            raise StepError(f"{shown(name)} is not a field; allowed: {', '.join(FIELDS)}")
        intent_id, terms_hash, said = (text(body, name) for name in FIELDS)
        if said not in DECISIONS:
            raise StepError(f"decision is {shown(said)}; allowed: {', '.join(DECISIONS)}")
        request_id = request_of(intent_id)
        if request_id is None:
            raise StepError(f"intent_id is {shown(intent_id)}; allowed: the one that the question names")
        named = {"request_id": request_id, "intent_id": intent_id}
        for _ in range(MOST_TRIES):
            intent = find(self.ledger, named)
            settings = money_settings(self.pool_settings, intent.terms.pool)
            approval = Approval(by=by, door=door, at=self.clock.now(), terms_hash=terms_hash)
            answer = DECISIONS[said](approval.at, intent, approval, settings)
            if answer.intent == intent:
                return False, answer.told
            try:
                self.scribe.put(answer.intent, intent)
            except LostRaceError:  # somebody else decided at the same time: both are heard
                continue
            return True, self._heard(answer, settings)
        raise LostRaceError(f"{intent_id}: too many decisions at once; try again")

    def _heard(self, answer: Answer, settings: MoneySettings | None) -> str:
        """Wake the workflow where the question is answered, and tell everybody what was decided."""
        told, intent = answer.told, answer.intent
        if intent.state is not IntentState.ASKED and (token := self.ledger.token(intent)) is not None:
            try:
                self.tokens.wake(token)
            except AwsError:
                told += " It goes on within a quarter of an hour."
        with suppress(AwsError, UnsaidError):  # it is decided all the same, and whoever decided must hear so
            self._tell(intent, settings)
        return told

    def _tell(self, intent: Intent, settings: MoneySettings | None) -> None:
        context = self.scribe.context(intent)
        match intent.state:
            case IntentState.APPROVED:
                self.scribe.say(notices.approved(intent=intent, **context))
            case IntentState.REJECTED:
                self.scribe.say(notices.rejected(intent=intent, looks_again=False, **context))
            case _ if settings is not None:
                self.scribe.say(notices.heard(intent=intent, settings=settings, **context))
