"""A pool that does at once what a plan asks for, as far as AWS could."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from capacity_blocks.core.action import (
    Bind,
    DeleteScheduledAction,
    PutScheduledAction,
    ResumeLaunch,
    Say,
    Scale,
    TargetAction,
    Unbind,
    Unprotect,
)
from capacity_blocks.core.native import OURS
from capacity_blocks.core.planner import Plan
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.target import Instance, ScheduledAction, Suspension, Target


def applied(now: datetime, pool: Pool, plan: Plan) -> Pool:
    """Return the pool after every action of the plan."""
    targets = {t.id: t for t in pool.targets}
    said = dict(pool.said)
    for action in plan.actions:
        if isinstance(action, Say):
            said[action.notice.key] = now
        else:
            targets[action.target] = _changed(targets[action.target], action)
    return replace(pool, targets=tuple(targets.values()), said=said)


def _changed(target: Target, action: TargetAction) -> Target:
    match action:
        case Bind():
            assert target.bound_to is None
            assert target.is_empty
            return replace(target, bound_to=action.reservation_id, minimum=0)
        case Unbind():
            assert target.bound_to == action.reservation_id
            assert target.is_empty
            return replace(target, bound_to=None, scheduled_actions=_without(target, OURS))
        case Scale():
            assert 0 <= action.minimum <= action.desired <= action.maximum
            return _settled(replace(target, minimum=action.minimum, maximum=action.maximum, desired=action.desired))
        case ResumeLaunch():
            return _settled(replace(target, launch=Suspension.NOBODY))
        case Unprotect():
            freed = tuple(
                replace(i, protected=i.protected and i.instance_id not in action.instance_ids) for i in target.instances
            )
            return _settled(replace(target, instances=freed))
        case PutScheduledAction():
            others = _without(target, {action.scheduled.name})
            # Auto Scaling refuses a second action at one instant.
            assert action.scheduled.start not in {a.start for a in others}
            return replace(target, scheduled_actions=(*others, action.scheduled))
        case DeleteScheduledAction():
            return replace(target, scheduled_actions=_without(target, {action.name}))
        case _:
            assert_never(action)


def _settled(target: Target) -> Target:
    """Launch and terminate as Auto Scaling would, without any delay."""
    counted = [i for i in target.instances if i.lifecycle_state == "InService"]
    if target.launch is Suspension.NOBODY and len(target.instances) < target.desired:
        new = range(target.desired - len(target.instances))
        launched = tuple(Instance(instance_id=f"i-new-{n}-{len(target.instances)}") for n in new)
        return replace(target, instances=(*target.instances, *launched))
    surplus = [i.instance_id for i in counted if not i.protected][: max(0, len(counted) - target.desired)]
    return replace(target, instances=tuple(i for i in target.instances if i.instance_id not in surplus))


def _without(target: Target, names: frozenset[str] | set[str]) -> tuple[ScheduledAction, ...]:
    return tuple(a for a in target.scheduled_actions if a.name not in names)
