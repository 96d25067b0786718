"""Where a block is and what happens next."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import DEAD, ReservationState
from capacity_blocks.core.status import BlockStatus, statuses
from capacity_blocks.core.tag import wishes
from tests.factories import END, REGION, START, a_reservation, at
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, a_pool, bound, instances, running

EARLY = at("2026-02-20T09:00")
MOMENT = timedelta(microseconds=1)


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
            next="waits for payment; is to start at 2026-03-01 11:30 UTC",
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
