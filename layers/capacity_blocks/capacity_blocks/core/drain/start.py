"""Start the drains that nobody is at."""

from collections.abc import Iterator
from datetime import datetime

from capacity_blocks.core.action import StartDrain
from capacity_blocks.core.drain import hooking
from capacity_blocks.core.drain.deadline import deadline
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.service import Service


def waits_for_us(service: Service) -> bool:
    """Whether instances wait for a drain of ours, though a tag may have become unreadable since."""
    is_asked_for = hooking.has_drain(service.target) or service.target.hook is not None
    return bool(is_asked_for and service.target.waiting)


def steps(now: datetime, pool: Pool, service: Service) -> Iterator[StartDrain]:
    """Return the drains to be started: an event that should have done so was lost, or a drain was cut short."""
    if not waits_for_us(service):
        return
    target = service.target
    until = deadline(now, service.timeline(pool.policy), pool.policy)
    for instance_id in target.waiting:
        if instance_id not in pool.under_way:
            yield StartDrain(
                target=target.id,
                reservation_id=service.reservation.reservation_id,
                instance_id=instance_id,
                method=target.wishes.drain,
                deadline=until,
                reason="it waits, and nobody is draining it",
            )
