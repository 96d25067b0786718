"""Buy the block that was approved: once for each intent, and only what every guard lets pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase.coverage import covering
from capacity_blocks.core.purchase.guard import Circumstances, Guard, Violation, before_buying
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.purchase_tag import tags_on_create
from capacity_blocks.core.purchase.query import Outcome
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.purchase.sale import match
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import Offerings, PurchaseLedger, Purchases
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.step import claimed, find, section
from capacity_blocks.purchasing.survey import Survey, UnreadError, money_settings
from capacity_blocks.purchasing.till import Sold, Till, answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchaser:
    """`call_timeout` is the longest that the client waits for EC2's answer to the purchase."""

    clock: Clock
    survey: Survey
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe
    offerings: Mapping[str, Offerings]  # by region
    purchases: Mapping[str, Purchases]  # by region
    call_timeout: timedelta

    def purchase(self, event: Mapping[str, Any], ends_at: datetime) -> dict[str, Any]:
        """Buy for an intent that is approved, before this function ends at `ends_at`; any other is left as it is.

        The order is the promise: dry run, reservation, guards with the switches last, then the attempt is recorded
        under a condition that one run alone can meet, a last look, and only then EC2 is called, once. A crash after
        that record loses the purchase or leaves it to the look-up, and can not repeat it. What becomes of the intent
        is told by whoever follows it: once, and also after a crash here.
        """
        intent, till = find(self.ledger, section(event, "intent")), self._till(ends_at)
        if intent.state is not IntentState.APPROVED:
            return answer(intent)
        row, request = claimed(self.ledger, intent.request_id)
        if row.ended is not None:  # what is bought for it would be nobody's to follow
            reason = f"its request has ended: {row.ended}"
            return answer(till.stop(row, intent, [Violation(guard=Guard.OTHER_REQUEST, reason=reason)]))
        purchases, on_sale = self.purchases[intent.terms.offering.region], self._on_sale(intent)
        offered = match(intent.terms.offering, on_sale)
        if not isinstance(offered, Offering):
            return answer(till.stop(row, intent, [Violation(guard=Guard.GONE, reason=offered.reason)]))
        terms = replace(intent.terms, offering=offered)  # what was approved, under the id that it has now
        tags = tags_on_create(intent, [approval.by for approval in intent.approvals])
        if (refusal := till.check_dry_run(terms, purchases.dry_run(terms, tags))) is not None:
            return answer(till.stop(row, intent, [refusal]))
        known = self._known(till, intent, request)
        if violations := before_buying(known, intent, on_sale):
            return answer(till.stop(row, intent, violations))
        attempting = till.begin(intent, offered)
        if isinstance(attempting, Violation):
            return answer(till.stop(row, intent, [attempting]))
        doubt = self._second_thought(attempting, request) or till.second_thought(attempting, self.survey.switches)
        if doubt is not None:
            return answer(till.refuse(attempting, doubt))
        return answer(till.buy(attempting, terms, lambda: Sold(reservation_ids=purchases.purchase(terms, tags))))

    def _till(self, ends_at: datetime) -> Till:
        return Till(
            clock=self.clock,
            ledger=self.ledger,
            bookkeeper=self.bookkeeper,
            scribe=self.scribe,
            call_timeout=self.call_timeout,
            ends_at=ends_at,
        )

    def _known(self, till: Till, intent: Intent, request: PurchaseRequest) -> Circumstances:
        """Reserve the money again, then gather what the guards decide on.

        What could not be read raises: an approval is not lost over a throttle, and nothing is bought on a guess.
        """
        till.reserve(intent, money_settings(self.survey.pool_settings, request.pool))
        known, errors = self.survey.circumstances(request, intent)
        if errors:
            raise UnreadError("; ".join(errors))
        return known

    def _second_thought(self, attempting: Intent, request: PurchaseRequest) -> str | None:
        """Return why not to call EC2 though the attempt is recorded.

        Of two requests for one need each sees the other's record by now, so that at most one goes on.
        """
        try:
            promised = self.survey.promised(request, attempting)
        except AwsError as error:  # the attempt is not made, and that is certain
            return str(error)
        return next(covering(self.clock.now(), request, attempting.terms.offering, promised), None)

    def _on_sale(self, intent: Intent) -> Sequence[Offering]:
        """Repeat the search that found the offering, within the same window, from now on."""
        query, now = intent.query, self.clock.now()
        if query.not_before is not None and query.not_before <= now:
            query = replace(query, not_before=None)  # EC2 refuses a start in the past
        answer = self.offerings[query.subject.region].search(query, now)
        is_told = answer.outcome in {Outcome.SOLD_OUT, Outcome.NOT_OFFERED}
        # With a message an offering is left out that could not be read: it may be the one that was approved.
        if is_told or (answer.outcome is Outcome.ON_SALE and not answer.message):
            return answer.offerings
        raise UnreadError(f"{intent.intent_id}: what is on sale could not be found out: {answer.message}")
