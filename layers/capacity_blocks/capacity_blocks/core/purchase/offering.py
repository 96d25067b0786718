"""A Capacity Block offering as EC2 returns it: what is sold, for which hours, at which fee."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from capacity_blocks.core.purchase.accelerator import PER_INSTANCE, PER_ULTRASERVER, ULTRASERVER_TYPES
from capacity_blocks.core.purchase.segment import Segment, Span, is_alike, length, seconds
from capacity_blocks.core.timeline import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD


class Unit(StrEnum):
    """What a fee is counted by. The last two stand in where the number of accelerators is not known."""

    ACCELERATOR = "usable GPU-hour"
    INSTANCE = "usable instance-hour"
    ULTRASERVER = "usable UltraServer-hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """What EC2 sells under one id. Its hours follow from start and end: EC2 sells other hours than were asked for.

    `whole` is what EC2 says of all of it. An offering of several segments becomes as many reservations. One that
    `extends` a reservation becomes none: the reservation lasts until its end.
    """

    offering_id: str
    region: str
    whole: Segment
    segments: tuple[Segment, ...] = ()
    tenancy: str = "default"
    ultraserver_type: str | None = None
    ultraserver_count: int | None = None
    extends: str | None = None

    @property
    def parts(self) -> tuple[Segment, ...]:
        return self.segments or (self.whole,)

    @property
    def faces(self) -> tuple[Segment, ...]:
        """All that EC2 says of it, twice where it does: no rule may be broken by any of them."""
        return (self.whole, *self.segments)

    @property
    def has_several_segments(self) -> bool:
        return len(self.segments) > 1

    @property
    def is_contradictory(self) -> bool:
        """Whether EC2 says of it what cannot all be true: no span of time, or a whole unlike its only segment."""
        if any(face.end <= face.start for face in self.faces):
            return True
        return len(self.segments) == 1 and not is_alike(self.whole, self.segments[0])

    @property
    def start(self) -> datetime:
        return min(face.start for face in self.faces)

    @property
    def end(self) -> datetime:
        return max(face.end for face in self.faces)

    @property
    def is_ultraserver(self) -> bool:
        return self.ultraserver_type is not None or any(f.instance_type in ULTRASERVER_TYPES for f in self.faces)

    @property
    def reclaim_lead(self) -> timedelta:
        """How long before its end EC2 takes instances back; none of an extension, which moves that time with the end.

        So all hours of an extension can be used.
        """
        if self.extends is not None:
            return timedelta(0)
        return ULTRASERVER_RECLAIM_LEAD if self.is_ultraserver else RECLAIM_LEAD

    @property
    def duration(self) -> timedelta:
        """For how long any of it is held; hours between segments are not."""
        return length((part.start, part.end) for part in self.parts)

    @property
    def usable_duration(self) -> timedelta:
        """The same without the time at the end in which EC2 takes the instances back."""
        return length(self._usable(part) for part in self.parts)

    @property
    def counts(self) -> frozenset[int]:
        """Every number of instances that is held at some time, side by side segments taken together."""
        instants = {part.start for part in self.parts} | {part.end for part in self.parts}
        at_once = (sum(p.instance_count for p in self.parts if p.start <= i < p.end) for i in instants)
        return frozenset(count for count in at_once if count)

    @property
    def upfront_fee(self) -> Decimal | None:
        """The fee of the whole, or the sum of its segments where that is more: assumed, no page says which is charged.

        None if any part of it is not known.
        """
        if any(face.upfront_fee is None for face in self.faces):
            return None
        parts = sum((part.upfront_fee or Decimal(0) for part in self.parts), Decimal(0))
        return max(self.whole.upfront_fee or Decimal(0), parts)

    @property
    def currencies(self) -> frozenset[str | None]:
        return frozenset(face.currency for face in self.faces)

    @property
    def currency(self) -> str | None:
        return self.whole.currency

    @property
    def unit(self) -> Unit:
        if self.ultraserver_type is not None:
            return Unit.ACCELERATOR if self.ultraserver_type in PER_ULTRASERVER else Unit.ULTRASERVER
        known = all(part.instance_type in PER_INSTANCE for part in self.parts)
        return Unit.ACCELERATOR if known else Unit.INSTANCE

    @property
    def usable_unit_hours(self) -> Decimal:
        """What the fee buys, in hours of `unit`."""
        return Decimal(self._usable_unit_seconds) / 3600

    @property
    def fee_per_unit_hour(self) -> Decimal | None:
        """None where the fee is not known, or buys nothing that can be used."""
        fee, seconds = self.upfront_fee, self._usable_unit_seconds
        return fee * 3600 / seconds if fee is not None and seconds else None

    def costs_more_an_hour_than(self, most: Decimal) -> bool:
        """Whether an hour of `unit` costs more than `most`, to the last digit. What is not known costs more.

        A cap per GPU-hour holds for whole instances too: each has one GPU at least.
        """
        fee, seconds = self.upfront_fee, self._usable_unit_seconds
        return fee is None or not seconds or fee * 3600 > most * seconds

    @property
    def _usable_unit_seconds(self) -> int:
        if self.ultraserver_type is not None:
            # EC2 counts UltraServers for the whole; how it would split them into segments is not written anywhere.
            units = PER_ULTRASERVER.get(self.ultraserver_type, 1) * (self.ultraserver_count or 0)
            return units * int(self.usable_duration.total_seconds())
        return sum(self._units(part) * seconds(self._usable(part)) for part in self.parts)

    def _units(self, part: Segment) -> int:
        return part.instance_count * (PER_INSTANCE[part.instance_type] if self.unit is Unit.ACCELERATOR else 1)

    def _usable(self, part: Segment) -> Span:
        return part.start, max(part.start, part.end - self.reclaim_lead)
