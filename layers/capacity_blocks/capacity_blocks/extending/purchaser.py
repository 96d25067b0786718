"""Buy the time that was approved: once for each intent, and only what every guard lets pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.extension.guard import before_buying, before_offers, following
from capacity_blocks.core.extension.request import ExtensionRequest
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.sale import match
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.extending.survey import ExtensionSurvey
from capacity_blocks.extension_ports import ExtensionOffers, Extensions
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import PurchaseLedger
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.step import claimed_extension, find, section
from capacity_blocks.purchasing.survey import UnreadError
from capacity_blocks.purchasing.till import Sold, Till, answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is to be bought, and the block as the guards have seen it."""

    offering: Offering
    block: Reservation


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchaser:
    """`call_timeout` is the longest that the client waits for EC2's answer to the purchase."""

    clock: Clock
    survey: ExtensionSurvey
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe
    offers: Mapping[str, ExtensionOffers]  # by region
    extensions: Mapping[str, Extensions]  # by region
    call_timeout: timedelta

    def purchase(self, event: Mapping[str, Any], ends_at: datetime) -> dict[str, Any]:
        """Buy for an intent that is approved, before this function ends at `ends_at`; any other is left as it is.

        The order is that of any purchase: what forbids it, what is on sale, dry run, reservation, guards with the
        switches last, then the attempt is recorded under a condition that one run alone can meet, a last look, and only
        then EC2 is called, once. A crash after that record loses the extension or leaves it to the look-up.
        """
        intent = find(self.ledger, section(event, "intent"))
        till = Till(
            clock=self.clock,
            ledger=self.ledger,
            bookkeeper=self.bookkeeper,
            scribe=self.scribe,
            call_timeout=self.call_timeout,
            ends_at=ends_at,
        )
        if intent.state is not IntentState.APPROVED:
            return answer(intent)
        row, request = claimed_extension(self.ledger, intent.request_id)
        if row.ended is not None:  # what is bought for it would be nobody's to follow
            reason = f"its request has ended: {row.ended}"
            return answer(till.stop(row, intent, [Violation(guard=Guard.OTHER_REQUEST, reason=reason)]))
        prepared = self._prepared(till, intent, request)
        if not isinstance(prepared, Prepared):
            return answer(till.stop(row, intent, prepared))
        terms = replace(intent.terms, offering=prepared.offering)  # what was approved, under the id that it has now
        attempting = till.begin(intent, prepared.offering)
        if isinstance(attempting, Violation):
            return answer(till.stop(row, intent, [attempting]))
        doubt = self._second_thought(attempting, request, prepared.block) or till.second_thought(
            attempting, self.survey.switches
        )
        if doubt is not None:
            return answer(till.refuse(attempting, doubt))

        def call() -> Sold:
            record = self.extensions[request.region].purchase(terms)
            return Sold(reservation_ids=(record.reservation_id,), offering_id=record.offering_id)

        return answer(till.buy(attempting, terms, call))

    def _prepared(self, till: Till, intent: Intent, request: ExtensionRequest) -> Prepared | Sequence[Violation]:
        """Return what is to be bought, with nothing left that forbids it; or what does."""
        known, errors = self.survey.circumstances(request, intent)
        if errors:
            raise UnreadError("; ".join(errors))
        if violations := before_offers(known):
            return violations
        on_sale = self._on_sale(request)
        if isinstance(on_sale, Violation):
            return [on_sale]
        offered = match(intent.terms.offering, on_sale)
        if not isinstance(offered, Offering):
            return [Violation(guard=Guard.GONE, reason=offered.reason)]
        terms = replace(intent.terms, offering=offered)
        dry_run = self.extensions[request.region].dry_run(terms)
        if (refusal := till.check_dry_run(terms, dry_run)) is not None:
            return [refusal]
        till.reserve(intent, known.means.settings)
        known, errors = self.survey.circumstances(request, intent)
        if errors:
            raise UnreadError("; ".join(errors))
        violations = before_buying(known, intent, on_sale)
        return violations if violations or not known.block else Prepared(offering=offered, block=known.block)

    def _on_sale(self, request: ExtensionRequest) -> Sequence[Offering] | Violation:
        """Ask EC2 once more for this block and time. What it refuses for certain it will not sell either."""
        try:
            return self.offers[request.region].offers(request.reservation_id, request.duration)
        except AwsError as error:
            if not error.definite:
                raise UnreadError(f"{request.request_id}: what is on sale could not be found out: {error}") from error
            return Violation(guard=Guard.GONE, reason=str(error))

    def _second_thought(self, attempting: Intent, request: ExtensionRequest, block: Reservation) -> str | None:
        """Return why not to call EC2 though the attempt is recorded: a block that follows is being bought meanwhile."""
        if not request.automatic:
            return None
        try:
            promised = self.survey.promised(request, attempting)
        except AwsError as error:  # the attempt is not made, and that is certain
            return str(error)
        return next(following(block, promised, attempting.terms.offering), None)
