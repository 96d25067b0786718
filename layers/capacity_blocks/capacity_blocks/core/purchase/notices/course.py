"""What went wrong with a request as a whole: started twice, not readable, or its workflow failed."""

import re
from collections.abc import Sequence

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices.fact import about_execution, fee, paragraphs, section, what
from capacity_blocks.core.purchase.notices.link import execution_link, mark
from capacity_blocks.core.words import listed, when


def request_taken(*, request_id: str, holder: str, execution: str, pool: str | None = None) -> Notice:
    return about_execution(
        request_id,
        "request-taken",
        key=f"{request_id}:request-taken:{mark(execution)}",
        severity=Severity.WARNING,
        title=f"Request {request_id} was started before",
        text=(
            "A request_id stands for one request, so this start did nothing. The first one is here:\n"
            f"{execution_link(holder)}"
        ),
        next_step="Follow the first one; for another purchase, give another request_id.",
        pool=pool,
        execution=execution,
        facts=(("First execution", execution_link(holder)),),
    )


def request_malformed(*, error: str, request_id: str = "", execution: str) -> Notice:
    mistakes = re.split("; (?!allowed: )", error)  # each says what is allowed after a semicolon of its own
    return about_execution(
        request_id,
        "request-malformed",
        key=f"{mark(execution)}:request-malformed",
        severity=Severity.WARNING,
        title=f"A purchase request cannot be read{f': {request_id}' if request_id else ''}",
        text=f"Nothing was searched for or bought. What is wrong in it:\n{listed(mistakes)}",
        next_step="Correct the input and start the workflow again.",
        execution=execution,
    )


def request_failed(
    *,
    request_id: str,
    error: str,
    released: Sequence[Intent] = (),
    still_open: Sequence[Intent] = (),
    execution: str,
    pool: str | None = None,
) -> Notice:
    """Say what failed, what was released, and what is still in flight: the sweep goes on with that."""
    return about_execution(
        request_id,
        "request-failed",
        key=f"{request_id}:request-failed:{mark(execution)}",
        severity=Severity.CRITICAL,
        title=f"The workflow of request {request_id} failed",
        text=paragraphs(
            f"It says: {error}",
            section("Given up, with the reserved money free again:", map(_open, released)),
            section("Still open; money is or may be spent, so it stays reserved:", map(_open, still_open)),
            "That is looked after every ten minutes until its end is known, and told." if still_open else "",
            ""
            if released or still_open
            else "It leaves nothing open: no question, no unclear purchase, no money reserved.",
        ),
        next_step=(
            "Look at the failed step. Do not buy again before you are told how the open ones came out."
            if still_open
            else "Look at the failed step. If no notice says that it was bought, and it is still wanted, start a "
            "request with a new request_id."
        ),
        pool=pool,
        execution=execution,
    )


def _open(intent: Intent) -> str:
    return f"{intent.intent_id}: {what(intent.terms)} for {fee(intent.terms)}, {intent.state.value} since " + when(
        intent.changed_at
    )
