"""Decide what to do about one pool, at one instant."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import assert_never

from capacity_blocks.core import native, wording
from capacity_blocks.core.action import Action, Bind, ResumeLaunch, Say, Scale, Unbind, Unprotect
from capacity_blocks.core.assignment import Assignment, Waiting, assign
from capacity_blocks.core.fit import subnets_in_zone
from capacity_blocks.core.inquiry import is_filling
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import PAID, UNPAID, Reservation, ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Suspension, Target, TargetKind
from capacity_blocks.core.timeline import Phase, Timeline

POLL = timedelta(seconds=3)  # from a start until EC2 says active
POLL_FOR = timedelta(minutes=15)  # then the sweep is often enough
LATE_AFTER = timedelta(minutes=10)
NEWS_FOR = timedelta(days=1)  # how long an ended or failed block is worth a message
FORGET_AFTER = timedelta(minutes=10)  # that long EC2 must have left a reservation out before its target is set free
NO_SOONER = timedelta(minutes=1)  # this close to a start, a group that is not empty was filled by its native action


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do about a pool now, and when to decide again (the sweep decides each minute all the same)."""

    actions: tuple[Action, ...] = ()
    look_again_at: datetime | None = None


def plan(now: datetime, pool: Pool) -> Plan:
    """Return what brings the targets of `pool` to what its blocks allow at `now`: deadlines first, words last."""
    assignment = assign(now, pool)
    actions = chain(
        chain.from_iterable(_serve(now, pool.policy, service) for service in _by_deadline(pool, assignment.bound)),
        chain.from_iterable(_adrift(now, pool, target) for target in assignment.adrift),
        chain.from_iterable(_tidy(target) for target in pool.targets if target.bound_to is None),
        (_bind(service) for service in assignment.to_bind),
        (Say(notice=notice, reason=reason) for notice, reason in _notices(now, pool, assignment)),
    )
    return Plan(actions=tuple(actions), look_again_at=_look_again_at(now, pool, assignment))


def plan_unclaimed(now: datetime, blocks: Sequence[Reservation], policy: Policy, said: Container[str]) -> Plan:
    """Return what to say of the paid blocks that no pool claims, unless it was said."""
    notices = (wording.unclaimed(b, policy) for b in blocks if b.is_paid and b.owned and now < b.end)
    return Plan(actions=tuple(Say(notice=n, reason="it is paid for") for n in notices if n.key not in said))


def _by_deadline(pool: Pool, bound: Sequence[Service]) -> list[Service]:
    return sorted(bound, key=lambda s: (s.timeline(pool.policy).drain_at, s.key))


def _serve(now: datetime, policy: Policy, service: Service) -> Iterator[Action]:
    timeline, block = service.timeline(policy), service.reservation
    phase = timeline.phase(now)
    if block.is_dead:
        yield from _vacate(service, f"the block is {block.state.value}")
        yield from native.deletions(
            service.target, native.ours(service.target), block.reservation_id, f"the block is {block.state.value}"
        )
        return
    match phase:
        case Phase.BEFORE_START:
            if now < timeline.start - NO_SOONER:
                yield from _empty(service, "the block has not started")
        case Phase.USABLE:
            if block.state is ReservationState.ACTIVE and service.may_scale_out(policy):
                yield from _fill(service, timeline)
        case Phase.DRAINING | Phase.RECLAIMING | Phase.ENDED:
            yield from _vacate(service, f"the block is {phase.value}")
        case _:
            assert_never(phase)
    if service.target.id.kind is TargetKind.AUTO_SCALING_GROUP:
        yield from native.steps(now, service, policy)
    if service.target.launch is Suspension.AUTO_SCALING and now < timeline.drain_at and service.may_scale_out(policy):
        yield ResumeLaunch(
            target=service.target.id,
            reservation_id=block.reservation_id,
            reason="Auto Scaling suspended it after launches had failed",
        )


def _fill(service: Service, timeline: Timeline) -> Iterator[Action]:
    """Bring a target up to its share. One that runs more, by hand, is left: nothing scales in before its drain."""
    target, share = service.target, service.share
    if target.desired < share or target.maximum < share:
        reason = "the block is active"
    elif len(target.instances) < share:
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


