"""What a search came to when it led to no question: nothing to buy, not allowed, or still looking."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import canonical
from capacity_blocks.core.purchase.guard import Violation
from capacity_blocks.core.purchase.notices.fact import (
    about_request,
    fee,
    local,
    of_terms,
    paragraphs,
    reasons,
    section,
    what,
)
from capacity_blocks.core.purchase.notices.sequel import START_ANOTHER, goes_on
from capacity_blocks.core.purchase.notices.wish import wish
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.words import listed


def unasked(
    *,
    request: PurchaseRequest,
    terms: Terms,
    violations: Sequence[Violation],
    looks_again: bool,
    execution: str,
    time_zone: tzinfo = UTC,
) -> Notice:
    """Say why nobody was asked about the best offering; once for each set of guards, however often it is found."""
    guards = sorted({f"{each.guard.value}/{each.rule}" for each in violations})
    return about_request(
        request,
        "unasked",
        key=canonical.digest({"guards": guards})[:12],
        severity=Severity.WARNING,
        title=f"Found but not asked for: {fee(terms)} for {what(terms)}",
        text=paragraphs(
            section("Nobody was asked for approval, because:", reasons(violations)),
            f"Nothing was bought or reserved. {goes_on(looks_again)}",
        ),
        next_step="Mend what is named; the next search takes it up."
        if looks_again
        else f"Mend what is named. {START_ANOTHER}",
        region=terms.offering.region,
        execution=execution,
        facts=of_terms(terms, time_zone),
    )


def nothing_on_sale(
    *, request: PurchaseRequest, table: str, warnings: Sequence[str] = (), execution: str, time_zone: tzinfo = UTC
) -> Notice:
    """Say what one search found for a request that does not keep looking. `table` is its table, for people."""
    return about_request(
        request,
        "nothing-on-sale",
        severity=Severity.WARNING,
        title=f"Nothing to buy for {request.request_id}: {wish(request)}",
        text=paragraphs(
            f"Wanted: {wish(request, time_zone)}. The search found nothing that the request and the pool's settings "
            "allow:",
            table.rstrip(),
            listed(warnings),
            "Nothing was bought or reserved. The request is over.",
        ),
        next_step=(
            "Widen the request (more types, zones, dates, a higher fee), or give it look_until to keep looking; then "
            "start it with a new request_id."
        ),
        execution=execution,
    )


def standing(
    *,
    request: PurchaseRequest,
    now: datetime,
    table: str,
    looks: int = 0,
    violations: Sequence[Violation] = (),
    search_again_at: datetime | None = None,
    execution: str,
    time_zone: tzinfo = UTC,
) -> Notice:
    """Say once a day (in UTC) how a request stands that keeps looking. `violations` are of the best that is on sale."""
    times = f" {looks} times so far" if looks else ""
    again = f" The next search is at {local(search_again_at, time_zone)}." if search_again_at is not None else ""
    return about_request(
        request,
        "standing",
        key=f"{now.astimezone(UTC):%Y%m%d}",
        severity=Severity.INFO,
        title=f"Still looking for {request.request_id}: {wish(request)}",
        text=paragraphs(
            f"Wanted: {wish(request, time_zone)}. It was searched for{times}, and nothing was bought. The "
            "last search found:",
            table.rstrip(),
            section("Something is on sale, and these forbid to ask for it:", reasons(violations)),
            f"It looks until {_until(request, time_zone)}.{again}",
        ),
        next_step=(
            f"{'Mend what forbids it' if violations else 'Nothing to do'}. To give up, stop the execution in the "
            "console."
        ),
        execution=execution,
        facts=(("Searches", str(looks or "")), ("Looks until", _until(request, time_zone))),
    )


def search_over(
    *, request: PurchaseRequest, looks: int = 0, table: str = "", execution: str, time_zone: tzinfo = UTC
) -> Notice:
    times = f" after {looks} searches" if looks else ""
    return about_request(
        request,
        "search-over",
        severity=Severity.WARNING,
        title=f"Gave up looking for {request.request_id}: {wish(request)}",
        text=paragraphs(
            f"It looked until {_until(request, time_zone)}{times} for {wish(request, time_zone)}. Nothing was bought, "
            "and nothing is reserved.",
            table and f"The last search found:\n\n{table.rstrip()}",
        ),
        next_step=START_ANOTHER,
        execution=execution,
    )


def tried_enough(*, request: PurchaseRequest, tries: int, execution: str, time_zone: tzinfo = UTC) -> Notice:
    """Say that a request is over because nothing came of any of its questions."""
    return about_request(
        request,
        "tried-enough",
        severity=Severity.WARNING,
        title=f"Gave up on {request.request_id}: {wish(request)}",
        text=(
            f"{tries} offerings were tried for {wish(request, time_zone)}, and each was refused, gone or not answered "
            "for. Nothing was bought, and nothing is reserved. The request is over."
        ),
        next_step=f"See in the earlier notices what stood in the way. {START_ANOTHER}",
        execution=execution,
        facts=(("Tried", str(tries)),),
    )


def _until(request: PurchaseRequest, zone: tzinfo) -> str:
    last = request.latest_end - request.least_duration  # a later start would end too late
    return local(min(request.look_until or last, last), zone)
