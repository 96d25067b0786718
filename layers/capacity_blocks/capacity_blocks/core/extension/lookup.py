"""What an attempt to extend has come to, by EC2's history: there it has neither a tag nor a token, but its offering.

An extension of our block under the id that we asked for is what our attempt bought. The same time under another id is
somebody else's: each look at what is on sale has ids of its own.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.lookup import (
    CLOCK_SKEW,
    LISTED_WITHIN,
    WAITS,
    Adopt,
    AskPerson,
    Conclusion,
    LookAgain,
    looks,
)
from capacity_blocks.core.words import when

# Of several that could be ours, which one decides about money: one that is spent over one that may be, or is not.
WEIGHT = (
    ExtensionStatus.PAYMENT_FAILED,
    ExtensionStatus.UNRECOGNISED,
    ExtensionStatus.PAYMENT_PENDING,
    ExtensionStatus.PAYMENT_SUCCEEDED,
)
STANDING = {
    ExtensionStatus.PAYMENT_PENDING: IntentState.PAYMENT_PENDING,
    ExtensionStatus.UNRECOGNISED: IntentState.PAYMENT_PENDING,
    ExtensionStatus.PAYMENT_SUCCEEDED: IntentState.PAID,
    ExtensionStatus.PAYMENT_FAILED: IntentState.PAYMENT_FAILED,
}


def ours(
    intent: Intent,
    history: Sequence[ExtensionRecord],
    function_timeout: timedelta,
    siblings: Collection[Intent] = (),
) -> ExtensionRecord | None:
    """Return what an attempt bought, as the history has it now; None if it has nothing like it.

    EC2 promises nothing about how exact its purchase dates are. So they are asked only where the offering does not
    tell: of an attempt whose id was not kept, which then is known by its span, and of an id that one of the request's
    other intents, `siblings`, was attempted under too.
    """
    if intent.attempted_at is None:
        return None
    first, last = intent.attempted_at - CLOCK_SKEW, intent.attempted_at + function_timeout + CLOCK_SKEW
    asked_as, offering = intent.attempted_offering_id, intent.terms.offering
    others = {each.attempted_offering_id for each in siblings if each.intent_id != intent.intent_id}
    is_told = asked_as is not None and asked_as not in others
    found = [
        each
        for each in history
        if each.reservation_id == intent.terms.extends
        and (each.offering_id == asked_as or (asked_as is None and _span(each) == (offering.start, offering.end)))
        and (is_told or first <= each.purchased_at <= last)
    ]
    return max(found, key=lambda each: WEIGHT.index(each.status), default=None)


def standing(record: ExtensionRecord | None) -> IntentState:
    """Return how the payment stands. Only what EC2 says counts; what it does not list yet is pending."""
    return IntentState.PAYMENT_PENDING if record is None else STANDING[record.status]


def may_be_bought(intent: Intent, history: Sequence[ExtensionRecord], end: datetime | None) -> bool:
    """Whether something extended the block from the end that it had, for all that EC2 lists: by history, or by its end.

    Then nobody's word is enough to say that it was not this intent.
    """
    offering = intent.terms.offering
    is_listed = any(each.start == offering.start and each.may_be_paid for each in history)
    return is_listed or (end is not None and end >= offering.end)


def conclude(
    now: datetime,
    intent: Intent,
    history: Sequence[ExtensionRecord] | None,
    function_timeout: timedelta,
    siblings: Collection[Intent] = (),
) -> Conclusion:
    """Say what a look at the block's history tells about an attempt of unknown outcome; None: it could not be read."""
    if intent.attempted_at is None or intent.terms.extends is None:
        raise ValueError(f"{intent.intent_id}: it never attempted to extend, so there is nothing to look for")
    if (record := ours(intent, history or (), function_timeout, siblings)) is not None:
        named = f"EC2's history has {record.offering_id}, bought at {when(record.purchased_at)}: {record.status.value}"
        return Adopt(reservation_ids=(intent.terms.extends,), reason=named)
    schedule = looks(intent.attempted_at, function_timeout)
    later = next((at for at in schedule if at > now), None)
    unread = "the block's extensions could not be read"
    if later is not None:
        return LookAgain(at=later, reason=unread if history is None else "EC2's history does not have it so far")
    if history is None:
        again = now + WAITS[2]
        if again < schedule[-1] + LISTED_WITHIN:
            return LookAgain(at=again, reason=unread)
        return AskPerson(reason=f"{unread} at the last look")
    if intent.state not in {IntentState.ATTEMPTING, IntentState.UNKNOWN}:
        return AskPerson(reason=intent.reason)
    other = tuple(each.offering_id for each in history if each.start == intent.terms.offering.start)
    reason = "EC2's history of the block does not have it"
    return AskPerson(reason=f"{reason}, and {', '.join(other)} from the same end" if other else reason)


def _span(record: ExtensionRecord) -> tuple[datetime, datetime]:
    return record.start, record.end
