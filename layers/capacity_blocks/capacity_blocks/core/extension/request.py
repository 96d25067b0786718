"""A request for more time of a block: what somebody wants, and the one row in which all that want it meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase import canonical, money
from capacity_blocks.core.purchase.duration import of_hours
from capacity_blocks.core.purchase.reading import (
    Field,
    NotAllowedError,
    boolean,
    dollars,
    instant,
    matching,
    read_fields,
    shown,
)
from capacity_blocks.core.purchase.request import PurchaseRequestError
from capacity_blocks.core.purchase.request_field import REGION

HOUR = timedelta(hours=1)
RESERVATION_ID = "cr-[0-9a-z]{1,40}"
MOST_WHY = 500  # it ends up in notices


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionWish:
    """What the workflow is started with. `end` is that of the block as the wish was made; None where nobody said."""

    reservation_id: str
    region: str
    duration: timedelta
    why: str = ""
    automatic: bool = False  # nobody asked for it: see core/renewal
    most_fee: Decimal | None = None  # None: the pool's own limits
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRequest:
    """A wish for a block as EC2 lists it, which ends at `end`. There is one request for each block and end."""

    request_id: str
    pool: str
    reservation_id: str
    region: str
    end: datetime
    duration: timedelta
    why: str = ""
    automatic: bool = False
    most_fee: Decimal | None = None


def request_id(reservation_id: str, end: datetime) -> str:
    """Name the request for more time of a block beyond this end: one, however often and by whomever it is asked for."""
    return f"extend-{reservation_id}-{end.astimezone(UTC):%Y%m%dt%H%Mz}"


def parse(document: object) -> ExtensionWish:
    """Read a wish as a whole: all of it holds, or PurchaseRequestError names everything that does not."""
    if not isinstance(document, Mapping):
        raise PurchaseRequestError(f"extend is {shown(document)}; allowed: a JSON object")
    values, mistakes = read_fields(document, FIELDS, "extend.")
    if mistakes:
        raise PurchaseRequestError("; ".join(mistakes))
    return ExtensionWish(**values)


def claimed_for(wish: ExtensionWish, pool: str, end: datetime) -> ExtensionRequest:
    """Return the request that a wish is for a block of `pool` that ends at `end`."""
    return ExtensionRequest(
        request_id=request_id(wish.reservation_id, end),
        pool=pool,
        reservation_id=wish.reservation_id,
        region=wish.region,
        end=end,
        duration=wish.duration,
        why=wish.why,
        automatic=wish.automatic,
        most_fee=wish.most_fee,
    )


def workflow_input(
    *,
    reservation_id: str,
    region: str,
    duration: timedelta,
    why: str,
    automatic: bool,
    most_fee: str | None,
    end: datetime,
) -> dict[str, Any]:
    """Return what the workflow is started with, as `parse` reads its section. Once the end moves, it asks for nothing.

    The fee is written as it was shown: in the name of one workflow the input has to be the same each time.
    """
    return {
        "extend": {
            "reservation_id": reservation_id,
            "region": region,
            "hours": duration // HOUR,
            "why": why,
            "automatic": automatic,
            "most_fee": most_fee,
            "end": canonical.instant(end),
        }
    }


def to_document(request: ExtensionRequest) -> dict[str, Any]:
    """Write a request for the ledger: it is told from one for a block by its section `extend`."""
    section = workflow_input(
        reservation_id=request.reservation_id,
        region=request.region,
        duration=request.duration,
        why=request.why,
        automatic=request.automatic,
        most_fee=None if request.most_fee is None else money.canonical(request.most_fee),
        end=request.end,
    )
    return {"request_id": request.request_id, "pool": request.pool, **section}


def from_document(document: Mapping[str, Any]) -> ExtensionRequest:
    """Read what `to_document` wrote."""
    wish = parse(document["extend"])
    if wish.end is None:
        raise PurchaseRequestError(f"{document['request_id']}: extend.end is missing; allowed: the end of the block")
    request = claimed_for(wish, document["pool"], wish.end)
    if request.request_id != document["request_id"]:
        raise PurchaseRequestError(f"{document['request_id']}: it is not the name of this request")
    return request


def is_extension(document: Mapping[str, Any]) -> bool:
    return "extend" in document


def _duration(value: object) -> timedelta:
    """Read hours, also as digits: the value of a button is a text."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6 else value
    return of_hours(number)


def _why(value: object) -> str:
    if not isinstance(value, str) or not all(character.isprintable() for character in value):
        raise NotAllowedError("a line of text")
    return value[:MOST_WHY]


FIELDS = {
    "reservation_id": Field(
        attribute="reservation_id",
        read=matching(RESERVATION_ID, "the id of a reservation, such as cr-0123456789abcdef0"),
        required=True,
    ),
    "region": Field(attribute="region", read=matching(REGION, "a region such as us-east-1"), required=True),
    "hours": Field(attribute="duration", read=_duration, required=True),
    "why": Field(attribute="why", read=_why),
    "automatic": Field(attribute="automatic", read=boolean),
    "most_fee": Field(attribute="most_fee", read=dollars(Decimal("0.01"))),
    "end": Field(attribute="end", read=instant),
}
