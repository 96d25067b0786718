"""Until when an instance that terminates may be drained."""

from datetime import datetime, timedelta

import pytest

from capacity_blocks.core.drain.deadline import deadline
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import Timeline
from tests.factories import END, START, a_reservation
from tests.unit.shapes import DRAIN_AT, RECLAIM_AT

MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)
LAST = RECLAIM_AT - MINUTE
LONG = Policy(drain_lead=90 * MINUTE)

DEADLINES: dict[str, tuple[datetime, Policy, datetime]] = {
    "long before the drain it has the most that a drain may take": (START, Policy(), START + 10 * MINUTE),
    "which a pool may set": (START, Policy(drain_at_most=25 * MINUTE), START + 25 * MINUTE),
    "it may go on into the drain of the block": (DRAIN_AT - 3 * MINUTE, Policy(), DRAIN_AT + 7 * MINUTE),
    "a moment before the drain it is cut at a minute before the reclaim": (DRAIN_AT - MOMENT, Policy(), LAST),
    "a native action may drain two minutes early": (END - 92 * MINUTE, LONG, LAST),
    "where settings are broken nobody knows when the drain began": (START, Policy(broken="not JSON"), LAST),
    "from the drain on it has what is left": (DRAIN_AT, Policy(), LAST),
    "however much that is": (END - 90 * MINUTE, LONG, LAST),
    "but not a moment before, though much is left": (
        END - 92 * MINUTE - MOMENT, LONG, END - 82 * MINUTE - MOMENT
    ),
    "and nothing from the last minute on": (RECLAIM_AT, Policy(), LAST),
}  # fmt: skip


@pytest.mark.parametrize(("began", "policy", "expected"), DEADLINES.values(), ids=DEADLINES.keys())
def test_an_instance_is_let_go_at(began: datetime, policy: Policy, expected: datetime) -> None:
    assert deadline(began, Timeline.of(a_reservation(), policy), policy) == expected


def test_an_ultraserver_is_drained_half_an_hour_earlier() -> None:
    timeline = Timeline.of(a_reservation(ultraserver=True), Policy())

    assert deadline(END - 70 * MINUTE, timeline, Policy()) == END - 61 * MINUTE
