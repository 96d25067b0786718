"""What is asked beyond the listings, and only when something is due."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_blocks.core import tag, wording
from capacity_blocks.core.assignment import bound_services
from capacity_blocks.core.inquiry import Inquiries, inquiries
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Occupant, Pool
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.tag import wishes
from tests.factories import END, START, a_reservation, a_target, at
from tests.unit.core.drain.shapes import HEARTBEAT, active, drained_by, in_service
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, a_pool, bound, instances, quiet, running

EARLY = at("2026-02-20T09:00")
MOMENT = timedelta(microseconds=1)
TRAIN = a_target().id
NOTHING = Inquiries()
OCCUPANTS = Inquiries(occupants=("cr-0a",))
LEFT = Inquiries(occupants=("cr-0a",), extensions=("cr-0a",))
FAILURES = Inquiries(failures=(TRAIN,))
FULL = a_pool(running(), blocks=(ACTIVE,))
SHORT = a_pool(running(instances=instances(7)), blocks=(ACTIVE,))
LATER = a_reservation(reservation_id="cr-0z", start=END, end=END + timedelta(days=1))

DUE: dict[str, tuple[datetime, Pool, Inquiries]] = {
    "nothing of a pool at rest": (EARLY, a_pool(bound()), NOTHING),
    "nothing of a free target without a block": (EARLY, a_pool(a_target(), blocks=()), NOTHING),
    "the details of a free target, when a block has none": (EARLY, a_pool(a_target()), Inquiries(details=(TRAIN,))),
    "nothing of a target that runs": (EARLY, a_pool(a_target(desired=1)), NOTHING),
    "no details while scale-out is stopped": (EARLY, a_pool(a_target(), policy=Policy(scale_out=False)), NOTHING),
    "no details while the payment is pending": (
        EARLY, a_pool(a_target(), blocks=(a_reservation(state=ReservationState.PAYMENT_PENDING),)), NOTHING
    ),
    "the details of a target that can make way": (
        EARLY, a_pool(bound(bound_to="cr-0z"), blocks=(a_reservation(), LATER)), Inquiries(details=(TRAIN,))
    ),
    "nothing of it, when the nearer block is served": (
        EARLY, a_pool(bound("b"), bound(bound_to="cr-0z"), blocks=(a_reservation(), LATER)), NOTHING
    ),
    "who is in the block, when the target is full": (START, FULL, OCCUPANTS),
    "who is in a block of one": (
        START, a_pool(running(count=1), blocks=(replace(ACTIVE, instance_count=1),)), OCCUPANTS
    ),
    "nothing of a full target while scale-out is stopped": (
        START, a_pool(running(), blocks=(ACTIVE,), policy=Policy(scale_out=False)), NOTHING
    ),
    "the last failure, while instances are missing": (START, SHORT, FAILURES),
    "nothing of a failure before EC2 says active": (START, a_pool(running(instances=())), NOTHING),
    "nothing of a failure while scale-out is stopped": (
        START, a_pool(running(instances=()), blocks=(ACTIVE,), policy=Policy(scale_out=False)), NOTHING
    ),
    "the last failure until the drain": (DRAIN_AT - MOMENT, SHORT, replace(FAILURES, extensions=("cr-0a",))),
    "who is left in the block, from the drain on": (DRAIN_AT, SHORT, LEFT),
    "who is left in the block, while EC2 reclaims": (RECLAIM_AT, FULL, OCCUPANTS),
    "nothing from the end on": (END, FULL, NOTHING),
    "a block of two targets once": (
        DRAIN_AT, a_pool(running("a", wishes=wishes({tag.INSTANCES: "4"})), running("b"), blocks=(ACTIVE,)), LEFT
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), DUE.values(), ids=DUE.keys())
def test_it_is_asked_for(now: datetime, pool: Pool, expected: Inquiries) -> None:
    assert inquiries(now, told(pool)) == expected


def told(pool: Pool, *more: str) -> Pool:
    """Return the pool after the timeline of all that is bound was told."""
    keys = [wording.schedule.timeline(service, pool.policy).key for service in bound_services(pool)]
    return replace(pool, said={**dict.fromkeys([*keys, *more], EARLY), **pool.said})


def occupants(group: str = "train") -> tuple[Occupant, ...]:
    return tuple(Occupant(instance_id=i.instance_id, group=group) for i in instances(8))


def test_nothing_is_asked_again_once_it_was_told() -> None:
    inside = a_pool(running(), blocks=(ACTIVE,), occupants={"cr-0a": occupants()})
    left = a_pool(running(), blocks=(ACTIVE,), occupants={"cr-0a": occupants("other")})

    assert inquiries(START, quiet(START, inside)) == NOTHING
    assert inquiries(DRAIN_AT, quiet(DRAIN_AT, left)) == NOTHING


@pytest.mark.parametrize(
    ("now", "method", "expected"),
    [
        (DRAIN_AT - timedelta(minutes=10, microseconds=1), "eks", False),
        (DRAIN_AT - timedelta(minutes=10), "eks", True),
        (DRAIN_AT - timedelta(microseconds=1), "eks", True),
        (DRAIN_AT, "eks", False),
        (DRAIN_AT - timedelta(minutes=5), "none", False),
    ],
)
def test_hooks_are_looked_at_shortly_before_a_drain(now: datetime, method: str, *, expected: bool) -> None:
    service = in_service(drained_by(method, hook=HEARTBEAT if method == "eks" else None))
    said = {wording.schedule.timeline(service, Policy()).key: START}
    pool = active(service.target, said=said)

    assert bool(inquiries(now, pool).hooks) is expected
