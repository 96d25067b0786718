"""The guards of a purchase: run when an intent is made, and again right before it buys. Each names what is violated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.approval import counted, needed
from capacity_blocks.core.purchase.budget import Book, Standing, month_of, shortfalls
from capacity_blocks.core.purchase.coverage import bought_for, covering
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.refusal import refusals
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.purchase.sale import Changed, Gone
from capacity_blocks.core.purchase.sale import match as match_on_sale
from capacity_blocks.core.purchase.words import when
from capacity_blocks.core.reservation import Reservation


class Guard(StrEnum):
    SPENDING_OFF = "spending is off"
    KILLED = "kill switch"
    NO_SETTINGS = "no money settings"
    OTHER_REQUEST = "other request"
    UNFIT = "not what was asked for"
    BUDGET = "budget"
    NOT_RESERVED = "budget not reserved"
    COVERED = "already covered"
    BOUGHT_BEFORE = "bought before"
    LOOK_UNTIL = "search is over"
    NOT_APPROVED = "not approved"
    EXPIRED = "approval expired"
    GONE = "offering gone"
    CHANGED = "offering changed"


# The same request may ask again, for what is on sale now.
ASK_AGAIN = frozenset({Guard.EXPIRED, Guard.GONE, Guard.CHANGED, Guard.UNFIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """`rule` is the guard, or what rule of an offering it found broken; `reason` is for people."""

    guard: Guard
    reason: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known at one instant. None is "could not be read", which is never "none": it refuses.

    `blocks` are those of the pool in every region; `siblings` the other intents of the request.
    """

    now: datetime
    request: PurchaseRequest
    settings: MoneySettings | None
    spending: bool | None
    killed: bool | None
    places: Sequence[Place] | None
    blocks: Sequence[Reservation] | None
    siblings: Sequence[Intent] | None
    book: Book | None


def before_asking(known: Circumstances, intent: Intent) -> tuple[Violation, ...]:
    """Return why nobody may be asked about `intent`; empty when there is no reason."""
    return (*_always(known, intent), *_still_looking(known))


def before_buying(known: Circumstances, intent: Intent, on_sale: Sequence[Offering] | None) -> tuple[Violation, ...]:
    """Return why `intent` may not buy at this instant; empty when there is no reason.

    `on_sale` is what EC2 offers now for the search that found the offering; None when it did not say.
    """
    return (
        *_always(known, intent),
        *_reserved(known, intent),
        *_approved(known, intent),
        *_unchanged(intent.terms.offering, on_sale),
    )


Found = Iterator[Violation]


def _always(known: Circumstances, intent: Intent) -> Found:
    yield from _switched_on(known)
    yield from _of_the_request(known, intent)
    for refusal in refusals(known.now, known.request, intent.terms.offering, known.places, known.settings):
        yield Violation(guard=Guard.UNFIT, reason=refusal.reason, rule=refusal.rule.value)
    yield from _uncovered(known, intent.terms.offering)
    yield from _first(known)
    yield from _affordable(known, intent)


def _switched_on(known: Circumstances) -> Found:
    if known.request.dry_run:
        yield Violation(guard=Guard.SPENDING_OFF, reason="this is a dry run")
    if known.spending is not True:
        unknown = "whether spending is switched on could not be read"
        off = "spending is not switched on: EnablePurchases=true, ObserveOnly=false and the parameter for it do that"
        yield Violation(guard=Guard.SPENDING_OFF, reason=unknown if known.spending is None else off)
    if known.killed is not False:
        unknown = "whether the kill switch is pulled could not be read"
        pulled = "the kill switch is pulled: nothing is bought for any pool"
        yield Violation(guard=Guard.KILLED, reason=unknown if known.killed is None else pulled)
    if known.settings is None:
        yield Violation(
            guard=Guard.NO_SETTINGS, reason=f"pool {known.request.pool} has no section money that can be read"
        )


