"""What is done about a pool at each point of a block's life: whole plans, once all was said that there is to say."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import (
    Action,
    Bind,
    DeleteScheduledAction,
    PutScheduledAction,
    ResumeLaunch,
    Scale,
    Unbind,
    Unprotect,
)
from capacity_blocks.core.native import EKS_ACTION
from capacity_blocks.core.planner import Plan
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.reservation import DEAD, Reservation, ReservationState
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import ScheduledAction, Suspension, Target
from capacity_blocks.core.wording.binding import missing_key
from tests.factories import END, START, a_node_group, a_reservation, a_target, at, some_details
from tests.unit.shapes import (
    ACTIVE,
    DRAIN_AT,
    RECLAIM_AT,
    a_pool,
    bound,
    drain_action,
    instances,
    quiet_plan,
    running,
    start_action,
)

EARLY = at("2026-02-20T09:00")
MINUTE, SECOND, MOMENT, DAY = timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1), timedelta(days=1)
TRAIN, GPU = a_target().id, a_node_group().id
POLL = 3 * SECOND


def scale(
    desired: int,
    reason: str,
    *,
    target: Any = TRAIN,
    least: int = 0,
    most: int | None = None,
    until: datetime | None = None,
) -> Scale:
    return Scale(
        target=target,
        reservation_id="cr-0a",
        minimum=least,
        maximum=desired if most is None else most,
        desired=desired,
        before=until,
        reason=reason,
    )


def fill(desired: int = 8, reason: str = "the block is active", **changes: Any) -> Scale:
    return scale(desired, reason, until=DRAIN_AT, **changes)


def put(action: ScheduledAction) -> PutScheduledAction:
    return PutScheduledAction(target=TRAIN, reservation_id="cr-0a", scheduled=action, reason="the block is paid")


def delete(name: str, reservation_id: str | None = "cr-0a", why: str = "the block no longer calls for it") -> Action:
    return DeleteScheduledAction(target=TRAIN, reservation_id=reservation_id, name=name, reason=why)


def unbind(reason: str, target: Any = TRAIN, reservation_id: str = "cr-0a") -> Unbind:
    return Unbind(target=target, reservation_id=reservation_id, reason=reason)


def unprotect(reason: str, *ids: str) -> Unprotect:
    return Unprotect(target=TRAIN, reservation_id="cr-0a", instance_ids=ids, reason=reason)


def a_gpu(**changes: Any) -> Target:
    return a_node_group(**({"bound_to": "cr-0a"} | changes))


def active(*targets: Target, **changes: Any) -> Pool:
    return a_pool(*targets, blocks=(ACTIVE,), **changes)


def expired(*targets: Target) -> Pool:
    return a_pool(*targets, blocks=(a_reservation(state=ReservationState.EXPIRED),))


BIND = Bind(
    target=TRAIN,
    reservation_id="cr-0a",
    subnets=("subnet-a",),
    reason="it is free and fits 8 of the block's 8 instances",
)
RESUME = ResumeLaunch(
    target=TRAIN, reservation_id="cr-0a", reason="Auto Scaling suspended it after launches had failed"
)
NOT_STARTED, DRAINING, RECLAIMING, ENDED = (
    "the block has not started",
    "the block is draining",
    "the block is reclaiming",
    "the block is ended",
)
MISTAKEN = wishes({tag.INSTANCES: "all"})
NEXT = a_reservation(reservation_id="cr-0b", start=DRAIN_AT - MINUTE, end=END + DAY)
EXTENDED = a_reservation(state=ReservationState.ACTIVE, end=END + DAY)
LATE_AT = RECLAIM_AT - 5 * MINUTE  # when a node group should be empty
CHECK = START + 15 * MINUTE  # when all instances should be in service
ULTRA = running(scheduled_actions=(drain_action(END - 70 * MINUTE),))
PROTECTED = instances(2, protected=True)
Life = dict[str, tuple[datetime, Pool, tuple[Action, ...], datetime | None]]

BEFORE_START: Life = {
    "a free target is bound": (EARLY, a_pool(a_target(details=some_details())), (BIND,), START),
    "a bound one gets its native actions": (
        EARLY, a_pool(bound(scheduled_actions=())), (put(start_action()), put(drain_action())), START
    ),
    "nothing more is to be done": (EARLY, a_pool(bound()), (), START),
    "a bound node group is left to EKS's own action": (EARLY, a_pool(a_gpu()), (), START),
    "a group that somebody filled is emptied, its maximum kept": (
        EARLY, a_pool(bound(desired=2, minimum=1)), (scale(0, NOT_STARTED, most=8, until=START),), START
    ),
    "a group with a minimum alone is emptied": (
        EARLY, a_pool(bound(minimum=1)), (scale(0, NOT_STARTED, most=8, until=START),), START
    ),
    "protected instances are unprotected first": (
        EARLY, a_pool(bound(desired=2, instances=PROTECTED)),
        (unprotect(NOT_STARTED, "i-00", "i-01"), scale(0, NOT_STARTED, most=8, until=START)), START,
    ),
    "it is emptied until a minute before the start": (
        START - MINUTE - MOMENT, a_pool(bound(desired=8)), (scale(0, NOT_STARTED, most=8, until=START),), START
    ),
    "in the last minute it was the native action": (START - MINUTE, a_pool(bound(desired=8)), (), START),
    "while the payment is pending nothing is written": (
        EARLY, a_pool(bound(scheduled_actions=()), blocks=(a_reservation(state=ReservationState.PAYMENT_PENDING),)),
        (), START,
    ),
    "a free target waits for the payment": (
        EARLY,
        a_pool(a_target(details=some_details()), blocks=(a_reservation(state=ReservationState.PAYMENT_PENDING),)),
        (), START,
    ),
    "stopped scale-out takes the start action": (
        EARLY, a_pool(bound(), policy=Policy(scale_out=False)), (delete("capacity-blocks-start"),), START
    ),
    "broken settings take the start action": (
        EARLY, a_pool(bound(), policy=Policy(broken="x")), (delete("capacity-blocks-start"),), START
    ),
    "wrong tags take the start action": (
        EARLY, a_pool(bound(wishes=MISTAKEN)), (delete("capacity-blocks-start"),), START
    ),
    "an administrative suspension is taken back": (
        EARLY, a_pool(bound(launch=Suspension.AUTO_SCALING)), (RESUME,), START
    ),
    "a person's suspension stands": (EARLY, a_pool(bound(launch=Suspension.PERSON)), (), START),
    "no suspension is taken back while scale-out is stopped": (
        EARLY, a_pool(bound(launch=Suspension.AUTO_SCALING, scheduled_actions=(drain_action(),)),
        policy=Policy(scale_out=False)), (), START,
    ),
    "a target of a block tagged for another pool is set free": (
        EARLY, a_pool(bound(), blocks=(a_reservation(tags={tag.POOL: "research"}),)),
        (unbind("the block is tagged for pool research and the group is empty"),), START,
    ),
    "a target of a block that only lost its tag is kept": (
        EARLY, a_pool(bound(), blocks=(a_reservation(tags={}),)), (), START
    ),
    "a target makes way for a nearer block": (
        EARLY,
        a_pool(
            bound(bound_to="cr-0z", details=some_details()),
            blocks=(a_reservation(), a_reservation(reservation_id="cr-0z", start=END, end=END + DAY)),
        ),
        (unbind("a block that is over before comes first, and the group is empty", reservation_id="cr-0z"),), START,
    ),
    "what was left on a free group is tidied up": (
        EARLY, a_pool(a_target(scheduled_actions=(start_action(),)), blocks=()),
        (delete("capacity-blocks-start", None, "the group serves no block"),), None,
    ),
    "a free group of a pool without blocks is left alone": (EARLY, a_pool(a_target(desired=3), blocks=()), (), None),
}  # fmt: skip

USABLE: Life = {
    "until EC2 says active nobody lowers what the native action set": (
        START, a_pool(running()), (), START + POLL
    ),
    "nothing is scaled out before EC2 says active": (
        START, a_pool(bound(scheduled_actions=(drain_action(),))), (), START + POLL
    ),
    "it is polled for a quarter of an hour": (
        START + 15 * MINUTE - MOMENT, a_pool(running()), (), START + 15 * MINUTE - MOMENT + POLL
    ),
    "then the sweep is often enough": (START + 15 * MINUTE, a_pool(running()), (), DRAIN_AT),
    "an active block is scaled out to": (
        START, active(bound(scheduled_actions=(drain_action(),))), (fill(),), CHECK
    ),
    "a moment before the drain as well": (
        DRAIN_AT - MOMENT, active(bound(scheduled_actions=(drain_action(),))), (fill(),), DRAIN_AT
    ),
    "each target gets its share": (
        START,
        active(
            bound("a", wishes=wishes({tag.INSTANCES: "3"}), scheduled_actions=(drain_action(),)),
            bound("b", scheduled_actions=(drain_action(),)),
        ),
        (
            fill(3, target=a_target("a").id, most=8),
            fill(5, target=a_target("b").id, most=8),
        ),
        CHECK,
    ),
    "a group with a maximum that is too low gets it raised": (
        START, active(running(count=8, maximum=4)), (fill(),), DRAIN_AT
    ),
    "a target's own drain is looked at in time": (
        START,
        active(running(wishes=wishes({tag.DRAIN_LEAD: "60"}), scheduled_actions=(drain_action(END - 60 * MINUTE),))),
        (), END - 60 * MINUTE,
    ),
    "a group that is full is left": (START, active(running()), (), DRAIN_AT),
    "a group that runs more is left": (START, active(running(count=9, maximum=9)), (), DRAIN_AT),
    "a higher desired capacity is kept while it fills": (
        START, active(running(desired=9, maximum=9, instances=instances(6))),
        (fill(9, "the block is active and the group has launched 6 of 8"),), CHECK,
    ),
    "launches that back off are asked for again": (
        START, active(running(instances=instances(6))),
        (fill(reason="the block is active and the group has launched 6 of 8"),), CHECK,
    ),
    "launches that no free slot is left for are not": (
        START, a_pool(running(instances=instances(6)), blocks=(replace(ACTIVE, available_count=0),)), (), CHECK
    ),
    "instances that are still pending are launches too": (
        START, active(running(instances=instances(8, lifecycle_state="Pending"))), (), CHECK
    ),
    "a minimum of somebody else is kept": (
        START, active(bound(minimum=2, desired=2, scheduled_actions=(drain_action(),))), (fill(least=2),), CHECK
    ),
    "a minimum above the share is lowered to it": (
        START, active(bound(minimum=9, maximum=9, desired=7, scheduled_actions=(drain_action(),))),
        (fill(least=8, most=9),), CHECK,
    ),
    "a node group is scaled out through EKS": (START, active(a_gpu()), (fill(target=GPU),), CHECK),
    "stopped scale-out stops it": (
        START, active(bound(scheduled_actions=(drain_action(),)), policy=Policy(scale_out=False)), (), DRAIN_AT
    ),
    "broken settings stop it": (
        START, active(bound(scheduled_actions=(drain_action(),)), policy=Policy(broken="x")), (), DRAIN_AT
    ),
    "wrong tags stop it": (
        START, active(bound(wishes=MISTAKEN, scheduled_actions=(drain_action(),))), (), DRAIN_AT
    ),
    "what runs is not scaled in by any of these": (
        START, active(running(wishes=MISTAKEN), policy=Policy(scale_out=False, broken="x")), (), DRAIN_AT
    ),
    "a person's suspension stands, and is filled up to": (
        START, active(bound(launch=Suspension.PERSON, scheduled_actions=(drain_action(),))), (fill(),), CHECK
    ),
    "an administrative suspension is taken back after the sizes are set": (
        START, active(bound(launch=Suspension.AUTO_SCALING, scheduled_actions=(drain_action(),))),
        (fill(), RESUME), CHECK,
    ),
    "a block tagged for another pool is used as long as it runs": (
        START, a_pool(running(), blocks=(a_reservation(state=ReservationState.ACTIVE, tags={tag.POOL: "research"}),)),
        (), DRAIN_AT,
    ),
    "a target that comes late is bound": (START, active(a_target(details=some_details())), (BIND,), DRAIN_AT),
    "an extended block is filled again, and its drain moves": (
        RECLAIM_AT,
        a_pool(bound(scheduled_actions=(drain_action(),)), blocks=(EXTENDED,)),
        (
            scale(8, "the block is active", until=DRAIN_AT + DAY),
            PutScheduledAction(
                target=TRAIN, reservation_id="cr-0a", scheduled=drain_action(DRAIN_AT + DAY),
                reason="cr-0a ends at 2026-03-03 11:30",
            ),
        ),
        RECLAIM_AT + 15 * MINUTE,
    ),
    "an extended block takes back the target that was set free": (
        RECLAIM_AT,
        a_pool(a_target(details=some_details()), blocks=(EXTENDED,)),
        (BIND,), DRAIN_AT + DAY,
    ),
}  # fmt: skip

AFTER_DRAIN: Life = {
    "a group goes to zero, its maximum too": (DRAIN_AT, active(running()), (scale(0, DRAINING),), RECLAIM_AT),
    "a node group keeps its maximum": (
        DRAIN_AT, active(a_gpu(desired=8, instances=instances(8))), (scale(0, DRAINING, target=GPU, most=8),),
        LATE_AT,
    ),
    "the last node of a node group goes": (
        DRAIN_AT, active(a_gpu(desired=1, instances=instances(1))), (scale(0, DRAINING, target=GPU, most=8),),
        LATE_AT,
    ),
    "a minimum goes": (
        DRAIN_AT, active(a_gpu(minimum=1, instances=instances(1))), (scale(0, DRAINING, target=GPU, most=8),),
        LATE_AT,
    ),
    "a maximum of one goes": (
        DRAIN_AT, active(running(desired=0, maximum=1, instances=instances(1))), (scale(0, DRAINING),), RECLAIM_AT
    ),
    "protected instances are unprotected": (
        DRAIN_AT, active(running(instances=PROTECTED)), (unprotect(DRAINING, "i-00", "i-01"), scale(0, DRAINING)),
        RECLAIM_AT
    ),
    "an autoscaler's maximum is taken back": (
        DRAIN_AT, active(running(desired=0, maximum=4)), (scale(0, DRAINING),), RECLAIM_AT
    ),
    "a node group at zero is awaited, and looked at in time": (
        DRAIN_AT, active(a_gpu(instances=instances(8))), (), LATE_AT
    ),
    "a group at zero is awaited": (DRAIN_AT, active(running(desired=0, maximum=0)), (), RECLAIM_AT),
    "an empty group is held until EC2 takes no launch any more": (
        DRAIN_AT, active(bound(maximum=0, scheduled_actions=())), (), RECLAIM_AT
    ),
    "an empty group that could be filled again is shut": (
        DRAIN_AT, active(bound(maximum=4, scheduled_actions=())), (scale(0, DRAINING),), RECLAIM_AT
    ),
    "an empty group is set free at the reclaim": (
        RECLAIM_AT, active(bound(maximum=0, scheduled_actions=())),
        (unbind(f"{RECLAIMING} and the group is empty"),), END,
    ),
    "an empty group is set free at once for a block that waits": (
        DRAIN_AT,
        a_pool(bound(maximum=0, scheduled_actions=()), blocks=(ACTIVE, NEXT)),
        (unbind(f"{DRAINING} and the group is empty"),), RECLAIM_AT,
    ),
    "not for one that starts after the reclaim": (
        DRAIN_AT,
        a_pool(bound(maximum=0, scheduled_actions=()), blocks=(ACTIVE, replace(NEXT, start=END))),
        (), RECLAIM_AT,
    ),
    "an empty node group is set free at the reclaim": (
        RECLAIM_AT, active(a_gpu()), (unbind(f"{RECLAIMING} and the group is empty", target=GPU),), END
    ),
    "the drain goes on while EC2 reclaims": (RECLAIM_AT, active(running()), (scale(0, RECLAIMING),), END),
    "and after the end": (END, active(running()), (scale(0, ENDED),), None),
    "it is drained in a state that nobody knows": (
        DRAIN_AT, a_pool(running(), blocks=(a_reservation(state=ReservationState.UNRECOGNISED),)),
        (scale(0, DRAINING),), RECLAIM_AT,
    ),
    "it is drained while scale-out is stopped": (
        DRAIN_AT, active(running(), policy=Policy(scale_out=False)), (scale(0, DRAINING),), RECLAIM_AT
    ),
    "it is drained at the default where settings are broken": (
        DRAIN_AT, active(running(), policy=Policy(broken="x")), (scale(0, DRAINING),), RECLAIM_AT
    ),
    "it is drained at the native action before that": (
        DRAIN_AT - 20 * MINUTE,
        active(running(scheduled_actions=(drain_action(DRAIN_AT - 20 * MINUTE),)), policy=Policy(broken="x")),
        (scale(0, DRAINING),), DRAIN_AT,
    ),
    "it is drained though its tags are wrong": (
        DRAIN_AT, active(running(wishes=MISTAKEN)), (scale(0, DRAINING),), RECLAIM_AT
    ),
    "it is drained though the block is tagged for another pool": (
        DRAIN_AT, a_pool(running(), blocks=(a_reservation(state=ReservationState.ACTIVE, tags={tag.POOL: "x"}),)),
        (scale(0, DRAINING),), RECLAIM_AT,
    ),
    "no suspension is taken back": (
        DRAIN_AT, active(running(desired=0, maximum=0, launch=Suspension.AUTO_SCALING)), (), RECLAIM_AT
    ),
    "an UltraServer drains from 70 minutes before the end": (
        END - 70 * MINUTE, a_pool(ULTRA, blocks=(a_reservation(state=ReservationState.ACTIVE, ultraserver=True),)),
        (scale(0, DRAINING),), END - 60 * MINUTE,
    ),
    "what may be an UltraServer does as well": (
        END - 70 * MINUTE, a_pool(ULTRA, blocks=(a_reservation(state=ReservationState.ACTIVE, ultraserver=None),)),
        (scale(0, DRAINING),), END - 60 * MINUTE,
    ),
    "the nearest deadline comes first": (
        DRAIN_AT,
        active(running("a"), running("b", wishes=wishes({tag.DRAIN_LEAD: "60"}), scheduled_actions=())),
        (scale(0, DRAINING, target=a_target("b").id), scale(0, DRAINING, target=a_target("a").id)), RECLAIM_AT,
    ),
    "an expired block leaves an empty group free": (
        END + MINUTE, expired(bound(scheduled_actions=())),
        (unbind("the block is expired and the group is empty"),), None,
    ),
    "an expired block empties its group first": (
        END + MINUTE, expired(running(scheduled_actions=())), (scale(0, "the block is expired"),), None
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "actions", "look"), BEFORE_START.values(), ids=BEFORE_START.keys())
def test_before_the_start(now: datetime, pool: Pool, actions: tuple[Action, ...], look: datetime | None) -> None:
    assert quiet_plan(now, pool) == Plan(actions=actions, look_again_at=look)


@pytest.mark.parametrize(("now", "pool", "actions", "look"), USABLE.values(), ids=USABLE.keys())
def test_between_start_and_drain(now: datetime, pool: Pool, actions: tuple[Action, ...], look: datetime | None) -> None:
    assert quiet_plan(now, pool) == Plan(actions=actions, look_again_at=look)


@pytest.mark.parametrize(("now", "pool", "actions", "look"), AFTER_DRAIN.values(), ids=AFTER_DRAIN.keys())
def test_from_the_drain_on(now: datetime, pool: Pool, actions: tuple[Action, ...], look: datetime | None) -> None:
    assert quiet_plan(now, pool) == Plan(actions=actions, look_again_at=look)


STALE_AT = START + 120 * MINUTE
STALE = a_node_group(
    bound_to="cr-0a",
    desired=8,
    instances=instances(8),
    scheduled_actions=(ScheduledAction(name=EKS_ACTION, start=STALE_AT, minimum=0, desired=0),),
)
STRAY: dict[str, tuple[datetime, datetime]] = {
    "it is awaited": (START + 60 * MINUTE, STALE_AT),
    "it may run any moment": (STALE_AT, STALE_AT + 3 * SECOND),
    "it may still run": (STALE_AT + 149 * SECOND, STALE_AT + 152 * SECOND),
    "it is as late as never": (STALE_AT + 150 * SECOND, DRAIN_AT),
}


@pytest.mark.parametrize(("now", "look"), STRAY.values(), ids=STRAY.keys())
def test_an_action_of_eks_that_is_out_of_step_is_watched_for(now: datetime, look: datetime) -> None:
    pool = replace(active(STALE), policy=Policy(check_nodes=NodeCheck.OFF))

    assert quiet_plan(now, pool) == Plan(look_again_at=look)


@pytest.mark.parametrize("state", sorted(DEAD))
def test_a_block_that_never_comes_sets_its_target_free_and_takes_its_native_actions(state: ReservationState) -> None:
    pool = a_pool(bound(), blocks=(a_reservation(state=state),))

    assert quiet_plan(EARLY, pool) == Plan(
        actions=(
            delete("capacity-blocks-start"),
            delete("capacity-blocks-drain"),
            unbind(f"the block is {state.value} and the group is empty"),
        )
    )


LIVES = {
    "before the start": EARLY,
    "at the start": START,
    "at the drain": DRAIN_AT,
    "at the reclaim": RECLAIM_AT,
    "at the end": END,
}


@pytest.mark.parametrize("now", LIVES.values(), ids=LIVES.keys())
@pytest.mark.parametrize("state", list(ReservationState))
def test_in_no_other_state_than_active_is_anything_scaled_out_and_after_its_drain_everything_goes(
    state: ReservationState, now: datetime
) -> None:
    pool = a_pool(running(desired=7, scheduled_actions=()), blocks=(a_reservation(state=state),))

    sizes = {a.desired for a in quiet_plan(now, pool).actions if isinstance(a, Scale)}

    goes = state in DEAD or now >= DRAIN_AT or now < START
    fills = state is ReservationState.ACTIVE and START <= now < DRAIN_AT
    assert sizes == ({0} if goes else {8} if fills else set())


MISSING_SINCE = at("2026-02-20T08:50")
ADRIFT: dict[str, tuple[Target, datetime | None, Plan]] = {
    "at first it is left": (bound(), None, Plan(look_again_at=EARLY + 10 * MINUTE)),
    "for ten minutes it is left": (bound(), MISSING_SINCE + MOMENT, Plan(look_again_at=EARLY + MOMENT)),
    "then it is set free": (
        bound(), MISSING_SINCE, Plan(actions=(unbind("EC2 no longer lists its reservation"),))
    ),
    "while it runs it is left": (running(), MISSING_SINCE, Plan()),
}  # fmt: skip


@pytest.mark.parametrize(("target", "since", "expected"), ADRIFT.values(), ids=ADRIFT.keys())
def test_a_target_whose_block_ec2_does_not_list(target: Target, since: datetime | None, expected: Plan) -> None:
    said = {} if since is None else {missing_key(target, EARLY): since}

    assert quiet_plan(EARLY, a_pool(target, blocks=(), said=said)) == expected


def test_an_absence_of_another_day_does_not_count() -> None:
    target = bound()
    said = {missing_key(target, EARLY - DAY): EARLY - DAY}

    assert quiet_plan(EARLY, a_pool(target, blocks=(), said=said)).actions == ()


def shared(**changes: Any) -> Reservation:
    return a_reservation(owned=False, tags={}, state=ReservationState.ACTIVE, **changes)


def test_a_block_shared_by_another_account_is_scaled_out_and_drained_like_ours() -> None:
    empty = a_pool(bound(scheduled_actions=(drain_action(),)), blocks=(shared(),))
    full = a_pool(running(), blocks=(shared(),))

    assert quiet_plan(START, empty).actions == (fill(),)
    assert quiet_plan(DRAIN_AT, full).actions == (scale(0, DRAINING),)
