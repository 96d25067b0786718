"""What the reservations of a purchase look like, for one that is looked for without its tag."""

from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.purchase.segment import Segment
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.reservation import Reservation


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one reservation of the purchase looks like; None is a count that no page tells beforehand."""

    region: str
    platform: str
    instance_type: str
    instance_count: int | None
    availability_zone: str
    start: datetime
    end: datetime


def parts(terms: Terms) -> tuple[Part, ...]:
    """Return what the reservations of a purchase will look like: one for each segment, or for each UltraServer."""
    offering = terms.offering
    servers = offering.ultraserver_count or 0
    if servers:
        each, rest = divmod(offering.whole.instance_count, servers)
        return (_part(terms, offering.whole, each if each and not rest else None),) * servers
    return tuple(_part(terms, segment, segment.instance_count) for segment in offering.parts)


def _part(terms: Terms, segment: Segment, count: int | None) -> Part:
    return Part(
        region=terms.offering.region,
        platform=terms.platform,
        instance_type=segment.instance_type,
        instance_count=count,
        availability_zone=segment.availability_zone,
        start=segment.start,
        end=segment.end,
    )


def is_like(reservation: Reservation, part: Part) -> bool:
    """Whether a reservation is what a part is. A count of 0 is EC2's word for one that it does not tell yet."""
    return (
        reservation.region == part.region
        and reservation.platform == part.platform
        and reservation.instance_type == part.instance_type
        and (part.instance_count is None or reservation.instance_count in {0, part.instance_count})
        and reservation.availability_zone == part.availability_zone
        and (reservation.start, reservation.end) == (part.start, part.end)
    )
