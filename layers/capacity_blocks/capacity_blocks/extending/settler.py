"""See to what was bought: the payment settles, the end moves, and the budget follows EC2's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.extension import notices
from capacity_blocks.core.extension.lookup import may_be_bought, ours, standing
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.extending.finder import of_block
from capacity_blocks.extension_ports import ExtensionHistory
from capacity_blocks.ports import Clock, Reservations
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.look import Look, Word
from capacity_blocks.purchasing.payment import SETTLED, Payment
from capacity_blocks.purchasing.scribe import Scribe

MOVES_SOON = timedelta(minutes=1)  # from EC2's word that it is paid until it lists the new end; assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    clock: Clock
    scribe: Scribe
    bookkeeper: Bookkeeper
    history: Mapping[str, ExtensionHistory]  # by region
    reservations: Mapping[str, Reservations]  # by region
    function_timeout: timedelta

    @property
    def _payment(self) -> Payment:
        return Payment(clock=self.clock, scribe=self.scribe)

    def settle(self, intent: Intent) -> Look:
        """Bring payment, end and budget of an extension forward. The book is written before the intent's state."""
        if intent.state not in SETTLED:
            self.bookkeeper.reinstate(intent)  # it may have been taken for not bought, and its money been given back
        if intent.state is IntentState.BOUGHT:
            self.scribe.say(notices.bought(intent=intent, **self.scribe.context(intent)))
        match self._standing(intent):
            case IntentState.PAID:
                return self._paid(intent)
            case IntentState.PAYMENT_FAILED:
                return self._failed(intent, "EC2 could not take the fee")
            case _:
                return self._unpaid(intent)

    def give_up(self, intent: Intent) -> Look:
        """Release what a person says is gone: long past the end of its payment, and EC2 lists nothing like it."""
        look = self.settle(intent)
        if look.intent.state in SETTLED or not self._payment.may_be_given_up(intent):
            return look
        if may_be_bought(look.intent, of_block(self.history, look.intent), self._end(look.intent)):
            return look
        return self._failed(look.intent, "a person found it gone")

    def _standing(self, intent: Intent) -> IntentState:
        if intent.state in SETTLED:
            return intent.state
        siblings = self.scribe.ledger.intents(intent.request_id)
        return standing(ours(intent, of_block(self.history, intent), self.function_timeout, siblings))

    def _paid(self, intent: Intent) -> Look:
        """Commit the money; and say so once EC2 lists the new end, or had until the payment's last instant to do so.

        Nothing here moves an end: whoever plans for the block reads it from EC2.
        """
        book = self.bookkeeper.commit(intent)
        end = self._end(intent)
        is_moved = end is not None and end >= intent.terms.offering.end
        now = self.clock.now()
        if not is_moved and intent.state is not IntentState.PAID and now < self._payment.until(intent):
            intent = self._payment.pending(intent)
            return Look(word=Word.LOOK_AGAIN, intent=intent, wait_until=now + MOVES_SOON)
        if intent.state is not IntentState.PAID:
            intent = self.scribe.move(intent, IntentState.PAID, "EC2 has taken the fee")
        self.scribe.say(notices.paid(intent=intent, end=end, book=book, **self.scribe.context(intent)))
        return Look(word=Word.PAID, intent=intent)

    def _failed(self, intent: Intent, reason: str) -> Look:
        self.bookkeeper.release(self.clock.now(), intent)
        if intent.state is not IntentState.PAYMENT_FAILED:
            intent = self.scribe.move(intent, IntentState.PAYMENT_FAILED, reason)
        self.scribe.say(notices.payment_failed(intent=intent, **self.scribe.context(intent)))
        return Look(word=Word.FAILED, intent=intent)

    def _unpaid(self, intent: Intent) -> Look:
        context = self.scribe.context(intent)
        return self._payment.awaited(
            intent,
            pending=lambda known: notices.payment_pending(intent=known, **context),
            overdue=lambda known: notices.payment_overdue(intent=known, **context),
        )

    def _end(self, intent: Intent) -> datetime | None:
        """Return where the block ends by what EC2 lists now; None where it does not list it any more."""
        listed = self.reservations[intent.terms.offering.region].capacity_blocks()
        return next((each.end for each in listed if each.reservation_id == intent.terms.extends), None)
