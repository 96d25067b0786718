"""Where a block is and what happens next."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.chain import Level, Link
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import DEAD, ReservationState
from capacity_blocks.core.status import BlockStatus, ChainStatus, JointStatus, chain_status, statuses
from capacity_blocks.core.tag import wishes
from tests.factories import END, REGION, START, a_reservation, at
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, a_pool, bound, instances, running

EARLY = at("2026-02-20T09:00")
MOMENT, DAY = timedelta(microseconds=1), timedelta(days=1)


def status(**changes: Any) -> BlockStatus:
    given: dict[str, Any] = {
        "reservation_id": "cr-0a",
        "pool": "training",
        "region": REGION,
        "state": "active",
        "start": START,
        "drain_at": DRAIN_AT,
        "reclaim_at": RECLAIM_AT,
        "end": END,
        "targets": ("train: 8 of 8 in service",),
        "then": "nothing follows",
    }
    return BlockStatus(**(given | changes))


def active(*targets: Any) -> Pool:
    return a_pool(*targets, blocks=(ACTIVE,))


SCALES_OUT, TO_ZERO = "scales out at 2026-03-01 11:30 UTC", "scales to zero at 2026-03-02 10:50 UTC"
NONE_YET = ("train: 0 of 8 in service",)
STATUSES: dict[str, tuple[datetime, Pool, BlockStatus]] = {
    "waiting for its payment": (
        EARLY, a_pool(blocks=(a_reservation(state=ReservationState.PAYMENT_PENDING),)),
        status(
            state="payment-pending", phase="before start", targets=(),
            next="waits for payment; is to start at 2026-03-01 11:30 UTC", then="",
        ),
    ),
    "bound": (
        EARLY, a_pool(bound()), status(state="scheduled", phase="before start", targets=NONE_YET, next=SCALES_OUT)
    ),
    "paid, without a target": (
        EARLY, a_pool(),
        status(
            state="scheduled", phase="before start", targets=(),
            next=f"{SCALES_OUT}, but no target is free for all of it",
        ),
    ),
    "running": (START, active(running()), status(phase="usable", next=TO_ZERO)),
    "active, without a target": (
        START, active(), status(phase="usable", targets=(), next=f"waits for a free target; {TO_ZERO}")
    ),
    "shared out": (
        START,
        active(running("a", wishes=wishes({tag.INSTANCES: "3"}), instances=instances(2)), running("b")),
        status(phase="usable", targets=("a: 2 of 3 in service", "b: 8 of 5 in service"), next=TO_ZERO),
    ),
    "draining": (DRAIN_AT, active(running()), status(phase="draining", next="ends at 2026-03-02 11:30 UTC")),
    "reclaiming": (RECLAIM_AT, active(running()), status(phase="reclaiming", next="ends at 2026-03-02 11:30 UTC")),
    "ended": (END, active(running()), status(phase="ended", next="has ended")),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), STATUSES.values(), ids=STATUSES.keys())
def test_a_block_is(now: datetime, pool: Pool, expected: BlockStatus) -> None:
    assert statuses(now, pool) == (expected,)


@pytest.mark.parametrize("state", sorted(DEAD))
def test_a_block_that_never_comes_or_is_over_is_left_out(state: ReservationState) -> None:
    assert statuses(EARLY, a_pool(bound(), blocks=(a_reservation(state=state),))) == ()


def test_a_block_of_no_pool_is_said_to_be_claimed_by_none() -> None:
    nobody = Pool(name="", region=REGION, reservations=(a_reservation(tags={}),))

    assert [s.next for s in statuses(EARLY, nobody)] == ["no pool claims it"]


FOLLOWING = a_reservation(reservation_id="cr-0b", instance_count=4, start=END, end=END + DAY)
FIRST = Link(start=START, drain_at=DRAIN_AT, end=END, reservation_ids=("cr-0a",), instances=8)
SECOND = Link(start=END, drain_at=DRAIN_AT + DAY, end=END + DAY, reservation_ids=("cr-0b",), instances=4)
GAP = JointStatus(kind="gap", start=DRAIN_AT, end=END, minutes=40, instances=8)
LEVELS = (
    Level(start=START, end=DRAIN_AT, instances=8),
    Level(start=DRAIN_AT, end=END, instances=0),
    Level(start=END, end=DRAIN_AT + DAY, instances=4),
)
CHAINS: dict[str, tuple[datetime, ChainStatus]] = {
    "all that is to come": (
        EARLY, ChainStatus(pool="training", region=REGION, links=(FIRST, SECOND), joints=(GAP,), levels=LEVELS)
    ),
    "in the gap": (
        DRAIN_AT, ChainStatus(pool="training", region=REGION, links=(FIRST, SECOND), joints=(GAP,), levels=LEVELS[1:])
    ),
    "without what is over": (
        END, ChainStatus(pool="training", region=REGION, links=(SECOND,), levels=LEVELS[2:])
    ),
    "empty when all is over": (END + DAY, ChainStatus(pool="training", region=REGION)),
}  # fmt: skip


@pytest.mark.parametrize(("now", "expected"), CHAINS.values(), ids=CHAINS.keys())
def test_the_chain_of_a_pool_is_shown(now: datetime, expected: ChainStatus) -> None:
    assert chain_status(now, a_pool(blocks=(a_reservation(), FOLLOWING))) == expected


def test_an_overlap_is_shown_with_the_instances_that_are_there_twice() -> None:
    pool = a_pool(blocks=(a_reservation(), replace(FOLLOWING, start=DRAIN_AT - timedelta(hours=1))))

    assert chain_status(EARLY, pool).joints == (
        JointStatus(kind="overlap", start=DRAIN_AT - timedelta(hours=1), end=DRAIN_AT, minutes=60, instances=4),
    )


def test_each_block_says_how_its_pool_goes_on() -> None:
    gap = a_pool(blocks=(a_reservation(), FOLLOWING))
    overlap = a_pool(blocks=(a_reservation(), replace(FOLLOWING, start=DRAIN_AT - timedelta(hours=1))))

    assert [s.then for s in statuses(EARLY, gap)] == ["cr-0b follows after a gap of 40 minutes", "nothing follows"]
    assert [s.then for s in statuses(EARLY, overlap)] == [
        "cr-0b goes on without a gap: both serve for 1 hour",
        "nothing follows",
    ]
