"""How the market moves: fees and stock that change with time, as drawn from the seed or as a story says."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from simulator.assumptions import Assumptions

from .inventory import Shelf

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Instances that other customers hold from `start` to `end`, seen by who searches from `since` to `until`."""

    shelf: Shelf
    instances: int
    since: datetime = BEGINNING
    until: datetime = END
    start: datetime = BEGINNING
    end: datetime = END


@dataclass(frozen=True, slots=True, kw_only=True)
class Repriced:
    """A fee that holds from `since` on."""

    shelf: Shelf
    hourly_fee: Decimal
    since: datetime = BEGINNING


class Moves:
    """What is different now from what the shelves say."""

    def __init__(self, now: Callable[[], datetime], salt: int, assumptions: Assumptions) -> None:
        self._now = now
        self._salt = salt
        self._assumptions = assumptions
        self.taken: list[Taken] = []
        self.repriced: list[Repriced] = []

    def hourly_fee(self, shelf: Shelf) -> Decimal:
        """Say the fee of an instance: the last that a story has set, else the shelf's own with what chance adds."""
        now = self._now()
        said = [each for each in self.repriced if each.shelf == shelf and each.since <= now]
        if said:
            return max(said, key=lambda each: each.since).hourly_fee  # of two at one instant the first
        most = self._assumptions.fee_moves
        if not most:
            return shelf.hourly_fee
        rng = random.Random(f"{self._salt}:fee:{shelf.instance_type}:{shelf.availability_zone}:{self._period()}")
        return (shelf.hourly_fee * Decimal(str(1 + rng.uniform(-most, most)))).quantize(_CENT)

    def taken_from(self, shelf: Shelf, start: datetime, end: datetime) -> int:
        """Add up what a story has let others take of the time from `start` to `end`."""
        now = self._now()
        return sum(
            each.instances
            for each in self.taken
            if each.shelf == shelf and each.since <= now < each.until and each.start < end and start < each.end
        )

    def stock_period(self) -> int:
        """Say in which period of the market it is, as far as the stock of others goes: always the same by default."""
        return self._period() if self._assumptions.stock_moves else 0

    def _period(self) -> int:
        return int(self._now().timestamp() // self._assumptions.market_period.total_seconds())
