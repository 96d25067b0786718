"""What tests of extensions are made of: a block that ends in two days, a wish for a week more, and its offering."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core import tag
from capacity_blocks.core.extension.guard import Circumstances
from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.extension.request import ExtensionRequest, ExtensionWish, claimed_for
from capacity_blocks.core.purchase.budget import Book, reserve
from capacity_blocks.core.purchase.intent import Intent, IntentState, ask, moved
from capacity_blocks.core.purchase.means import Means
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Query, Subject
from capacity_blocks.core.purchase.segment import Segment
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.reservation import Reservation, ReservationState
from tests.factories import REGION, a_reservation
from tests.unit.core.purchase.intents import an_approval
from tests.unit.core.purchase.shapes import END, START, WEEK, some_settings

# The block of the purchases' tests, as it runs: from START to END.
EXTENDED_NOW = END - timedelta(days=2)
NEW_END = END + WEEK
FEE = Decimal("42297.50")
S = IntentState


def a_block(**changes: Any) -> Reservation:
    given: dict[str, Any] = {
        "reservation_id": "cr-0a",
        "state": ReservationState.ACTIVE,
        "start": START,
        "end": END,
        "instance_count": 8,
        "tags": {tag.POOL: "training"},
    }
    return a_reservation(**(given | changes))


def a_wish(**changes: Any) -> ExtensionWish:
    given: dict[str, Any] = {"reservation_id": "cr-0a", "region": REGION, "duration": WEEK}
    return ExtensionWish(**(given | changes))


def an_extension_request(**changes: Any) -> ExtensionRequest:
    return replace(claimed_for(a_wish(), "training", END), **changes)


def more_time(offering_id: str = "cbe-0a", **changes: Any) -> Offering:
    """Return an offering of a week more for the block; changes go to its segment."""
    extends = changes.pop("extends", "cr-0a")
    given: dict[str, Any] = {
        "instance_type": "p5.48xlarge",
        "instance_count": 8,
        "availability_zone": "us-east-2a",
        "start": END,
        "end": NEW_END,
        "upfront_fee": FEE,
    }
    return Offering(offering_id=offering_id, region=REGION, whole=Segment(**(given | changes)), extends=extends)


def an_extension(offering: Offering | None = None, number: int = 1) -> Intent:
    """Return an intent for more time that was asked two days before the end."""
    offered = offering or more_time()
    request = an_extension_request()
    subject = Subject(region=REGION, types=("p5.48xlarge",), duration=WEEK)
    query = Query(subject=subject, count=8, not_before=END, not_after=offered.end)
    terms = Terms(offering=offered, pool="training", platform="Linux/UNIX")
    return ask(EXTENDED_NOW, request.request_id, number, terms, query, timedelta(hours=12))


def an_approved_extension(offering: Offering | None = None, number: int = 1) -> Intent:
    intent = an_extension(offering, number)
    approved = replace(intent, approvals=(replace(an_approval(intent), at=EXTENDED_NOW),))
    return moved(approved, S.APPROVED, EXTENDED_NOW, "approved by alice")


PATHS: dict[IntentState, tuple[IntentState, ...]] = {
    S.APPROVED: (),
    S.CLOSED: (S.CLOSED,),
    S.ATTEMPTING: (S.ATTEMPTING,),
    S.BOUGHT: (S.ATTEMPTING, S.BOUGHT),
    S.REFUSED: (S.ATTEMPTING, S.REFUSED),
    S.UNKNOWN: (S.ATTEMPTING, S.UNKNOWN),
    S.ADOPTED: (S.ATTEMPTING, S.UNKNOWN, S.ADOPTED),
    S.NOT_FOUND: (S.ATTEMPTING, S.UNKNOWN, S.NOT_FOUND),
    S.PAYMENT_PENDING: (S.ATTEMPTING, S.BOUGHT, S.PAYMENT_PENDING),
    S.PAID: (S.ATTEMPTING, S.BOUGHT, S.PAID),
    S.PAYMENT_FAILED: (S.ATTEMPTING, S.BOUGHT, S.PAYMENT_FAILED),
}


def an_extension_in(state: IntentState, number: int = 1) -> Intent:
    """Return an intent for more time that came to `state` by legal steps."""
    if state is S.ASKED:
        return an_extension(number=number)
    if state is S.REJECTED:
        return moved(an_extension(number=number), state, EXTENDED_NOW, "rejected by bob")
    made = an_approved_extension(number=number)
    for step in PATHS[state]:
        ids = ("cr-0a",) if step in {S.BOUGHT, S.ADOPTED} else ()
        made = moved(made, step, EXTENDED_NOW, "a test", ids)
    return made


def a_record(**changes: Any) -> ExtensionRecord:
    given: dict[str, Any] = {
        "reservation_id": "cr-0a",
        "offering_id": "cbe-0a",
        "status": ExtensionStatus.PAYMENT_PENDING,
        "purchased_at": EXTENDED_NOW,
        "start": END,
        "end": NEW_END,
        "upfront_fee": FEE,
        "currency": "USD",
    }
    return ExtensionRecord(**(given | changes))


def means(intent: Intent | None = None, **changes: Any) -> Means:
    """Return means with which nothing speaks against buying `intent`."""
    book = Book(pool="training")
    if intent is not None:
        plenty = some_settings(monthly_budget=Decimal(10**9), most_per_pool=Decimal(10**9))
        fee, until = intent.terms.upfront_fee, intent.terms.offering.end
        book = reserve(EXTENDED_NOW, book, intent.intent_id, fee, until, plenty)
    given: dict[str, Any] = {
        "now": EXTENDED_NOW,
        "pool": "training",
        "settings": some_settings(),
        "spending": True,
        "killed": False,
        "siblings": (),
        "book": book,
    }
    return Means(**(given | changes))


def around(intent: Intent | None = None, **changes: Any) -> Circumstances:
    """Return circumstances in which nothing speaks against extending by `intent`; changes to means go by their name."""
    names = ("now", "settings", "spending", "killed", "siblings", "book")
    of_means = {name: changes.pop(name) for name in names if name in changes}
    given: dict[str, Any] = {
        "means": means(intent, **of_means),
        "request": an_extension_request(),
        "block": a_block(),
        "history": (),
        "others": (),
        "elsewhere": (),
    }
    return Circumstances(**(given | changes))
