"""Whether money may be spent at all: switches, budget, approval. The rules of blocks and of more time are the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.approval import counted, needed
from capacity_blocks.core.purchase.budget import Book, Standing, month_of, shortfalls
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.sale import Changed, Gone
from capacity_blocks.core.purchase.sale import match as match_on_sale
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.core.renewal.permit import Grounds
from capacity_blocks.core.words import when

Found = Iterator[Violation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What is known of a pool's money at one instant. None is "could not be read", which is never "none": it refuses.

    `siblings` are the other intents of the request; `grounds` what lets it be bought though nobody asked for it, None
    for a request that somebody made.
    """

    now: datetime
    pool: str
    settings: MoneySettings | None
    spending: bool | None
    killed: bool | None
    siblings: Sequence[Intent] | None
    book: Book | None
    grounds: Grounds | None = None


def switched_on(means: Means) -> Found:
    if means.spending is not True:
        unknown = "whether spending is switched on could not be read"
        off = "spending is not switched on: EnablePurchases=true, ObserveOnly=false and the parameter for it do that"
        yield Violation(guard=Guard.SPENDING_OFF, reason=unknown if means.spending is None else off)
    if means.killed is not False:
        unknown = "whether the kill switch is pulled could not be read"
        pulled = "the kill switch is pulled: nothing is bought for any pool"
        yield Violation(guard=Guard.KILLED, reason=unknown if means.killed is None else pulled)
    if means.settings is None:
        yield Violation(guard=Guard.NO_SETTINGS, reason=f"pool {means.pool} has no section money that can be read")


def first(means: Means) -> Found:
    """Of the intents of a request one may buy, ever."""
    if means.siblings is None:
        yield Violation(guard=Guard.BOUGHT_BEFORE, reason="the request's other intents could not be read")
    for sibling in means.siblings or ():
        if sibling.may_have_bought:
            reason = f"{sibling.intent_id} of this request is {sibling.state.value}"
            yield Violation(guard=Guard.BOUGHT_BEFORE, reason=reason)


def permitted(means: Means, intent: Intent) -> Found:
    """What nobody asked for is bought as long as the pool's settings renew exactly that, and else not asked about."""
    if means.grounds is not None:
        for reason in means.grounds.objections(intent.terms):
            yield Violation(guard=Guard.NOT_PERMITTED, reason=f"nobody asked for it, and {reason}")


def affordable(means: Means, intent: Intent) -> Found:
    if means.book is None or means.book.pool != means.pool:
        yield Violation(guard=Guard.BUDGET, reason="what the pool has spent could not be read")
    elif means.settings is not None:
        lacking = shortfalls(means.now, means.book, intent.intent_id, intent.terms.upfront_fee, means.settings)
        yield from (Violation(guard=Guard.BUDGET, reason=reason) for reason in lacking)


def reserved(means: Means, intent: Intent) -> Found:
    entry = means.book.entry(intent.intent_id) if means.book is not None else None
    expected = (intent.terms.upfront_fee, Standing.RESERVED, month_of(means.now))
    if entry is None or (entry.amount, entry.standing, entry.month) != expected:
        reason = f"{money.shown(intent.terms.upfront_fee)} is not reserved for it in {month_of(means.now)}"
        yield Violation(guard=Guard.NOT_RESERVED, reason=reason)


def approved(means: Means, intent: Intent) -> Found:
    if intent.state is not IntentState.APPROVED:
        yield Violation(guard=Guard.NOT_APPROVED, reason=f"the intent is {intent.state.value}, not approved")
    if means.now >= intent.expires_at:
        yield Violation(guard=Guard.EXPIRED, reason=f"the approval held until {when(intent.expires_at)}")
    if means.settings is None:
        return
    terms = intent.terms
    people, doubts = counted(intent.approvals, terms.upfront_fee, terms.hash, means.settings, intent.expires_at)
    wanted = needed(terms.upfront_fee, means.settings)
    if len(people) < wanted:
        fee, who = money.shown(terms.upfront_fee), "person" if wanted == 1 else "people"
        reason = "; ".join((f"{fee} takes {wanted} {who} and has {len(people)}", *doubts))
        yield Violation(guard=Guard.NOT_APPROVED, reason=reason)


def unchanged(approved: Offering, on_sale: Sequence[Offering] | None) -> Found:
    match match_on_sale(approved, on_sale):
        case Gone(reason=reason):
            yield Violation(guard=Guard.GONE, reason=reason)
        case Changed(reason=reason):
            yield Violation(guard=Guard.CHANGED, reason=reason)
        case Offering():
            return
