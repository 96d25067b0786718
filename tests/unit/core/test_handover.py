"""A block takes over from the one before, while both serve."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import handover, tag
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Target
from tests.factories import END, REGION, START, a_reservation
from tests.unit.shapes import ACTIVE, DRAIN_AT, a_pool, instances, running

MINUTE, HOUR, MOMENT = timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)
LATER = DRAIN_AT - HOUR  # when the second block starts
SECOND = a_reservation(
    reservation_id="cr-0b", instance_count=4, state=ReservationState.ACTIVE, start=LATER, end=END + 24 * HOUR
)
OLD = running("old")
NEW = running("new", count=4, bound_to="cr-0b")
IN_SERVICE, READY = "cr-0b:new:in-service:first", "cr-0b:new:nodes-ready:first"
NODES = replace(NEW, wishes=wishes({tag.DRAIN: "eks"}))
JOINT = "cr-0a:joint:cr-0b:20260302T1050:20260302T0950"


def told(now: datetime, new: Target = NEW, *said: str, second: Any = SECOND) -> list[str]:
    pool = a_pool(OLD, new, blocks=(ACTIVE, second), said=dict.fromkeys(said, START))
    return [say.notice.kind for say in handover.notices(now, pool)]


TOLD: dict[str, tuple[list[str], list[str]]] = {
    "nothing before the later block starts": (told(LATER - MOMENT, NEW, IN_SERVICE), []),
    "that it is good, once all instances are in service": (told(LATER, NEW, IN_SERVICE), ["handed-over"]),
    "nothing while there is time": (told(LATER + 15 * MINUTE - MOMENT), []),
    "that it is not, once all should be": (told(LATER + 15 * MINUTE), ["hand-over-at-risk"]),
    "that it is not, though instances were in service once": (
        told(LATER + 15 * MINUTE, replace(NEW, instances=instances(3)), IN_SERVICE), ["hand-over-at-risk"]
    ),
    "that it is not, with instances whose nodes are not ready": (
        told(LATER + 15 * MINUTE, NODES, IN_SERVICE), ["hand-over-at-risk"]
    ),
    "that it is good, with nodes that are ready": (told(LATER, NODES, IN_SERVICE, READY), ["handed-over"]),
    "that it is good, with nodes that nobody may see": (
        told(LATER, NODES, IN_SERVICE, "new:nodes-unknown"), ["handed-over"]
    ),
    "that it is not, where nobody serves it": (
        told(LATER + 15 * MINUTE, replace(NEW, bound_to=None, desired=0, instances=())), ["hand-over-at-risk"]
    ),
    "that it is not, where a part of it is served by nobody": (
        told(LATER + 15 * MINUTE, replace(NEW, wishes=wishes({tag.INSTANCES: "3"})), IN_SERVICE),
        ["hand-over-at-risk"],
    ),
    "nothing once the earlier one drains": (told(DRAIN_AT), []),
    "that it is not, ten minutes before that at the latest": (
        told(DRAIN_AT - 10 * MINUTE, second=replace(SECOND, start=DRAIN_AT - 12 * MINUTE)), ["hand-over-at-risk"]
    ),
    "nothing sooner": (
        told(DRAIN_AT - 10 * MINUTE - MOMENT, second=replace(SECOND, start=DRAIN_AT - 12 * MINUTE)), []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), TOLD.values(), ids=TOLD.keys())
def test_people_are_told(found: list[str], expected: list[str]) -> None:
    assert found == expected


def one(now: datetime, pool: Pool) -> Notice:
    [say] = handover.notices(now, pool)
    return say.notice


def test_a_hand_over_that_is_good_in_words() -> None:
    pool = a_pool(OLD, NEW, blocks=(ACTIVE, SECOND), said={IN_SERVICE: LATER})

    assert one(LATER, pool) == Notice(
        key=f"{JOINT}:handed-over",
        kind="handed-over",
        severity=Severity.INFO,
        title="cr-0b is good: cr-0a can hand over to it",
        text=(
            "All 4 instances of cr-0b serve, from 2026-03-02 09:50 UTC on. Both blocks serve side by side until cr-0a "
            "drains at 2026-03-02 10:50 UTC."
        ),
        next_step="Nothing to do: move work over when it suits, before 2026-03-02 10:50 UTC.",
        pool="training",
        region=REGION,
        reservation_id="cr-0b",
    )


def test_a_hand_over_that_is_at_risk_in_words() -> None:
    pool = a_pool(OLD, replace(NEW, instances=instances(1)), blocks=(ACTIVE, SECOND))

    assert one(LATER + 15 * MINUTE, pool) == Notice(
        key=f"{JOINT}:at-risk",
        kind="hand-over-at-risk",
        severity=Severity.CRITICAL,
        title="cr-0b is not good yet, and cr-0a drains at 2026-03-02 10:50 UTC",
        text=(
            "cr-0b started at 2026-03-02 09:50 UTC; 1 of its 4 instances are in service. From 2026-03-02 10:50 UTC on "
            "the pool has no others in place of the 8 instances of cr-0a."
        ),
        next_step=(
            "See what keeps cr-0b from being good. To gain time, extend cr-0a: that is possible until 2026-03-02 10:30 "
            "UTC."
        ),
        pool="training",
        region=REGION,
        reservation_id="cr-0b",
    )
