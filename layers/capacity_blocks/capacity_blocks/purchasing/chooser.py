"""Choose an offering: the best that no guard forbids becomes an intent, with its money reserved; or say why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.budget import BudgetError
from capacity_blocks.core.purchase.decision import approve_by_settings
from capacity_blocks.core.purchase.guard import Circumstances, Guard, Violation, before_asking
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.candidate import Candidate, Search
from capacity_blocks.purchasing.candidate import read as read_search
from capacity_blocks.purchasing.opener import read
from capacity_blocks.purchasing.rehearsal import rehearse
from capacity_blocks.purchasing.scribe import Scribe, close
from capacity_blocks.purchasing.step import claimed, reference, section, text
from capacity_blocks.purchasing.survey import Survey, UnreadError
from capacity_blocks.purchasing.unfilled import Unfilled

# Each is a question to people, or a purchase that EC2 refused: more of them for one request help nobody.
MOST_INTENTS = 10
OPEN = frozenset({IntentState.ASKED, IntentState.APPROVED})


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
            return _answer("dry_run", told=rehearse(self.survey, asked, search, execution))
        row, request = claimed(self.ledger, asked.request_id)
        if row.ended is not None:
            return _answer("nothing", told=f"the request has ended: {row.ended}")
        if row.execution != execution:
            return _answer("nothing", told=f"{row.execution} works on the request")
        intents = self.ledger.intents(request.request_id)
        if (bought := next((each for each in intents if each.may_have_bought), None)) is not None:
            return _answer("buy", bought, told=f"{bought.intent_id} is {bought.state.value}")
        if intents and intents[-1].state in OPEN:
            return self._carry_on(request, intents[-1], *self.survey.circumstances(request, intents[-1]))
        if any(each.state is IntentState.REJECTED for each in intents):
            return _answer("nothing", told="somebody has rejected what was found")
        if len(intents) >= MOST_INTENTS:
            zone = ZoneInfo(request.time_zone)
            tried = notices.tried_enough(request=request, tries=len(intents), execution=execution, time_zone=zone)
            self.scribe.say(tried)
            return _answer("nothing", told=f"{len(intents)} offerings were tried for this request; start another one")
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
                return self._carry_on(request, self.scribe.put(intent, None), known, errors, candidate.why)
            forbidden = (*forbidden, (candidate, violations))
        unfilled = Unfilled(request=request, search=search, now=known.now, execution=execution, forbidden=forbidden)
        for notice in unfilled.notices():
            self.scribe.say(notice)
        again = unfilled.look_again_at
        return _answer("nothing" if again is None else "look_again", wait_until=again, told=unfilled.reason)

    def _carry_on(
        self, request: PurchaseRequest, intent: Intent, known: Circumstances, errors: Sequence[str], why: str = ""
    ) -> dict[str, Any]:
        """Reserve the money of an intent, and have it approved by the settings where they ask for nobody."""
        if known.settings is None:
            raise UnreadError("; ".join((*errors, f"pool {intent.terms.pool} has no section money")))
        now = self.clock.now()
        if intent.state is IntentState.ASKED and now < intent.expires_at:
            try:
                self.bookkeeper.reserve(now, intent, known.settings)
            except BudgetError as error:
                return self._too_dear(intent, error)
        approved = approve_by_settings(now, intent, known.settings)
        if approved != intent:
            self.scribe.put(approved, intent)
        row, _ = claimed(self.ledger, request.request_id)
        if row.ended is not None:  # in between, as when a person stops the execution: nobody else will give this up
            closed = close(self.scribe, self.bookkeeper, approved, f"the request has ended: {row.ended}")
            return _answer("nothing", told=closed.reason)
        if approved.state is not IntentState.APPROVED:
            return _answer("ask", approved, wait_until=approved.expires_at, told=why)
        if not approved.approvals:
            context = self.scribe.context(approved)
            self.scribe.say(notices.approved_by_settings(intent=approved, settings=known.settings, **context))
        return _answer("buy", approved, told=approved.reason)

    def _too_dear(self, intent: Intent, error: BudgetError) -> dict[str, Any]:
        """Close an intent whose money went to another one in the meantime."""
        closed = close(self.scribe, self.bookkeeper, intent, str(error))
        violations = (Violation(guard=Guard.BUDGET, reason=str(error)),)
        context = self.scribe.context(closed)
        self.scribe.say(notices.not_bought(intent=closed, violations=violations, looks_again=False, **context))
        return _answer("nothing", told=closed.reason)


def _answer(
    outcome: str, intent: Intent | None = None, *, wait_until: datetime | None = None, told: str
) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "intent": None if intent is None else reference(intent),
        "wait_until": None if wait_until is None else wait_until.isoformat(),
        "told": told,
    }
