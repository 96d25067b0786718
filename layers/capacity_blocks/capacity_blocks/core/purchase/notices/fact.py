"""What every notice of a purchase says beside its text: exact terms, ids to copy, the link to the workflow."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase import money, table
from capacity_blocks.core.purchase.budget import Book, Standing, month_of
from capacity_blocks.core.purchase.guard import Violation
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.notices.link import execution_link
from capacity_blocks.core.purchase.ranking import Verdict
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.words import hours, listed, when

Facts = Iterable[tuple[str, str]]


def about(
    intent: Intent,
    what: str,
    *,
    key: str = "",
    execution: str,
    time_zone: tzinfo,
    facts: Facts = (),
    **fields: Any,
) -> Notice:
    """Make the notice `what` of an intent; its key is the intent's and `what`, or `what` and what `key` adds."""
    of_intent = {
        "Request": intent.request_id,
        "Intent": intent.intent_id,
        "Approved by": ", ".join(dict.fromkeys(approval.by for approval in intent.approvals)),
        "Reservations": ", ".join(intent.reservation_ids) if len(intent.reservation_ids) > 1 else "",
    }
    return Notice(
        key=f"{intent.intent_id}:{what}{key and f':{key}'}",
        kind=f"{'purchase' if intent.terms.extends is None else 'extension'}-{what}",
        thread=intent.request_id,
        pool=intent.terms.pool,
        region=intent.terms.offering.region,
        reservation_id=intent.terms.extends
        or (intent.reservation_ids[0] if len(intent.reservation_ids) == 1 else None),
        facts=_told((*of_terms(intent.terms, time_zone), *of_intent.items(), *facts, _execution(execution))),
        **fields,
    )


def about_request(
    request: PurchaseRequest, what: str, *, key: str = "", execution: str, facts: Facts = (), **fields: Any
) -> Notice:
    """Make the notice `what` of a request, once for it or for each `key`."""
    return Notice(
        key=f"{request.request_id}:{what}{key and f':{key}'}",
        kind=f"purchase-{what}",
        thread=request.request_id,
        pool=request.pool,
        facts=_told((("Request", request.request_id), *facts, _execution(execution))),
        **fields,
    )


def about_execution(request_id: str, what: str, *, execution: str, facts: Facts = (), **fields: Any) -> Notice:
    """Make a notice where no more may be known than which workflow it is about."""
    return Notice(
        kind=f"purchase-{what}",
        thread=request_id,
        facts=_told((("Request", request_id), *facts, _execution(execution))),
        **fields,
    )


def of_terms(terms: Terms, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Yield what is bought, when and for how much."""
    offering = terms.offering
    shown = table.facts(Verdict(offering=offering), zone)
    rate = offering.fee_per_unit_hour
    yield "Extends", terms.extends or ""
    yield "What", shown["what"]
    yield "Zone", shown["zone"]
    yield "Start" if terms.extends is None else "Ends now", local(offering.start, zone)
    yield "End" if terms.extends is None else "Ends then", local(offering.end, zone)
    yield "Hours", shown["hours"]
    yield "Usable hours", shown["usable"]
    yield "Fee", shown["fee"]
    yield f"Fee per {offering.unit.value}", "" if rate is None else money.shown(rate, offering.currency)
    yield "Platform", terms.platform
    for number, part in enumerate(offering.segments if offering.has_several_segments else (), 1):
        span = f"{when(part.start)} to {when(part.end)}"
        yield f"Segment {number}", f"{part.instance_count} x {part.instance_type} in {part.availability_zone}, {span}"
    yield "Offering", offering.offering_id
    yield "Terms", terms.hash


def fee(terms: Terms) -> str:
    return money.shown(terms.upfront_fee, terms.offering.currency)


def what(terms: Terms) -> str:
    """Say in one line what is sold: 8 x p5.48xlarge for 168 hours from 2026-05-04 11:30 UTC.

    Of an extension: extending cr-0123456789abcdef0 until 2026-05-18 11:30 UTC.
    """
    if terms.extends is not None:
        return f"extending {terms.extends} until {when(terms.offering.end)}"
    return f"{hardware(terms)} for {hours(terms.offering.duration)} hours from {when(terms.offering.start)}"


def hardware(terms: Terms) -> str:
    return table.facts(Verdict(offering=terms.offering), UTC)["what"]


def local(instant: datetime, zone: tzinfo) -> str:
    """Show an instant in UTC, and as the reader's clock shows it where that is another."""
    there = instant.astimezone(zone)
    same = there.utcoffset() == UTC.utcoffset(None)
    return when(instant) if same else f"{when(instant)} = {there:%a %d %b %H:%M %Z}"


def budget(now: datetime, book: Book | None, settings: MoneySettings | None) -> tuple[tuple[str, str], ...]:
    """Say how the pool's budget stands in the month, as far as it is known."""
    if book is None:
        return ()
    month = month_of(now)
    reserved, spent = book.total(month, Standing.RESERVED), book.total(month, Standing.COMMITTED)
    shown = f"{money.shown(spent)} spent and {money.shown(reserved)} reserved in {month}"
    if settings is not None:
        left = max(settings.monthly_budget - reserved - spent, Decimal(0))
        shown += f", {money.shown(left)} of {money.shown(settings.monthly_budget)} left"
    return (("Budget", shown),)


def reasons(violations: Sequence[Violation]) -> Iterable[str]:
    return dict.fromkeys(violation.reason for violation in violations)


def section(heading: str, lines: Iterable[str]) -> str:
    """Put a heading over lines; without lines there is none."""
    text = listed(lines)
    return f"{heading}\n{text}" if text else ""


def paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _execution(execution: str) -> tuple[str, str]:
    return "Execution", execution_link(execution)


def _told(facts: Facts) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts if value)
