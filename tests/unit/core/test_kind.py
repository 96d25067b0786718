"""The kind of a block, where EC2 does not tell it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_blocks.core.kind import by_drain, by_drains, by_type
from tests.factories import END, a_reservation
from tests.unit.shapes import DRAIN_AT, bound, drain_action

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
UNREAD = a_reservation(ultraserver=None)


@pytest.mark.parametrize("name", ["p5.48xlarge", "p5en.48xlarge", "p4d.24xlarge", "p6-b200.48xlarge", "trn1.32xlarge"])
def test_no_ultraserver_is_made_of_these(name: str) -> None:
    assert by_type(name) is False


@pytest.mark.parametrize(
    "name", ["p6e-gb200.36xlarge", "trn2.48xlarge", "trn2u.48xlarge", "p9.48xlarge", "p5.96xlarge"]
)
def test_of_any_other_type_ec2_is_asked(name: str) -> None:
    assert by_type(name) is None


TOLD: dict[str, tuple[datetime | None, bool | None]] = {
    "nothing without one": (None, None),
    "nothing at T-70, when either may drain": (END - 70 * MINUTE, None),
    "nothing until an UltraServer is reclaimed": (END - 60 * MINUTE - MOMENT, None),
    "an instance block from then on": (END - 60 * MINUTE, False),
    "an instance block at T-40": (DRAIN_AT, False),
    "an instance block whose drain was put off": (END - 36 * MINUTE, False),
    "nothing from its reclaim on": (END - 30 * MINUTE, None),
    "nothing before another end": (DRAIN_AT - timedelta(days=1), None),
}


@pytest.mark.parametrize(("drain_at", "ultraserver"), TOLD.values(), ids=TOLD.keys())
def test_a_native_drain_action_tells(drain_at: datetime | None, ultraserver: bool | None) -> None:
    assert by_drain(UNREAD, drain_at) == replace(UNREAD, ultraserver=ultraserver)


def test_what_ec2_tells_stands() -> None:
    ultraserver = a_reservation(ultraserver=True)

    assert by_drain(ultraserver, DRAIN_AT) == ultraserver


def test_only_what_serves_a_block_tells_of_it() -> None:
    other = replace(UNREAD, reservation_id="cr-0b")
    nightly = replace(drain_action(), name="nightly")
    targets = [
        bound(scheduled_actions=(drain_action(),)),
        bound("b", bound_to="cr-0b", scheduled_actions=(nightly,)),
        bound("c", bound_to=None, scheduled_actions=(drain_action(),)),
    ]

    assert by_drains([UNREAD, other], targets) == (replace(UNREAD, ultraserver=False), other)
