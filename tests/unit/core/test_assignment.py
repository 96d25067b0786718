"""Which target serves which block."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.assignment import Assignment, Waiting, assign
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Target
from tests.factories import END, START, a_launch_template, a_reservation, a_target, at, some_details
from tests.unit.shapes import ACTIVE, DRAIN_AT, a_pool, bound, instances, running

EARLY = at("2026-02-20T09:00")
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def free(name: str = "train", count: int | None = None, **changes: Any) -> Target:
    given: dict[str, Any] = {"wishes": wishes({tag.INSTANCES: str(count)} if count else {}), "details": some_details()}
    return a_target(name, **(given | changes))


def unfit(name: str = "train") -> Target:
    return free(name, details=some_details(template=a_launch_template(market_type="spot")))


def serves(target: Target, block: Reservation, share: int = 8) -> Service:
    return Service(target=target, reservation=block, share=share)


FIRST = a_reservation()
OVERLAPPING = a_reservation(reservation_id="cr-0b", start=START + MINUTE, end=END + DAY)
FAR = a_reservation(reservation_id="cr-0d", start=END + MINUTE, end=END + DAY)
OTHER_TYPE = a_reservation(reservation_id="cr-0b", start=END, end=END + DAY, instance_type="p9")
NEXT = a_reservation(reservation_id="cr-0c", start=END, end=END + DAY)
SPOT = "its launch template has market type spot: remove InstanceMarketOptions"

BINDS: dict[str, tuple[datetime, Pool, list[tuple[str, str, int]]]] = {
    "a free target to a paid block": (EARLY, a_pool(free()), [("train", "cr-0a", 8)]),
    "no target to a block whose payment is pending": (
        EARLY, a_pool(free(), blocks=(a_reservation(state=ReservationState.PAYMENT_PENDING),)), []
    ),
    "no target to a block in a state that nobody knows": (
        EARLY, a_pool(free(), blocks=(a_reservation(state=ReservationState.UNRECOGNISED),)), []
    ),
    "a target to a block that has started": (START + MINUTE, a_pool(free(), blocks=(ACTIVE,)), [("train", "cr-0a", 8)]),
    "a target until the drain": (DRAIN_AT - MOMENT, a_pool(free(), blocks=(ACTIVE,)), [("train", "cr-0a", 8)]),
    "no target from the drain on": (DRAIN_AT, a_pool(free(), blocks=(ACTIVE,)), []),
    "a target that is not yet drained by its own lead": (
        DRAIN_AT - 20 * MINUTE - MOMENT,
        a_pool(free(wishes=wishes({tag.DRAIN_LEAD: "60"})), blocks=(ACTIVE,)),
        [("train", "cr-0a", 8)],
    ),
    "no target that would be drained already by its own lead": (
        DRAIN_AT - 20 * MINUTE, a_pool(free(wishes=wishes({tag.DRAIN_LEAD: "60"})), blocks=(ACTIVE,)), []
    ),
    "no target when scale-out is stopped": (EARLY, a_pool(free(), policy=Policy(scale_out=False)), []),
    "no target when the settings are broken": (EARLY, a_pool(free(), policy=Policy(broken="x")), []),
    "no target with instances": (EARLY, a_pool(free(instances=instances(1))), []),
    "no target with a desired capacity": (EARLY, a_pool(free(desired=1)), []),
    "no target that was not read": (EARLY, a_pool(free(details=None)), []),
    "no target that does not fit": (EARLY, a_pool(unfit()), []),
    "no target to a block that is served": (EARLY, a_pool(bound(), free("b")), []),
    "no target to a block that was tagged for another pool": (
        EARLY, a_pool(free(), blocks=(a_reservation(tags={tag.POOL: "research"}),)), []
    ),
    "a target to a block that the pool's settings list": (
        EARLY, a_pool(free(), blocks=(a_reservation(tags={}, owned=False),)), [("train", "cr-0a", 8)]
    ),
    "several targets by their numbers, and the rest to who names none": (
        EARLY, a_pool(free("a"), free("b", 2), free("c", 5)), [("c", "cr-0a", 5), ("b", "cr-0a", 2), ("a", "cr-0a", 1)]
    ),
    "no target that wants more than is left": (EARLY, a_pool(free("a", 6), free("b", 4)), [("a", "cr-0a", 6)]),
    "what is left beside those that serve": (
        EARLY,
        a_pool(bound("a", wishes=wishes({tag.INSTANCES: "3"})), free("b")),
        [("b", "cr-0a", 5)],
    ),
    "the last instance of a block": (
        EARLY, a_pool(bound("a", wishes=wishes({tag.INSTANCES: "7"})), free("b")), [("b", "cr-0a", 1)]
    ),
    "two blocks to two targets, the earlier first": (
        EARLY, a_pool(free("a"), free("b"), blocks=(FIRST, OVERLAPPING)), [("a", "cr-0a", 8), ("b", "cr-0b", 8)]
    ),
    "one target to the earlier of two blocks": (
        EARLY, a_pool(free(), blocks=(FIRST, OVERLAPPING)), [("train", "cr-0a", 8)]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), BINDS.values(), ids=BINDS.keys())
def test_it_binds(now: datetime, pool: Pool, expected: list[tuple[str, str, int]]) -> None:
    to_bind = assign(now, pool).to_bind

    assert [(s.target.id.name, s.reservation.reservation_id, s.share) for s in to_bind] == expected


ONE, TWO = bound(), bound("second")
WAITS: dict[str, tuple[datetime, Pool, tuple[Waiting, ...]]] = {
    "nothing, when all are served": (EARLY, a_pool(bound()), ()),
    "a block of a pool without targets": (EARLY, a_pool(), (Waiting(reservation=FIRST, left=8),)),
    "what the targets leave of a block": (
        EARLY, a_pool(free("a", 3)), (Waiting(reservation=FIRST, left=5),)
    ),
    "a block for which no free target fits, with the reasons": (
        EARLY, a_pool(unfit()), (Waiting(reservation=FIRST, left=8, misfits=((unfit().id, (SPOT,)),)),)
    ),
    "the second of two overlapping blocks, behind the first": (
        EARLY, a_pool(ONE, blocks=(FIRST, OVERLAPPING)),
        (Waiting(reservation=OVERLAPPING, left=8, behind=serves(ONE, FIRST)),),
    ),
    "the third of three blocks, behind the second that waits itself": (
        EARLY, a_pool(ONE, blocks=(FIRST, NEXT, FAR)),
        (
            Waiting(reservation=NEXT, left=8, behind=serves(ONE, FIRST)),
            Waiting(
                reservation=FAR,
                left=8, behind=serves(ONE, NEXT),
            ),
        ),
    ),
    "a block behind the target that is through first": (
        EARLY, a_pool(bound("a", bound_to="cr-0b"), TWO, blocks=(FIRST, OVERLAPPING, NEXT)),
        (Waiting(reservation=NEXT, left=8, behind=serves(TWO, FIRST)),),
    ),
    "a block behind nobody of its instance type": (
        EARLY,
        a_pool(ONE, blocks=(FIRST, OTHER_TYPE)),
        (Waiting(
            reservation=OTHER_TYPE, left=8
        ),),
    ),
    "nothing that is not known: a target was not read": (EARLY, a_pool(free(details=None)), ()),
    "nothing, when scale-out is stopped": (EARLY, a_pool(policy=Policy(scale_out=False)), ()),
    "a block that its own lead keeps from a target that would not fit it either": (
        DRAIN_AT - 20 * MINUTE,
        a_pool(free(wishes=wishes({tag.DRAIN_LEAD: "60"}), details=unfit().details), blocks=(ACTIVE,)),
        (Waiting(reservation=ACTIVE, left=8),),
    ),
    "nothing, when only a target's own lead has drained it": (
        DRAIN_AT - 20 * MINUTE, a_pool(free(wishes=wishes({tag.DRAIN_LEAD: "60"})), blocks=(ACTIVE,)), ()
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), WAITS.values(), ids=WAITS.keys())
def test_what_waits(now: datetime, pool: Pool, expected: tuple[Waiting, ...]) -> None:
    assert assign(now, pool).waiting == expected


LATER = a_reservation(reservation_id="cr-0z", start=END, end=END + DAY)
IDLE = bound(bound_to="cr-0z", details=some_details())
MAKES_WAY: dict[str, tuple[datetime, Pool, list[str]]] = {
    "a target whose own block starts when the nearer one ends": (EARLY, a_pool(IDLE, blocks=(FIRST, LATER)), ["train"]),
    "no target whose own block starts a moment before that": (
        EARLY,
        a_pool(IDLE, blocks=(FIRST, a_reservation(reservation_id="cr-0z", start=END - MOMENT, end=END + DAY))),
        [],
    ),
    "no target while another is free": (EARLY, a_pool(IDLE, free("b"), blocks=(FIRST, LATER)), []),
    "no target that does not fit the nearer block": (
        EARLY, a_pool(bound(bound_to="cr-0z", details=unfit().details), blocks=(FIRST, LATER)), []
    ),
    "no target that was not read": (EARLY, a_pool(bound(bound_to="cr-0z"), blocks=(FIRST, LATER)), []),
    "no target that runs": (
        EARLY, a_pool(running(bound_to="cr-0z", details=some_details()), blocks=(FIRST, LATER)), []
    ),
    "no target for a block that is served": (EARLY, a_pool(IDLE, bound("b"), blocks=(FIRST, LATER)), []),
    "no target for a block that is not paid": (
        EARLY, a_pool(IDLE, blocks=(a_reservation(state=ReservationState.PAYMENT_PENDING), LATER)), []
    ),
    "no target that its own lead would have drained already": (
        DRAIN_AT - 20 * MINUTE,
        a_pool(
            bound(bound_to="cr-0z", wishes=wishes({tag.DRAIN_LEAD: "60"}), details=some_details()),
            blocks=(ACTIVE, LATER),
        ),
        [],
    ),
    "one of two targets, when one is enough": (
        EARLY, a_pool(IDLE, bound("b", bound_to="cr-0z", details=some_details()), blocks=(FIRST, LATER)), ["b"]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), MAKES_WAY.values(), ids=MAKES_WAY.keys())
def test_what_makes_way_for_a_block_that_was_bought_later_and_runs_earlier(
    now: datetime, pool: Pool, expected: list[str]
) -> None:
    assert [s.target.id.name for s in assign(now, pool).to_free] == expected


def test_a_target_that_made_way_is_bound_to_the_nearer_block_and_the_later_one_queues() -> None:
    target = free()

    assert assign(EARLY, a_pool(target, blocks=(FIRST, LATER))) == Assignment(
        to_bind=(serves(target, FIRST),),
        waiting=(Waiting(reservation=LATER, left=8, behind=serves(target, FIRST)),),
    )


def test_a_target_bound_to_what_ec2_does_not_list_is_adrift() -> None:
    lost, kept = bound("lost", bound_to="cr-gone"), bound("kept")

    assert assign(EARLY, a_pool(lost, kept)) == Assignment(bound=(serves(kept, FIRST),), adrift=(lost,))
