"""What was found when nobody knew whether an attempt had bought anything."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices import command
from capacity_blocks.core.purchase.notices.fact import about, fee, local, paragraphs, section, what
from capacity_blocks.core.purchase.notices.link import function_link


def found(*, intent: Intent, remark: str | None = None, execution: str, time_zone: tzinfo = UTC) -> Notice:
    ids = ", ".join(intent.reservation_ids)
    return about(
        intent,
        "found",
        severity=Severity.WARNING if remark else Severity.INFO,
        title=f"Bought after all: {fee(intent.terms)} for {what(intent.terms)}",
        text=paragraphs(
            f"EC2 had given no clear answer, and its list of reservations now has {ids}, taken for what was bought: "
            f"{intent.reason}. Tags and payment come next, as for any purchase.",
            f"To be looked into: {remark}." if remark else "",
        ),
        next_step=f"Compare {ids} with the terms below." if remark else "Nothing to do.",
        execution=execution,
        time_zone=time_zone,
    )


def not_found(
    *,
    intent: Intent,
    reason: str,
    candidates: Sequence[str] = (),
    follow_function: str = "",
    execution: str,
    time_zone: tzinfo = UTC,
) -> Notice:
    """Hand over to a person: nothing goes on by itself from here."""
    attempted = local(intent.attempted_at or intent.changed_at, time_zone)
    price = fee(intent.terms)
    follow = function_link(follow_function, execution) if follow_function else "the FollowPurchaseFunction of the stack"
    return about(
        intent,
        "not-found",
        severity=Severity.CRITICAL,
        title=f"Find out whether {price} was spent for {what(intent.terms)}",
        text=paragraphs(
            f"EC2 was asked to sell it at {attempted} and gave no clear answer. All looks at the reservations of "
            f"the account are over: {reason}.",
            section("These may be it, or somebody else's:", candidates),
            "To see for yourself, with credentials of this account (CloudTrail shows a call some 15 minutes after it; "
            f"ours names the offering {intent.terms.offering.offering_id} and the tag {intent.intent_id}):",
            *command.look_for(intent),
            "If a reservation is it, say so with these tags, on each of them where there are several. It is then taken "
            "over like any purchase:",
            *(command.adopt(intent, each) for each in candidates or ("cr-...",)),
            "If CloudTrail shows that EC2 refused the call, nothing was bought. If it shows no such call an hour "
            "later, most likely nothing was; AWS Support can tell, with the time and the offering.",
            f"Once you are sure of that, say so with this test event, in the Lambda console, to {follow}:",
            command.nothing_was_bought(intent),
            f"Until you say either, {price} stays reserved in the pool's budget and this request buys nothing more. To "
            "buy in spite of that, start a request with a new request_id and may_overlap; both fees count then.",
        ),
        next_step="Run the commands above, and tag what was bought. Do not buy again before you know.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Attempted", attempted),),
    )
