"""What could continue a block: an extension or a new block that EC2 sells, and how it compares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.reservation import Reservation

LATEST_START = timedelta(days=3)  # after the end: later than that nothing continues
EARLIEST_START = timedelta(days=1)  # before it: longer than that two blocks are paid for
DEAREST = Decimal(10**12)


class OfferKind(StrEnum):
    EXTENSION = "extension"
    NEW_BLOCK = "new block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offering beside the block that it would continue."""

    kind: OfferKind
    block: Reservation
    offering: Offering
    found_at: datetime

    @property
    def fee(self) -> Decimal:
        return self.offering.upfront_fee or Decimal(0)

    @property
    def rate(self) -> Decimal | None:
        """Return the fee for each usable hour of an accelerator."""
        return self.offering.fee_per_unit_hour

    @property
    def gap(self) -> timedelta:
        """From the end of the block to the start of this; negative where both run for a time, 0 of an extension."""
        return self.offering.start - self.block.end

    @property
    def is_without_gap(self) -> bool:
        return self.gap <= timedelta(0)

    @property
    def is_move(self) -> bool:
        return self.offering.whole.availability_zone != self.block.availability_zone


def kept(block: Reservation, kind: OfferKind, offerings: Iterable[Offering], at: datetime) -> tuple[Offer, ...]:
    """Return the few that are worth showing: what follows most closely without a gap, and what is cheaper by the hour.

    What has no fee, comes too late, or is in several pieces continues nothing.
    """
    sound = (
        Offer(kind=kind, block=block, offering=each, found_at=at)
        for each in offerings
        if each.fee_per_unit_hour is not None and not each.is_contradictory and not each.has_several_segments
    )
    in_time = [each for each in sound if each.gap <= LATEST_START]
    # An overlap is paid for twice, so less of it is better.
    closest = min(
        (each for each in in_time if each.is_without_gap), key=lambda e: (-e.gap, *_dearness(e)), default=None
    )
    cheapest = min(in_time, key=_dearness, default=None)
    if closest is None or cheapest is None:
        return () if cheapest is None else (cheapest,)
    return (closest,) if _rate(cheapest) >= _rate(closest) else (closest, cheapest)


def best(offers: Sequence[Offer]) -> Offer | None:
    """Return what to take where nothing else speaks: without a gap, then the least fee for a usable hour."""
    return min(offers, key=lambda each: (not each.is_without_gap, *_dearness(each)), default=None)


def _rate(offer: Offer) -> Decimal:
    return DEAREST if offer.rate is None else offer.rate


def _dearness(offer: Offer) -> tuple[Decimal, bool, Decimal, datetime, str]:
    return _rate(offer), offer.is_move, offer.fee, offer.offering.start, offer.offering.offering_id
