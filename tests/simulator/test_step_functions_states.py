"""What a workflow sees of itself and of time, and the events that tell of it."""

import json
from datetime import UTC, timedelta
from typing import Any

import pytest

from simulator.faults import Fault, Faults, Strike
from simulator.step_functions import executions
from simulator.world import World
from tests.simulator.stage import deployed
from tests.simulator.workflows import CHANGE, NINE, SECOND, describe, history, make, output, pause, start, status, task


def test_the_context_says_which_execution_it_is() -> None:
    seen = {
        "id": "{% $states.context.Execution.Id %}",
        "name": "{% $states.context.Execution.Name %}",
        "given": "{% $states.context.Execution.Input %}",
        "since": "{% $states.context.Execution.StartTime %}",
        "machine": "{% $states.context.StateMachine.Name %}",
    }
    with deployed() as world:
        execution = start(
            world, make(world, "looks", Look={"Type": "Pass", "Output": seen, "End": True}), given={"a": 1}
        )
        world.run_for(SECOND)
        assert output(world, execution) == {
            "id": execution,
            "name": "one",
            "given": {"a": 1},
            "since": "2027-03-01T09:00:00.000Z",
            "machine": "looks",
        }


def test_a_wait_ends_at_its_timestamp_and_never_before() -> None:
    until = {"Type": "Wait", "Timestamp": "{% $states.input.until %}", "End": True}
    with deployed() as world:
        machine = make(world, "waits", Wait=until)
        world.run_for(timedelta(seconds=0.7))
        execution = start(world, machine, given={"until": "2027-03-01T09:05:00Z"})
        past = start(world, machine, "past", {"until": "2027-03-01T08:00:00+00:00"})
        wrong = start(world, machine, "wrong", {"until": "tomorrow"})
        world.run_until(NINE + timedelta(seconds=299.999))
        assert [status(world, one) for one in (execution, past, wrong)] == ["RUNNING", "SUCCEEDED", "FAILED"]
        world.run_until(NINE + 300 * SECOND)
        assert describe(world, execution)["stopDate"].astimezone(UTC) == NINE + 300 * SECOND


def test_an_execution_times_out_as_a_whole() -> None:
    with deployed() as world:
        definition = {"StartAt": "Wait", "TimeoutSeconds": 60, "States": {"Wait": pause(3600)}}
        role = "arn:aws:iam::123456789012:role/r"
        machine = world.client("stepfunctions").create_state_machine(
            name="slow", definition=json.dumps(definition), roleArn=role
        )["stateMachineArn"]
        execution = start(world, machine)
        world.run_until(NINE + 61 * SECOND)
        assert describe(world, execution)["stopDate"].astimezone(UTC) == NINE + 60 * SECOND
        assert status(world, execution) == "TIMED_OUT"
        assert history(world, execution)[-1] == "ExecutionTimedOut"


def rule(world: World, machine: str) -> None:
    events = world.client("events")
    pattern = {
        "source": ["aws.states"],
        "detail-type": [CHANGE],
        "detail": {"status": ["FAILED"], "stateMachineArn": [machine]},
    }
    events.put_rule(Name="failed", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="failed", Targets=[{"Id": "1", "Arn": world.functions.find("ProbeFunction").arn}])


def failing(world: World) -> str:
    machine = make(world, "fails", Fail={"Type": "Fail", "Error": "Enough", "Cause": "it is"})
    rule(world, machine)
    execution = start(world, machine, given={"a": 1})
    world.run_for(10 * SECOND)
    return execution


def test_a_rule_reacts_to_a_failed_execution() -> None:
    with deployed() as world:
        execution = failing(world)
        (told,) = world.functions.invocations
        event: dict[str, Any] = json.loads(told.payload)
    assert event["resources"] == [execution]
    assert event["detail"] == {
        "executionArn": execution,
        "stateMachineArn": execution.replace(":execution:", ":stateMachine:").removesuffix(":one"),
        "name": "one",
        "status": "FAILED",
        "startDate": 1803891600000,
        "stopDate": 1803891600000,
        "input": '{"a": 1}',
        "output": None,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveStatus": "REDRIVABLE",
        "redriveDate": None,
        "inputDetails": {"included": True},
        "outputDetails": None,
        "error": "Enough",
        "cause": "it is",
    }


def test_the_event_of_an_execution_can_be_lost() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.EVENT_LOST, at=CHANGE, nth=2))) as world:
        failing(world)
        assert world.functions.invocations == []


def test_no_crash_strikes_a_workflow_but_the_function_that_it_calls() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.CRASH_BEFORE, at="*", nth=1))) as world:
        execution = start(world, make(world, "writes", Write=task(world, {"do": "write", "key": "k"})))
        world.run_for(10 * SECOND)
        assert describe(world, execution)["error"] == "Runtime.ExitError"
        assert [one.name for one in world.calls.log] == ["lambda.Invoke"]


def test_what_ends_an_execution_for_good_is_not_caught_by_the_wildcard() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Told"}]
    with deployed() as world:
        until = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"Nothing": 1},
            "Catch": catch,
        }
        machine = make(world, "wrong", Try=until | {"Next": "Told"}, Told={"Type": "Pass", "End": True})
        execution = start(world, machine)
        world.run_for(SECOND)
        assert (status(world, execution), describe(world, execution)["error"]) == ("FAILED", "States.Runtime")


def test_an_execution_of_too_many_events_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "MOST_EVENTS", 50)
    with deployed() as world:
        turn = {"Type": "Wait", "Seconds": 60, "Next": "Turn"}
        execution = start(world, make(world, "turns", Turn=turn))
        world.run_for(timedelta(hours=2))
        found = describe(world, execution)
        assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
        assert "history events" in found["cause"]
        assert len(history(world, execution)) == 52
