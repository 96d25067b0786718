"""What people are told while a block looks for targets, finds them, or cannot have them."""

from collections.abc import Sequence
from datetime import datetime

from capacity_blocks.core import tag
from capacity_blocks.core.assignment import Waiting
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.price import cost_per_hour
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Target
from capacity_blocks.core.wording.phrase import digest, sentences, steady
from capacity_blocks.core.words import when


def missing_key(target: Target, now: datetime) -> str:
    """Name one day's absence: what was missing once and came back is not taken for missing ever since."""
    return f"{target.bound_to}:{target.id}:not-listed:{now:%Y%m%d}"


def unfit(waiting: Waiting, target: Target, reasons: Sequence[str]) -> Notice:
    block = waiting.reservation
    return Notice(
        key=f"{block.reservation_id}:{target.id}:unfit:{digest(reasons)}",
        kind="unfit",
        severity=Severity.WARNING,
        title=f"{target.id} does not fit {block.reservation_id}",
        text=sentences(reasons),
        next_step="Change what is named; it is bound within a minute.",
        pool=target.pool,
        region=block.region,
        reservation_id=block.reservation_id,
        target=str(target.id),
    )


def waiting(now: datetime, pool: Pool, wait: Waiting) -> Notice:
    block, cost = wait.reservation, cost_per_hour(wait.reservation, wait.left, pool.policy)
    started = now >= block.start
    text = f"{wait.left} of {block.instance_count} {block.instance_type} idle cost {cost}"
    text += f", from {when(block.start)} on." if not started else ", now."
    if wait.behind is not None:
        free = wait.behind.timeline(pool.policy).reclaim_at
        if free <= block.start:
            return _queued(pool, wait, wait.behind, free)
        other = wait.behind.reservation.reservation_id
        text += f" {wait.behind.target.id} serves {other} and is free from about {when(free)}."
    busy = [t for t in pool.targets if t.bound_to is None and not t.is_empty]
    text += "".join(f" {t.id} serves no block but is not empty: bring it to zero and it is free." for t in busy)
    zone = f"{block.availability_zone} ({block.availability_zone_id})"
    return Notice(
        key=f"{block.reservation_id}:waiting:{wait.left}:{'started' if started else 'ahead'}",
        kind="waiting",
        severity=Severity.CRITICAL if started else Severity.WARNING,
        title=f"{block.reservation_id} has no free target in pool {pool.name}",
        text=text,
        next_step=(
            f"Add an Auto Scaling group of {wait.left} {block.instance_type}, tagged {tag.POOL}={pool.name}, "
            f"desired 0, with a subnet in {zone}."
        ),
        pool=pool.name,
        region=pool.region,
        reservation_id=block.reservation_id,
    )


def _queued(pool: Pool, wait: Waiting, behind: Service, free: datetime) -> Notice:
    block = wait.reservation
    return Notice(
        key=f"{block.reservation_id}:queued:{behind.target.id}",
        kind="queued",
        severity=Severity.INFO,
        title=f"{block.reservation_id} follows on {behind.target.id}",
        text=(
            f"{behind.target.id} serves {behind.reservation.reservation_id} and is free from about {when(free)}; "
            f"{block.reservation_id} starts at {when(block.start)}."
        ),
        pool=pool.name,
        region=pool.region,
        reservation_id=block.reservation_id,
        target=str(behind.target.id),
    )


def bind_failed(target: Target, reservation_id: str, error: str) -> Notice:
    return Notice(
        key=f"{reservation_id}:{target.id}:bind-failed:{digest([steady(error)])}",
        kind="bind-failed",
        severity=Severity.CRITICAL,
        title=f"{target.id} could not be bound to {reservation_id}",
        text=f"AWS says: {error}. The group has its settings of before; it is tried again every minute.",
        next_step="Correct what AWS names, or free another target of the pool.",
        pool=target.pool,
        region=target.id.region,
        reservation_id=reservation_id,
        target=str(target.id),
    )


def not_listed(target: Target, region: str, now: datetime) -> Notice:
    return Notice(
        key=missing_key(target, now),
        kind="not-listed",
        severity=Severity.WARNING,
        title=f"{target.id} is bound to {target.bound_to}, which EC2 does not list",
        text="The group is left as it is: its native drain action stands. It is set free once it is empty.",
        next_step="If the block was shared with this account, ask its owner; else see whether the id is right.",
        pool=target.pool,
        region=region,
        reservation_id=target.bound_to,
        target=str(target.id),
    )
