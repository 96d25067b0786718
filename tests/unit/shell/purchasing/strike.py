"""What can go wrong at one call of one port, and what must hold in the end whatever did."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from capacity_blocks.core import tag
from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase.budget import BudgetError, Standing, month_of
from capacity_blocks.core.purchase.intent import Intent, IntentState, TransitionError
from capacity_blocks.core.purchase.query import Answer, Outcome
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import AwsError
from capacity_blocks.purchasing.bookkeeper import BookBusyError
from capacity_blocks.purchasing.scribe import LostRaceError, UnsaidError
from capacity_blocks.purchasing.step import StepError
from capacity_blocks.purchasing.survey import UnreadError
from tests.fakes import refused, unclear
from tests.unit.shell.purchasing.stage import Stage
from tests.unit.shell.purchasing.workflow import CrashError, Workflow

S = IntentState
# What a step may raise when one of its calls is struck, or another run is faster. Anything else is a mistake of ours.
EXPECTED = (
    AwsError,
    BookBusyError,
    BudgetError,
    CrashError,
    LostRaceError,
    StepError,
    TransitionError,
    UnreadError,
    UnsaidError,
)


class Fault(Enum):
    """The kinds of failure of a call: before anything is done, or after all of it is."""

    REFUSED = "AWS refuses it"
    UNSENT = "no answer comes, and nothing was done"
    LOST = "it is done, and the reply is lost"
    CRASH_BEFORE = "the function crashes before it"
    CRASH_AFTER = "the function crashes after it"


# These ports say in their answer what went wrong, and never raise.
def _no_answer(call: str, answer: Any) -> Any:
    match call:
        case "offerings.search":
            assert isinstance(answer, Answer)
            return Answer(query=answer.query, outcome=Outcome.THROTTLED, at=answer.at, message="slow down")
        case "purchases.dry_run":
            return None, "no answer came"
        case "switches.spending" | "switches.killed":
            return None
        case _:
            raise LookupError(call)


ANSWERING = frozenset({"offerings.search", "purchases.dry_run", "switches.spending", "switches.killed"})


@dataclass
class Strike:
    """Strikes the call of this number, once; without a fault it only counts."""

    number: int = -1
    fault: Fault | None = None
    calls: list[str] = field(default_factory=list)

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        if len(self.calls) - 1 != self.number or self.fault is None:
            return call()
        match self.fault:
            case Fault.CRASH_BEFORE:
                raise CrashError(name)
            case Fault.CRASH_AFTER:
                call()
                raise CrashError(name)
            case _ if name in ANSWERING:
                return _no_answer(name, call())
            case Fault.REFUSED:
                raise refused(name)
            case Fault.UNSENT:
                raise unclear(name)
            case Fault.LOST:
                call()
                raise unclear(name)


@dataclass
class CutIn:
    """Runs something else, whole, inside the call of this number: right before it is done."""

    number: int
    other: Callable[[], None]
    calls: list[str] = field(default_factory=list)
    is_done: bool = False

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        if len(self.calls) - 1 == self.number and not self.is_done:
            self.is_done = True
            self.other()
        return call()


def assert_sound(workflow: Workflow) -> None:
    """Check by plain arithmetic what must hold once all is over, whatever went wrong on the way."""
    stage = workflow.stage
    unforeseen = [error for error in workflow.errors if not isinstance(error, EXPECTED)]
    assert not unforeseen, unforeseen
    foreseen = {each.__name__ for each in EXPECTED}
    assert all(each.split(": ")[1] in foreseen for each in workflow.stumbles), workflow.stumbles
    assert_bought_once(stage)
    assert_all_is_known(stage)
    assert_nothing_hangs(stage)
    assert_the_book_adds_up(stage)
    assert_ends_are_told(stage)


def assert_bought_once(stage: Stage) -> None:
    per_intent = Counter(each.tags[tag.INTENT] for each in stage.market.bought.values())
    assert len(per_intent) <= 1, "the request bought twice"
    for intent in stage.intents:
        assert per_intent[intent.intent_id] in {0, intent.terms.reservations}, "an intent bought twice"


def assert_all_is_known(stage: Stage) -> None:
    intents = {intent.intent_id: intent for intent in stage.intents}
    for reservation_id, held in stage.market.bought.items():
        intent = intents[held.tags[tag.INTENT]]
        if reservation_id not in intent.reservation_ids:
            assert reservation_id not in stage.market.reservations.held, "EC2 shows what the ledger does not know"
            assert intent.state is S.NOT_FOUND
    not_found = [each.intent_id for each in stage.intents if each.state is S.NOT_FOUND]
    told = [n for n in stage.notifier.sent if n.kind == "purchase-not-found" and n.severity is Severity.CRITICAL]
    assert all(any(each in n.key for n in told) for each in not_found), "a person must be told"


def assert_nothing_hangs(stage: Stage) -> None:
    final = {S.PAID, S.PAYMENT_FAILED, S.REJECTED, S.REFUSED, S.CLOSED, S.NOT_FOUND}
    assert {each.state for each in stage.intents} <= final
    row = stage.ledger.requests.get("may-training")
    assert row is None or (row.ended is None) == any(map(is_in_doubt, stage.intents)), row


def assert_ends_are_told(stage: Stage) -> None:
    """Check that people heard how each intent ended, whatever became of the run that was to tell them."""
    wording = {S.PAID: "paid", S.PAYMENT_FAILED: "payment-failed", S.REFUSED: "refused", S.REJECTED: "rejected"}
    for intent in stage.intents:
        if intent.state in wording:
            assert f"{intent.intent_id}:{wording[intent.state]}" in {each.key for each in stage.notifier.sent}


def is_in_doubt(intent: Intent) -> bool:
    """Whether it was attempted and nobody but a person knows what came of it: it stays open while it could show up."""
    return intent.state is S.NOT_FOUND or (intent.state is S.CLOSED and intent.attempted_at is not None)


def assert_the_book_adds_up(stage: Stage) -> None:
    standings = {each.intent_id: each for each in stage.book.entries}
    assert standings.keys() <= {each.intent_id for each in stage.intents}
    for intent in stage.intents:
        entry = standings.get(intent.intent_id)
        assert (entry.standing if entry else Standing.RELEASED) is _standing(intent), intent.state
    paid = {ReservationState.SCHEDULED, ReservationState.ACTIVE}
    spent = {each.tags[tag.INTENT] for each in stage.market.bought.values() if each.state in paid}
    fees = sum((each.terms.upfront_fee for each in stage.intents if each.intent_id in spent), Decimal(0))
    committed = sum((each.amount for each in stage.book.entries if each.standing is Standing.COMMITTED), Decimal(0))
    assert committed == fees or any(map(is_in_doubt, stage.intents))
    month = month_of(stage.clock.instant)
    for book in stage.ledger.books.get("training", []):
        assert book.total(month, Standing.RESERVED, Standing.COMMITTED) <= Decimal(100000)


def _standing(intent: Intent) -> Standing:
    match intent.state:
        case S.PAID:
            return Standing.COMMITTED
        case S.NOT_FOUND:
            return Standing.RESERVED
        case _:
            return Standing.RELEASED
