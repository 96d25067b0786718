"""A piece of an offering: some instances of one type in one zone for a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from capacity_blocks.core.purchase.money import CURRENCY
from capacity_blocks.core.purchase.place import Place

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Some instances of one type in one zone for a time. EC2 names a zone's id in segments only."""

    instance_type: str
    instance_count: int
    availability_zone: str
    availability_zone_id: str | None = None
    start: datetime
    end: datetime
    upfront_fee: Decimal | None  # None: EC2 gave none that is an amount
    currency: str | None = CURRENCY
    zone_type: str | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"{self.instance_type} in {self.availability_zone}: start and end must be timezone-aware")

    def place(self, region: str) -> Place:
        return Place(
            region=region, availability_zone=self.availability_zone, availability_zone_id=self.availability_zone_id
        )


def is_alike(one: Segment, other: Segment) -> bool:
    """Whether two are the same hardware at the same time and place, whatever their fee."""

    def sold(segment: Segment) -> tuple[object, ...]:
        return segment.instance_type, segment.instance_count, segment.availability_zone, segment.start, segment.end

    return sold(one) == sold(other)


def seconds(span: Span) -> int:
    return max(0, int((span[1] - span[0]).total_seconds()))


def length(spans: Iterable[Span]) -> timedelta:
    """Add up spans; where they overlap, once."""
    total, reached = timedelta(0), None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        total += max(end - begin, timedelta(0))
        reached = end if reached is None else max(reached, end)
    return total
