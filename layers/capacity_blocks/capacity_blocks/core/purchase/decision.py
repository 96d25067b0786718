"""What a person's answer does to a question: whoever answers gets a clear word back, and only some words count."""

from dataclasses import dataclass, replace
from datetime import datetime

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.approval import Approval, counted, needed, objection, person
from capacity_blocks.core.purchase.intent import Intent, IntentState, moved
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.words import when


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The intent after the answer, and what to tell the person. Unchanged when the answer does not count."""

    intent: Intent
    told: str


def approve(now: datetime, intent: Intent, approval: Approval, settings: MoneySettings | None) -> Answer:
    """Take a yes. It counts if it is in time, for these terms and by somebody listed; the last one needed approves."""
    if (reason := _unheard(now, intent, approval, settings)) is not None or settings is None:
        return Answer(intent=intent, told=f"Not approved: {reason}.")
    people, _ = _counted(intent, settings)
    if person(approval, settings) in people:
        return Answer(intent=intent, told="You have approved this already; another person is needed.")
    fee = intent.terms.upfront_fee
    heard = replace(intent, approvals=(*intent.approvals, approval))
    if (lacking := needed(fee, settings) - len(people) - 1) > 0:
        return Answer(intent=heard, told=f"Approved by you; {lacking} more must approve {money.shown(fee)}.")
    approved = moved(heard, IntentState.APPROVED, now, f"approved by {', '.join(a.by for a in heard.approvals)}")
    return Answer(intent=approved, told=f"Approved: {money.shown(fee)} for {intent.terms.offering.offering_id}.")


def reject(now: datetime, intent: Intent, approval: Approval, settings: MoneySettings | None) -> Answer:
    """Take a no, by somebody who could have said yes. One is enough."""
    if (reason := _unheard(now, intent, approval, settings)) is not None:
        return Answer(intent=intent, told=f"Not rejected: {reason}.")
    return Answer(
        intent=moved(intent, IntentState.REJECTED, now, f"rejected by {approval.by}"),
        told=f"Rejected: nothing is bought for {intent.intent_id}.",
    )


def approve_by_settings(now: datetime, intent: Intent, settings: MoneySettings | None) -> Intent:
    """Approve without a person where the pool's settings ask for none at this fee; else return the intent as it is."""
    if settings is None or needed(intent.terms.upfront_fee, settings) > 0 or intent.state is not IntentState.ASKED:
        return intent
    return moved(intent, IntentState.APPROVED, now, "the pool's settings ask for no approval of this fee")


def _counted(intent: Intent, settings: MoneySettings) -> tuple[frozenset[str], tuple[str, ...]]:
    return counted(intent.approvals, intent.terms.upfront_fee, intent.terms.hash, settings, intent.expires_at)


def _unheard(now: datetime, intent: Intent, approval: Approval, settings: MoneySettings | None) -> str | None:
    """Return why an answer does not count."""
    if intent.state is not IntentState.ASKED:
        return f"the question was answered, and the intent is {intent.state.value} since {when(intent.changed_at)}"
    if now >= intent.expires_at:
        return f"the question expired at {when(intent.expires_at)}"
    if approval.terms_hash != intent.terms.hash:
        return "the answer is for other terms than those of the question"
    return objection(approval, intent.terms.upfront_fee, settings)
