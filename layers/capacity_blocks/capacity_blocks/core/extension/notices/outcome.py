"""What came of an attempt to extend: bought, or not known, and what was found then."""

from datetime import UTC, datetime, tzinfo

from capacity_blocks.core.extension.notices.asking import OLD_END
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase.deadline import paid_before
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices import command
from capacity_blocks.core.purchase.notices.fact import about, fee, local, paragraphs, what
from capacity_blocks.core.purchase.notices.link import function_link


def bought(*, intent: Intent, execution: str, time_zone: tzinfo = UTC) -> Notice:
    until = paid_until(intent, time_zone)
    return about(
        intent,
        "bought",
        severity=Severity.INFO,
        title=f"Bought: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"EC2 takes the fee within minutes to hours, before {until}. Until then "
            f"{local(intent.terms.offering.start, time_zone)} is still the end of the block, and a drain may begin "
            "before it; you are told when the end has moved, or if the payment fails."
        ),
        execution=execution,
        time_zone=time_zone,
        facts=(("Paid before", until),),
    )


def found(*, intent: Intent, execution: str, time_zone: tzinfo = UTC) -> Notice:
    return about(
        intent,
        "found",
        severity=Severity.INFO,
        title=f"Bought after all: {fee(intent.terms)} for {what(intent.terms)}",
        text=f"EC2 had given no clear answer. {intent.reason}: that is what was bought. Its payment is next.",
        execution=execution,
        time_zone=time_zone,
    )


def unknown(*, intent: Intent, looks_until: datetime, execution: str, time_zone: tzinfo = UTC) -> Notice:
    until = local(looks_until, time_zone)
    return about(
        intent,
        "unknown",
        severity=Severity.WARNING,
        title=f"Not known whether bought: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            "EC2 was asked to sell it, and no clear answer came. EC2's history of the block's extensions is looked at "
            f"until {until}, as it may show there late. Nothing is bought again beyond this end of the block, and the "
            "money stays reserved."
        ),
        next_step=f"Do not extend it by hand: it may be bought already. You are told what was found by {until}.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Looked for until", until),),
    )


def not_found(
    *, intent: Intent, reason: str, follow_function: str = "", execution: str, time_zone: tzinfo = UTC
) -> Notice:
    """Hand over to a person: nothing goes on by itself from here, but what shows in EC2's history is still taken up."""
    attempted, price = local(intent.attempted_at or intent.changed_at, time_zone), fee(intent.terms)
    follow = (
        function_link(follow_function, execution) if follow_function else "the FollowExtensionFunction of the stack"
    )
    return about(
        intent,
        "not-found",
        severity=Severity.CRITICAL,
        title=f"Find out whether {price} was spent for {what(intent.terms)}",
        text=paragraphs(
            f"EC2 was asked to sell it at {attempted} and gave no clear answer. All looks are over: {reason}.",
            "To see for yourself, with credentials of this account (CloudTrail shows a call some 15 minutes after it):",
            *command.look_for_extension(intent),
            "If EC2 shows it later it is taken over by itself, within ten minutes. If CloudTrail shows that EC2 "
            "refused the call, nothing was bought; AWS Support can tell for certain.",
            f"Once you are sure of that, say so with this test event, in the Lambda console, to {follow}:",
            command.nothing_was_bought(intent),
            f"Until then {price} stays reserved in the pool's budget, and the block is not extended by this "
            f"application: {OLD_END}.",
        ),
        next_step="Run the commands above. Do not extend the block by hand before you know.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Attempted", attempted),),
    )


def paid_until(intent: Intent, zone: tzinfo) -> str:
    """Show until when EC2 takes the fee."""
    return local(paid_before(intent.attempted_at or intent.changed_at, intent.terms.offering), zone)
