"""Until when the drain of an instance may go on."""

from datetime import datetime, timedelta

import pytest

from capacity_blocks.core.drain.limit import LEAST_WARNING, limit
from capacity_blocks.core.policy import Policy
from tests.factories import END, START, a_reservation

MINUTE = timedelta(minutes=1)
POLICY = Policy()
DRAIN, ULTRASERVER_DRAIN = END - 40 * MINUTE, END - 70 * MINUTE
LAST, ULTRASERVER_LAST = END - 31 * MINUTE, END - 61 * MINUTE


@pytest.mark.parametrize(
    ("ultraserver", "began", "expected"),
    [
        (False, DRAIN, LAST),
        (False, DRAIN + 8 * MINUTE, LAST),
        (False, DRAIN - MINUTE, LAST),
        (False, START, START + POLICY.drain_at_most),
        (True, ULTRASERVER_DRAIN, ULTRASERVER_LAST),
        (None, ULTRASERVER_DRAIN, ULTRASERVER_LAST),
        (None, DRAIN, LAST),
        (None, START, START + POLICY.drain_at_most),
    ],
)
def test_the_block_says_until_when(ultraserver: bool | None, began: datetime, expected: datetime) -> None:
    assert limit(began, a_reservation(ultraserver=ultraserver), POLICY) == expected


def test_outside_of_any_block_the_pool_says_for_how_long() -> None:
    assert limit(START, None, Policy(drain_at_most=3 * MINUTE)) == START + 3 * MINUTE


def test_a_longer_lead_begins_the_drain_earlier() -> None:
    began = END - 90 * MINUTE

    assert limit(began, a_reservation(), POLICY) == began + POLICY.drain_at_most
    assert limit(began, a_reservation(), POLICY, lead=90 * MINUTE) == LAST


@pytest.mark.parametrize(
    ("termination", "expected"),
    [
        (START + 5 * MINUTE, START + 5 * MINUTE),
        (START, START + LEAST_WARNING),
        (START - MINUTE, START + LEAST_WARNING),
        (START + 60 * MINUTE, START + POLICY.drain_at_most),
    ],
)
def test_what_ec2_ends_itself_is_over_when_ec2_says(termination: datetime, expected: datetime) -> None:
    assert limit(START, a_reservation(), POLICY, termination=termination) == expected
