"""Choose an offering: the best that no guard forbids becomes an intent, with its money reserved; or say why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.guard import Circumstances, Violation, before_asking
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.renewal.notice import renewed_by_settings
from capacity_blocks.core.renewal.permit import widened
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.candidate import Candidate, Search
from capacity_blocks.purchasing.candidate import read as read_search
from capacity_blocks.purchasing.opener import read
from capacity_blocks.purchasing.question import OPEN, Question, answer
from capacity_blocks.purchasing.rehearsal import rehearse
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.step import claimed, section, text
from capacity_blocks.purchasing.survey import Survey, UnreadError
from capacity_blocks.purchasing.unfilled import Unfilled

# Each is a question to people, or a purchase that EC2 refused: more of them for one request help nobody.
MOST_INTENTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    clock: Clock
    survey: Survey
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe

    def choose(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the workflow does next: ask, buy, look again, or nothing, with the words for people.

        Run again it finds the intent that it made: a request has one open intent at a time.
        """
        execution, search = text(event, "execution"), read_search(event)
        asked = read(section(event, "request"), [site.name for site in self.survey.sites])
        if asked.dry_run:
            return answer("dry_run", told=rehearse(self.survey, asked, search, execution))
        row, request = claimed(self.ledger, asked.request_id)
        if row.ended is not None:
            return answer("nothing", told=f"the request has ended: {row.ended}")
        if row.execution != execution:
            return answer("nothing", told=f"{row.execution} works on the request")
        intents = self.ledger.intents(request.request_id)
        if (bought := next((each for each in intents if each.may_have_bought), None)) is not None:
            return answer("buy", bought, told=f"{bought.intent_id} is {bought.state.value}")
        if intents and intents[-1].state in OPEN:
            return self._carry_on(intents[-1], *self.survey.circumstances(request, intents[-1]))
        if any(each.state is IntentState.REJECTED for each in intents):
            return answer("nothing", told="somebody has rejected what was found")
        if len(intents) >= MOST_INTENTS:
            zone = ZoneInfo(request.time_zone)
            tried = notices.tried_enough(request=request, tries=len(intents), execution=execution, time_zone=zone)
            self.scribe.say(tried)
            return answer("nothing", told=f"{len(intents)} offerings were tried for this request; start another one")
        return self._new(request, search, len(intents) + 1, execution)

    def _new(self, request: PurchaseRequest, search: Search, number: int, execution: str) -> dict[str, Any]:
        known, errors = self.survey.circumstances(request, None)
        if errors:
            raise UnreadError("; ".join(errors))
        forbidden: tuple[tuple[Candidate, tuple[Violation, ...]], ...] = ()
        for candidate in search.candidates:
            intent = candidate.intent(known, request.request_id, number)
            violations = before_asking(known, intent)
            if not violations:
                return self._carry_on(self.scribe.put(intent, None), known, errors, candidate.why)
            forbidden = (*forbidden, (candidate, violations))
        unfilled = Unfilled(request=request, search=search, now=known.now, execution=execution, forbidden=forbidden)
        for notice in unfilled.notices():
            self.scribe.say(notice)
        again = unfilled.look_again_at
        return answer("nothing" if again is None else "look_again", wait_until=again, told=unfilled.reason)

    def _carry_on(self, intent: Intent, known: Circumstances, errors: Sequence[str], why: str = "") -> dict[str, Any]:
        """Have people decide on an intent, or the settings where they ask for nobody."""
        if known.settings is None:
            raise UnreadError("; ".join((*errors, f"pool {intent.terms.pool} has no section money")))
        is_renewed = known.request.automatic and self.survey.permits.allow(intent)
        settings = widened(intent.terms, known.settings) if is_renewed else known.settings
        question = Question(clock=self.clock, ledger=self.ledger, bookkeeper=self.bookkeeper, scribe=self.scribe)

        def unasked(approved: Intent) -> Notice:
            context = self.scribe.context(approved)
            if is_renewed:
                return renewed_by_settings(intent=approved, why="", **context)
            return notices.approved_by_settings(intent=approved, settings=settings, **context)

        return question.put(intent, settings, why, unasked)
