"""Whether a purchase is paid: EC2 collects the fee between five minutes and twelve hours after it."""

from collections.abc import Sequence

from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.reservation import Reservation, ReservationState

# A block that expired was paid; EC2 may drop one that failed into any of the other states that it never leaves.
PAID_STATES = frozenset({ReservationState.SCHEDULED, ReservationState.ACTIVE, ReservationState.EXPIRED})
FAILED_STATES = frozenset({ReservationState.PAYMENT_FAILED, ReservationState.FAILED, ReservationState.CANCELLED})


def standing(reservations: Sequence[Reservation]) -> IntentState:
    """Return how the payment of all reservations of a purchase stands. One that was paid is money spent.

    None listed, or any in a state that says neither, is pending: only what EC2 says counts.
    """
    states = {each.state for each in reservations}
    if not states or states - PAID_STATES - FAILED_STATES:
        return IntentState.PAYMENT_PENDING
    return IntentState.PAID if states & PAID_STATES else IntentState.PAYMENT_FAILED


def failed(reservations: Sequence[Reservation]) -> tuple[str, ...]:
    """Return the reservations whose payment failed, beside others that may be paid."""
    return tuple(sorted(each.reservation_id for each in reservations if each.state in FAILED_STATES))
