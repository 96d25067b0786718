"""One fault at the call that extends: a sample of what `make bench BENCH_ARGS=extensions` strikes everywhere."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulator import extension_drill, extension_strikes, spending_strikes
from simulator.extension_drill import Drill
from simulator.faults import Fault, Place, Strike

SPENDER = extension_strikes.CAST.spender
PURCHASE = Place(operation="ec2.PurchaseCapacityBlockExtension", nth=1, mutating=True, caller=SPENDER)
RECORD = Place(operation="dynamodb.TransactWriteItems", nth=1, mutating=True, caller=SPENDER)
TWICE = Strike(fault=Fault.INVOKED_TWICE_AT_ONCE, at=SPENDER)
# Of these EC2 never hears; but for a certain no, which is chosen anew, a person decides what became of them.
UNSENT = frozenset({Fault.CRASH_BEFORE, Fault.NOT_SENT, Fault.THROTTLE, Fault.SERVER_ERROR_BEFORE, Fault.STALL})


def _name(drill: Drill) -> str:
    struck = [f"{strike.fault} {strike.at.rpartition('.')[2]}" for strike in drill.faults]
    return " and ".join(struck or [f"{hours} hours" for hours in drill.wishes]).replace(" ", "-")


def _length(strike: Strike) -> tuple[timedelta, int]:
    return strike.lasts or timedelta(), strike.times


def sample() -> Iterator[tuple[Drill, int]]:
    """Yield each fault at the purchase itself, a crash on either side of the record before it, and twins.

    Of two faults of a kind the longer is taken. Each comes with how many extensions are bought.
    """
    strikes = {each.fault: each for each in sorted(extension_strikes.CAST.strikes(PURCHASE), key=_length)}
    yield from ((Drill(faults=(strike,)), int(fault not in UNSENT)) for fault, strike in strikes.items())
    yield Drill(faults=(RECORD.strike(Fault.CRASH_BEFORE),)), 1
    yield Drill(faults=(RECORD.strike(Fault.CRASH_AFTER),)), 0
    yield Drill(wishes=(24, 48), latency=spending_strikes.SLOW), 1


@pytest.mark.parametrize(("drill", "sales"), [pytest.param(*each, id=_name(each[0])) for each in sample()])
def test_an_extension_lives_well_through_any_one_fault(drill: Drill, sales: int) -> None:
    outcome = extension_drill.life(drill)

    assert list(outcome.violations()) == []
    assert (len(outcome.last.ours), outcome.struck) == (sales, len(drill.faults))


def test_of_two_runs_that_set_out_to_buy_at_once_one_buys() -> None:
    held = RECORD.strike(Fault.STALL, lasts=spending_strikes.LATE)
    outcome = extension_drill.life(Drill(faults=(TWICE, held)))

    assert list(outcome.violations()) == []
    assert (len(outcome.last.ours), outcome.struck) == (1, 2)


def test_without_faults_one_extension_is_bought_and_each_thing_is_told_once() -> None:
    score, outcome = extension_strikes.score(), extension_drill.life(Drill())

    assert [kind for kind, _ in outcome.ended.notices if kind.startswith("extension-")] == [
        "extension-asked",
        "extension-approved",
        "extension-bought",
        "extension-paid",
    ]
    assert {PURCHASE, RECORD} <= set(score.places)
