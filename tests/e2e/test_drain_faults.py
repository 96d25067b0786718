"""Whatever single thing goes wrong, no node runs undrained into the reclaim."""

from datetime import timedelta

import pytest

from simulator.faults import Fault, Faults, Strike
from tests.e2e.drain_stage import DRAIN, DRAIN_AT, END, EVENT, RECLAIM_AT, DrainStage, drain_staged
from tests.e2e.stage import MINUTE, SECOND

STOPS_IN = timedelta(seconds=60)


FAULTS = {
    "every event lost": Strike(fault=Fault.EVENT_LOST, at=EVENT, nth=None),
    "every event twice": Strike(fault=Fault.EVENT_DUPLICATED, at=EVENT, nth=None),
    "every event late": Strike(fault=Fault.EVENT_LATE, at=EVENT, nth=None),
    "crash mid-drain": Strike(fault=Fault.CRASH_AFTER, at="dynamodb.*", caller=DRAIN, mutating=True, nth=4),
    "crash before it lets go": Strike(fault=Fault.CRASH_BEFORE, at="autoscaling.CompleteLifecycleAction"),
    "answer to letting go lost": Strike(fault=Fault.REPLY_LOST, at="autoscaling.CompleteLifecycleAction"),
    "Auto Scaling throttles": Strike(fault=Fault.THROTTLE, at="autoscaling.*", caller=DRAIN, times=6),
    "EC2 throttles": Strike(fault=Fault.THROTTLE, at="ec2.*", caller=DRAIN, times=6),
    "EKS throttles": Strike(fault=Fault.THROTTLE, at="eks.*", caller=DRAIN, times=6),
    "the ledger throttles": Strike(fault=Fault.THROTTLE, at="dynamodb.*", caller=DRAIN, times=6),
}


def drained(told: DrainStage, within: timedelta) -> None:
    """Play until the end, and hold that no work was lost and everybody was let go in time by us."""
    told.stage.run_until(END)
    assert told.left() == []
    assert len(told.ends()) == 2
    for at, why in told.ends().values():
        assert why.startswith("Lifecycle Action Completed")
        assert at <= DRAIN_AT + within
    assert told.stage.reclaimed() == []
    assert max(told.terminated()) < RECLAIM_AT
    assert told.stage.described()["Instances"] == []
    [closing] = told.stage.notices("drained")
    assert "2 of 2 nodes were drained" in closing["title"]


@pytest.mark.parametrize("strike", FAULTS.values(), ids=FAULTS.keys())
def test_no_single_fault_leaves_a_node_undrained(strike: Strike) -> None:
    with drain_staged(faults=Faults(strike)) as told:
        told.running()
        told.fill(stops_in=STOPS_IN)
        drained(told, within=STOPS_IN + 3 * MINUTE)
        struck = told.stage.world.journal.of("fault")
        assert struck
        assert all(DRAIN_AT <= fact.at <= DRAIN_AT + STOPS_IN + MINUTE for fact in struck)


def test_a_cluster_that_is_away_for_two_minutes_is_drained_after() -> None:
    with drain_staged() as told:
        told.running()
        told.fill(stops_in=STOPS_IN)
        told.away(DRAIN_AT, DRAIN_AT + 2 * MINUTE)
        drained(told, within=2 * MINUTE + STOPS_IN + 20 * SECOND)
