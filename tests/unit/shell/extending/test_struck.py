"""A whole extension, struck at every call of every step in every way: one at most is sold, and the ledger knows it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.extension.history import ExtensionStatus
from capacity_blocks.core.purchase.budget import Standing
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.request import PurchaseRequestError
from capacity_blocks.purchasing.step import StepError, UnknownIntentError
from tests.unit.core.extension.extending import FEE
from tests.unit.shell.extending.stage import EXECUTION, MINUTE, REQUEST_ID, WISH, Stage
from tests.unit.shell.purchasing.strike import ANSWERING, EXPECTED, Fault, Strike
from tests.unit.shell.purchasing.workflow import CrashError

S = IntentState
HOPELESS = (PurchaseRequestError, StepError, UnknownIntentError)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 3, 10, 30, 60, 240, 780, 1500, 3000))
LATE: dict[str, timedelta] = {"at once": timedelta(), "20 minutes late": 20 * MINUTE}


class Play:
    """What the state machine does, state by state, with a person who approves; and the sweep afterwards."""

    def __init__(self, strike: Strike, listed_after: timedelta = timedelta()) -> None:
        self.stage, self.strike = Stage(), strike
        self.stage.market.listed_after = listed_after
        self.errors: list[BaseException] = []
        self.runs = 0

    def step(self, name: str, event: Any) -> Any:
        """Run a step once; None where it failed, which is all that a workflow sees."""
        self.runs += 1
        try:
            return getattr(self.stage.steps(f"run-{self.runs}", self.strike), name)(event)
        except (Exception, CrashError) as error:  # noqa: BLE001  # `assert_sound` says which of them may be
            self.errors.append(error)
            return None

    def retried(self, name: str, event: Any) -> Any:
        for _ in range(4):
            before = len(self.errors)
            answer = self.step(name, event)
            if answer is not None or isinstance(self.errors[before], HOPELESS):
                return answer
            self.stage.wait(MINUTE)
        return None

    def play(self) -> None:
        chosen = None
        for _ in range(3):
            chosen = self.retried("choose", {"extend": WISH, "execution": EXECUTION})
            if chosen is None or chosen["outcome"] == "nothing":
                break
            self.decide()
            if not self.bought(chosen["intent"]):
                break
        self.retried("close", {"request": {"request_id": REQUEST_ID}, "execution": EXECUTION, "outcome": "over"})
        for wait in WAITS:
            self.stage.wait(wait)
            if wait > 10 * MINUTE:
                self.stage.market.settle()
            self.retried("follow", {"trigger": "sweep"})

    def decide(self) -> None:
        if self.stage.intent.state is S.ASKED:
            for _ in range(3):
                self.runs += 1
                try:
                    self.stage.steps(f"run-{self.runs}", self.strike).decide()
                except (Exception, CrashError) as error:  # noqa: BLE001  # `assert_sound` says which of them may be
                    self.errors.append(error)
                else:
                    return

    def bought(self, named: Any) -> bool:
        """Buy and follow to an end; return whether to choose anew."""
        event, bought = {"intent": named, "execution": EXECUTION}, 0
        for _ in range(40):
            look = self.retried("follow", event)
            if look is None:
                return False
            match look["outcome"]:
                case "approved" if bought < 5:
                    self.step("purchase", event)
                    bought += 1
                case "look_again":
                    self.stage.wait(10 * MINUTE)
                    self.stage.market.settle()
                case "closed":
                    return bool(look["ask_again"])
                case _:
                    return False
        return False


def assert_sound(play: Play) -> None:
    """Check by plain arithmetic what must hold once all is over, whatever went wrong on the way."""
    stage = play.stage
    assert [each for each in play.errors if not isinstance(each, EXPECTED)] == []
    assert len(stage.market.sold) <= 1, "bought twice"
    attempted = [each for each in stage.intents if each.attempted_at is not None]
    assert len(stage.market.sold) <= len(attempted)
    final = {S.PAID, S.REJECTED, S.REFUSED, S.CLOSED, S.NOT_FOUND}
    assert {each.state for each in stage.intents} <= final
    spent = Decimal(0)
    if stage.market.sold:
        assert stage.market.sold[0].status is ExtensionStatus.PAYMENT_SUCCEEDED
        assert [each.state for each in stage.intents].count(S.PAID) == 1, "EC2 sold what the ledger does not know"
        spent = FEE
    committed = [each.amount for each in stage.book.entries if each.standing is Standing.COMMITTED]
    assert sum(committed, Decimal(0)) == spent
    for intent in stage.intents:
        entry = stage.book.entry(intent.intent_id)
        reserved = entry is not None and entry.standing is Standing.RESERVED
        assert reserved == (intent.state is S.NOT_FOUND), intent.state
    told = {each.key for each in stage.notifier.sent}
    wording = {S.PAID: "paid", S.REFUSED: "refused", S.NOT_FOUND: "not-found"}
    for intent in stage.intents:
        if intent.state in wording:
            assert f"{intent.intent_id}:{wording[intent.state]}" in told


def places(late: timedelta) -> list[str]:
    strike = Strike()
    Play(strike, late).play()
    return strike.calls


@pytest.mark.parametrize("late", LATE.values(), ids=LATE.keys())
def test_unless_it_is_struck_it_is_sold_once_and_paid(late: timedelta) -> None:
    play = Play(Strike(), late)
    play.play()

    assert_sound(play)
    assert ([each.state for each in play.stage.intents], len(play.strike.calls) > 60) == ([S.PAID], True)


@pytest.mark.parametrize("late", LATE.values(), ids=LATE.keys())
@pytest.mark.parametrize("fault", Fault)
def test_one_fault_anywhere_never_buys_twice_and_hides_nothing(fault: Fault, late: timedelta) -> None:
    sold = 0
    for number, name in enumerate(places(late)):
        play = Play(Strike(number, fault), late)
        try:
            play.play()
            assert_sound(play)
        except BaseException as error:
            raise AssertionError(f"{fault.value}: call {number}, {name}") from error
        assert play.strike.calls[number] == name
        sold += len(play.stage.market.sold)

    assert sold > 0


def test_every_step_again_in_the_middle_of_every_other_step_buys_once() -> None:
    """Another run of the purchase cuts in right before each call of the first one."""
    for number, name in enumerate(places(timedelta())):
        if name in ANSWERING:
            continue
        play = Play(Strike())

        def cut_in(play: Play = play, number: int = number) -> Callable[[str, Callable[[], Any]], Any]:
            calls: list[str] = []

            def around(called: str, call: Callable[[], Any]) -> Any:
                calls.append(called)
                if len(calls) - 1 == number and play.stage.intents:
                    play.runs += 1
                    named = play.stage.named
                    try:
                        play.stage.steps(f"run-{play.runs}").purchase({"intent": named})
                    except Exception as error:  # noqa: BLE001  # `assert_sound` says which of them may be
                        play.errors.append(error)
                return call()

            return around

        play.strike = cut_in()  # type: ignore[assignment]  # around all calls, as a strike is
        play.play()
        assert_sound(play)
