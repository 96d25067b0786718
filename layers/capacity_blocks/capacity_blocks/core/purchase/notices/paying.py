"""How the payment of a purchase stands. EC2 takes the fee; nobody here can hurry it."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from capacity_blocks.core import tag
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.notices.fact import about, budget_left, fee, local, what
from capacity_blocks.core.purchase.notices.sequel import START_ANOTHER
from capacity_blocks.core.reservation import Reservation

PAYMENT_METHOD = "Look at the payment method of the account (of the payer account, in an organization)."


def payment_pending(*, intent: Intent, deadline: datetime, execution: str, time_zone: tzinfo = UTC) -> Notice:
    until = local(deadline, time_zone)
    return about(
        intent,
        "payment-pending",
        severity=Severity.INFO,
        title=f"EC2 has yet to take {fee(intent.terms)} for {what(intent.terms)}",
        text=f"It has until {until}. The block is ours once it has; you are told when, or if the payment fails.",
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
    """Say that the fee is spent and the block ours. The budget is that of the month in which it was bought."""
    states = ", ".join(f"{each.reservation_id} is {each.state.value}" for each in reservations)
    return about(
        intent,
        "paid",
        severity=Severity.INFO,
        title=f"Paid: {what(intent.terms)} for {fee(intent.terms)}",
        text=(
            f"EC2 has taken the fee{f': {states}' if states else ''}. The targets of pool {intent.terms.pool} that fit "
            f"are bound to it now and scaled out at {local(intent.terms.offering.start, time_zone)}."
        ),
        next_step=f"See that a target of the pool is free by then: the tag {tag.BOUND_TO} on it names the block.",
        execution=execution,
        time_zone=time_zone,
        facts=budget_left(intent.attempted_at or intent.changed_at, book, settings),
    )


def payment_failed(*, intent: Intent, failed: Sequence[str], execution: str, time_zone: tzinfo = UTC) -> Notice:
    """Say which reservations EC2 took back. One that was paid beside them keeps the whole fee in the budget."""
    kept = sorted(set(intent.reservation_ids) - set(failed))
    price = fee(intent.terms)
    return about(
        intent,
        "payment-failed",
        key="partly" if kept else "",
        severity=Severity.CRITICAL,
        title=f"Payment failed{' in part' if kept else ''}: {what(intent.terms)} for {price}",
        text=(
            f"EC2 could not take the fee of {', '.join(sorted(failed))} and does not deliver it. "
            + (
                f"{', '.join(kept)} is still ours. The whole {price} stays counted in the budget, as EC2 does not say "
                "how much of it was charged."
                if kept
                else f"The {price} is free again in the budget. The request is over: it does not buy again by itself."
            )
        ),
        next_step=f"{PAYMENT_METHOD} {'See whether what is left is of use.' if kept else START_ANOTHER}",
        execution=execution,
        time_zone=time_zone,
    )


def payment_overdue(*, intent: Intent, deadline: datetime, execution: str, time_zone: tzinfo = UTC) -> Notice:
    return about(
        intent,
        "payment-overdue",
        severity=Severity.CRITICAL,
        title=f"EC2 should have taken {fee(intent.terms)} by now: {what(intent.terms)}",
        text=(
            f"It had until {local(deadline, time_zone)}, and says neither that it is paid nor that the payment failed. "
            f"{', '.join(intent.reservation_ids)} is looked at further; the money stays reserved."
        ),
        next_step=f"{PAYMENT_METHOD} Then open a support case with EC2 and name the reservation.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Paid before", local(deadline, time_zone)),),
    )
