"""Buy what was approved: the only module that spends, once for each intent, and only what every guard lets pass."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.attempt import UNSURE, DryRun, can_end, dry_run
from capacity_blocks.core.purchase.budget import BudgetError
from capacity_blocks.core.purchase.coverage import covering
from capacity_blocks.core.purchase.guard import ASK_AGAIN, Circumstances, Guard, Violation, before_buying
from capacity_blocks.core.purchase.intent import Intent, IntentState, TransitionError, learned, moved
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.purchase_tag import tags_on_create
from capacity_blocks.core.purchase.query import Outcome
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.purchase.sale import match
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import Offerings, PurchaseLedger, Purchases
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.scribe import LostRaceError, Scribe, close
from capacity_blocks.purchasing.step import claimed, find, reference, section
from capacity_blocks.purchasing.survey import Survey, UnreadError, money_settings

MOST_TRIES = 5  # to write down what EC2 answered, against other runs that write at the same time


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
        intent = find(self.ledger, section(event, "intent"))
        if intent.state is not IntentState.APPROVED:
            return _answer(intent)
        row, request = claimed(self.ledger, intent.request_id)
        if row.ended is not None:  # what is bought for it would be nobody's to follow
            reason = f"its request has ended: {row.ended}"
            return self._stop(intent, (Violation(guard=Guard.OTHER_REQUEST, reason=reason),))
        purchases, on_sale = self.purchases[intent.terms.offering.region], self._on_sale(intent)
        offered = match(intent.terms.offering, on_sale)
        if not isinstance(offered, Offering):
            return self._stop(intent, (Violation(guard=Guard.GONE, reason=offered.reason),))
        terms = replace(intent.terms, offering=offered)  # what was approved, under the id that it has now
        tags = tags_on_create(intent, [approval.by for approval in intent.approvals])
        if (refusal := self._refused_dry_run(purchases, terms, tags)) is not None:
            return self._stop(intent, (refusal,))
        known = self._known(intent, request)
        if violations := before_buying(known, intent, on_sale):
            return self._stop(intent, violations)
        if not can_end(self.clock.now(), self.call_timeout, ends_at):
            raise UnreadError(f"{intent.intent_id}: too little time is left for the call; nothing was attempted")
        try:
            attempting = moved(intent, IntentState.ATTEMPTING, self.clock.now(), f"EC2 is asked for {_named(offered)}")
        except TransitionError as error:  # the approval ran out in between
            return self._stop(intent, (Violation(guard=Guard.EXPIRED, reason=str(error)),))
        attempting = self.scribe.put(attempting, intent)
        if (doubt := self._second_thought(attempting, request, ends_at)) is not None:
            return _answer(self._record(attempting, IntentState.REFUSED, f"not asked of EC2 after all: {doubt}", ()))
        return self._buy(purchases, attempting, terms, tags)

    def _known(self, intent: Intent, request: PurchaseRequest) -> Circumstances:
        """Reserve the money again, then gather what the guards decide on.

        What could not be read raises: an approval is not lost over a throttle, and nothing is bought on a guess.
        """
        settings = money_settings(self.survey.pool_settings, request.pool)
        if settings is not None:
            with suppress(BudgetError):  # the guards say it in full: their book holds no such reservation
                self.bookkeeper.reserve(self.clock.now(), intent, settings)
        known, errors = self.survey.circumstances(request, intent)
        if errors:
            raise UnreadError("; ".join(errors))
        return known

    def _second_thought(self, attempting: Intent, request: PurchaseRequest, ends_at: datetime) -> str | None:
        """Return why not to call EC2 though the attempt is recorded: what came up while it was being written.

        Of two requests for one need each sees the other's record by now, so that at most one goes on.
        """
        try:
            promised = self.survey.promised(request, attempting)
        except AwsError as error:  # the attempt is not made, and that is certain
            return str(error)
        offering = attempting.terms.offering
        if reason := next(covering(self.clock.now(), request, offering, promised), None):
            return reason
        if self.survey.switches.killed() is not False or self.survey.switches.spending() is not True:
            return "spending was switched off, or the switches could not be read"
        if not can_end(self.clock.now(), self.call_timeout, ends_at) or self.clock.now() >= attempting.expires_at:
            return "it took too long until the attempt was recorded"
        return None

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

    def _refused_dry_run(self, purchases: Purchases, terms: Terms, tags: Mapping[str, str]) -> Violation | None:
        code, message = purchases.dry_run(terms, tags)
        if dry_run(code) is DryRun.PERMITTED:
            return None
        if code in UNSURE:
            raise UnreadError(
                f"{terms.offering.offering_id}: the dry run brought {code}: {message}; nothing was attempted"
            )
        reason = f"EC2 answers to a dry run of the purchase with {code or 'no code'}: {message}"
        return Violation(guard=Guard.SPENDING_OFF, reason=reason)

    def _stop(self, intent: Intent, violations: Sequence[Violation]) -> dict[str, Any]:
        """Close an intent that may not buy, and give its money back. A request that may not ask again ends with it."""
        reason = "; ".join(each.reason for each in violations)
        closed = close(self.scribe, self.bookkeeper, intent, reason)
        if not all(each.guard in ASK_AGAIN for each in violations):
            self.ledger.end_request(claimed(self.ledger, intent.request_id)[0], f"not bought: {reason}")
        return _answer(closed)

    def _buy(self, purchases: Purchases, attempting: Intent, terms: Terms, tags: Mapping[str, str]) -> dict[str, Any]:
        try:
            reservation_ids = purchases.purchase(terms, tags)
        except AwsError as error:
            state = IntentState.REFUSED if error.definite else IntentState.UNKNOWN
            return _answer(self._record(attempting, state, str(error), ()))
        if not reservation_ids:
            reason = "EC2 sold it without naming a reservation"
            return _answer(self._record(attempting, IntentState.UNKNOWN, reason, ()))
        sold = f"EC2 sold {_named(terms.offering)}"
        return _answer(self._record(attempting, IntentState.BOUGHT, sold, reservation_ids))

    def _record(self, intent: Intent, state: IntentState, reason: str, reservation_ids: Sequence[str]) -> Intent:
        """Write down EC2's answer over whatever the look-ups have made of the intent meanwhile: it is the truth."""
        for _ in range(MOST_TRIES):
            try:
                if intent.reservation_ids:
                    after = learned(intent, reservation_ids)
                else:
                    after = moved(intent, state, self.clock.now(), reason, reservation_ids)
            except TransitionError:  # nothing that is told now changes what is known already
                return intent
            if after == intent or self.ledger.put_intent(after, intent):
                return after
            intent = find(self.ledger, reference(intent))
        raise LostRaceError(f"{intent.intent_id}: {reason}, which could not be written down")


def _named(offering: Offering) -> str:
    """Name an offering with the fee that it has at this moment: no more than was approved, and perhaps less."""
    return f"{offering.offering_id} at {money.shown(offering.upfront_fee or money.MOST, offering.currency)}"


def _answer(intent: Intent) -> dict[str, Any]:
    return {"outcome": intent.state.value, "told": intent.reason, "reservation_ids": list(intent.reservation_ids)}
