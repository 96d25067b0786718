"""What came of an attempt to buy: bought, refused, stopped before it, or not known."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase.deadline import paid_before
from capacity_blocks.core.purchase.guard import Violation
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices.fact import about, fee, local, paragraphs, reasons, section, what
from capacity_blocks.core.purchase.notices.sequel import ended, goes_on, start_another


def not_bought(
    *,
    intent: Intent,
    violations: Sequence[Violation] = (),
    reason: str = "",
    looks_again: bool,
    execution: str,
    time_zone: tzinfo = UTC,
) -> Notice:
    """Say what stopped an approved purchase before EC2 was asked to sell anything."""
    return about(
        intent,
        "not-bought",
        severity=Severity.WARNING,
        title=f"Not bought: {fee(intent.terms)} for {what(intent.terms)}",
        text=paragraphs(
            section("It was stopped before EC2 was asked to sell it:", filter(None, (reason, *reasons(violations)))),
            f"{ended(intent)} {goes_on(looks_again)}",
        ),
        next_step="Look for the next question." if looks_again else f"Mend what is named. {start_another(intent)}",
        execution=execution,
        time_zone=time_zone,
    )


def bought(*, intent: Intent, execution: str, time_zone: tzinfo = UTC) -> Notice:
    until = local(paid_before(intent.attempted_at or intent.changed_at, intent.terms.offering), time_zone)
    return about(
        intent,
        "bought",
        severity=Severity.INFO,
        title=f"Bought: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"EC2 made {_named(intent)}. It takes the fee within minutes to hours, before {until}; the block is ours "
            "once that is done, and you are told. Its tags are looked at next."
        ),
        execution=execution,
        time_zone=time_zone,
        facts=(("Paid before", until),),
    )


def refused(*, intent: Intent, words: str, looks_again: bool, execution: str, time_zone: tzinfo = UTC) -> Notice:
    """Tell EC2's own words. It is certain that nothing was bought, or the outcome would be unknown."""
    return about(
        intent,
        "refused",
        severity=Severity.WARNING,
        title=f"Refused by EC2: {fee(intent.terms)} for {what(intent.terms)}",
        text=f"EC2 says: {words}\n\n{ended(intent)} {goes_on(looks_again)}",
        next_step=(
            "Nothing to do, unless EC2 names a permission or a quota: then mend that before the next question."
            if looks_again
            else f"Mend what EC2 names. {start_another(intent)}"
        ),
        execution=execution,
        time_zone=time_zone,
    )


def unknown(
    *, intent: Intent, looks_until: datetime, error: str = "", execution: str, time_zone: tzinfo = UTC
) -> Notice:
    until = local(looks_until, time_zone)
    return about(
        intent,
        "unknown",
        severity=Severity.WARNING,
        title=f"Not known whether bought: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"EC2 was asked to sell it, and no clear answer came{f': {error}' if error else ''}. The reservations of "
            f"the account are looked at until {until}, as the answer may show up there late. Nothing is bought again "
            "for this request, and the money stays reserved."
        ),
        next_step=f"Do not buy it by hand: it may be bought already. You are told what was found by {until}.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Looked for until", until),),
    )


def _named(intent: Intent) -> str:
    count = len(intent.reservation_ids)
    return f"{'the reservation' if count == 1 else f'{count} reservations:'} {', '.join(intent.reservation_ids)}"
