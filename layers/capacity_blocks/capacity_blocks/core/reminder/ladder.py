"""When a reminder is due: the rungs of a pool's ladder, counted back from the end of a block."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from capacity_blocks.core.reservation import Reservation

HOUR = timedelta(hours=1)
REMINDER = ":reminder:"  # in the key, behind the block and before its rung and end


def key(block: Reservation, lead: timedelta) -> str:
    """Name a rung of one end of a block: with another end all reminders are new ones."""
    return f"{block.reservation_id}{REMINDER}{lead // HOUR}h:{block.end.astimezone(UTC):%Y%m%dT%H%MZ}"


def rungs(block: Reservation, ladder: Sequence[timedelta]) -> tuple[datetime, ...]:
    """Return when the rungs fall, in order. Those before the block starts are left out: it was bought a moment ago."""
    return tuple(sorted(block.end - lead for lead in set(ladder) if block.start <= block.end - lead))


def due(
    now: datetime, block: Reservation, ladder: Sequence[timedelta], said: Mapping[str, datetime]
) -> timedelta | None:
    """Return the rung that is to be said now; None if there is none.

    Of several that have passed the latest alone counts, and not even that if people were reminded after it: an end
    that moves moves the rungs that are to come, and does not bring back those of the way.
    """
    passed = [instant for instant in rungs(block, ladder) if instant <= now]
    if not passed or now >= block.end:
        return None
    latest = max(passed)
    of_block = f"{block.reservation_id}{REMINDER}"
    if any(at >= latest for each, at in said.items() if each.startswith(of_block)):
        return None
    lead = block.end - latest
    return None if key(block, lead) in said else lead


def next_rung(now: datetime, block: Reservation, ladder: Sequence[timedelta]) -> datetime | None:
    """Return when the next reminder is due."""
    return next((instant for instant in rungs(block, ladder) if instant > now), None)
