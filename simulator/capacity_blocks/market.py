"""What is still free to buy: the shelves, less what other customers hold, less what this account has booked."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from simulator.assumptions import Assumptions

from .duration import DAY
from .inventory import Shelf
from .moves import Moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Instances of one shelf that a purchase holds for a time, start included and end not."""

    holder: str
    shelf: Shelf
    instances: int
    start: datetime
    end: datetime


class Market:
    """Stock that a purchase takes and a failed payment gives back; never below zero."""

    def __init__(self, shelves: Sequence[Shelf], salt: int, assumptions: Assumptions, moves: Moves) -> None:
        self.shelves = tuple(shelves)
        self._salt = salt
        self._others = assumptions.stock_taken_by_others
        self._fee_unit = Decimal(1).scaleb(-assumptions.fee_decimals)
        self.moves = moves
        self._bookings: dict[Shelf, list[Booking]] = {shelf: [] for shelf in self.shelves}
        self._others_on: dict[tuple[Shelf, date, int], int] = {}

    def shelf(self, instance_type: str, availability_zone: str) -> Shelf | None:
        for shelf in self.shelves:
            if shelf.instance_type == instance_type and shelf.availability_zone == availability_zone:
                return shelf
        return None

    def fee(self, shelf: Shelf, instances: int, duration: timedelta) -> Decimal:
        """Pro rata to the second, rounded as EC2 prints it: 19 h 17 min of one p4d.24xlarge were "228" in a sample."""
        hours = Decimal(duration // timedelta(seconds=1)) / 3600
        return (self.moves.hourly_fee(shelf) * instances * hours).quantize(self._fee_unit, ROUND_HALF_UP)

    def free(self, shelf: Shelf, start: datetime, end: datetime) -> int:
        """How many instances could still be bought for the whole time from `start` to `end`."""
        least = min(shelf.instances - self._taken_by_others(shelf, day) for day in _days(start, end))
        return max(0, least - self._booked(shelf, start, end) - self.moves.taken_from(shelf, start, end))

    def book(self, holder: str, shelf: Shelf, instances: int, start: datetime, end: datetime) -> None:
        """Take stock. Selling what is not there is a mistake of the engine, not an answer to a client."""
        if instances > self.free(shelf, start, end):
            raise ValueError(f"{holder}: {instances} {shelf.instance_type} are not free in {shelf.availability_zone}")
        booking = Booking(holder=holder, shelf=shelf, instances=instances, start=start, end=end)
        self._bookings[shelf].append(booking)

    def give_back(self, holder: str) -> None:
        for shelf, bookings in self._bookings.items():
            self._bookings[shelf] = [booking for booking in bookings if booking.holder != holder]

    def _booked(self, shelf: Shelf, start: datetime, end: datetime) -> int:
        return peak(((each.start, each.end, each.instances) for each in self._bookings[shelf]), start, end)

    def _taken_by_others(self, shelf: Shelf, day: date) -> int:
        """Assumed: a seeded number for each day, whatever was asked before, so that no search moves the market."""
        period = self.moves.stock_period()
        if (shelf, day, period) not in self._others_on:
            key = f"{self._salt}:{shelf.instance_type}:{shelf.availability_zone}:{day.isoformat()}" + (
                f":{period}" if period else ""
            )
            self._others_on[shelf, day, period] = random.Random(key).randint(0, int(shelf.instances * self._others))
        return self._others_on[shelf, day, period]


def peak(spans: Iterable[tuple[datetime, datetime, int]], start: datetime, end: datetime) -> int:
    """The most that spans add up to at one moment from `start` to `end`; it can only rise where one of them starts."""
    touching = [each for each in spans if each[0] < end and start < each[1]]
    moments = {start, *(first for first, _, _ in touching if first > start)}
    return max(sum(size for first, last, size in touching if first <= at < last) for at in moments)


def _days(start: datetime, end: datetime) -> Iterator[date]:
    """Capacity Block days run from 11:30 to 11:30, so half a day is taken off before the date is read."""
    half = timedelta(hours=11, minutes=30)
    day = (start - half).date()
    while day <= (end - half - timedelta(seconds=1)).date():
        yield day
        day += DAY
