"""How the payment of a purchase stands. EC2 takes the fee; nobody here can hurry it."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from capacity_blocks.core import tag
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import payment
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.notices.fact import about, budget, fee, local, paragraphs, what
from capacity_blocks.core.purchase.notices.sequel import START_ANOTHER
from capacity_blocks.core.reservation import Reservation

PAYMENT_METHOD = "Look at the payment method of the account (of the payer account, in an organization)."


def payment_pending(*, intent: Intent, deadline: datetime, execution: str, time_zone: tzinfo = UTC) -> Notice:
    until = local(deadline, time_zone)
    return about(
        intent,
        "payment-pending",
        severity=Severity.INFO,
        title=f"Payment awaited: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"EC2 has until {until} to take the fee. The block is ours once it has; you are told when, or if the "
            "payment fails."
        ),
        execution=execution,
        time_zone=time_zone,
        facts=(("Paid before", until),),
    )


def paid(
    *,
    intent: Intent,
    reservations: Sequence[Reservation] = (),
    book: Book | None = None,
    settings: MoneySettings | None = None,
    execution: str,
    time_zone: tzinfo = UTC,
) -> Notice:
    """Say that the fee is spent and the block ours; critical where EC2 kept some reservation of it back."""
    states = ", ".join(f"{each.reservation_id} is {each.state.value}" for each in reservations)
    lost = payment.failed(reservations)
    price = fee(intent.terms)
    return about(
        intent,
        "paid",
        severity=Severity.CRITICAL if lost else Severity.INFO,
        title=f"Paid{' in part' if lost else ''}: {price} for {what(intent.terms)}",
        text=paragraphs(
            f"EC2 has taken the fee{f': {states}' if states else ''}. The targets of pool {intent.terms.pool} that fit "
            f"are bound to it now and scaled out at {local(intent.terms.offering.start, time_zone)}.",
            f"The payment of {', '.join(lost)} failed, and EC2 does not deliver it. The whole {price} stays counted in "
            "the budget, as EC2 does not say how much of it was charged."
            if lost
            else "",
        ),
        next_step=(
            f"{PAYMENT_METHOD} See whether what is left is of use, and ask AWS Support what was charged."
            if lost
            else f"See that a target of the pool is free by then: the tag {tag.BOUND_TO} on it names the block."
        ),
        execution=execution,
        time_zone=time_zone,
        facts=budget(intent.attempted_at or intent.changed_at, book, settings),
    )


def payment_failed(*, intent: Intent, failed: Sequence[str], execution: str, time_zone: tzinfo = UTC) -> Notice:
    """Say which reservations EC2 took back, none of them paid."""
    price = fee(intent.terms)
    return about(
        intent,
        "payment-failed",
        severity=Severity.CRITICAL,
        title=f"Payment failed: {price} for {what(intent.terms)}",
        text=(
            f"EC2 could not take the fee of {', '.join(sorted(failed))} and does not deliver it. The {price} is free "
            "again in the budget. The request is over: it does not buy again by itself."
        ),
        next_step=f"{PAYMENT_METHOD} {START_ANOTHER}",
        execution=execution,
        time_zone=time_zone,
    )


def payment_overdue(*, intent: Intent, deadline: datetime, execution: str, time_zone: tzinfo = UTC) -> Notice:
    return about(
        intent,
        "payment-overdue",
        severity=Severity.CRITICAL,
        title=f"Payment overdue: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"EC2 had until {local(deadline, time_zone)} to take the fee, and says neither that it is "
            f"paid nor that the payment failed. {', '.join(intent.reservation_ids)} is looked at further; the money "
            "stays reserved."
        ),
        next_step=f"{PAYMENT_METHOD} Then open a support case with EC2 and name the reservation.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Paid before", local(deadline, time_zone)),),
    )
