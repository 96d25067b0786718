"""Executions that wait for others, their names, and what stops with what."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World
from tests.simulator.stage import deployed
from tests.simulator.workflows import (
    NINE,
    SECOND,
    changes,
    child_task,
    describe,
    make,
    output,
    pause,
    start,
    status,
    tokens,
    waiting_task,
)

CATCH = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Told"}]
TOLD = {"Type": "Pass", "End": True}
EXISTS = "StepFunctions.ExecutionAlreadyExistsException"


def family(world: World, seconds: float = 86_400, **more: Any) -> tuple[str, str]:
    child = make(world, "child", Wait=pause(seconds, Output={"bought": "{% $states.input.intent %}"}))
    made = make(world, "parent", Buy=child_task(child, "intent-1", {"intent": "i"}, Catch=CATCH, **more), Told=TOLD)
    return child, made


def test_a_parent_waits_for_its_child_and_has_its_output() -> None:
    with deployed() as world:
        _, parent = family(world)
        execution = start(world, parent)
        calls = len(world.calls.log)
        world.run_until(NINE + 86_399 * SECOND)
        assert status(world, execution) == "RUNNING"
        world.run_until(NINE + 86_400 * SECOND)
        assert output(world, execution)["Output"] == {"bought": "i"}
        assert output(world, execution)["Status"] == "SUCCEEDED"
        assert [one.name for one in world.calls.log[calls:]] == ["stepfunctions.StartExecution"]
        assert changes(world) == [
            ("one", "RUNNING"),
            ("intent-1", "RUNNING"),
            ("intent-1", "SUCCEEDED"),
            ("one", "SUCCEEDED"),
        ]


def test_a_child_that_fails_is_caught_with_what_it_said() -> None:
    with deployed() as world:
        child = make(world, "child", Fail={"Type": "Fail", "Error": "NotBought", "Cause": "sold out"})
        execution = start(world, make(world, "parent", Buy=child_task(child, "n", Catch=CATCH), Told=TOLD))
        world.run_for(SECOND)
        told = output(world, execution)
        assert told["Error"] == "States.TaskFailed"
        assert json.loads(told["Cause"])["Error"] == "NotBought"


def test_the_name_of_a_finished_child_is_taken() -> None:
    with deployed() as world:
        _, parent = family(world, seconds=1)
        first, second = start(world, parent, "one"), start(world, parent, "two")
        world.run_for(10 * SECOND)
        # Both were there while the child ran with the same input: one child, two that wait for it.
        assert output(world, first) == output(world, second)
        third = start(world, parent, "three")
        world.run_for(10 * SECOND)
        assert output(world, third)["Error"] == EXISTS


def test_the_name_of_a_running_child_with_another_input_is_taken() -> None:
    with deployed() as world:
        child, _ = family(world)
        start(world, child, "intent-1", {"intent": "another"})
        execution = start(world, make(world, "other", Buy=child_task(child, "intent-1", Catch=CATCH), Told=TOLD))
        world.run_for(SECOND)
        assert output(world, execution)["Error"] == EXISTS


def test_a_second_start_with_the_same_name_and_input_is_the_same_execution_while_it_runs() -> None:
    with deployed() as world:
        child, _ = family(world, seconds=5)
        first = start(world, child, given={"intent": "i"})
        assert start(world, child, given={"intent": "i"}) == first
        world.run_for(10 * SECOND)
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            start(world, child, given={"intent": "i"})
        assert changes(world) == [("one", "RUNNING"), ("one", "SUCCEEDED")]


@pytest.mark.parametrize("name", ["n" * 81, "with space", "a/b", "a:b", "a#b"])
def test_a_bad_name_is_refused(name: str) -> None:
    with deployed() as world:
        child, _ = family(world)
        with pytest.raises(ClientError, match="InvalidName"):
            start(world, child, name)
        execution = start(world, make(world, "other", Buy=child_task(child, name, Catch=CATCH), Told=TOLD))
        world.run_for(SECOND)
        assert output(world, execution)["Error"] == "StepFunctions.InvalidNameException"


def test_the_longest_name_is_80_characters() -> None:
    with deployed() as world:
        child, _ = family(world)
        assert start(world, child, "n" * 80).endswith("n" * 80)


def test_stopping_a_parent_stops_its_child() -> None:
    with deployed() as world:
        child, parent = family(world)
        execution = start(world, parent)
        world.run_for(10 * SECOND)
        world.client("stepfunctions").stop_execution(executionArn=execution, error="Enough", cause="said so")
        assert status(world, execution) == "ABORTED"
        world.run_for(SECOND)
        found = describe(world, execution)
        assert (found["error"], found["cause"]) == ("Enough", "said so")
        (listed,) = world.client("stepfunctions").list_executions(stateMachineArn=child)["executions"]
        assert listed["status"] == "ABORTED"
        assert changes(world)[2:] == [("one", "ABORTED"), ("intent-1", "ABORTED")]


def test_a_child_outlives_the_time_out_of_the_task_that_waits_for_it() -> None:
    with deployed() as world:
        child, parent = family(world, seconds=100, TimeoutSeconds=10)
        execution = start(world, parent)
        world.run_for(50 * SECOND)
        assert output(world, execution)["Error"] == "States.Timeout"
        world.run_for(60 * SECOND)
        (listed,) = world.client("stepfunctions").list_executions(stateMachineArn=child)["executions"]
        assert listed["status"] == "SUCCEEDED"


def test_an_execution_stopped_before_it_began_does_nothing() -> None:
    with deployed() as world:
        execution = start(world, make(world, "asks", Ask=waiting_task(world)))
        world.client("stepfunctions").stop_execution(executionArn=execution)
        world.run_for(10 * SECOND)
        assert status(world, execution) == "ABORTED"
        assert world.functions.invocations == []


def test_the_same_seed_tells_the_same_story_of_children_and_tokens() -> None:
    def story(seed: int) -> tuple[str, list[str]]:
        with deployed(seed=seed) as world:
            child = make(world, "asks", Ask=waiting_task(world, TimeoutSeconds=30))
            start(world, make(world, "parent", Buy=child_task(child, "n", Catch=CATCH), Told=TOLD))
            world.run_for(60 * SECOND)
            return world.journal.as_json(), tokens(world)

    assert story(1) == story(1) != story(2)
