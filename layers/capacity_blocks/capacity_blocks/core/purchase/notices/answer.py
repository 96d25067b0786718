"""What came of a question: yes, no, one of two, or no answer in time."""

from datetime import UTC, tzinfo

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.notices.fact import about, fee, local, what
from capacity_blocks.core.purchase.notices.person import named, signed, still_needed
from capacity_blocks.core.purchase.notices.sequel import ended, goes_on, start_another

CHECKED_AGAIN = "It is bought next, after a last look at whether it is still on sale at this fee and within every limit"


def heard(*, intent: Intent, settings: MoneySettings, execution: str, time_zone: tzinfo = UTC) -> Notice:
    """Say that one of two people approved. The commands are in the question; who is still needed is here."""
    until = local(intent.expires_at, time_zone)
    return about(
        intent,
        "heard",
        key=str(len(intent.approvals)),
        severity=Severity.WARNING,
        title=f"One more must approve {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"Approved so far by {signed(intent.approvals)}. A fee above {money.shown(settings.two_approvers_above)} "
            f"takes two different people. Still to be asked:\n{named(still_needed(intent, settings))}"
        ),
        next_step=f"Approve or reject it before {until}, with the commands of the question.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Approve before", until),),
    )


def approved(*, intent: Intent, execution: str, time_zone: tzinfo = UTC) -> Notice:
    return about(
        intent,
        "approved",
        severity=Severity.INFO,
        title=f"Approved: {fee(intent.terms)} for {what(intent.terms)}",
        text=f"Approved by {signed(intent.approvals)}. {CHECKED_AGAIN}.",
        execution=execution,
        time_zone=time_zone,
    )


def approved_by_settings(*, intent: Intent, settings: MoneySettings, execution: str, time_zone: tzinfo = UTC) -> Notice:
    most = money.shown(settings.no_approval_up_to)
    return about(
        intent,
        "approved",
        severity=Severity.INFO,
        title=f"No approval needed: {fee(intent.terms)} for {what(intent.terms)}",
        text=f"The settings of pool {intent.terms.pool} let fees up to {most} be spent unasked. {CHECKED_AGAIN}.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Approved by", f"nobody: within no_approval_up_to, {most}"),),
    )


def rejected(*, intent: Intent, looks_again: bool, execution: str, time_zone: tzinfo = UTC) -> Notice:
    return about(
        intent,
        "rejected",
        severity=Severity.INFO,
        title=f"Rejected: {fee(intent.terms)} for {what(intent.terms)}",
        text=f"It was {intent.reason or 'rejected'}. {ended(intent)} {goes_on(looks_again)}",
        execution=execution,
        time_zone=time_zone,
    )


def expired(*, intent: Intent, looks_again: bool, execution: str, time_zone: tzinfo = UTC) -> Notice:
    """Say that nobody answered, or not enough people did, or that the answer could not be used in time."""
    so_far = f"It was approved by {signed(intent.approvals)} until then. " if intent.approvals else ""
    return about(
        intent,
        "expired",
        severity=Severity.WARNING,
        title=f"Not approved in time: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"The question was open until {local(intent.expires_at, time_zone)}. {so_far}"
            f"{ended(intent)} {goes_on(looks_again)}"
        ),
        next_step=(
            "Be ready for the next question; approve_within_hours in the pool's settings says how long each is open."
            if looks_again
            else start_another(intent)
        ),
        execution=execution,
        time_zone=time_zone,
    )
