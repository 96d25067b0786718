"""Keep the lifecycle hook of a group in step with how and when it drains."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from capacity_blocks.core.action import DeleteHook, PutHook
from capacity_blocks.core.drain import hook
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Target, TargetKind


def has_drain(target: Target) -> bool:
    """Whether the group asks us to drain its instances. EKS drains those of a managed node group by itself."""
    return target.id.kind is TargetKind.AUTO_SCALING_GROUP and target.wishes.drain != "none"


def wanted(service: Service, policy: Policy, held_until: datetime | None = None) -> timedelta | None:
    """Return the time-out of the hook that the group should have; None: it should have none."""
    timeline = service.timeline(policy)
    timeline = timeline if held_until is None else replace(timeline, drain_at=held_until)
    return hook.heartbeat(timeline) if has_drain(service.target) else None


def is_in_step(pool: Pool, service: Service, held_until: datetime | None = None) -> bool:
    """Whether the hook is as it should be, by what its tag remembers and, where that was asked, by Auto Scaling."""
    want = wanted(service, pool.policy, held_until)
    seen = pool.hooks.get(service.target.id)
    is_there = seen is None or want is None or hook.ours(want) in seen
    return service.target.hook == want and is_there


def leaves_time(pool: Pool, service: Service, drain_at: datetime) -> bool:
    """Whether the hook in place, if it should have one, still runs out in time after a drain as late as that."""
    want, have = wanted(service, pool.policy, drain_at), service.target.hook
    if want is None or have is None:
        return want is have
    seen = pool.hooks.get(service.target.id)
    return have <= want and (seen is None or hook.ours(have) in seen)


def steps(pool: Pool, service: Service, held_until: datetime | None = None) -> Iterator[PutHook | DeleteHook]:
    """Return what brings the hook in step. Where tags or settings cannot be read, the one in place stands."""
    policy, target, block = pool.policy, service.target, service.reservation
    if policy.unread or target.wishes.mistakes or is_in_step(pool, service, held_until):
        return
    want = wanted(service, policy, held_until)
    if want is not None:
        why = (
            f"its work is drained by {target.wishes.drain}" if target.hook is None else "the time for its drain changed"
        )
        why = why if held_until is None else "an extension is being paid, and a later drain leaves less time"
        yield PutHook(target=target.id, reservation_id=block.reservation_id, heartbeat=want, reason=why)
    else:
        why = "its drain leaves no time for a hook" if has_drain(service.target) else "nothing on it is to be drained"
        yield DeleteHook(target=target.id, reservation_id=block.reservation_id, reason=why)
