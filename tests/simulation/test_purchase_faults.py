"""One fault at the call that spends: a sample of what `make bench BENCH_ARGS=purchases` strikes everywhere."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulator import purchase_drill, purchase_strikes, spending_strikes
from simulator.faults import Fault, Place, Strike
from simulator.purchase_drill import Drill

SPENDER = purchase_strikes.CAST.spender
PURCHASE = Place(operation="ec2.PurchaseCapacityBlock", nth=1, mutating=True, caller=SPENDER)
RECORD = Place(operation="dynamodb.TransactWriteItems", nth=1, mutating=True, caller=SPENDER)
TWICE = Strike(fault=Fault.INVOKED_TWICE_AT_ONCE, at=SPENDER)
# Of these EC2 never hears; but for a certain no, which is asked about anew, a person decides what became of them.
UNSENT = frozenset({Fault.CRASH_BEFORE, Fault.NOT_SENT, Fault.THROTTLE, Fault.SERVER_ERROR_BEFORE, Fault.STALL})


def _name(drill: Drill) -> str:
    struck = [f"{strike.fault} {strike.at.rpartition('.')[2]}" for strike in drill.faults]
    return " and ".join(struck or drill.requests).replace(" ", "-")


def _length(strike: Strike) -> tuple[timedelta, int]:
    return strike.lasts or timedelta(), strike.times


def sample() -> Iterator[tuple[Drill, int]]:
    """Yield each fault at the purchase itself, a crash on either side of the record before it, and twins.

    Of two faults of a kind the longer is taken. Each comes with how many purchases are made.
    """
    strikes = {each.fault: each for each in sorted(purchase_strikes.CAST.strikes(PURCHASE), key=_length)}
    yield from ((Drill(faults=(strike,)), int(fault not in UNSENT)) for fault, strike in strikes.items())
    yield Drill(faults=(RECORD.strike(Fault.CRASH_BEFORE),)), 1
    yield Drill(faults=(RECORD.strike(Fault.CRASH_AFTER),)), 0
    yield Drill(faults=(TWICE, RECORD.strike(Fault.STALL, lasts=spending_strikes.LATE))), 1
    yield Drill(requests=("drill", "drill"), latency=spending_strikes.SLOW), 1
    yield Drill(requests=("drill", "other"), latency=spending_strikes.SLOW), 1


@pytest.mark.parametrize(("drill", "sales"), [pytest.param(*each, id=_name(each[0])) for each in sample()])
def test_a_purchase_lives_well_through_any_one_fault(drill: Drill, sales: int) -> None:
    outcome = purchase_drill.life(drill)

    assert list(outcome.violations()) == []
    assert (len(outcome.last.bought), outcome.struck) == (sales, len(drill.faults))


def test_without_faults_one_block_is_bought_and_each_thing_is_told_once() -> None:
    score, outcome = purchase_strikes.score(), purchase_drill.life(Drill())

    assert [kind for kind, _ in outcome.ended.notices if kind.startswith("purchase-")] == [
        "purchase-asked",
        "purchase-approved",
        "purchase-bought",
        "purchase-paid",
    ]
    assert {PURCHASE, RECORD} <= set(score.places)
