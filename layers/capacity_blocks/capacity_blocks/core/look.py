"""When to decide again about a pool, should nothing happen before."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from capacity_blocks.core import handover, native, wording
from capacity_blocks.core.assignment import Assignment
from capacity_blocks.core.drain import hold, hooking, warning
from capacity_blocks.core.drain.news import late_at
from capacity_blocks.core.inquiry import is_filling
from capacity_blocks.core.news import LATE_AFTER
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.readiness import gate
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import TargetKind
from capacity_blocks.core.timeline import Phase, Timeline

POLL = timedelta(seconds=3)  # from a start until EC2 says active
POLL_FOR = timedelta(minutes=15)  # then the sweep is often enough
FORGET_AFTER = timedelta(minutes=10)  # that long EC2 must have left a reservation out before its target is set free
STRAY_FOR = timedelta(minutes=2, seconds=30)  # "Scheduled scaling": an action might be delayed up to two minutes
SEEK_AFTER = timedelta(seconds=15)  # by then the events of a drain have come, or are lost


def look_again_at(now: datetime, pool: Pool, assignment: Assignment) -> datetime | None:
    """Return the next instant at which time alone could change the plan."""
    services = [*assignment.bound, *assignment.to_bind]
    looks = chain(
        chain.from_iterable(_looks(now, pool, s) for s in services),
        handover.instants(pool),
        (Timeline.of(b, pool.policy).next_boundary(now) for b in pool.reservations if not b.is_dead),
        (
            pool.said[key] + FORGET_AFTER
            for t in assignment.adrift
            if (key := wording.binding.missing_key(t, now)) in pool.said
        ),
    )
    return min((look for look in looks if look is not None and look > now), default=None)


def _looks(now: datetime, pool: Pool, service: Service) -> Iterator[datetime | None]:
    timeline, block, target = service.timeline(pool.policy), service.reservation, service.target
    if block.is_dead:
        return
    yield timeline.next_boundary(now)
    yield from warning.instants(service, pool.policy)
    yield hold.held_until(pool, service)
    if hooking.has_drain(target) and target.instances:
        yield timeline.drain_at + SEEK_AFTER
    if target.instances:
        yield late_at(pool, service)
    if timeline.phase(now) is Phase.USABLE and block.state is not ReservationState.ACTIVE:
        yield now + POLL if now < timeline.start + POLL_FOR else None
        yield timeline.start + LATE_AFTER
    stray = native.stale_eks_action(service) if target.id.kind is TargetKind.NODE_GROUP else None
    if stray is not None and stray.start is not None:
        yield stray.start
        yield now + POLL if stray.start <= now < stray.start + STRAY_FOR else None
    if is_filling(now, pool, service) and gate.asks(service, pool.policy):
        yield gate.next_look(now, pool, service)
    since = pool.said.get(wording.scaling.scaled_out_key(pool, service))
    if since is not None and target.in_service < service.share:
        yield since + pool.policy.verify_within
