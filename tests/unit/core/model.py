"""A pool that does at once what a plan asks for, as far as AWS could."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from capacity_blocks.core.action import (
    Bind,
    CheckNodes,
    DeleteHook,
    DeleteScheduledAction,
    PutHook,
    PutScheduledAction,
    ResumeLaunch,
    Say,
    Scale,
    StartDrain,
    TargetAction,
    Unbind,
    Unprotect,
    WarnNodes,
)
from capacity_blocks.core.drain.hook import LONGEST, SHORTEST, ours
from capacity_blocks.core.native import OURS
from capacity_blocks.core.planner import Plan
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.target import Instance, ScheduledAction, Suspension, Target


def applied(now: datetime, pool: Pool, plan: Plan) -> Pool:
    """Return the pool after every action of the plan."""
    targets = {t.id: t for t in pool.targets}
    said, hooks = dict(pool.said), dict(pool.hooks)
    for action in plan.actions:
        if isinstance(action, Say):
            assert action.notice.key not in said
            said[action.notice.key] = now
        elif isinstance(action, CheckNodes):
            said[f"{action.reservation_id}:{action.target}:nodes-ready:{action.life}"] = now  # found to be good
        elif isinstance(action, WarnNodes):
            assert action.key not in said
            said[action.key] = now
        else:
            if isinstance(action, PutHook) and action.target in pool.hooks:
                hooks[action.target] = (ours(action.heartbeat),)
            targets[action.target] = _changed(targets[action.target], action)
    return replace(pool, targets=tuple(targets.values()), said=said, hooks=hooks)


def _changed(target: Target, action: TargetAction) -> Target:  # noqa: C901  # one case for each action
    match action:
        case Bind():
            assert target.bound_to is None
            assert target.is_empty
            return replace(target, bound_to=action.reservation_id, minimum=0)
        case Unbind():
            assert target.bound_to == action.reservation_id
            assert target.is_empty
            return replace(target, bound_to=None, hook=None, scheduled_actions=_without(target, OURS))
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
        case PutHook():
            assert SHORTEST <= action.heartbeat <= LONGEST
            return replace(target, hook=action.heartbeat)
        case DeleteHook():
            assert target.hook is not None
            return replace(target, hook=None)
        case StartDrain():
            left = tuple(i for i in target.instances if i.instance_id != action.instance_id)
            assert len(left) == len(target.instances) - 1
            return replace(target, instances=left)  # drained, let go and gone
        case WarnNodes() | CheckNodes():
            return target
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
