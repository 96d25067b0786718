"""Faults on the way between a workflow and the function that it invokes."""

import json
from datetime import timedelta

import pytest

from simulator.faults import Fault, Faults, Strike
from simulator.world import World
from tests.simulator.stage import deployed, keys
from tests.simulator.workflows import NINE, SECOND, make, output, start, task

INVOKE = "lambda.Invoke"
CATCH = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "Told"}]


def writing(world: World) -> str:
    write = task(world, {"do": "write", "key": "k"}, TimeoutSeconds=30, Catch=CATCH, Output="written")
    return start(world, make(world, "writes", Write=write, Told={"Type": "Pass", "End": True}))


@pytest.mark.parametrize(
    ("fault", "told", "at_once", "later"),
    [
        (Fault.STALL, "States.Timeout", 0, 2),
        (Fault.REPLY_LATE, "States.Timeout", 2, 2),
        (Fault.REPLY_LOST, "Lambda.SdkClientException", 2, 2),
        (Fault.NOT_SENT, "Lambda.SdkClientException", 0, 0),
        (Fault.THROTTLE, "Lambda.TooManyRequestsException", 0, 0),
        (Fault.SERVER_ERROR_BEFORE, "Lambda.ServiceException", 0, 0),
        (Fault.SERVER_ERROR_AFTER, "Lambda.ServiceException", 2, 2),
        (Fault.INVOKED_TWICE_AT_ONCE, "written", 2, 2),
        (Fault.CRASH_BEFORE, "written", 2, 2),
    ],
)
def test_what_a_state_sees_and_what_was_done_all_the_same(fault: Fault, told: str, at_once: int, later: int) -> None:
    at = "ProbeFunction" if fault is Fault.INVOKED_TWICE_AT_ONCE else INVOKE
    with deployed(faults=Faults(Strike(fault=fault, at=at, lasts=timedelta(seconds=60)))) as world:
        execution = writing(world)
        world.run_until(NINE + 31 * SECOND)
        assert (output(world, execution), len(keys(world))) == (told, at_once)
        world.run_for(timedelta(minutes=5))
        assert len(keys(world)) == later


def test_a_function_that_stalls_outlives_the_task_that_invoked_it() -> None:
    strike = Strike(fault=Fault.STALL, at="dynamodb.PutItem", caller="ProbeFunction", lasts=timedelta(seconds=40))
    with deployed(faults=Faults(strike)) as world:
        execution = writing(world)
        world.run_until(NINE + 31 * SECOND)
        assert (output(world, execution), keys(world)) == ("States.Timeout", [])
        world.run_for(timedelta(seconds=30))
        assert keys(world) == ["k 1", "k 2"]
        assert [json.loads(one.payload)["do"] for one in world.functions.invocations] == ["write"]
