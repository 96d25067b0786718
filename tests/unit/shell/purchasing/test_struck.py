"""A whole request, struck at every call of every step in every way: it buys once at most, and the ledger knows it."""

import sys

import pytest

from tests.unit.shell.purchasing.scenario import SCENARIOS, Scenario
from tests.unit.shell.purchasing.strike import Fault, Strike, assert_sound

# The first is struck in every way; the others in the one that leaves most undone. Whether a reply is lost to a crash or
# to an error makes a difference only to those who catch errors.
WAYS = [
    (name, fault) for name in SCENARIOS for fault in (Fault if name == "a person approves" else (Fault.CRASH_AFTER,))
]
CATCHING = (
    "the reply is lost and EC2 shows it late",
    "the reply is lost and tags never come",
    "EC2 refuses the first",
    "two people approve",
)
WAYS += [(name, Fault.LOST) for name in CATCHING]


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
