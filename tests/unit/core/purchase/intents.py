"""What tests of intents are made of: one that was asked an hour ago, and what came of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.budget import Book, reserve
from capacity_blocks.core.purchase.guard import Circumstances
from capacity_blocks.core.purchase.intent import Intent, IntentState, moved
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Query, Subject
from capacity_blocks.core.purchase.terms import Terms
from tests.factories import REGION, at
from tests.unit.core.purchase.shapes import ALICE, NOW, PLACE, WEEK, a_request, an_offering, some_settings

SUBJECT = Subject(region=REGION, types=("p5.48xlarge",), duration=WEEK)


def some_terms(offering: Offering | None = None, **changes: Any) -> Terms:
    given: dict[str, Any] = {"offering": offering or an_offering(), "pool": "training", "platform": "Linux/UNIX"}
    return Terms(**(given | changes))


def a_query(**changes: Any) -> Query:
    given: dict[str, Any] = {
        "subject": SUBJECT,
        "count": 8,
        "not_before": at("2026-05-01T00:00"),
        "not_after": at("2026-05-16T00:00"),
    }
    return Query(**(given | changes))


def an_intent(offering: Offering | None = None, **changes: Any) -> Intent:
    """Return an intent that was asked an hour ago."""
    given: dict[str, Any] = {
        "request_id": "may-training",
        "number": 1,
        "terms": some_terms(offering),
        "query": a_query(),
        "asked_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(hours=11),
        "changed_at": NOW - timedelta(hours=1),
    }
    return Intent(**(given | changes))


def an_approval(intent: Intent, by: str = ALICE, **changes: Any) -> Approval:
    door = Door.SLACK if by.startswith("slack:") else Door.FUNCTION_URL
    given: dict[str, Any] = {"by": by, "door": door, "at": NOW, "terms_hash": intent.terms.hash}
    return Approval(**(given | changes))


def an_approved_intent(offering: Offering | None = None, **changes: Any) -> Intent:
    intent = an_intent(offering, **changes)
    approved = replace(intent, approvals=(an_approval(intent),))
    return moved(approved, IntentState.APPROVED, NOW, "approved by alice")


def an_intent_in(state: IntentState) -> Intent:
    """Return an intent that came to `state` by legal steps."""
    made: Intent = an_approved_intent()
    for step in PATHS[state]:
        ids = ("cr-0a",) if step in {IntentState.BOUGHT, IntentState.ADOPTED} else ()
        made = moved(made, step, NOW, "a test", ids)
    return made


S = IntentState
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


def a_book(intent: Intent | None = None, now: datetime = NOW) -> Book:
    """Return the pool's book, with the money of `intent` reserved."""
    book = Book(pool="training")
    if intent is None:
        return book
    plenty = some_settings(monthly_budget=Decimal(10**9), most_per_pool=Decimal(10**9))
    return reserve(now, book, intent.intent_id, intent.terms.upfront_fee, intent.terms.offering.end, plenty)


def circumstances(intent: Intent | None = None, **changes: Any) -> Circumstances:
    """Return circumstances in which nothing speaks against buying `intent`."""
    given: dict[str, Any] = {
        "now": NOW,
        "request": a_request(),
        "settings": some_settings(),
        "spending": True,
        "killed": False,
        "places": (PLACE,),
        "blocks": (),
        "siblings": (),
        "book": a_book(intent),
    }
    return Circumstances(**(given | changes))
