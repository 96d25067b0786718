"""What exactly is approved and bought: an offering for a pool, on a platform, with tags. Bound by a hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase import canonical, money
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.segment import Segment

VERSION = 1  # of the document below: a change to it changes every hash, and so voids every open approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Everything that a purchase is about. Two terms are the same exactly when their hashes are."""

    offering: Offering
    pool: str
    platform: str
    tags: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.offering.upfront_fee is None:
            raise ValueError(f"{self.offering.offering_id}: an offering without a fee cannot be approved")

    @property
    def upfront_fee(self) -> Decimal:
        return self.offering.upfront_fee or Decimal(0)

    @property
    def extends(self) -> str | None:
        """The reservation that gets more time, for the terms of an extension."""
        return self.offering.extends

    @property
    def hash(self) -> str:
        return canonical.digest(to_document(self))

    @property
    def reservations(self) -> int:
        """How many reservations the purchase makes: one for each segment, or for each UltraServer."""
        return max(len(self.offering.parts), self.offering.ultraserver_count or 1)


def to_document(terms: Terms) -> dict[str, Any]:
    """Write terms as JSON, the same for the same terms: fees without idle zeros, instants in UTC, tags by name."""
    offering = terms.offering
    # Only where there is one: what was asked and approved before there were extensions keeps its hash.
    extends = {} if offering.extends is None else {"extends": offering.extends}
    return extends | {
        "version": VERSION,
        "pool": terms.pool,
        "platform": terms.platform,
        "tags": dict(sorted(terms.tags)),
        "offering_id": offering.offering_id,
        "region": offering.region,
        "tenancy": offering.tenancy,
        "ultraserver_type": offering.ultraserver_type,
        "ultraserver_count": offering.ultraserver_count,
        "whole": _segment_document(offering.whole),
        "segments": [_segment_document(each) for each in offering.segments],
    }


def from_document(document: Mapping[str, Any]) -> Terms:
    """Read what `to_document` wrote; ValueError for a document of another version."""
    if document["version"] != VERSION:
        raise ValueError(f"{document['offering_id']}: terms of version {document['version']}, and {VERSION} is read")
    offering = Offering(
        offering_id=document["offering_id"],
        region=document["region"],
        tenancy=document["tenancy"],
        ultraserver_type=document["ultraserver_type"],
        ultraserver_count=_count(document["ultraserver_count"]),
        whole=_segment(document["whole"]),
        segments=tuple(_segment(each) for each in document["segments"]),
        extends=document.get("extends"),
    )
    tags = tuple(sorted(document["tags"].items()))
    return Terms(offering=offering, pool=document["pool"], platform=document["platform"], tags=tags)


def _segment_document(segment: Segment) -> dict[str, Any]:
    return {
        "instance_type": segment.instance_type,
        "instance_count": segment.instance_count,
        "availability_zone": segment.availability_zone,
        "availability_zone_id": segment.availability_zone_id,
        "start": canonical.instant(segment.start),
        "end": canonical.instant(segment.end),
        "upfront_fee": None if segment.upfront_fee is None else money.canonical(segment.upfront_fee),
        "currency": segment.currency,
        "zone_type": segment.zone_type,
    }


def _segment(document: Mapping[str, Any]) -> Segment:
    fee = document["upfront_fee"]
    return Segment(
        instance_type=document["instance_type"],
        instance_count=int(document["instance_count"]),
        availability_zone=document["availability_zone"],
        availability_zone_id=document["availability_zone_id"],
        start=datetime.fromisoformat(document["start"]),
        end=datetime.fromisoformat(document["end"]),
        upfront_fee=None if fee is None else Decimal(fee),
        currency=document["currency"],
        zone_type=document["zone_type"],
    )


def _count(value: Any) -> int | None:  # DynamoDB gives numbers back as Decimal
    return None if value is None else int(value)
