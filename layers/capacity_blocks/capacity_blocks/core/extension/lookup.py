"""What an attempt to extend has come to, by EC2's history: there it has neither a tag nor a token, only its span.

EC2 sells no second extension of a block while one is being paid, and none from an end that has moved: so one of our
block, from its end to ours, bought while our attempt was under way, is what our attempt bought.
"""

from collections.abc import Sequence
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
from capacity_blocks.core.purchase.words import when

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


def ours(intent: Intent, history: Sequence[ExtensionRecord], function_timeout: timedelta) -> ExtensionRecord | None:
    """Return what an attempt bought, as the history has it now; None if it has nothing like it."""
    if intent.attempted_at is None:
        return None
    first, last = intent.attempted_at - CLOCK_SKEW, intent.attempted_at + function_timeout + CLOCK_SKEW
    offering = intent.terms.offering
    found = [
        each
        for each in history
        if (each.reservation_id, each.start, each.end) == (intent.terms.extends, offering.start, offering.end)
        and first <= each.purchased_at <= last
    ]
    return max(found, key=lambda each: WEIGHT.index(each.status), default=None)


def standing(record: ExtensionRecord | None) -> IntentState:
    """Return how the payment stands. Only what EC2 says counts; what it does not list yet is pending."""
    return IntentState.PAYMENT_PENDING if record is None else STANDING[record.status]


def conclude(
    now: datetime, intent: Intent, history: Sequence[ExtensionRecord] | None, function_timeout: timedelta
) -> Conclusion:
    """Say what a look at the block's history tells about an attempt of unknown outcome; None: it could not be read."""
    if intent.attempted_at is None or intent.terms.extends is None:
        raise ValueError(f"{intent.intent_id}: it never attempted to extend, so there is nothing to look for")
    if (record := ours(intent, history or (), function_timeout)) is not None:
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
    reason = "EC2's history of the block has nothing that was bought while it was attempted"
    return AskPerson(reason=f"{reason}, and {', '.join(other)} from the same end" if other else reason)
