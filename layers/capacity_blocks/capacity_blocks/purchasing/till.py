"""Where money changes hands: one attempt for each intent, recorded before it is made, and what EC2 answered to it."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.attempt import UNSURE, DryRun, can_end, dry_run
from capacity_blocks.core.purchase.budget import BudgetError
from capacity_blocks.core.purchase.intent import Intent, IntentState, TransitionError, learned, moved
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.purchase.violation import ASK_AGAIN, Guard, Violation
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow, Switches
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.scribe import LostRaceError, Scribe, close
from capacity_blocks.purchasing.step import find, reference
from capacity_blocks.purchasing.survey import UnreadError

MOST_TRIES = 5  # to write down what EC2 answered, against other runs that write at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What EC2 says that it sold: in which reservations, and under which id where it names one."""

    reservation_ids: Collection[str] = ()
    offering_id: str | None = None


NOTHING = Sold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """`call_timeout` is the longest that the client waits for EC2's answer; the function ends at `ends_at`."""

    clock: Clock
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe
    call_timeout: timedelta
    ends_at: datetime

    def check_dry_run(self, terms: Terms, answer: tuple[str | None, str]) -> Violation | None:
        """Return why a dry run forbids the purchase; UnreadError where its answer says no more than "not now"."""
        code, message = answer
        if dry_run(code) is DryRun.PERMITTED:
            return None
        if code in UNSURE:
            raise UnreadError(
                f"{terms.offering.offering_id}: the dry run brought {code}: {message}; nothing was attempted"
            )
        reason = f"EC2 answers to a dry run of the purchase with {code or 'no code'}: {message}"
        return Violation(guard=Guard.SPENDING_OFF, reason=reason)

    def reserve(self, intent: Intent, settings: MoneySettings | None) -> None:
        """Reserve the money again. What the book refuses the guards say in full: they find no such reservation."""
        if settings is not None:
            with suppress(BudgetError):
                self.bookkeeper.reserve(self.clock.now(), intent, settings)

    def begin(self, intent: Intent, offered: Offering) -> Intent | Violation:
        """Record the attempt, which one run alone can do; or say why there is none: the approval has run out.

        A crash after that loses the purchase or leaves it to the look-up, and can not repeat it.
        """
        if not self.can_end():
            raise UnreadError(f"{intent.intent_id}: too little time is left for the call; nothing was attempted")
        try:
            asked = f"EC2 is asked for {named(offered)}"
            now, offering_id = self.clock.now(), offered.offering_id
            attempting = moved(intent, IntentState.ATTEMPTING, now, asked, offering_id=offering_id)
        except TransitionError as error:
            return Violation(guard=Guard.EXPIRED, reason=str(error))
        return self.scribe.put(attempting, intent)

    def second_thought(self, attempting: Intent, switches: Switches) -> str | None:
        """Return what speaks against calling EC2 though the attempt is recorded: what came up as it was written."""
        if switches.killed() is not False or switches.spending() is not True:
            return "spending was switched off, or the switches could not be read"
        if not self.can_end() or self.clock.now() >= attempting.expires_at:
            return "it took too long until the attempt was recorded"
        return None

    def can_end(self) -> bool:
        return can_end(self.clock.now(), self.call_timeout, self.ends_at)

    def buy(self, attempting: Intent, terms: Terms, call: Callable[[], Sold]) -> Intent:
        """Call EC2, once, and write down its answer."""
        try:
            sold = call()
        except AwsError as error:
            state = IntentState.REFUSED if error.definite else IntentState.UNKNOWN
            return self.record(attempting, state, str(error))
        if not sold.reservation_ids:
            return self.record(attempting, IntentState.UNKNOWN, "EC2 sold it without naming a reservation")
        return self.record(attempting, IntentState.BOUGHT, f"EC2 sold {named(terms.offering)}", sold)

    def refuse(self, attempting: Intent, doubt: str) -> Intent:
        return self.record(attempting, IntentState.REFUSED, f"not asked of EC2 after all: {doubt}")

    def record(self, intent: Intent, state: IntentState, reason: str, sold: Sold = NOTHING) -> Intent:
        """Write down EC2's answer over whatever the look-ups have made of the intent meanwhile: it is the truth."""
        for _ in range(MOST_TRIES):
            try:
                if intent.reservation_ids:
                    after = learned(intent, sold.reservation_ids)
                else:
                    now = self.clock.now()
                    after = moved(intent, state, now, reason, sold.reservation_ids, sold.offering_id)
            except TransitionError:  # nothing that is told now changes what is known already
                return intent
            if after == intent or self.ledger.put_intent(after, intent):
                return after
            intent = find(self.ledger, reference(intent))
        raise LostRaceError(f"{intent.intent_id}: {reason}, which could not be written down")

    def stop(self, row: RequestRow, intent: Intent, violations: Sequence[Violation]) -> Intent:
        """Close an intent that may not buy, and give its money back. A request that may not ask again ends with it.

        `row` is the request as it was read before: whoever took it since goes on with it. It stays open for what may
        have been bought by an intent before.
        """
        reason = "; ".join(each.reason for each in violations)
        closed = close(self.scribe, self.bookkeeper, intent, reason)
        if all(each.guard in ASK_AGAIN for each in violations):
            return closed
        if not any(each.is_open(self.clock.now()) for each in self.ledger.intents(row.request_id)):
            self.ledger.end_request(row, f"not bought: {reason}")
        return closed


def named(offering: Offering) -> str:
    """Name an offering with the fee that it has at this moment: no more than was approved, and perhaps less."""
    return f"{offering.offering_id} at {money.shown(offering.upfront_fee or money.MOST, offering.currency)}"


def answer(intent: Intent) -> dict[str, Any]:
    return {"outcome": intent.state.value, "told": intent.reason, "reservation_ids": list(intent.reservation_ids)}
