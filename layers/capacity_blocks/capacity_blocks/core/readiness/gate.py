"""When the nodes of a target are looked at, and when a target counts as good."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from capacity_blocks.core.action import CheckNodes
from capacity_blocks.core.inquiry import is_filling
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import TargetKind
from capacity_blocks.core.wording import readiness as wording
from capacity_blocks.core.wording import scaling
from capacity_blocks.core.wording.phrase import life

MINUTE = timedelta(minutes=1)
# Once people have been told, a look now and then is enough: whether somebody has helped, or has let us in.
AFTER_ALARM, AFTER_UNKNOWN = 10 * MINUTE, 60 * MINUTE


def asks(service: Service, policy: Policy) -> bool:
    """Whether the instances are nodes of a cluster that we may look into. Others count by their instances alone."""
    is_in_cluster = service.target.id.kind is TargetKind.NODE_GROUP or service.target.wishes.drain == "eks"
    return is_in_cluster and policy.check_nodes is not NodeCheck.OFF


def steps(now: datetime, pool: Pool, service: Service) -> Iterator[CheckNodes]:
    """Return the look that is due: when all instances are in service, or should be, until the nodes are good."""
    since = pool.said.get(scaling.scaled_out_key(pool, service))
    if since is None or not service.share or not is_filling(now, pool, service) or not asks(service, pool.policy):
        return
    verify_at = since + pool.policy.verify_within
    is_full = service.target.in_service >= service.share
    is_time = service.target.in_service > 0 and (is_full or now >= verify_at)
    if is_time and wording.ready_key(pool, service) not in pool.said and _is_turn(now, pool, service):
        yield CheckNodes(
            target=service.target.id,
            reservation_id=service.reservation.reservation_id,
            life=life(pool, service),
            wanted=service.share,
            alarm_at=verify_at,
            reason="all of its instances are in service" if is_full else "its instances should be in service",
        )


def is_good(pool: Pool, service: Service) -> bool:
    """Whether all instances serve, as far as that can be known: nodes that nobody lets us see are not held against it.

    That all are in service was said; what has gone since counts by the listing.
    """
    is_served = scaling.in_service_key(pool, service) in pool.said and service.target.in_service >= service.share
    if not asks(service, pool.policy):
        return is_served
    return is_served and bool({wording.ready_key(pool, service), wording.unknown_key(service)} & pool.said.keys())


def next_look(now: datetime, pool: Pool, service: Service) -> datetime | None:
    """Return when nodes that people have been told of are looked at again; None where none are."""
    if wording.ready_key(pool, service) in pool.said:
        return None
    turns = (told + ((now - told) // every + 1) * every for told, every in _told(pool, service))
    return max(turns, default=None)


def _is_turn(now: datetime, pool: Pool, service: Service) -> bool:
    return all((now - told) % every < MINUTE for told, every in _told(pool, service))


def _told(pool: Pool, service: Service) -> list[tuple[datetime, timedelta]]:
    """Return when people were told, and how often is looked since: by the one that wants it least often."""
    unknown, alarm = pool.said.get(wording.unknown_key(service)), pool.said.get(wording.not_ready_key(pool, service))
    if unknown is not None:
        return [(unknown, AFTER_UNKNOWN)]
    return [(alarm, AFTER_ALARM)] if alarm is not None else []