def _uncovered(known: Circumstances, offering: Offering) -> Found:
    if known.blocks is None:
        yield Violation(guard=Guard.COVERED, reason="which blocks the pool has could not be found out")
        return
    for reason in covering(known.now, known.request, offering, known.blocks):
        yield Violation(guard=Guard.COVERED, reason=reason)


def _first(known: Circumstances) -> Found:
    for reason in bought_for(known.request, known.blocks or ()):
        yield Violation(guard=Guard.BOUGHT_BEFORE, reason=reason)
    if known.siblings is None:
        yield Violation(guard=Guard.BOUGHT_BEFORE, reason="the request's other intents could not be read")
    for sibling in known.siblings or ():
        if sibling.may_have_bought:
            reason = f"{sibling.intent_id} of this request is {sibling.state.value}"
            yield Violation(guard=Guard.BOUGHT_BEFORE, reason=reason)


def _still_looking(known: Circumstances) -> Found:
    until = known.request.look_until
    if until is not None and known.now >= until:
        yield Violation(guard=Guard.LOOK_UNTIL, reason=f"the request looks until {when(until)}")


def _of_the_request(known: Circumstances, intent: Intent) -> Found:
    terms, request = intent.terms, known.request
    if intent.request_id != request.request_id:
        reason = f"it belongs to request {intent.request_id}, not to {request.request_id}"
        yield Violation(guard=Guard.OTHER_REQUEST, reason=reason)
    if (terms.pool, terms.platform, terms.tags) != (request.pool, request.platform, request.tags):
        yield Violation(guard=Guard.OTHER_REQUEST, reason="its pool, platform or tags are not those of the request")


def _affordable(known: Circumstances, intent: Intent) -> Found:
    if known.book is None or known.book.pool != known.request.pool:
        yield Violation(guard=Guard.BUDGET, reason="what the pool has spent could not be read")
    elif known.settings is not None:
        lacking = shortfalls(known.now, known.book, intent.intent_id, intent.terms.upfront_fee, known.settings)
        yield from (Violation(guard=Guard.BUDGET, reason=reason) for reason in lacking)


def _reserved(known: Circumstances, intent: Intent) -> Found:
    entry = known.book.entry(intent.intent_id) if known.book is not None else None
    expected = (intent.terms.upfront_fee, Standing.RESERVED, month_of(known.now))
    if entry is None or (entry.amount, entry.standing, entry.month) != expected:
        reason = f"{money.shown(intent.terms.upfront_fee)} is not reserved for it in {month_of(known.now)}"
        yield Violation(guard=Guard.NOT_RESERVED, reason=reason)


def _approved(known: Circumstances, intent: Intent) -> Found:
    if intent.state is not IntentState.APPROVED:
        yield Violation(guard=Guard.NOT_APPROVED, reason=f"the intent is {intent.state.value}, not approved")
    if known.now >= intent.expires_at:
        yield Violation(guard=Guard.EXPIRED, reason=f"the approval held until {when(intent.expires_at)}")
    if known.settings is None:
        return
    terms = intent.terms
    people, doubts = counted(intent.approvals, terms.upfront_fee, terms.hash, known.settings, intent.expires_at)
    wanted = needed(terms.upfront_fee, known.settings)
    if len(people) < wanted:
        fee, who = money.shown(terms.upfront_fee), "person" if wanted == 1 else "people"
        reason = "; ".join((f"{fee} takes {wanted} {who} and has {len(people)}", *doubts))
        yield Violation(guard=Guard.NOT_APPROVED, reason=reason)


def _unchanged(approved: Offering, on_sale: Sequence[Offering] | None) -> Found:
    match match_on_sale(approved, on_sale):
        case Gone(reason=reason):
            yield Violation(guard=Guard.GONE, reason=reason)
        case Changed(reason=reason):
            yield Violation(guard=Guard.CHANGED, reason=reason)
        case Offering():
            return
