"""The guards of a purchase: run when an intent is made, and again right before it buys. Each names what is violated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.purchase import means
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.coverage import bought_for, covering
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.means import Means
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.refusal import refusals
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.purchase.violation import ASK_AGAIN as ASK_AGAIN
from capacity_blocks.core.purchase.violation import Guard as Guard
from capacity_blocks.core.purchase.violation import Violation as Violation
from capacity_blocks.core.renewal.permit import Grounds
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.words import when


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
    grounds: Grounds | None = None  # what lets it be bought though nobody asked for it; None: somebody did

    @property
    def means(self) -> Means:
        return Means(
            now=self.now,
            pool=self.request.pool,
            settings=self.settings,
            spending=self.spending,
            killed=self.killed,
            siblings=self.siblings,
            book=self.book,
            grounds=self.grounds,
        )


def before_asking(known: Circumstances, intent: Intent) -> tuple[Violation, ...]:
    """Return why nobody may be asked about `intent`; empty when there is no reason."""
    return (*_always(known, intent), *_still_looking(known))


def before_buying(known: Circumstances, intent: Intent, on_sale: Sequence[Offering] | None) -> tuple[Violation, ...]:
    """Return why `intent` may not buy at this instant; empty when there is no reason.

    `on_sale` is what EC2 offers now for the search that found the offering; None when it did not say.
    """
    return (
        *_always(known, intent),
        *means.reserved(known.means, intent),
        *means.approved(known.means, intent),
        *means.unchanged(intent.terms.offering, on_sale),
    )


Found = Iterator[Violation]


def _always(known: Circumstances, intent: Intent) -> Found:
    if known.request.dry_run:
        yield Violation(guard=Guard.SPENDING_OFF, reason="this is a dry run")
    yield from means.switched_on(known.means)
    yield from _of_the_request(known, intent)
    for refusal in refusals(known.now, known.request, intent.terms.offering, known.places, known.settings):
        yield Violation(guard=Guard.UNFIT, reason=refusal.reason, rule=refusal.rule.value)
    yield from _uncovered(known, intent.terms.offering)
    for reason in bought_for(known.request, known.blocks or ()):
        yield Violation(guard=Guard.BOUGHT_BEFORE, reason=reason)
    yield from means.first(known.means)
    yield from means.permitted(known.means, intent)
    yield from means.affordable(known.means, intent)


def _uncovered(known: Circumstances, offering: Offering) -> Found:
    if known.blocks is None:
        yield Violation(guard=Guard.COVERED, reason="which blocks the pool has could not be found out")
        return
    for reason in covering(known.now, known.request, offering, known.blocks):
        yield Violation(guard=Guard.COVERED, reason=reason)


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
    if terms.extends is not None:
        reason = "it is an extension, and the request is for a block of its own"
        yield Violation(guard=Guard.OTHER_REQUEST, reason=reason)
