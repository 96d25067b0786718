"""Put a drain off while an extension is being paid: where it was asked for, and where there is time to."""

from datetime import datetime, timedelta

from capacity_blocks.core.drain import hooking
from capacity_blocks.core.drain.hook import ALLOWANCE
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.service import DRAIN_ACTION, Service, ending
from capacity_blocks.core.target import TargetKind

# An extension fails that is not paid 35 minutes before the end, which is 5 before EC2 terminates.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-extend.html
NO_LATER = timedelta(minutes=6)  # before the reclaim


def may_hold(service: Service, policy: Policy) -> bool:
    """Whether the drain of such a target may be put off at all.

    UltraServers drain half an hour before a payment must have settled; of a node group EKS moves no drain.
    """
    is_asked_for = policy.hold_for_extension and policy.broken is None and not service.target.wishes.mistakes
    is_group = service.target.id.kind is TargetKind.AUTO_SCALING_GROUP
    return is_asked_for and is_group and service.reservation.ultraserver is False


def hold_until(pool: Pool, service: Service) -> datetime | None:
    """Return until when the drain is to be put off; None where it is not.

    A native action that is late, and a drain as long as the longest of late, must still fit in before the reclaim.
    """
    if pool.hold_unread:
        return standing_until(pool, service)
    block, longest = service.reservation, pool.longest_drain
    is_paying = block.reservation_id in pool.extensions
    if longest is None or not is_paying or _has_begun(pool, service) or not may_hold(service, pool.policy):
        return None
    timeline = service.timeline(pool.policy)
    until = timeline.reclaim_at - max(NO_LATER, longest + ALLOWANCE)
    until = until.replace(second=0, microsecond=0)  # as Auto Scaling keeps it
    return until if until > timeline.drain_at else None


def standing_until(pool: Pool, service: Service) -> datetime | None:
    """Return until when hook and native action put the drain off already, and end it in time without us.

    While nobody can be asked whether they still should, they stand: not answered is not "none is being paid".
    """
    native = _native_drain(service)
    if native is None or _has_begun(pool, service) or not may_hold(service, pool.policy):
        return None
    timeline = service.timeline(pool.policy)
    is_put_off = timeline.drain_at < native <= timeline.reclaim_at - NO_LATER
    return native if is_put_off and hooking.leaves_time(pool, service, native) else None


def native_until(now: datetime, pool: Pool, service: Service) -> datetime | None:
    """Return to when the native drain action is to be put off: not before a hook is in place that leaves time for it.

    Once the drain is due, what has not been put off by then is not any more.
    """
    until = hold_until(pool, service)
    if until is None or pool.hold_unread:
        return until
    if not hooking.is_in_step(pool, service, until):
        return None
    is_due = now >= service.timeline(pool.policy).drain_at
    return until if not is_due or held_until(pool, service) is not None else None


def held_until(pool: Pool, service: Service) -> datetime | None:
    """Return until when the drain does wait: with hook and native action in place that end it in time without us."""
    until, native = hold_until(pool, service), _native_drain(service)
    if pool.hold_unread:
        return until
    if until is None or native is None:
        return None
    is_put_off = service.timeline(pool.policy).drain_at < native <= until
    return native if is_put_off and hooking.is_in_step(pool, service, until) else None


def is_held(now: datetime, pool: Pool, service: Service) -> bool:
    """Whether a drain that is due waits."""
    until = held_until(pool, service)
    return until is not None and service.timeline(pool.policy).drain_at <= now < until


def _has_begun(pool: Pool, service: Service) -> bool:
    return pool.drained.get(service.key) == ending(service.reservation)


def _native_drain(service: Service) -> datetime | None:
    return next((a.start for a in service.target.scheduled_actions if a.name == DRAIN_ACTION), None)
