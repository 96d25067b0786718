"""See to what was bought: its tags are complete, its payment settles, and the budget follows EC2's word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.intent import Intent, IntentState, learned
from capacity_blocks.core.purchase.lookup import Candidate
from capacity_blocks.core.purchase.payment import standing
from capacity_blocks.core.purchase.purchase_tag import tags_on_create
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import Candidates, ReservationTags
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.look import Look, Word
from capacity_blocks.purchasing.payment import SETTLED, Payment, bought_at
from capacity_blocks.purchasing.scribe import Scribe

TAGS_SETTLE = timedelta(minutes=5)  # "Eventual consistency in the Amazon EC2 API": tags may be stale for minutes
ALL_SHOWN_WITHIN = timedelta(minutes=30)  # of several reservations EC2's answer may have named fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    clock: Clock
    scribe: Scribe
    bookkeeper: Bookkeeper
    candidates: Mapping[str, Candidates]  # by region
    tags: Mapping[str, ReservationTags]  # by region

    @property
    def _payment(self) -> Payment:
        return Payment(clock=self.clock, scribe=self.scribe)

    def settle(self, intent: Intent) -> Look:
        """Bring tags, payment and budget of a purchase forward. The book is written before the intent's state."""
        if intent.state not in SETTLED:
            self.bookkeeper.reinstate(intent)  # it may have been taken for not bought, and its money been given back
        listing = self.candidates[intent.terms.offering.region].candidates()
        tagged = [each.reservation.reservation_id for each in listing if each.intent_id == intent.intent_id]
        if intent.state is IntentState.BOUGHT:
            self.scribe.say(notices.bought(intent=intent, **self.scribe.context(intent)))
        known = learned(intent, tagged)
        intent = known if known == intent else self.scribe.put(known, intent)
        found = [each for each in listing if each.reservation.reservation_id in intent.reservation_ids]
        self._see_to_tags(intent, found)
        return self._see_to_payment(intent, [each.reservation for each in found])

    def _see_to_payment(self, intent: Intent, found: Sequence[Reservation]) -> Look:
        match self._standing(intent, found):
            case IntentState.PAID:
                book = self.bookkeeper.commit(intent)
                intent = self._moved(intent, IntentState.PAID, "EC2 has taken the fee")
                context = self.scribe.context(intent)
                self.scribe.say(notices.paid(intent=intent, reservations=found, book=book, **context))
                return Look(word=Word.PAID, intent=intent)
            case IntentState.PAYMENT_FAILED:
                self.bookkeeper.release(self.clock.now(), intent)
                intent = self._moved(intent, IntentState.PAYMENT_FAILED, "EC2 could not take the fee")
                ids, context = intent.reservation_ids, self.scribe.context(intent)
                self.scribe.say(notices.payment_failed(intent=intent, failed=ids, **context))
                return Look(word=Word.FAILED, intent=intent)
            case _:
                return self._unpaid(intent)

    def _standing(self, intent: Intent, found: Sequence[Reservation]) -> IntentState:
        if intent.state in SETTLED:
            return intent.state
        expected = intent.terms.reservations
        is_early = self.clock.now() < bought_at(intent) + ALL_SHOWN_WITHIN
        if len(found) < len(intent.reservation_ids) or (len(intent.reservation_ids) < expected and is_early):
            return IntentState.PAYMENT_PENDING  # one that does not show yet may be the one that was paid
        return standing(found)

    def _unpaid(self, intent: Intent) -> Look:
        until, context = self._payment.until(intent), self.scribe.context(intent)
        return self._payment.awaited(
            intent,
            pending=lambda known: notices.payment_pending(intent=known, deadline=until, **context),
            overdue=lambda known: notices.payment_overdue(intent=known, deadline=until, **context),
        )

    def give_up(self, intent: Intent) -> Look:
        """Release what a person says is gone: long past the end of its payment, and listed by EC2 no more."""
        look = self.settle(intent)
        listing = self.candidates[intent.terms.offering.region].candidates()
        is_listed = any(each.reservation.reservation_id in look.intent.reservation_ids for each in listing)
        if look.intent.state in SETTLED or not self._payment.may_be_given_up(intent) or is_listed:
            return look
        self.bookkeeper.release(self.clock.now(), look.intent)
        failed = self._moved(look.intent, IntentState.PAYMENT_FAILED, "a person found its reservations gone")
        self.scribe.say(
            notices.payment_failed(intent=failed, failed=failed.reservation_ids, **self.scribe.context(failed))
        )
        return Look(word=Word.FAILED, intent=failed)

    def _moved(self, intent: Intent, state: IntentState, reason: str) -> Intent:
        return intent if intent.state is state else self.scribe.move(intent, state, reason)

    def _see_to_tags(self, intent: Intent, found: Sequence[Candidate]) -> None:
        """Put back what lacks of the tags that the purchase asked for, once they have had time to show."""
        wanted, now = tags_on_create(intent, [approval.by for approval in intent.approvals]), self.clock.now()
        shown = [each for each in found if now >= (each.created_at or intent.changed_at) + TAGS_SETTLE]
        lacking = {each.reservation.reservation_id: _lacking(each.reservation, wanted) for each in shown}
        lacking = {reservation_id: tags for reservation_id, tags in lacking.items() if tags}
        if not lacking:
            return
        context = self.scribe.context(intent)
        try:
            for reservation_id, tags in lacking.items():
                self.tags[intent.terms.offering.region].add([reservation_id], tags)
        except AwsError as error:
            self.scribe.say(notices.tags_not_repaired(intent=intent, lacking=lacking, error=str(error), **context))
        else:
            self.scribe.say(notices.tags_repaired(intent=intent, repaired=lacking, **context))


def _lacking(reservation: Reservation, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that are not there at all. One that people changed afterwards is theirs."""
    return {key: value for key, value in wanted.items() if key not in reservation.tags}
