"""Offerings on sale: searched, remembered under their ids, bought as often as there is stock."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from . import duration
from .error import CapacityBlockError
from .holdings import Dice, Document, Holdings, Parameters
from .page import cut, paged
from .query import read
from .search import Segment, Segments, find

# Assumed: a block can be bought until a payment of the fastest kind would still be in time (5 minutes, and settled
# 5 minutes before the start). EC2 gives offerings no expiry time.
LAPSES_BEFORE_START = timedelta(minutes=10)
_OFFERING_ID = re.compile(r"cb-[0-9a-f]{8,17}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """Something EC2 would sell. UltraServers have a count of their own; a preference search shows its segments."""

    offering_id: str
    segments: Segments
    ultraservers: int | None
    by_preference: bool

    @property
    def start(self) -> datetime:
        return min(each.start for each in self.segments)

    @property
    def fee(self) -> Decimal:
        return sum((each.fee for each in self.segments), Decimal())

    def document(self) -> Document:
        """One item of DescribeCapacityBlockOfferings; of several segments the first gives type and zone (assumed)."""
        first = self.segments[0]
        document: Document = {
            "CapacityBlockOfferingId": self.offering_id,
            **_span_document(self.start, max(each.end for each in self.segments), self.fee),
            "InstanceType": first.shelf.instance_type,
            "AvailabilityZone": first.shelf.availability_zone,
            "InstanceCount": sum(each.count for each in self.segments),
            "Tenancy": "default",
            "ZoneType": first.shelf.zone_type,
        }
        if self.ultraservers is not None:
            document |= {"UltraserverType": first.shelf.ultraserver_type, "UltraserverCount": self.ultraservers}
        if self.by_preference:
            document["CapacityBlockOfferingSegments"] = [_segment_document(each) for each in self.segments]
        return document


def _segment_document(segment: Segment) -> Document:
    return {
        **_span_document(segment.start, segment.end, segment.fee),
        "InstanceType": segment.shelf.instance_type,
        "AvailabilityZone": segment.shelf.availability_zone,
        "AvailabilityZoneId": segment.shelf.availability_zone_id,
        "InstanceCount": segment.count,
        "ZoneType": segment.shelf.zone_type,
    }


def _span_document(start: datetime, end: datetime, fee: Decimal) -> Document:
    hours, minutes = duration.split(end - start)
    return {
        "StartDate": start,
        "EndDate": end,
        "CapacityBlockDurationHours": hours,
        "CapacityBlockDurationMinutes": minutes,
        "UpfrontFee": str(fee),
        "CurrencyCode": "USD",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a search shows, before it has an id."""

    segments: Segments
    ultraservers: int | None = None
    by_preference: bool = False


class Offerings:
    """Answer searches, and find again what was offered."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._offered: dict[str, Offering] = {}
        self.besides: list[tuple[datetime, datetime, Shown]] = []  # from when, until when

    def describe(self, parameters: Parameters) -> Document:
        """Search. The same search gives new ids each time, as users of the Terraform data source found."""
        now = self._holdings.clock.now()
        query = read(parameters, self._holdings.market, now)
        self._check_quota({shelf.family for shelf in query.shelves})
        fitting = [
            Shown(segments=each, ultraservers=query.ultraservers, by_preference=query.by_preference)
            for each in find(query, self._holdings.market, now)
        ]
        besides = [each for since, until, each in self.besides if since <= now < until]
        found = list(enumerate([*besides, *fitting], start=1))
        page, token = cut(found, parameters, lambda each: each[0])
        offerings = [self._offer(each) for _, each in page]
        return paged("CapacityBlockOfferings", [each.document() for each in offerings], token)

    def shown(self, offering_id: str) -> Offering:
        """What some search has shown under this id, still on sale or not."""
        return self._offered[offering_id]

    def get(self, offering_id: str) -> Offering:
        """The offering if it can still be bought. "Error codes for the Amazon EC2 API" has the three refusals."""
        if not _OFFERING_ID.fullmatch(offering_id):
            message = f"The Capacity Block offering ID '{offering_id}' is malformed"
            raise CapacityBlockError("InvalidCapacityBlockOfferingIdMalformed", message)
        if offering_id not in self._offered:
            message = f"The Capacity Block offering ID '{offering_id}' cannot be found for this account"
            raise CapacityBlockError("InvalidCapacityBlockOfferingIdNotFound", message)
        offering = self._offered[offering_id]
        lapsed = self._holdings.clock.now() > offering.start - LAPSES_BEFORE_START
        if lapsed or not all(self._is_free(each) and self._has_its_fee(each) for each in offering.segments):
            message = f"The Capacity Block offering ID '{offering_id}' is no longer available"
            raise CapacityBlockError("InvalidCapacityBlockOfferingIdExpired", message)
        return offering

    def _is_free(self, segment: Segment) -> bool:
        return self._holdings.market.free(segment.shelf, segment.start, segment.end) >= segment.count

    def _has_its_fee(self, segment: Segment) -> bool:
        if self._holdings.assumptions.offering_keeps_fee:
            return True
        return segment.fee == self._holdings.market.fee(segment.shelf, segment.count, segment.end - segment.start)

    def _offer(self, shown: Shown) -> Offering:
        offering = Offering(
            offering_id=Dice.hex_id(self._holdings.dice.offerings, "cb"),
            segments=shown.segments,
            ultraservers=shown.ultraservers,
            by_preference=shown.by_preference or len(shown.segments) > 1,
        )
        self._offered[offering.offering_id] = offering
        return offering

    def _check_quota(self, families: set[str]) -> None:
        """A quota of 0 answers like a throttle (seen with trn2: the code went away when the quota was granted)."""
        for family in sorted(families):
            if self._holdings.quota(family) == 0:
                message = f"You've reached the limit for this account: 0 concurrent {family} Capacity Blocks"
                raise CapacityBlockError("CapacityBlockDescribeLimitExceeded", message)
