"""A whole request, struck at every call of every step in every way: it buys once at most, and the ledger knows it."""

import sys

import pytest

from tests.unit.shell.purchasing.scenario import SCENARIOS, Scenario
from tests.unit.shell.purchasing.strike import Fault, Strike, assert_sound

# The first two are struck in every way. A crash before a call is one after the call before, and whether a refusal is
# certain counts where money is spent: the others go without.
FEW = (Fault.LOST, Fault.CRASH_AFTER)
WAYS = [(name, fault) for place, name in enumerate(SCENARIOS) for fault in (Fault if place < 2 else FEW)]


def play(scenario: Scenario, strike: Strike) -> tuple[str, int]:
    workflow = scenario.workflow(strike)
    ended = workflow.play()
    workflow.sweep()
    assert_sound(workflow)
    return ended, len(workflow.stage.market.bought)


@pytest.mark.parametrize("name", SCENARIOS)
def test_unless_it_is_struck_a_request_ends_as_it_should(name: str) -> None:
    strike = Strike()

    assert play(SCENARIOS[name], strike) == SCENARIOS[name].ends
    assert len(strike.calls) > 60


@pytest.mark.parametrize(("name", "fault"), WAYS, ids=[f"{name}: {fault.value}" for name, fault in WAYS])
def test_one_fault_anywhere_never_buys_twice_and_hides_no_purchase(
    name: str, fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario, places = SCENARIOS[name], SCENARIOS[name].places()

    for number, step, call in places:
        strike = Strike(number, fault)
        try:
            play(scenario, strike)
        except Exception as error:
            raise AssertionError(f"{name}: {fault.value}: call {number} of {step}, {call}") from error
        assert strike.calls[number] == call

    with capsys.disabled():
        sys.stdout.write(f"\n{len(places)} places: {name}: {fault.value} ")
