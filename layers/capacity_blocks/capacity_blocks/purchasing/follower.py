"""Follow an intent: bring it forward in all that needs no spending, from whatever state a crash may have left it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow
from capacity_blocks.purchasing.bookkeeper import BookBusyError, Bookkeeper
from capacity_blocks.purchasing.closer import IN_FLIGHT
from capacity_blocks.purchasing.finder import Finder
from capacity_blocks.purchasing.look import Look, Word
from capacity_blocks.purchasing.scribe import LostRaceError, Scribe
from capacity_blocks.purchasing.settler import Settler
from capacity_blocks.purchasing.step import StepError, claimed, find, section

S = IntentState
# A workflow ends its own request within minutes of the last step; one that has not for so long will not any more.
ORPHANED_AFTER = timedelta(days=1)
# What one intent may stumble over without stopping the sweep of the others.
STUMBLES = (AwsError, BookBusyError, LookupError, LostRaceError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    clock: Clock
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe
    finder: Finder
    settler: Settler

    def follow(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Bring one intent forward, or every intent in flight when none is named: the sweep.

        `give_up` closes one that was never attempted; `nothing_was_bought` is a person's word about one that nobody
        could find.
        """
        if "intent" not in event:
            return self._sweep()
        intent = find(self.ledger, section(event, "intent"))
        if event.get("nothing_was_bought") is True:
            return self._closed(intent, "a person found that nothing was bought", S.NOT_FOUND).document()
        if event.get("give_up") is True:
            return self._closed(intent, "it could not be attempted, time and again", S.APPROVED).document()
        return self._step(intent).document()

    def _sweep(self) -> dict[str, Any]:
        """Follow all that is in flight, whatever became of its workflow. One that fails does not stop the others."""
        followed, errors = [], []
        for row in self.ledger.open_requests():
            intents = self.ledger.intents(row.request_id)
            for intent in (each for each in intents if each.state in IN_FLIGHT):
                try:
                    followed.append(self._step(intent).document())
                except STUMBLES as error:
                    errors.append(f"{intent.intent_id}: {error}")
            self._end_if_over(row, intents)
        return {"outcome": "swept", "followed": followed, "errors": errors}

    def _end_if_over(self, row: RequestRow, intents: Sequence[Intent]) -> None:
        """End a request whose purchase was followed to its end, and whose workflow is not there to do so.

        What a person found not to be bought is such an end too: the workflow ended when the person was asked.
        """
        ends = [each for each in intents if each.reservation_ids or (each.state is S.CLOSED and each.attempted_at)]
        before = self.clock.now() - ORPHANED_AFTER
        if ends and all(each.state not in IN_FLIGHT and each.changed_at < before for each in intents):
            self.ledger.end_request(row, f"{ends[-1].intent_id} is {ends[-1].state.value}")

    def _step(self, intent: Intent) -> Look:
        match intent.state:
            case S.ASKED:
                return self._asked(intent)
            case S.APPROVED:
                return Look(word=Word.APPROVED, intent=intent)
            case S.ATTEMPTING | S.UNKNOWN | S.NOT_FOUND:
                look = self.finder.look(intent)
                return look if isinstance(look, Look) else self.settler.settle(look)
            case S.BOUGHT | S.ADOPTED | S.PAYMENT_PENDING | S.PAID | S.PAYMENT_FAILED:
                return self.settler.settle(intent)
            case S.REJECTED | S.REFUSED | S.CLOSED:
                return self._over(intent)
            case S.UNRECOGNISED:
                raise StepError(f"{intent.intent_id}: a later version wrote its state; deploy that one")

    def _asked(self, intent: Intent) -> Look:
        if self.clock.now() < intent.expires_at:
            return Look(word=Word.WAITING, intent=intent, wait_until=intent.expires_at)
        closed = self.scribe.move(intent, S.CLOSED, "it was not approved in time")
        look = self._over(closed)
        self.scribe.say(notices.expired(intent=closed, looks_again=look.ask_again, **self.scribe.context(closed)))
        return look

    def _over(self, intent: Intent) -> Look:
        """Give back what is reserved. What EC2 refused, or a guard stopped, may be asked about anew.

        Of people who did not answer only a request that keeps looking asks again: silence is no wish for more.
        """
        if not intent.reservation_ids:
            self.bookkeeper.release(self.clock.now(), intent)
        is_stopped = intent.state is S.CLOSED and intent.attempted_at is None
        is_unanswered = is_stopped and intent.changed_at >= intent.expires_at
        again = intent.state is S.REFUSED or (is_stopped and (not is_unanswered or self._keeps_looking(intent)))
        return Look(word=Word.CLOSED, intent=intent, ask_again=again)

    def _keeps_looking(self, intent: Intent) -> bool:
        until = claimed(self.ledger, intent.request_id)[1].look_until
        return until is not None and self.clock.now() < until

    def _closed(self, intent: Intent, reason: str, state: IntentState) -> Look:
        """Close an intent that is in `state`, and give its money back."""
        if intent.state is S.CLOSED:
            return self._over(intent)
        if intent.state is not state:
            raise StepError(f"{intent.intent_id}: it is {intent.state.value}; allowed: one that is {state.value}")
        closed = self.scribe.move(intent, S.CLOSED, reason)
        self.bookkeeper.release(self.clock.now(), closed)
        return Look(word=Word.CLOSED, intent=closed)
