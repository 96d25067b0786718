"""What is worth telling people about a pool, at one instant."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from capacity_blocks.core import handover, native, wording
from capacity_blocks.core.action import Say
from capacity_blocks.core.assignment import Assignment, Waiting
from capacity_blocks.core.chain import joints, links
from capacity_blocks.core.drain import hold
from capacity_blocks.core.drain.news import block_news, service_news
from capacity_blocks.core.inquiry import is_filling
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import PAID, UNPAID, Reservation, ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Suspension, TargetKind
from capacity_blocks.core.timeline import Phase

LATE_AFTER = timedelta(minutes=10)
NEWS_FOR = timedelta(days=1)  # how long an ended or failed block is worth a message
STANDBY = frozenset({"EnteringStandby", "Standby"})  # LifecycleState; they do not count for the desired capacity


def news(now: datetime, pool: Pool, assignment: Assignment, kept: Sequence[Service]) -> Iterator[Say]:
    """Return what is worth saying of `pool` at `now`, each thing once: a block of two targets is late once."""
    said = set(pool.said)
    for say in _everything(now, pool, assignment, kept):
        if say.notice.key not in said:
            said.add(say.notice.key)
            yield say


def _everything(now: datetime, pool: Pool, assignment: Assignment, kept: Sequence[Service]) -> Iterator[Say]:
    if pool.policy.broken:
        yield Say(notice=wording.setting.broken_settings(pool), reason="its settings are broken")
    for target in pool.targets:
        if target.wishes.mistakes:
            yield Say(notice=wording.setting.mistake(target), reason="its tags are wrong")
    for service in kept:
        yield from _service_notices(now, pool, service)
    for target in assignment.adrift:
        yield Say(notice=wording.binding.not_listed(target, pool.region, now), reason="EC2 does not list its block")
    for wait in assignment.waiting:
        yield from _waiting_notices(now, pool, wait)
    yield from _joint_notices(now, pool)
    yield from handover.notices(now, pool)
    for block in pool.reservations:
        yield from _block_notices(now, pool, block)
        yield from block_news(now, pool, block)


def _waiting_notices(now: datetime, pool: Pool, wait: Waiting) -> Iterator[Say]:
    targets = {t.id: t for t in pool.targets}
    yield Say(notice=wording.binding.waiting(now, pool, wait), reason="no free target fits the block")
    for target_id, reasons in wait.misfits:
        notice = wording.binding.unfit(wait, targets[target_id], reasons)
        yield Say(notice=notice, reason="it is free but does not fit")


def _joint_notices(now: datetime, pool: Pool) -> Iterator[Say]:
    for joint in joints(links(pool.reservations, pool.policy)):
        if joint.is_ahead(now) and (joint.gap or joint.overlap):
            yield Say(notice=wording.succession.joint(pool, joint), reason="both blocks of the pool are paid")


def _block_notices(now: datetime, pool: Pool, block: Reservation) -> Iterator[Say]:
    if block.ultraserver is None and block.is_paid and now < block.end:
        yield Say(notice=wording.block.kind_unknown(pool, block), reason="EC2 did not say what kind of block it is")
    if block.is_dead and block.state is not ReservationState.EXPIRED:
        failed = block.state is ReservationState.PAYMENT_FAILED
        notice = wording.block.payment_failed(pool, block) if failed else wording.block.not_delivered(pool, block)
        if now < block.end + NEWS_FOR:
            yield Say(notice=notice, reason="EC2 says so")
    elif not block.is_dead and block.state not in PAID | UNPAID and now < block.end:
        yield Say(notice=wording.block.odd_state(pool, block), reason="EC2 says so")
    elif block.end <= now < block.end + NEWS_FOR and any(k.startswith(f"{block.reservation_id}:") for k in pool.said):
        yield Say(notice=wording.block.ended(pool, block), reason="its end has passed")


def _service_notices(now: datetime, pool: Pool, service: Service) -> Iterator[Say]:
    policy, block, target = pool.policy, service.reservation, service.target
    timeline = service.timeline(policy)
    phase = timeline.phase(now)
    if block.is_dead:
        return
    if phase in {Phase.BEFORE_START, Phase.USABLE}:
        yield Say(notice=wording.schedule.timeline(service, policy), reason="it is bound")
        yield from _warnings(now, policy, service)
    if phase is Phase.USABLE and block.state is not ReservationState.ACTIVE and now >= block.start + LATE_AFTER:
        yield Say(notice=wording.scaling.late(service), reason="its start has passed")
    if is_filling(now, pool, service) and service.share:
        yield from _filling_notices(now, pool, service)
    left = [i.instance_id for i in target.instances if not i.lifecycle_state.startswith("Terminat")]
    yield from service_news(now, pool, service)
    if phase is Phase.RECLAIMING and left:
        yield Say(notice=wording.draining.still_running(service, left), reason="the block is reclaiming")
    if phase in {Phase.DRAINING, Phase.RECLAIMING} and not hold.is_held(now, pool, service):
        yield Say(notice=wording.draining.draining(service, policy), reason=f"the block is {phase.value}", of=target.id)
        standby = [i.instance_id for i in target.instances if i.lifecycle_state in STANDBY]
        others = [o for o in pool.occupants.get(block.reservation_id, ()) if o.group not in _groups(pool)]
        if standby or others:
            notice = wording.draining.leftover(service, standby, others, policy)
            yield Say(notice=notice, reason="they are outside what a group scales")


def _warnings(now: datetime, policy: Policy, service: Service) -> Iterator[Say]:
    target, asked, timeline = service.target, service.target.wishes.drain_lead, service.timeline(policy)
    if timeline.drain_at == timeline.start:
        yield Say(notice=wording.schedule.never_used(service, policy), reason="its lead is as long as the block")
    for action in native.clashes(now, service, policy):
        yield Say(notice=wording.schedule.clash(service, action), reason="two actions cannot start at one instant")
    if target.launch is Suspension.PERSON:
        yield Say(notice=wording.scaling.suspended(service), reason="a suspension by a person is theirs to lift")
    stale = native.stale_eks_action(service) if target.id.kind is TargetKind.NODE_GROUP else None
    if stale is not None:
        yield Say(notice=wording.schedule.stale_eks_action(service, stale), reason="it was set for another end")
    if asked is not None and service.reservation.end - asked >= timeline.reclaim_at:
        notice = wording.schedule.lead_too_short(service, policy)
        yield Say(notice=notice, reason="a lead must be longer than the reclaim window")


def _filling_notices(now: datetime, pool: Pool, service: Service) -> Iterator[Say]:
    target = service.target
    if wording.scaling.was_scaled_in(pool, service):
        yield Say(notice=wording.scaling.scaled_in(now, pool, service), reason="its block is paid and does not drain")
        return
    yield Say(notice=wording.scaling.scaled_out(pool, service), reason="the block is active", of=target.id)
    if target.in_service >= service.share:
        yield from _whereabouts(pool, service)
        return
    failure = pool.failures.get(target.id)
    if failure is not None and failure.at < service.reservation.start:
        failure = None  # it is of a block before this one
    since = pool.said.get(wording.scaling.scaled_out_key(pool, service))
    if since is None:
        return
    if now - since >= pool.policy.verify_within:
        notice = wording.scaling.not_in_service(pool, service, failure)
        yield Say(notice=notice, reason="the time to come into service has passed")
    if failure is not None and failure.at > since:
        yield Say(notice=wording.scaling.launch_failed(service, failure), reason="its last launch failed")


def _whereabouts(pool: Pool, service: Service) -> Iterator[Say]:
    """Say whether the instances of a full target run in its block; nothing when that was not asked."""
    occupants = pool.occupants.get(service.reservation.reservation_id)
    if occupants is None:
        return
    inside = {o.instance_id for o in occupants}
    outside = sorted(i.instance_id for i in service.target.instances if i.instance_id not in inside)
    if outside:
        yield Say(notice=wording.scaling.outside(service, outside), reason="they are not in the reservation")
    else:
        yield Say(notice=wording.scaling.in_service(pool, service), reason="all instances are in the reservation")


def _groups(pool: Pool) -> set[str | None]:
    return {t.group for t in pool.targets}
