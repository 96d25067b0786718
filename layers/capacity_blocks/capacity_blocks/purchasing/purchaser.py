"""Buy what was approved: the only module that spends, once for each intent, and only what every guard lets pass."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.attempt import UNSURE, DryRun, can_end, dry_run
from capacity_blocks.core.purchase.budget import BudgetError
from capacity_blocks.core.purchase.guard import ASK_AGAIN, Circumstances, Guard, Violation, before_buying
from capacity_blocks.core.purchase.intent import Intent, IntentState, TransitionError, learned, moved
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.purchase_tag import tags_on_create
from capacity_blocks.core.purchase.query import Outcome
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import Offerings, PurchaseLedger, Purchases
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.scribe import LostRaceError, Scribe
from capacity_blocks.purchasing.step import claimed, find, section
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

        The order is the promise: guards, reservation, dry run, then the attempt is recorded under a condition that one
        run alone can meet, and only then EC2 is called, once. A crash after that record loses the purchase or leaves
        it to the look-up, and can not repeat it.
        """
        intent = find(self.ledger, section(event, "intent"))
        if intent.state is not IntentState.APPROVED:
            return _answer(intent)
        row, request = claimed(self.ledger, intent.request_id)
        if row.ended is not None:  # what is bought for it would be nobody's to follow
            reason = f"its request has ended: {row.ended}"
            return self._stop(intent, (Violation(guard=Guard.OTHER_REQUEST, reason=reason),))
        known, on_sale = self._known(intent, request)
        violations = before_buying(known, intent, on_sale)
        if violations:
            return self._stop(intent, violations)
        tags = tags_on_create(intent, [approval.by for approval in intent.approvals])
        purchases = self.purchases[intent.terms.offering.region]
        if (refusal := self._refused_dry_run(purchases, intent, tags)) is not None:
            self.ledger.end_request(row, f"not bought: {refusal.reason}")
            return self._stop(intent, (refusal,))
        if not can_end(self.clock.now(), self.call_timeout, ends_at):
            raise UnreadError(f"{intent.intent_id}: too little time is left for the call; nothing was attempted")
        try:
            attempting = moved(intent, IntentState.ATTEMPTING, self.clock.now(), "EC2 is asked to sell")
        except TransitionError as error:  # the approval ran out in between
            return self._stop(intent, (Violation(guard=Guard.EXPIRED, reason=str(error)),))
        attempting = self.scribe.put(attempting, intent)
        return self._buy(purchases, attempting, tags)

    def _known(self, intent: Intent, request: PurchaseRequest) -> tuple[Circumstances, Sequence[Offering]]:
        """Reserve the money again, then gather what the guards decide on, what is on sale first and the switches last.

        What could not be read raises: an approval is not lost over a throttle, and nothing is bought on a guess.
        """
        on_sale = self._on_sale(intent)
        settings = money_settings(self.survey.pool_settings, request.pool)
        if settings is not None:
            with suppress(BudgetError):  # the guards say it in full: their book holds no such reservation
                self.bookkeeper.reserve(self.clock.now(), intent, settings)
        known, errors = self.survey.circumstances(request, intent)
        if errors:
            raise UnreadError("; ".join(errors))
        return known, on_sale

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

    def _refused_dry_run(self, purchases: Purchases, intent: Intent, tags: Mapping[str, str]) -> Violation | None:
        code, message = purchases.dry_run(intent.terms, tags)
        if dry_run(code) is DryRun.PERMITTED:
            return None
        if code in UNSURE:
            raise UnreadError(f"{intent.intent_id}: the dry run brought {code}: {message}; nothing was attempted")
        reason = f"EC2 answers to a dry run of the purchase with {code or 'no code'}: {message}"
        return Violation(guard=Guard.SPENDING_OFF, reason=reason)

    def _stop(self, intent: Intent, violations: Sequence[Violation]) -> dict[str, Any]:
        """Close an intent that may not buy, give its money back, and say why."""
        closed = self.scribe.move(intent, IntentState.CLOSED, "; ".join(each.reason for each in violations))
        self.bookkeeper.release(self.clock.now(), closed)
        again = all(each.guard in ASK_AGAIN for each in violations)
        self.scribe.say(
            notices.not_bought(intent=closed, violations=violations, looks_again=again, **self.scribe.context(closed))
        )
        return _answer(closed)

    def _buy(self, purchases: Purchases, attempting: Intent, tags: Mapping[str, str]) -> dict[str, Any]:
        try:
            reservation_ids = purchases.purchase(attempting.terms, tags)
        except AwsError as error:
            if not error.definite:
                return _answer(self._record(attempting, IntentState.UNKNOWN, str(error), ()))
            refused = self._record(attempting, IntentState.REFUSED, str(error), ())
            if refused.state is IntentState.REFUSED:
                self.bookkeeper.release(self.clock.now(), refused)
                self.scribe.say(
                    notices.refused(intent=refused, words=str(error), looks_again=True, **self.scribe.context(refused))
                )
            return _answer(refused)
        if not reservation_ids:
            reason = "EC2 sold it without naming a reservation"
            return _answer(self._record(attempting, IntentState.UNKNOWN, reason, ()))
        bought = self._record(attempting, IntentState.BOUGHT, "EC2 sold it", reservation_ids)
        self.scribe.say(notices.bought(intent=bought, **self.scribe.context(bought)))
        return _answer(bought)

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
            intent = find(self.ledger, {"request_id": intent.request_id, "intent_id": intent.intent_id})
        raise LostRaceError(f"{intent.intent_id}: {reason}, which could not be written down")


def _answer(intent: Intent) -> dict[str, Any]:
    return {"outcome": intent.state.value, "told": intent.reason, "reservation_ids": list(intent.reservation_ids)}
