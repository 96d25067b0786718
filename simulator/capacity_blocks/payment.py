"""When a payment settles, or that it does not: drawn by seed, or said by a story beforehand."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.assumptions import Delay

from .holdings import Holdings

# "Capacity Blocks pricing and billing": processed within 12 hours, and at least 5 minutes before the start.
LONGEST = timedelta(hours=12)
BEFORE_START = timedelta(minutes=5)
# "Extend Capacity Blocks": within 12 hours, or up to 35 minutes before the block is scheduled to end.
BEFORE_END = timedelta(minutes=35)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How a payment goes: after how long, and whether it succeeds. Without `after`, the seed says when."""

    after: timedelta | None = None
    succeeds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of a payment and its instant."""

    at: datetime
    succeeds: bool


class Payments:
    """Say the outcome of each payment: the planned ones first, in the order in which they were planned."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._planned: deque[Payment] = deque()

    def plan(self, payment: Payment) -> None:
        self._planned.append(payment)

    def settle(self, purchased: datetime, deadline: datetime) -> Settlement:
        """Settle what was purchased at `purchased`; what is not paid by the deadline fails at the deadline."""
        payment = self._planned.popleft() if self._planned else self._drawn()
        window = max(timedelta(), deadline - purchased)
        delay = self._draw_within(window) if payment.after is None else payment.after
        return Settlement(at=min(purchased + delay, deadline), succeeds=payment.succeeds and delay <= window)

    def _drawn(self) -> Payment:
        fails = self._holdings.dice.payments.random() < self._holdings.assumptions.payment_failures
        return Payment(succeeds=not fails)

    def _draw_within(self, window: timedelta) -> timedelta:
        """Draw a delay that keeps the deadline where that is possible: a late payment is for a story to ask for."""
        assumed = self._holdings.assumptions.payment
        if assumed.least > window:
            return assumed.least
        return Delay(least=assumed.least, most=min(assumed.most, window)).draw(self._holdings.dice.payments)
