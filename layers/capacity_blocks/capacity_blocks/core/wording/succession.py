"""What people are told of how one block of a pool follows on another."""

from datetime import timedelta

from capacity_blocks.core.chain import Joint
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.timeline import LAST_EXTENSION_BEFORE_END
from capacity_blocks.core.words import when

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def span(duration: timedelta) -> str:
    """Say a duration as people do: 40 minutes, 13 hours 30 minutes, 2 days 1 hour."""
    days, hours, minutes = duration // DAY, duration % DAY // HOUR, duration % HOUR // MINUTE
    parts = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in ((days, "day"), (hours, "hour"), (minutes, "minute"))]
    return " ".join(part for part in parts if not part.startswith("0 ")) or "0 minutes"


def joint(pool: Pool, found: Joint) -> Notice:
    """Tell of the gap or the overlap between two blocks. One that cannot be helped any more cheaply is no warning."""
    before, after = found.before, found.after
    about = f"{before} drains at {when(before.drain_at)}, {after} starts at {when(after.start)}"
    if found.gap:
        kind, severity = "gap", Severity.INFO if found.is_direct else Severity.WARNING
        title = f"Pool {pool.name} has a gap of {span(found.gap)} from {when(before.drain_at)} on"
        text = f"{about}: for {span(found.gap)} the pool has none of their {_instances(before.instances)}."
        next_step = (
            f"Nothing to do, if work may pause; else extend {before}, by "
            f"{when(before.end - LAST_EXTENSION_BEFORE_END)} at the latest, or purchase a block that starts before "
            f"{when(before.drain_at)}."
        )
    else:
        kind, severity = "overlap", Severity.INFO
        title = f"{after} takes over from {before} in pool {pool.name}: both serve for {span(found.overlap)}"
        text = (
            f"{after} starts at {when(after.start)} with {_instances(after.instances)}, {before} drains at "
            f"{when(before.drain_at)} with {_instances(before.instances)}."
        )
        next_step = "Nothing to do: each has a group of its own, and the earlier one is emptied at its own time."
    return Notice(
        key=joint_key(found),
        kind=kind,
        severity=severity,
        title=title,
        text=text,
        next_step=next_step,
        pool=pool.name,
        region=pool.region,
        reservation_id=before.reservation_ids[0],
    )


def joint_key(found: Joint) -> str:
    """Name the pair and both of the instants that make the joint: when one moves, it is told anew."""
    before, after = found.before, found.after
    names = f"{before.reservation_ids[0]}:joint:{after.reservation_ids[0]}"
    return f"{names}:{before.drain_at:%Y%m%dT%H%M}:{after.start:%Y%m%dT%H%M}"


def goes_on(found: Joint | None) -> str:
    """Say in a clause how a pool goes on after a block."""
    if found is None:
        return "nothing follows"
    if found.gap:
        return f"{found.after} follows after a gap of {span(found.gap)}"
    return f"{found.after} goes on without a gap: both serve for {span(found.overlap)}"


def _instances(count: int) -> str:
    return f"{count} instance" if count == 1 else f"{count} instances"
