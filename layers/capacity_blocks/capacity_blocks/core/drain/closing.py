"""When the drain of a block is over, and how it went."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.drain import hooking
from capacity_blocks.core.drain.verdict import Report, Verdict
from capacity_blocks.core.pool import DRAINED, Pool
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import ending
from capacity_blocks.core.timeline import Timeline

WORTH_TELLING = timedelta(days=1)  # after the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """`began` is when the first target of the block was scaled to zero for good."""

    began: datetime
    given_up: timedelta  # paid for, and unused though EC2 would not have terminated anything yet
    drained: tuple[Report, ...]
    let_go: tuple[Report, ...]


def key(block: Reservation) -> str:
    return f"{block.reservation_id}:drained:{ending(block)}"


def is_due(now: datetime, pool: Pool, block: Reservation) -> bool:
    """Whether all that was to be drained on the block is gone, and nobody has told of it."""
    if key(block) in pool.said or now >= block.end + WORTH_TELLING or not any(_beginnings(pool, block)):
        return False
    return all(t.is_empty for t in pool.targets if t.bound_to == block.reservation_id)


def closing(pool: Pool, block: Reservation) -> Closing:
    """Sum up what `is_due`; drains of before, of instances that were replaced, are not counted."""
    timeline, began = Timeline.of(block, pool.policy), min(_beginnings(pool, block))
    reports = [r for r in pool.reports[block.reservation_id] if r.ended >= min(began, timeline.drain_at)]
    return Closing(
        began=began,
        given_up=max(timedelta(), timeline.reclaim_at - began),
        drained=tuple(r for r in reports if r.verdict is Verdict.DRAINED),
        let_go=tuple(r for r in reports if r.verdict is not Verdict.DRAINED),
    )


def _beginnings(pool: Pool, block: Reservation) -> Iterator[datetime]:
    """Return when the drains before this end began, of the targets that asked for one."""
    for target in pool.targets:
        service_key = f"{block.reservation_id}:{target.id}"
        if hooking.has_drain(target) and pool.drained.get(service_key) == ending(block):
            yield pool.said[f"{service_key}{DRAINED}{ending(block)}"]
