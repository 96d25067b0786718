"""Decide what to do about one pool, at one instant."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import assert_never

from capacity_blocks.core import native, wording
from capacity_blocks.core.action import Action, Bind, DeleteHook, ResumeLaunch, Say, Scale, Unbind, Unprotect
from capacity_blocks.core.assignment import Assignment, assign
from capacity_blocks.core.drain import hold, hooking, start, warning
from capacity_blocks.core.drain.news import late_at
from capacity_blocks.core.fit import subnets_in_zone
from capacity_blocks.core.news import LATE_AFTER, news
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Suspension, Target, TargetKind
from capacity_blocks.core.timeline import Phase, Timeline

POLL = timedelta(seconds=3)  # from a start until EC2 says active
POLL_FOR = timedelta(minutes=15)  # then the sweep is often enough
FORGET_AFTER = timedelta(minutes=10)  # that long EC2 must have left a reservation out before its target is set free
SEEK_AFTER = timedelta(seconds=15)  # by then the events of a drain have come, or are lost
NO_SOONER = timedelta(minutes=1)  # this close to a start, a group that is not empty was filled by its native action


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do about a pool now, and when to decide again (the sweep decides each minute all the same)."""

    actions: tuple[Action, ...] = ()
    look_again_at: datetime | None = None


def plan(now: datetime, pool: Pool) -> Plan:
    """Return what brings the targets of `pool` to what its blocks allow at `now`: deadlines first, words last."""
    assignment = assign(now, pool)
    kept = [s for s in assignment.bound if s not in assignment.to_free]
    actions = chain(
        chain.from_iterable(
            _serve(now, pool, s, is_wanted=_is_wanted(pool, s, assignment)) for s in _by_deadline(pool, kept)
        ),
        chain.from_iterable(_vacate(s, "a block that is over before comes first,") for s in assignment.to_free),
        chain.from_iterable(_adrift(now, pool, target) for target in assignment.adrift),
        chain.from_iterable(_tidy(target) for target in pool.targets if target.bound_to is None),
        (_bind(service) for service in assignment.to_bind),
        news(now, pool, assignment, kept),
    )
    return Plan(actions=tuple(actions), look_again_at=_look_again_at(now, pool, assignment))


def plan_unclaimed(now: datetime, blocks: Sequence[Reservation], policy: Policy, said: Container[str]) -> Plan:
    """Return what to say of the paid blocks that no pool claims, unless it was said."""
    notices = (wording.block.unclaimed(b, policy) for b in blocks if b.is_paid and b.owned and now < b.end)
    return Plan(actions=tuple(Say(notice=n, reason="it is paid for") for n in notices if n.key not in said))


def _by_deadline(pool: Pool, bound: Sequence[Service]) -> list[Service]:
    return sorted(bound, key=lambda s: (s.timeline(pool.policy).drain_at, s.key))


def _is_wanted(pool: Pool, service: Service, assignment: Assignment) -> bool:
    """Whether another block waits for such a target, and would lose time if this one were held until reclaim."""
    reclaim_at, kind = service.timeline(pool.policy).reclaim_at, service.reservation.instance_type
    waiting = (wait.reservation for wait in assignment.waiting)
    return any(block.instance_type == kind and block.start < reclaim_at for block in waiting)


def _serve(now: datetime, pool: Pool, service: Service, *, is_wanted: bool) -> Iterator[Action]:
    policy, block = pool.policy, service.reservation
    if block.is_dead:
        # The start action first: it must not bring back what the rest takes away, if something is refused.
        yield from native.steps(now, service, policy)
        yield from _vacate(service, f"the block is {block.state.value}")
        yield from start.steps(now, pool, service)
        return
    if service.is_moved and service.target.is_empty:
        yield from _vacate(service, f"the block is tagged for pool {block.pool}")
        return
    timeline, held_until = service.timeline(policy), hold.native_until(pool, service)
    if held_until is not None:
        # Before all else: unless it is in place when the drain is due, nothing waits.
        yield from native.steps(now, service, policy, held_until)
    yield from _size(now, pool, service, is_wanted=is_wanted)
    yield from start.steps(now, pool, service)
    if held_until is None:
        yield from native.steps(now, service, policy)
    if now < timeline.drain_at:
        yield from hooking.steps(pool, service, hold.hold_until(pool, service))
    if timeline.phase(now) is Phase.USABLE:
        yield from warning.steps(now, pool, service)
    if service.target.launch is Suspension.AUTO_SCALING and now < timeline.drain_at and service.may_scale_out(policy):
        yield ResumeLaunch(
            target=service.target.id,
            reservation_id=block.reservation_id,
            reason="Auto Scaling suspended it after launches had failed",
        )


