"""How fast offerings may be searched: EC2's slowest bucket, one for each account and region."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

# "Request throttling for the Amazon EC2 API": DescribeCapacityBlockOfferings and ...ExtensionOfferings have a bucket of
# 10 that refills at 0.15 a second.
BUCKET = 10
EVERY = timedelta(seconds=20) / 3
BURST = BUCKET - 2  # the rest is left for the look right before a purchase, and for people in the console
# Others saw 4 seconds throttled again, and 15 and 45 suffice; assumed.
BACK_OFF = (timedelta(seconds=15), timedelta(seconds=45))
# Whoever keeps looking takes this share of the refill at most, and looks this often at most.
SHARE = 4
LOOK_EVERY = timedelta(minutes=10)


def instants(
    now: datetime, asked: Iterable[datetime], count: int, throttled: Sequence[datetime] = ()
) -> list[datetime]:
    """Return the earliest instants for `count` more calls in a region, after those that were made at `asked`.

    The bucket is taken for full before the first of them. A throttle says that others draw on it: then all wait.
    """
    empty_until = None
    for instant in sorted(asked):
        empty_until = _drawn(empty_until, instant)
    earliest = max([now, *(last + wait for last, wait in _waits(throttled))])
    found: list[datetime] = []
    for _ in range(count):
        instant = earliest if empty_until is None else max(earliest, empty_until - (BURST - 1) * EVERY)
        found.append(instant)
        empty_until = _drawn(empty_until, instant)
    return found


def look_again_at(now: datetime, calls: int) -> datetime:
    """Return when to search again, after a search of `calls` calls in its busiest region."""
    return now + max(LOOK_EVERY, calls * EVERY * SHARE)


def _drawn(empty_until: datetime | None, instant: datetime) -> datetime:
    """Take one from the bucket; return when it would be full again if nobody took more."""
    return (instant if empty_until is None else max(empty_until, instant)) + EVERY


def _waits(throttled: Sequence[datetime]) -> Iterable[tuple[datetime, timedelta]]:
    return ((last, BACK_OFF[min(place, len(BACK_OFF) - 1)]) for place, last in enumerate(sorted(throttled)))