def _empty(service: Service, reason: str) -> Iterator[Action]:
    """Bring a target to zero; with its maximum, where it may be 0, so that no autoscaler brings it back."""
    target, reservation_id = service.target, service.reservation.reservation_id
    if protected := tuple(i.instance_id for i in target.instances if i.protected):
        yield Unprotect(target=target.id, reservation_id=reservation_id, instance_ids=protected, reason=reason)
    if target.desired > 0 or target.minimum > 0:
        yield Scale(
            target=target.id,
            reservation_id=reservation_id,
            minimum=0,
            maximum=target.maximum,
            desired=0,
            reason=reason,
        )


def _vacate(service: Service, reason: str) -> Iterator[Action]:
    """Bring a target to zero for good, then set it free once nothing runs on it."""
    target, reservation_id = service.target, service.reservation.reservation_id
    if target.is_empty:
        yield Unbind(target=target.id, reservation_id=reservation_id, reason=f"{reason} and the group is empty")
        return
    group = target.id.kind is TargetKind.AUTO_SCALING_GROUP
    for action in _empty(service, reason):
        if isinstance(action, Scale) and group:
            continue
        yield action
    if group and (target.desired > 0 or target.minimum > 0 or target.maximum > 0):
        yield Scale(target=target.id, reservation_id=reservation_id, minimum=0, maximum=0, desired=0, reason=reason)


def _adrift(now: datetime, pool: Pool, target: Target) -> Iterator[Action]:
    """A reservation that is left out of one answer may be back in the next: wait, and never scale in on it."""
    missing_since = pool.said.get(wording.missing_key(target))
    if target.is_empty and missing_since is not None and now - missing_since >= FORGET_AFTER:
        assert target.bound_to is not None  # noqa: S101  # that is what makes a target adrift
        yield Unbind(target=target.id, reservation_id=target.bound_to, reason="EC2 no longer lists its reservation")


def _tidy(target: Target) -> Iterator[Action]:
    """Remove what a run that was cut short left on a group that serves nothing."""
    yield from native.deletions(target, native.ours(target), None, "the group serves no block")


def _bind(service: Service) -> Bind:
    details = service.target.details
    subnets = subnets_in_zone(service.reservation, details) if details is not None else ()
    return Bind(
        target=service.target.id,
        reservation_id=service.reservation.reservation_id,
        subnets=tuple(s.subnet_id for s in subnets),
        reason=f"it is free and fits {service.share} of the block's {service.reservation.instance_count} instances",
    )


def _notices(now: datetime, pool: Pool, assignment: Assignment) -> Iterator[tuple[Notice, str]]:
    """Return all that is worth saying at `now`; what was said already is left out."""
    everything = chain(
        [(wording.broken_settings(pool), "its settings are broken")] if pool.policy.broken else [],
        ((wording.mistake(t), "its tags are wrong") for t in pool.targets if t.wishes.mistakes),
        chain.from_iterable(_service_notices(now, pool, s) for s in assignment.bound),
        ((wording.not_listed(t, pool.region), "EC2 does not list its block") for t in assignment.adrift),
        chain.from_iterable(_waiting_notices(now, pool, w) for w in assignment.waiting),
        chain.from_iterable(_block_notices(now, pool, b) for b in pool.reservations),
    )
    return ((notice, reason) for notice, reason in everything if notice.key not in pool.said)


def _waiting_notices(now: datetime, pool: Pool, wait: Waiting) -> Iterator[tuple[Notice, str]]:
    targets = {t.id: t for t in pool.targets}
    yield wording.waiting(now, pool, wait), "no free target fits the block"
    for target_id, reasons in wait.misfits:
        yield wording.unfit(wait, targets[target_id], reasons), "it is free but does not fit"


