"""How the payment of an extension stands, and with it the end of the block."""

from datetime import UTC, datetime, tzinfo

from capacity_blocks.core.extension.notices.outcome import paid_until
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices.fact import about, budget, fee, local, what
from capacity_blocks.core.purchase.notices.paying import PAYMENT_METHOD
from capacity_blocks.core.purchase.notices.sequel import EXTEND_ANEW
from capacity_blocks.core.words import when

FOLLOWS = "Every timer, notice and scheduled action of the block follows from there."


def payment_pending(*, intent: Intent, execution: str, time_zone: tzinfo = UTC) -> Notice:
    until = paid_until(intent, time_zone)
    return about(
        intent,
        "payment-pending",
        severity=Severity.INFO,
        title=f"Payment awaited: {fee(intent.terms)} for {what(intent.terms)}",
        text=f"EC2 has until {until} to take the fee. The end of the block moves once it has, and not before.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Paid before", until),),
    )


def paid(
    *, intent: Intent, end: datetime | None, book: Book | None = None, execution: str, time_zone: tzinfo = UTC
) -> Notice:
    """Say that the fee is spent and where the block ends by what EC2 lists; None: EC2 does not list it."""
    moved = end is not None and end >= intent.terms.offering.end
    shown = "no end any more" if end is None else local(end, time_zone)
    return about(
        intent,
        "paid",
        severity=Severity.INFO if moved else Severity.CRITICAL,
        title=f"Paid: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"EC2 has taken the fee, and {intent.terms.extends} ends at {shown} now. {FOLLOWS}"
            if moved
            else f"EC2 has taken the fee, but lists {intent.terms.extends} with {shown}. {FOLLOWS} So its nodes are "
            "drained before that end."
        ),
        next_step="Nothing to do."
        if moved
        else "Open a support case with EC2 now, and name the reservation and the extension.",
        execution=execution,
        time_zone=time_zone,
        facts=budget(intent.attempted_at or intent.changed_at, book, None),
    )


def payment_failed(*, intent: Intent, execution: str, time_zone: tzinfo = UTC) -> Notice:
    price = fee(intent.terms)
    return about(
        intent,
        "payment-failed",
        severity=Severity.CRITICAL,
        title=f"Payment failed: {price} for {what(intent.terms)}",
        text=(
            f"EC2 could not take the fee: {intent.terms.extends} ends as before, at "
            f"{local(intent.terms.offering.start, time_zone)}, and is drained before that. The {price} is free again "
            "in the budget. Nothing is bought again by itself."
        ),
        next_step=f"{PAYMENT_METHOD} {EXTEND_ANEW} EC2 sells it until an hour before the end.",
        execution=execution,
        time_zone=time_zone,
    )


def payment_overdue(*, intent: Intent, execution: str, time_zone: tzinfo = UTC) -> Notice:
    until = paid_until(intent, time_zone)
    return about(
        intent,
        "payment-overdue",
        severity=Severity.CRITICAL,
        title=f"Payment overdue: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"EC2 had until {until} to take the fee, and says neither that it is paid nor that the payment failed. "
            f"Count on the old end, {when(intent.terms.offering.start)}: the block is drained before it. It is looked "
            "at further, and the money stays reserved."
        ),
        next_step=f"{PAYMENT_METHOD} Then open a support case with EC2 and name the reservation.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Paid before", until),),
    )
