"""Choose an extension: the cheapest offer that no guard forbids becomes an intent, with its money reserved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from capacity_blocks.core.extension import notices
from capacity_blocks.core.extension.guard import Circumstances, before_asking, before_offers, stands_in_the_way
from capacity_blocks.core.extension.request import ExtensionRequest
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase import canonical, money
from capacity_blocks.core.purchase import notices as purchase_notices
from capacity_blocks.core.purchase.intent import Intent, ask
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Query, Subject
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.core.renewal.notice import renewed_by_settings
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.words import when
from capacity_blocks.extending.opener import Opener
from capacity_blocks.extending.survey import ExtensionSurvey
from capacity_blocks.extension_ports import ExtensionOffers
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import PurchaseLedger
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.question import OPEN, Question, answer
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.step import text
from capacity_blocks.purchasing.survey import UnreadError

# Each is a question to people, or an attempt that EC2 refused: more of them for one end of a block help nobody.
MOST_INTENTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    clock: Clock
    survey: ExtensionSurvey
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe
    offers: Mapping[str, ExtensionOffers]  # by region

    def choose(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the workflow does next: ask, buy, or nothing, with the words for people.

        Run again it finds the intent that it made: beyond one end of a block there is one open intent at a time.
        """
        execution = text(event, "execution")
        opener = Opener(clock=self.clock, ledger=self.ledger, survey=self.survey, scribe=self.scribe)
        request = opener.open(event, execution)
        if isinstance(request, str):
            return _of(None, answer("nothing", told=request))
        return _of(request, self._chosen(request, execution))

    def _chosen(self, request: ExtensionRequest, execution: str) -> dict[str, Any]:
        intents = self.ledger.intents(request.request_id)
        if (bought := next((each for each in intents if stands_in_the_way(each)), None)) is not None:
            return answer("buy", bought, told=f"{bought.intent_id} is {bought.state.value}")
        if intents and intents[-1].state in OPEN:
            return self._put(request, intents[-1])
        if len(intents) >= MOST_INTENTS:
            self.scribe.say(notices.tried_enough(request=request, tries=len(intents), execution=execution))
            return answer("nothing", told=f"{len(intents)} offers were tried beyond this end of the block")
        known, errors = self.survey.circumstances(request, None)
        if errors:
            raise UnreadError("; ".join(errors))
        if violations := before_offers(known):
            return self._unasked(request, execution, violations)
        return self._new(known, execution, len(intents) + 1)

    def _new(self, known: Circumstances, execution: str, number: int) -> dict[str, Any]:
        request = known.request
        if not known.block:  # `before_offers` lets none through
            raise UnreadError(f"{request.reservation_id}: EC2 does not list it")
        try:
            offers = self.offers[request.region].offers(request.reservation_id, request.duration)
        except AwsError as error:
            if not error.definite:
                raise
            return self._unasked(request, execution, (Violation(guard=Guard.STATE, reason=str(error)),))
        forbidden: tuple[Violation, ...] = ()
        for offering in sorted(offers, key=_price):
            if offering.upfront_fee is None:
                continue
            intent = self._intent(known, offering, known.block, number)
            violations = before_asking(known, intent)
            if not violations:
                return self._put(request, self.scribe.put(intent, None))
            forbidden = forbidden or violations
        return self._unasked(request, execution, forbidden, offers)

    def _intent(self, known: Circumstances, offering: Offering, block: Reservation, number: int) -> Intent:
        """Return the question that an offer would be. Without settings nobody is asked, so any time will do."""
        request, settings = known.request, known.means.settings
        subject = Subject(region=request.region, types=(block.instance_type,), duration=request.duration)
        query = Query(
            subject=subject, count=offering.whole.instance_count, not_before=request.end, not_after=offering.end
        )
        terms = Terms(offering=offering, pool=request.pool, platform=block.platform)
        within = settings.approve_within if settings is not None else request.duration
        return ask(known.means.now, request.request_id, number, terms, query, within)

    def _put(self, request: ExtensionRequest, intent: Intent) -> dict[str, Any]:
        settings = self.survey.settings(request, intent)
        if settings is None:
            raise UnreadError(f"pool {intent.terms.pool} has no section money")
        question = Question(clock=self.clock, ledger=self.ledger, bookkeeper=self.bookkeeper, scribe=self.scribe)

        def unasked(approved: Intent) -> Notice:
            context = self.scribe.context(approved)
            if request.automatic and self.survey.permits.allow(approved):
                return renewed_by_settings(intent=approved, why=request.why, **context)
            return purchase_notices.approved_by_settings(intent=approved, settings=settings, **context)

        return question.put(intent, settings, request.why, unasked)

    def _unasked(
        self,
        request: ExtensionRequest,
        execution: str,
        violations: Sequence[Violation],
        offers: Sequence[Offering] = (),
    ) -> dict[str, Any]:
        found = [_shown(each) for each in offers]
        said = notices.unasked(request=request, violations=violations, found=found, execution=execution)
        self.scribe.say(said)
        reasons = "; ".join(each.reason for each in violations)
        return answer("nothing", told=reasons or "EC2 has no such time on sale")


def _of(request: ExtensionRequest | None, chosen: dict[str, Any]) -> dict[str, Any]:
    """Name the request, its pool and end for the steps that follow; null where this execution has none."""
    if request is None:
        return {**chosen, "request": None}
    named = {"request_id": request.request_id, "pool": request.pool, "end": canonical.instant(request.end)}
    return {**chosen, "request": named}


def _price(offering: Offering) -> tuple[object, str]:
    fee = offering.upfront_fee
    return (money.MOST if fee is None else fee), offering.offering_id


def _shown(offering: Offering) -> str:
    fee = offering.upfront_fee
    price = "an unknown fee" if fee is None else money.shown(fee, offering.currency)
    return f"{offering.offering_id} until {when(offering.end)} for {price}"