def _size(now: datetime, pool: Pool, service: Service, *, is_wanted: bool) -> Iterator[Action]:
    timeline, block = service.timeline(pool.policy), service.reservation
    phase = timeline.phase(now)
    match phase:
        case Phase.BEFORE_START:
            if now < timeline.start - NO_SOONER:
                yield from _empty(service, timeline.start, "the block has not started")
        case Phase.USABLE:
            if block.state is ReservationState.ACTIVE and service.may_scale_out(pool.policy):
                yield from _fill(service, timeline)
        case Phase.DRAINING if hold.is_held(now, pool, service):
            return
        case Phase.DRAINING if service.target.is_empty and not is_wanted:
            # Bound, with a maximum of 0, until EC2 takes no launch any more: nobody fills it again undrained.
            yield from _shut(service, f"the block is {phase.value}")
        case Phase.DRAINING:
            # The last moment for a hook that could not be put before.
            if service.target.hook is None and service.target.desired > 0:
                yield from hooking.steps(pool, service)
            yield from _vacate(service, f"the block is {phase.value}")
        case Phase.RECLAIMING | Phase.ENDED:
            yield from _vacate(service, f"the block is {phase.value}")
        case _:
            assert_never(phase)


def _fill(service: Service, timeline: Timeline) -> Iterator[Action]:
    """Bring a target up to its share. One that runs more, by hand, is left: nothing scales in before its drain."""
    target, share = service.target, service.share
    has_room = service.reservation.available_count > 0  # else an instance on standby, say, takes the place
    if target.desired < share or target.maximum < share:
        reason = "the block is active"
    elif len(target.instances) < share and has_room and target.launch is not Suspension.PERSON:
        # Auto Scaling may be waiting out a back-off after launches that failed before the block was active.
        reason = f"the block is active and the group has launched {len(target.instances)} of {share}"
    else:
        return
    yield Scale(
        target=target.id,
        reservation_id=service.reservation.reservation_id,
        minimum=min(target.minimum, share),
        maximum=max(target.maximum, share),
        desired=max(target.desired, share),
        before=timeline.drain_at,
        reason=reason,
    )


def _empty(service: Service, start: datetime, reason: str) -> Iterator[Action]:
    """Bring a target to zero, unless the run is held up until its native action may have filled it."""
    yield from _unprotect(service, reason)
    if service.target.desired > 0 or service.target.minimum > 0:
        yield replace(_to_zero(service, service.target.maximum, reason), before=start)


def _unprotect(service: Service, reason: str) -> Iterator[Unprotect]:
    target, reservation_id = service.target, service.reservation.reservation_id
    if protected := tuple(i.instance_id for i in target.instances if i.protected):
        yield Unprotect(target=target.id, reservation_id=reservation_id, instance_ids=protected, reason=reason)


def _to_zero(service: Service, maximum: int, reason: str) -> Scale:
    target, reservation_id = service.target, service.reservation.reservation_id
    return Scale(target=target.id, reservation_id=reservation_id, minimum=0, maximum=maximum, desired=0, reason=reason)


def _vacate(service: Service, reason: str) -> Iterator[Action]:
    """Bring a target to zero for good, so that no autoscaler brings it back, then set it free once nothing runs."""
    target, reservation_id = service.target, service.reservation.reservation_id
    if target.is_empty:
        yield Unbind(target=target.id, reservation_id=reservation_id, reason=f"{reason} and the group is empty")
        return
    yield from _unprotect(service, reason)
    yield from _shut(service, reason)


def _shut(service: Service, reason: str) -> Iterator[Action]:
    """Take a target to zero with its maximum, where that may be 0: EKS wants at least 1."""
    target = service.target
    maximum = target.maximum if target.id.kind is TargetKind.NODE_GROUP else 0
    if target.desired > 0 or target.minimum > 0 or target.maximum > maximum:
        yield _to_zero(service, maximum, reason)


def _adrift(now: datetime, pool: Pool, target: Target) -> Iterator[Action]:
    """A reservation that is left out of one answer may be back in the next: wait, and never scale in on it."""
    missing_since = pool.said.get(wording.binding.missing_key(target, now))
    if target.is_empty and missing_since is not None and now - missing_since >= FORGET_AFTER:
        assert target.bound_to is not None  # noqa: S101  # that is what makes a target adrift
        yield Unbind(target=target.id, reservation_id=target.bound_to, reason="EC2 no longer lists its reservation")


def _tidy(target: Target) -> Iterator[Action]:
    """Remove what a run that was cut short left on a group that serves nothing."""
    yield from native.deletions(target, native.ours(target), None, "the group serves no block")
    if target.hook is not None:
        yield DeleteHook(target=target.id, reservation_id=None, reason="the group serves no block")


def _bind(service: Service) -> Bind:
    details = service.target.details
    subnets = subnets_in_zone(service.reservation, details) if details is not None else ()
    return Bind(
        target=service.target.id,
        reservation_id=service.reservation.reservation_id,
        subnets=tuple(s.subnet_id for s in subnets),
        reason=f"it is free and fits {service.share} of the block's {service.reservation.instance_count} instances",
    )


def _look_again_at(now: datetime, pool: Pool, assignment: Assignment) -> datetime | None:
    """Return the next instant at which time alone could change the plan."""
    services = [*assignment.bound, *assignment.to_bind]
    looks = chain(
        chain.from_iterable(_looks(now, pool, s) for s in services),
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
    since = pool.said.get(wording.scaling.scaled_out_key(pool, service))
    if since is not None and target.in_service < service.share:
        yield since + pool.policy.verify_within
