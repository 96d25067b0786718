"""Start the drains that nobody is at."""

from collections.abc import Iterator
from datetime import datetime

from capacity_blocks.core.action import StartDrain
from capacity_blocks.core.drain import hooking
from capacity_blocks.core.drain.deadline import deadline
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Target


def waits_for_us(target: Target) -> bool:
    """Whether instances wait for a drain of ours, though a tag may have become unreadable since.

    A group that serves no block has only the hook that we left on it: what else waits there, waits for others.
    """
    is_asked_for = target.hook is not None or (target.bound_to is not None and hooking.has_drain(target))
    return bool(is_asked_for and target.waiting)


def steps(now: datetime, pool: Pool, service: Service) -> Iterator[StartDrain]:
    """Return the drains to be started: an event that should have done so was lost, or a drain was cut short."""
    until = deadline(now, service.timeline(pool.policy), pool.policy)
    yield from _starts(pool, service.target, service.reservation.reservation_id, until)


def stray_steps(now: datetime, pool: Pool, target: Target) -> Iterator[StartDrain]:
    """Return the same for a group whose block EC2 does not list, or that serves none (any more)."""
    yield from _starts(pool, target, target.bound_to, now + pool.policy.drain_at_most)


def _starts(pool: Pool, target: Target, reservation_id: str | None, until: datetime) -> Iterator[StartDrain]:
    if not waits_for_us(target):
        return
    for instance_id in target.waiting:
        if instance_id not in pool.under_way:
            yield StartDrain(
                target=target.id,
                reservation_id=reservation_id,
                instance_id=instance_id,
                method=target.wishes.drain,
                deadline=until,
                reason="it waits, and nobody is draining it",
            )
