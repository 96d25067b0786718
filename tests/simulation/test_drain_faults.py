"""One fault at one place of a drain: a sample of what `make bench BENCH_ARGS=drain-faults` strikes everywhere."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulator import drain_drill, drain_strikes
from simulator.drain_drill import Drill
from simulator.drain_strikes import DRAIN, FROZEN, RECONCILE, RETRIED
from simulator.faults import Fault, Place, Strike

EVICT = Place(operation="kubernetes.POST pods/eviction", nth=2, mutating=True, caller=DRAIN)
CORDON = Place(operation="kubernetes.PATCH nodes", nth=1, mutating=True, caller=DRAIN)
LEASE = Place(operation="dynamodb.PutItem", nth=1, mutating=True, caller=DRAIN)
LET_GO = Place(operation="autoscaling.CompleteLifecycleAction", nth=1, mutating=True, caller=DRAIN)
TO_ZERO = Place(operation="autoscaling.UpdateAutoScalingGroup", nth=1, mutating=True, caller=RECONCILE)
# Each in the way that hurts it most.
SAMPLE = [
    CORDON.strike(Fault.CRASH_AFTER),
    EVICT.strike(Fault.REPLY_LOST),
    EVICT.strike(Fault.CRASH_AFTER),
    LEASE.strike(Fault.REPLY_LOST, RETRIED),
    LEASE.strike(Fault.STALL, lasts=FROZEN),
    LET_GO.strike(Fault.NOT_SENT, RETRIED),
    TO_ZERO.strike(Fault.CRASH_AFTER),
    Strike(fault=Fault.INVOKED_TWICE_AT_ONCE, at=DRAIN),
]
AWAY = ("kubernetes", "dynamodb")
SLACK = timedelta(minutes=4)  # a run that dies leaves its lease, and the rest to the sweep after that


def drills() -> Iterator[tuple[str, Drill]]:
    for strike in SAMPLE:
        yield f"{strike.fault} {strike.at}", Drill(faults=(strike,))
    since = drain_strikes.SINCE[1]
    for case, drill in drain_strikes.absences():
        if drill.since == since and case.endswith(AWAY):
            yield case, drill


@pytest.mark.parametrize("drill", [pytest.param(drill, id=name.replace(" ", "-")) for name, drill in drills()])
def test_no_single_fault_leaves_a_node_undrained(drill: Drill) -> None:
    outcome = drain_drill.life(drill)

    assert list(outcome.violations()) == []
    assert outcome.struck > 0
    assert outcome.shut_down_after is not None
    assert outcome.shut_down_after < SLACK
    assert outcome.notices[-1] == "drained"


def test_without_faults_each_thing_is_told_once_and_the_sample_is_of_calls_that_are_made() -> None:
    score, outcome = drain_strikes.score(), drain_drill.life(Drill())

    assert (list(outcome.violations()), outcome.struck, outcome.failures) == ([], 0, ())
    assert outcome.notices == ("draining", "drained")
    assert {EVICT, CORDON} <= set(score.kubernetes)
    assert {LEASE, LET_GO} <= set(score.drain)
    assert TO_ZERO in score.reconcile


def test_what_a_drain_must_never_come_to_is_seen() -> None:
    """Every call of the cluster fails until the reclaim: then nothing can be drained, and the drill says so."""
    gone = Strike(fault=Fault.NOT_SENT, at="kubernetes.*", nth=None)
    outcome = drain_drill.life(Drill(faults=(gone,)))

    assert "2 nodes went undrained" in list(outcome.violations())
    assert (outcome.reclaimed, outcome.waiting) == (0, 0)
    assert "stuck-drain" in outcome.notices
