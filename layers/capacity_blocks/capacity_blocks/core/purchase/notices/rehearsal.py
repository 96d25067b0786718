"""What a dry run shows: what would be asked and bought, who would have to approve it, and what would forbid it."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase.approval import needed
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.guard import Violation
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.notices.fact import (
    about_request,
    budget,
    fee,
    local,
    of_terms,
    paragraphs,
    reasons,
    section,
    what,
)
from capacity_blocks.core.purchase.notices.person import named
from capacity_blocks.core.purchase.notices.wish import wish
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.words import listed


def dry_run(
    *,
    request: PurchaseRequest,
    intent: Intent,
    settings: MoneySettings | None,
    violations: Sequence[Violation] = (),
    why: str = "",
    table: str = "",
    warnings: Sequence[str] = (),
    book: Book | None = None,
    execution: str,
    time_zone: tzinfo = UTC,
) -> Notice:
    """Show what would be asked and bought, by whom it would have to be approved, and what would forbid it."""
    terms = intent.terms
    return about_request(
        request,
        "dry-run",
        severity=Severity.INFO,
        title=f"Dry run, {'not allowed' if violations else 'nothing bought'}: {fee(terms)} for {what(terms)}",
        text=paragraphs(
            f"Wanted: {wish(request, time_zone)}. The best on sale is {what(terms)}, until "
            f"{local(terms.offering.end, time_zone)}, for {fee(terms)}.",
            why and f"Why this one: {why}.",
            _approval(terms, settings),
            section("These would forbid it:", reasons(violations)),
            listed(warnings),
            table.rstrip(),
            "This was a dry run: nobody was asked, nothing was reserved or bought.",
        ),
        next_step="To buy, start the request without dry_run, under a new request_id.",
        region=terms.offering.region,
        execution=execution,
        facts=(*of_terms(terms, time_zone), *budget(intent.asked_at, book, settings)),
    )


def _approval(terms: Terms, settings: MoneySettings | None) -> str:
    if settings is None:
        return "Nobody could approve it: the pool has no settings for money."
    match needed(terms.upfront_fee, settings):
        case 0:
            return "It would need no approval: the pool's settings let a fee of that size be spent unasked."
        case _ if not settings.approvers:
            return "Nobody could approve it: the pool's settings list no approvers."
        case 1:
            return f"One of these would have to approve it:\n{named(settings.approvers)}"
        case _:
            return f"Two different people of these would have to approve it:\n{named(settings.approvers)}"
