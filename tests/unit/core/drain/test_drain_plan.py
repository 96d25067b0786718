"""Where hooks, drains and warnings stand in a whole plan."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import (
    Action,
    CheckNodes,
    DeleteHook,
    PutHook,
    PutScheduledAction,
    Scale,
    StartDrain,
    WarnNodes,
)
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import ScheduledAction
from tests.factories import START, a_reservation, a_target
from tests.unit.core.drain.shapes import HEARTBEAT, MINUTE, SECOND, TRAIN, active, drained_by, waiting
from tests.unit.shapes import DRAIN_AT, RECLAIM_AT, a_pool, bound, drain_action, instances, quiet_plan, start_action

EARLY = START - timedelta(days=3)
PUT = PutHook(target=TRAIN, reservation_id="cr-0a", heartbeat=HEARTBEAT, reason="its work is drained by ecs")
DRAINING = "the block is draining"


def zero(reason: str = DRAINING) -> Scale:
    return Scale(target=TRAIN, reservation_id="cr-0a", minimum=0, maximum=0, desired=0, reason=reason)


def start(instance_id: str, deadline: datetime = RECLAIM_AT - MINUTE) -> StartDrain:
    return StartDrain(
        target=TRAIN,
        reservation_id="cr-0a",
        instance_id=instance_id,
        method="ecs",
        deadline=deadline,
        reason="it waits, and nobody is draining it",
    )


def put(scheduled: ScheduledAction) -> PutScheduledAction:
    return PutScheduledAction(target=TRAIN, reservation_id="cr-0a", scheduled=scheduled, reason="the block is paid")


PLANS: dict[str, tuple[datetime, Pool, tuple[Action, ...]]] = {
    "a group that was bound gets its native actions and its hook": (
        EARLY,
        a_pool(bound(wishes=wishes({tag.DRAIN: "ecs"}), scheduled_actions=())),
        (put(start_action()), put(drain_action()), PUT),
    ),
    "a hook that could not be put before is put before the drain": (
        DRAIN_AT, active(drained_by("ecs", hook=None)), (PUT, zero())
    ),
    "not when the instances are on their way already": (
        DRAIN_AT + SECOND, active(drained_by("ecs", hook=None, desired=0, maximum=0)), ()
    ),
    "not while EC2 reclaims": (
        RECLAIM_AT, active(drained_by("ecs", hook=None)), (zero("the block is reclaiming"),)
    ),
    "from the drain on the hook is left as it is": (
        DRAIN_AT, active(drained_by("ecs", hook=MINUTE)), (zero(),)
    ),
    "sizes come before drains": (
        DRAIN_AT + MINUTE,
        active(drained_by("ecs", instances=(*instances(1), *waiting("i-a")))),
        (zero(), start("i-a")),
    ),
    "an instance that goes during the block is drained": (
        START + MINUTE,
        active(drained_by("ecs", instances=(*instances(8), *waiting("i-a")))),
        (start("i-a", START + 11 * MINUTE),),
    ),
    "what waits on a block that EC2 has failed is drained": (
        START + MINUTE,
        a_pool(
            drained_by("ecs", desired=0, maximum=0, instances=waiting("i-a"), scheduled_actions=()),
            blocks=(a_reservation(state=ReservationState.FAILED),),
        ),
        (start("i-a", START + 11 * MINUTE),),
    ),
    "a hook that was left on a free group is deleted": (
        EARLY,
        a_pool(a_target(hook=HEARTBEAT), blocks=()),
        (DeleteHook(target=TRAIN, reservation_id=None, reason="the group serves no block"),),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), PLANS.values(), ids=PLANS.keys())
def test_a_plan(now: datetime, pool: Pool, expected: tuple[Action, ...]) -> None:
    assert quiet_plan(now, pool).actions == expected


def test_nodes_are_warned_while_the_block_is_used_and_not_before_it_starts() -> None:
    late = DRAIN_AT - 50 * MINUTE
    pool = active(drained_by())
    unstarted = a_pool(replace(drained_by(), desired=0), blocks=(a_reservation(start=late + SECOND),))

    assert [type(a) for a in quiet_plan(late, pool).actions] == [WarnNodes, CheckNodes]
    assert [a for a in quiet_plan(late, unstarted).actions if isinstance(a, WarnNodes)] == []