def _block_notices(now: datetime, pool: Pool, block: Reservation) -> Iterator[tuple[Notice, str]]:
    if block.state is ReservationState.PAYMENT_FAILED and now < block.start + NEWS_FOR:
        yield wording.payment_failed(pool, block), "EC2 says so"
    elif not block.is_dead and block.state not in PAID | UNPAID and now < block.end:
        yield wording.odd_state(pool, block), "EC2 says so"
    elif block.end <= now < block.end + NEWS_FOR and any(k.startswith(f"{block.reservation_id}:") for k in pool.said):
        yield wording.ended(pool, block), "its end has passed"


def _service_notices(now: datetime, pool: Pool, service: Service) -> Iterator[tuple[Notice, str]]:
    policy, block, target = pool.policy, service.reservation, service.target
    timeline = service.timeline(policy)
    phase = timeline.phase(now)
    if block.is_dead:
        return
    if phase in {Phase.BEFORE_START, Phase.USABLE}:
        yield wording.timeline(service, policy), "it is bound"
        yield from _warnings(now, policy, service)
    if phase is Phase.USABLE and block.state is not ReservationState.ACTIVE and now >= block.start + LATE_AFTER:
        yield wording.late(service), "its start has passed"
    if is_filling(now, pool, service):
        yield from _filling_notices(now, pool, service)
    if phase in {Phase.DRAINING, Phase.RECLAIMING}:
        yield wording.draining(service, policy), f"the block is {phase.value}"
        standby = [i.instance_id for i in target.instances if i.lifecycle_state == "Standby"]
        others = [o for o in pool.occupants.get(block.reservation_id, ()) if o.group not in _groups(pool)]
        if standby or others:
            yield wording.leftover(service, standby, others, policy), "they are outside what a group scales"


def _warnings(now: datetime, policy: Policy, service: Service) -> Iterator[tuple[Notice, str]]:
    target = service.target
    for action in native.clashes(now, service, policy):
        yield wording.clash(service, action), "two actions cannot start at one instant"
    if target.launch is Suspension.PERSON:
        yield wording.suspended(service), "a suspension by a person is theirs to lift"
    stale = native.stale_eks_action(service) if target.id.kind is TargetKind.NODE_GROUP else None
    if stale is not None:
        yield wording.stale_eks_action(service, stale), "it was set for another end"
    asked = target.wishes.drain_lead
    if asked is not None and service.timeline(policy).drain_at < service.reservation.end - asked:
        yield wording.lead_too_short(service, policy), "a lead must be longer than the reclaim window"


def _filling_notices(now: datetime, pool: Pool, service: Service) -> Iterator[tuple[Notice, str]]:
    target, reservation_id = service.target, service.reservation.reservation_id
    yield wording.scaled_out(service), "the block is active"
    if target.in_service >= service.share > 0:
        if (occupants := pool.occupants.get(reservation_id)) is None:
            return
        inside = {o.instance_id for o in occupants}
        outside = sorted(i.instance_id for i in target.instances if i.instance_id not in inside)
        if outside:
            yield wording.outside(service, outside), "they are not in the reservation"
        else:
            yield wording.in_service(service), "all instances are in the reservation"
        return
    failure = pool.failures.get(target.id)
    since = pool.said.get(wording.scaled_out_key(service))
    if since is not None and now - since >= pool.policy.verify_within:
        yield wording.not_in_service(service, pool.policy, failure), "the time to come into service has passed"
    if since is not None and failure is not None and failure.at > since:
        yield wording.launch_failed(service, failure), "its last launch failed"


def _groups(pool: Pool) -> set[str | None]:
    return {t.group for t in pool.targets}


def _look_again_at(now: datetime, pool: Pool, assignment: Assignment) -> datetime | None:
    services = [*assignment.bound, *assignment.to_bind]
    return min(chain.from_iterable(_looks(now, pool, s) for s in services), default=None)


def _looks(now: datetime, pool: Pool, service: Service) -> Iterable[datetime]:
    timeline, block = service.timeline(pool.policy), service.reservation
    if block.is_dead:
        return
    if (boundary := timeline.next_boundary(now)) is not None:
        yield boundary
    waits = timeline.phase(now) is Phase.USABLE and block.state is not ReservationState.ACTIVE
    if waits and now < timeline.start + POLL_FOR:
        yield now + POLL
