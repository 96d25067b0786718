"""Decide what to do about one pool, at one instant."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from capacity_blocks.core import look, native, sizing, wording
from capacity_blocks.core.action import Action, Bind, DeleteHook, ResumeLaunch, Say, Unbind
from capacity_blocks.core.assignment import Assignment, assign
from capacity_blocks.core.drain import hold, hooking, start, warning
from capacity_blocks.core.fit import subnets_in_zone
from capacity_blocks.core.news import news
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.readiness import gate
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Suspension, Target
from capacity_blocks.core.timeline import Phase


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
        chain.from_iterable(sizing.vacate(s, "a block that is over before comes first,") for s in assignment.to_free),
        chain.from_iterable(_adrift(now, pool, target) for target in assignment.adrift),
        chain.from_iterable(_tidy(now, pool, target) for target in pool.targets if target.bound_to is None),
        (_bind(service) for service in assignment.to_bind),
        news(now, pool, assignment, kept),
    )
    return Plan(actions=tuple(actions), look_again_at=look.look_again_at(now, pool, assignment))


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
        yield from sizing.vacate(service, f"the block is {block.state.value}")
        yield from start.steps(now, pool, service)
        return
    if service.is_moved and service.target.is_empty:
        yield from sizing.vacate(service, f"the block is tagged for pool {block.pool}")
        return
    timeline, held_until = service.timeline(policy), hold.native_until(now, pool, service)
    if held_until is not None:
        # Before all else: unless it is in place when the drain is due, nothing waits.
        yield from native.steps(now, service, policy, held_until)
    yield from sizing.size(now, pool, service, is_wanted=is_wanted)
    yield from start.steps(now, pool, service)
    if held_until is None:
        yield from native.steps(now, service, policy)
    if now < timeline.drain_at and not (pool.hold_unread and held_until is not None):
        yield from hooking.steps(pool, service, hold.hold_until(pool, service))
    if timeline.phase(now) is Phase.USABLE:
        yield from warning.steps(now, pool, service)
        yield from gate.steps(now, pool, service)
    if service.target.launch is Suspension.AUTO_SCALING and now < timeline.drain_at and service.may_scale_out(policy):
        yield ResumeLaunch(
            target=service.target.id,
            reservation_id=block.reservation_id,
            reason="Auto Scaling suspended it after launches had failed",
        )


def _adrift(now: datetime, pool: Pool, target: Target) -> Iterator[Action]:
    """A reservation that is left out of one answer may be back in the next: wait, and never scale in on it."""
    yield from start.stray_steps(now, pool, target)
    missing_since = pool.said.get(wording.binding.missing_key(target, now))
    if target.is_empty and missing_since is not None and now - missing_since >= look.FORGET_AFTER:
        assert target.bound_to is not None  # noqa: S101  # that is what makes a target adrift
        yield Unbind(target=target.id, reservation_id=target.bound_to, reason="EC2 no longer lists its reservation")


def _tidy(now: datetime, pool: Pool, target: Target) -> Iterator[Action]:
    """Remove what a run that was cut short left on a group that serves nothing; its hook when nothing waits for it."""
    yield from start.stray_steps(now, pool, target)
    yield from native.deletions(target, native.ours(target), None, "the group serves no block")
    if target.hook is not None and not target.waiting:
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
