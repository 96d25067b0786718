"""What is worth telling people about drains, at one instant."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from capacity_blocks.core import wording
from capacity_blocks.core.action import Say
from capacity_blocks.core.drain import closing, hold, hook, hooking
from capacity_blocks.core.drain.step import Step, is_due
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import TargetKind
from capacity_blocks.core.timeline import Phase, Timeline

LATE = timedelta(minutes=5)  # before the reclaim: time enough for a person to save what a node holds


def service_news(now: datetime, pool: Pool, service: Service) -> Iterator[Say]:
    """Return what to say of one target whose block is not dead."""
    policy, timeline = pool.policy, service.timeline(pool.policy)
    phase = timeline.phase(now)
    if phase in {Phase.BEFORE_START, Phase.USABLE}:
        yield from _hook_news(pool, service)
        if is_due(Step.NOTICE, now, timeline, policy):
            yield Say(notice=wording.warning.ahead(service, policy), reason="its drain is near")
    if phase in {Phase.USABLE, Phase.DRAINING}:
        yield from _extension_news(now, pool, service)
    if is_late(now, pool, service):
        yield Say(notice=wording.draining.node_group_late(service, policy), reason="EKS is to drain it, and has not")


def block_news(now: datetime, pool: Pool, block: Reservation) -> Iterator[Say]:
    """Return what to say of a block, whatever runs on it."""
    timeline, lead = Timeline.of(block, pool.policy), pool.policy.notice_lead
    # Nodes of Karpenter's are in no group that we know, so that it is told of every UltraServer, however short.
    is_near = lead and max(timeline.start, timeline.drain_at - lead) <= now < timeline.drain_at
    if block.ultraserver and block.is_paid and is_near:
        yield Say(notice=wording.warning.karpenter(pool, block), reason="its end is near")
    if block.reservation_id in pool.reports and closing.is_due(now, pool, block):
        notice = wording.draining.closed(pool, block, closing.closing(pool, block))
        yield Say(notice=notice, reason="all of its instances are gone", into_history=True)


def late_at(pool: Pool, service: Service) -> datetime | None:
    """Return when a managed node group should be empty; None for all others."""
    is_node_group = service.target.id.kind is TargetKind.NODE_GROUP
    return service.timeline(pool.policy).reclaim_at - LATE if is_node_group else None


def is_late(now: datetime, pool: Pool, service: Service) -> bool:
    instant = late_at(pool, service)
    is_running = bool(service.target.instances)
    timeline = service.timeline(pool.policy)
    return instant is not None and is_running and max(instant, timeline.drain_at) <= now < timeline.end


def _hook_news(pool: Pool, service: Service) -> Iterator[Say]:
    policy, timeline = pool.policy, service.timeline(pool.policy)
    if hooking.has_drain(service.target) and hook.heartbeat(timeline) is None:
        yield Say(notice=wording.warning.no_hook(service, policy), reason="its lead leaves no time for a hook")
    others = [h for h in pool.hooks.get(service.target.id, ()) if h.name != hook.HOOK]
    if others:
        notice = wording.warning.foreign_hooks(service, others, policy)
        yield Say(notice=notice, reason="hooks of others count for the deadline too")


def _extension_news(now: datetime, pool: Pool, service: Service) -> Iterator[Say]:
    extension = pool.extensions.get(service.reservation.reservation_id)
    if extension is None:
        return
    until, is_due = hold.held_until(pool, service), now >= service.timeline(pool.policy).drain_at
    if until is not None and now < until:
        yield Say(notice=wording.warning.held(service, until, pool.policy), reason="the pool asks for it")
    elif is_due or hold.hold_until(pool, service) is None:
        notice = wording.warning.extension_pending(service, extension, pool.policy)
        yield Say(notice=notice, reason="an extension that is not paid moves no end")
