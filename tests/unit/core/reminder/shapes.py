"""What tests of reminders are made of: a block that runs from 1 to 15 June, and what could continue it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.segment import Segment
from capacity_blocks.core.reminder.found import Found, Want
from capacity_blocks.core.reminder.offer import Offer, OfferKind
from capacity_blocks.core.reminder.outlook import Outlook
from capacity_blocks.core.reservation import Reservation, ReservationState
from tests.factories import REGION, a_reservation, at
from tests.unit.core.purchase.shapes import some_settings

START, END = at("2026-06-01T11:30"), at("2026-06-15T11:30")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOW = END - 3 * DAY
FEE = Decimal(6080)  # of 8 x 8 GPUs for a day: $3.96 an hour


def a_block(**changes: Any) -> Reservation:
    """Return a paid block of 8 in full use, that ends in three days."""
    given: dict[str, Any] = {"start": START, "end": END, "state": ReservationState.ACTIVE, "available_count": 0}
    return a_reservation(**(given | changes))


def an_extension(days: int = 1, fee: Decimal | None = FEE, block: Reservation | None = None) -> Offering:
    block = block or a_block()
    whole = _segment(block, block.end, days, fee)
    return Offering(offering_id=f"cbe-{days}", region=REGION, whole=whole, extends=block.reservation_id)


def a_new_block(gap: timedelta = timedelta(0), days: int = 1, fee: Decimal | None = FEE, **changes: Any) -> Offering:
    block = a_block()
    offering_id = str(changes.pop("offering_id", f"cb-{gap // MINUTE}-{days}"))
    return Offering(
        offering_id=offering_id, region=REGION, whole=_segment(block, block.end + gap, days, fee, **changes)
    )


def an_offer(offering: Offering | None = None, found_at: Any = NOW - 12 * MINUTE, **changes: Any) -> Offer:
    offering = offering or an_extension()
    kind = OfferKind.NEW_BLOCK if offering.extends is None else OfferKind.EXTENSION
    given: dict[str, Any] = {"kind": kind, "block": a_block(), "offering": offering, "found_at": found_at}
    return Offer(**(given | changes))


def an_outlook(**changes: Any) -> Outlook:
    given: dict[str, Any] = {
        "now": NOW,
        "block": a_block(),
        "pool": "training",
        "lead": 3 * DAY,
        "money": some_settings(),
    }
    offers = changes.pop("offers", ())
    return Outlook(**(given | {"found": tuple(map(_found, offers))} | changes))


def _found(offer: Offer) -> Found:
    want = Want(
        reservation_id=offer.block.reservation_id,
        end=offer.block.end,
        kind=offer.kind,
        duration=offer.offering.duration,
    )
    return Found(want=want, at=offer.found_at, offerings=(offer.offering,))


def _segment(block: Reservation, start: Any, days: int, fee: Decimal | None, **changes: Any) -> Segment:
    given: dict[str, Any] = {
        "instance_type": block.instance_type,
        "instance_count": block.instance_count,
        "availability_zone": block.availability_zone,
        "start": start,
        "end": start + days * DAY,
        "upfront_fee": fee,
    }
    return Segment(**(given | changes))
