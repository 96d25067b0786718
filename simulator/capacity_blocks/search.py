"""Which blocks EC2 offers for a search: exact ones that start at 11:30 UTC, shorter and longer ones that start soon."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from . import duration
from .inventory import Shelf
from .market import Market
from .query import FURTHEST_START, Query

# "Find and purchase Capacity Blocks": up to six offerings.
MOST_OFFERINGS = 6
# "Capacity Blocks for ML": a block can start in as soon as 30 minutes.
SOONEST_START = timedelta(minutes=30)
# botocore, CapacityBlockOfferingSegmentSet max 10.
_MOST_SEGMENTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of an offering: some instances of one shelf for a time."""

    shelf: Shelf
    count: int
    start: datetime
    end: datetime
    fee: Decimal


# What one offering is made of; nearly always one segment.
Segments = tuple[Segment, ...]


def find(query: Query, market: Market, now: datetime) -> list[Segments]:
    """What to offer, best first: the asked duration, then what starts at once and is shorter, then longer.

    A public sample asked for 24 hours at about 15:40 and got 24 h from the next 11:30, then 19 h and 43 h from 16:13
    on. "Pricing and billing": of a range of dates the lowest-priced offering comes back, here the earliest of those,
    since a type's fee does not depend on the day.
    """
    exact = [one for shelf in query.shelves for one in _first_free(query, market, shelf, _days(query, now))]
    exact.sort(key=lambda each: (each.fee, each.start))
    shorter_or_longer = [
        one
        for start, end in _at_once(query, now)
        for shelf in query.shelves
        for one in _first_free(query, market, shelf, [(start, end)])
    ]
    found = [(each,) for each in [*exact, *shorter_or_longer]][:MOST_OFFERINGS]
    return [*found] if found or not query.by_preference else _combined(query, market, now)


def _first_free(
    query: Query, market: Market, shelf: Shelf, spans: Iterable[tuple[datetime, datetime]]
) -> list[Segment]:
    for start, end in spans:
        if market.free(shelf, start, end) >= query.count:
            return [_segment(market, shelf, query.count, start, end)]
    return []


def _segment(market: Market, shelf: Shelf, count: int, start: datetime, end: datetime) -> Segment:
    fee = market.fee(shelf, count, end - start)
    return Segment(shelf=shelf, count=count, start=start, end=end, fee=fee)


def _days(query: Query, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every span of the asked duration that starts at 11:30 UTC."""
    length = timedelta(hours=query.hours)
    start = duration.boundary_from(max(query.not_before, now + SOONEST_START))
    while start <= now + FURTHEST_START and start + length <= query.not_after:
        yield start, start + length
        start += duration.DAY


def _at_once(query: Query, now: datetime) -> list[tuple[datetime, datetime]]:
    """The spans that start as soon as possible, and end at the 11:30 UTC before and after the asked duration."""
    start = duration.minute_from(now + SOONEST_START)
    if start < query.not_before or start == duration.boundary_from(start):
        return []
    before = duration.boundary_until(start + timedelta(hours=query.hours))
    ends = [before, before + duration.DAY]
    return [(start, end) for end in ends if start < end <= min(query.not_after, start + duration.LONGEST)]


def _combined(query: Query, market: Market, now: datetime) -> list[Segments]:
    """One offering of several parts side by side, when no single shelf has enough.

    Assumed, and only for InstanceTypePreferences: botocore says of a segment that it has its own zone, type, schedule
    and price, and no page says when EC2 splits. Preferred types are used up first.
    """
    for start, end in _days(query, now):
        parts: list[Segment] = []
        missing = query.count
        for shelf in query.shelves[:_MOST_SEGMENTS]:
            taken = min(missing, market.free(shelf, start, end))
            if taken:
                parts.append(_segment(market, shelf, taken, start, end))
                missing -= taken
        if not missing:
            return [tuple(parts)]
    return []
