"""Watch a block take over from the one before while both serve: is it good, and in time?"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from capacity_blocks.core import wording
from capacity_blocks.core.action import Say
from capacity_blocks.core.assignment import bound_services
from capacity_blocks.core.chain import Joint, Link, joints, links
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.readiness import gate
from capacity_blocks.core.service import Service

LEAST_WARNING = timedelta(minutes=10)  # before the earlier block drains, however late the later one has started


def notices(now: datetime, pool: Pool) -> Iterator[Say]:
    """Return what to say of hand-overs that are under way: a later block that is good, or one that is not in time."""
    services = bound_services(pool)
    for joint in joints(links(pool.reservations, pool.policy)):
        if not joint.after.start <= now < joint.before.drain_at:
            continue
        serving = [s for s in services if s.reservation.reservation_id in joint.after.reservation_ids]
        if _is_good(pool, joint.after, serving):
            yield Say(notice=wording.readiness.handed_over(pool, joint), reason="the block that follows is good")
        elif now >= alarm_at(pool, joint):
            served = sum(min(s.target.in_service, s.share) for s in serving)
            notice = wording.readiness.hand_over_at_risk(pool, joint, served)
            yield Say(notice=notice, reason="the block before it drains soon")


def instants(pool: Pool) -> Iterator[datetime]:
    """Return when time alone makes a hand-over worth an alarm."""
    for joint in joints(links(pool.reservations, pool.policy)):
        if joint.overlap:
            yield alarm_at(pool, joint)


def alarm_at(pool: Pool, joint: Joint) -> datetime:
    """Return when a later block should be good: as soon as its instances have had the time that they may take."""
    in_time = joint.after.start + pool.policy.verify_within
    return max(joint.after.start, min(in_time, joint.before.drain_at - LEAST_WARNING))


def _is_good(pool: Pool, link: Link, serving: Iterable[Service]) -> bool:
    shares = [s.share if gate.is_good(pool, s) else 0 for s in serving if s.share]
    return sum(shares) >= link.instances and all(shares)
