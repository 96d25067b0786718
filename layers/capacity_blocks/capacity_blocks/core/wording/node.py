"""What people are told of the drains of single instances."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.notice import Notice, Severity

MINUTE = timedelta(minutes=1)
HOLDS = timedelta(seconds=20)  # what is stuck for less was only slow, and has had no time to be written down
MOST_NAMES = 4
MOST_CLAUSES = 10


def round_of(stuck_since: datetime) -> datetime:
    """Return the full minute at which people are told of an instance that is stuck since then.

    All instances of a block that have become stuck by then are told of together, by whichever drain is first to.
    """
    told_from = stuck_since + HOLDS
    minute = told_from.replace(second=0, microsecond=0)
    return minute if minute == told_from else minute + MINUTE


def stuck_key(reservation_id: str, region: str, told_at: datetime) -> str:
    return f"{reservation_id or region}:stuck-drain:{told_at:%Y%m%dT%H%M}"


def stuck_drain(records: Sequence[DrainRecord], told_at: datetime) -> Notice:
    """Tell of all instances of one block that will not be drained unless somebody does something."""
    first = min(records, key=lambda record: record.instance_id)
    deadlines = [record.deadline for record in records if record.deadline is not None]
    block = first.reservation_id or "no block"
    count = "1 instance" if len(records) == 1 else f"{len(records)} instances"
    until = f" before {min(deadlines):%H:%M:%S} UTC" if deadlines else ""
    return Notice(
        key=stuck_key(first.reservation_id, first.region, told_at),
        kind="stuck-drain",
        severity=Severity.CRITICAL,
        title=f"{count} of {block} will not be drained in time",
        text=" ".join(f"{clause}." for clause in _clauses(records)),
        next_step=f"Do what each line says{until}: then they are let go, with what is still on them.",
        pool=first.pool or None,
        region=first.region,
        reservation_id=first.reservation_id or None,
        target=", ".join(sorted({record.group for record in records})),
        facts=(("instances", ", ".join(sorted(record.instance_id for record in records))),),
    )


def _clauses(records: Iterable[DrainRecord]) -> Iterator[str]:
    by_cause: dict[str, list[str]] = {}
    for record in sorted(records, key=lambda each: each.instance_id):
        for cause in record.stuck:
            by_cause.setdefault(cause, []).append(record.instance_id)
    for cause, instance_ids in list(by_cause.items())[:MOST_CLAUSES]:
        yield f"{_names(instance_ids)}: {cause.rstrip('.')}"
    if len(by_cause) > MOST_CLAUSES:
        yield f"And {len(by_cause) - MOST_CLAUSES} causes more, in the log"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
