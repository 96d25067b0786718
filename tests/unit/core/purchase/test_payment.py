"""Whether a purchase is paid."""

import pytest

from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.payment import failed, standing
from capacity_blocks.core.reservation import ReservationState
from tests.factories import a_reservation

R = ReservationState
PENDING, PAID, FAILED = IntentState.PAYMENT_PENDING, IntentState.PAID, IntentState.PAYMENT_FAILED

BY_STATE = {
    R.PAYMENT_PENDING: PENDING, R.PENDING: PENDING, R.SCHEDULED: PAID, R.ACTIVE: PAID, R.EXPIRED: PAID,
    R.PAYMENT_FAILED: FAILED, R.FAILED: FAILED, R.CANCELLED: FAILED, R.ASSESSING: PENDING, R.DELAYED: PENDING,
    R.UNSUPPORTED: PENDING, R.CANCELLING: PENDING, R.UNAVAILABLE: PENDING, R.UNRECOGNISED: PENDING,
}  # fmt: skip


@pytest.mark.parametrize("state", R, ids=str)
def test_only_what_ec2_says_ends_the_wait(state: ReservationState) -> None:
    assert standing([a_reservation(state=state)]) is BY_STATE[state]


SEVERAL = {
    "none listed yet": ([], PENDING),
    "all paid": ([R.SCHEDULED, R.ACTIVE], PAID),
    "one still pending": ([R.SCHEDULED, R.PAYMENT_PENDING], PENDING),
    "one failed and one pending": ([R.PAYMENT_FAILED, R.PAYMENT_PENDING], PENDING),
    "one failed and one paid is money spent": ([R.PAYMENT_FAILED, R.SCHEDULED], PAID),
    "all failed": ([R.PAYMENT_FAILED, R.PAYMENT_FAILED], FAILED),
}


@pytest.mark.parametrize(("states", "expected"), SEVERAL.values(), ids=SEVERAL.keys())
def test_a_purchase_of_several_reservations(states: list[ReservationState], expected: IntentState) -> None:
    assert standing([a_reservation(state=state) for state in states]) is expected


def test_the_reservations_that_failed_are_named() -> None:
    blocks = [a_reservation(reservation_id="cr-0b", state=R.PAYMENT_FAILED), a_reservation()]

    assert failed(blocks) == ("cr-0b",)
