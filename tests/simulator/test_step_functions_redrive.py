"""Executions that are started again where they failed."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from simulator.world import World
from tests.simulator.stage import deployed
from tests.simulator.workflows import SECOND, changes, describe, history, make, output, pause, start, status, task

LATER = {"Next": "Fragile", "End": None}


def redrive(world: World, execution: str) -> None:
    world.client("stepfunctions").redrive_execution(executionArn=execution)
    world.run_for(60 * SECOND)


def machine(world: World, times: int = 1) -> str:
    """First a state that is remembered in a variable, then one that fails `times` times."""
    first = task(world, {"count": True}, Output={"seen": "{% $states.result.Payload.runs %}"}, Next="Fragile")
    first |= {"Assign": {"first": "{% $states.result.Payload.runs %}"}}
    del first["End"]
    seen = {
        "given": "{% $states.input %}",
        "variable": "{% $first %}",
        "times": "{% $states.context.Execution.RedriveCount %}",
    }
    fragile = task(world, {"do": "fail at first", "times": times}, Output=seen)
    return make(world, "fragile", First=first, Fragile=fragile)


def test_a_redrive_goes_on_where_it_failed_and_runs_nothing_else_again() -> None:
    with deployed() as world:
        execution = start(world, machine(world))
        world.run_for(60 * SECOND)
        assert status(world, execution) == "FAILED"
        redrive(world, execution)
        found = describe(world, execution)
        assert output(world, execution) == {"given": {"seen": 1}, "variable": 1, "times": 1}
        assert (found["redriveCount"], found["redriveStatus"]) == (1, "NOT_REDRIVABLE")
        payloads = [json.loads(one.payload) for one in world.functions.invocations]
        assert [("count" in each) for each in payloads] == [True, False, False]
        assert changes(world) == [("one", each) for each in ("RUNNING", "FAILED", "RUNNING", "SUCCEEDED")]
        types = history(world, execution)
        assert (types[0], types.count("ExecutionStarted"), types.count("ExecutionRedriven")) == (
            "ExecutionStarted",
            1,
            1,
        )
        assert types[-1] == "ExecutionSucceeded"


def test_it_may_be_redriven_more_than_once() -> None:
    with deployed() as world:
        execution = start(world, machine(world, times=2))
        world.run_for(60 * SECOND)
        redrive(world, execution)
        assert status(world, execution) == "FAILED"
        redrive(world, execution)
        assert output(world, execution)["times"] == 2
        assert history(world, execution).count("ExecutionRedriven") == 2


def test_a_stopped_execution_can_be_redriven() -> None:
    with deployed() as world:
        execution = start(world, make(world, "waits", Wait=pause(30)))
        world.run_for(10 * SECOND)
        world.client("stepfunctions").stop_execution(executionArn=execution)
        world.run_for(SECOND)
        world.client("stepfunctions").redrive_execution(executionArn=execution)
        world.run_for(29 * SECOND)
        assert status(world, execution) == "RUNNING"
        world.run_for(SECOND)
        assert status(world, execution) == "SUCCEEDED"
        assert "stopDate" in describe(world, execution)


def test_what_runs_or_succeeded_or_is_too_old_is_not_redriven() -> None:
    with deployed() as world:
        running, old = start(world, make(world, "waits", Wait=pause(30))), start(world, machine(world))
        for moment in (SECOND, 60 * SECOND):
            world.run_for(moment)
            with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
                redrive(world, running)
        world.run_for(timedelta(days=14))
        with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
            redrive(world, old)


def test_a_failure_that_was_caught_is_redriven_at_its_end_state() -> None:
    with deployed() as world:
        catch = [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]
        states = {"Try": task(world, {"do": "fail"}, Catch=catch), "Failed": {"Type": "Fail", "Error": "Told"}}
        execution = start(world, make(world, "told", **states))
        world.run_for(60 * SECOND)
        redrive(world, execution)
        assert (status(world, execution), len(world.functions.invocations)) == ("FAILED", 1)


def test_a_redriven_parallel_state_is_a_gap_and_says_so() -> None:
    with deployed() as world:
        branch = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail"}}}
        execution = start(world, make(world, "both", Both={"Type": "Parallel", "Branches": [branch], "End": True}))
        world.run_for(SECOND)
        with pytest.raises(NotImplementedError, match="not played"):
            redrive(world, execution)
