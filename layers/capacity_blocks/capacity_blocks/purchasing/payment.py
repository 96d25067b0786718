"""Await a payment: for how long EC2 may take, how often to look, and when a person should."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase.deadline import paid_before
from capacity_blocks.core.purchase.intent import HOLDS_RESERVATIONS, Intent, IntentState
from capacity_blocks.ports import Clock
from capacity_blocks.purchasing.look import Look, Word
from capacity_blocks.purchasing.scribe import Scribe

# A payment takes 5 minutes to 12 hours ("Capacity Blocks pricing and billing"): often at first, then now and then.
LOOKS = ((timedelta(hours=1), timedelta(minutes=2)), (timedelta(hours=13), timedelta(minutes=10)))
SELDOM = timedelta(hours=1)
UNSETTLED_AFTER = timedelta(days=1)  # past the deadline: nothing that waits will help, a person has been told
SETTLED = frozenset({IntentState.PAID, IntentState.PAYMENT_FAILED})

Words = Callable[[Intent], Notice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    clock: Clock
    scribe: Scribe

    def until(self, intent: Intent) -> datetime:
        """Return until when EC2 takes the fee."""
        return paid_before(bought_at(intent), intent.terms.offering)

    def may_be_given_up(self, intent: Intent) -> bool:
        """Whether it is so long past its deadline that a person's word may end it."""
        return self.clock.now() >= self.until(intent) + UNSETTLED_AFTER

    def pending(self, intent: Intent) -> Intent:
        if intent.state not in HOLDS_RESERVATIONS:
            return intent
        return self.scribe.move(intent, IntentState.PAYMENT_PENDING, "EC2 takes the fee within 12 hours")

    def awaited(self, intent: Intent, pending: Words, overdue: Words) -> Look:
        """Say what is awaited, or that it should have come, and when to look again; in the end a person must."""
        now, since, until = self.clock.now(), bought_at(intent), self.until(intent)
        if intent.state is IntentState.ADOPTED:  # of what was bought in the usual way that was said already
            self.scribe.say(pending(intent))
        intent = self.pending(intent)
        if now > until:
            self.scribe.say(overdue(intent))
        if now > until + UNSETTLED_AFTER:
            return Look(word=Word.ASKED_A_PERSON, intent=intent)
        wait = next((every for least, every in LOOKS if now - since < least), SELDOM)
        return Look(word=Word.LOOK_AGAIN, intent=intent, wait_until=now + wait)


def bought_at(intent: Intent) -> datetime:
    return intent.attempted_at or intent.changed_at
