"""Workflows wait on the virtual clock, retry, catch and branch, and tell the same story each time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.world import World
from tests.simulator.stage import deployed

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def start(world: World, event: dict[str, Any]) -> str:
    asked = json.dumps({"seconds": 300, "quoted": 'say "hi"\n', **event})
    client, arn = world.client("stepfunctions"), world.physical_id("Workflow")
    execution: str = client.start_execution(stateMachineArn=arn, input=asked)["executionArn"]
    return execution


def describe(world: World, execution: str) -> dict[str, Any]:
    found: dict[str, Any] = world.client("stepfunctions").describe_execution(executionArn=execution)
    return found


def runs(world: World) -> list[float]:
    return [round((one.started - NINE).total_seconds(), 0) for one in world.functions.invocations if one.started]


def test_a_wait_takes_virtual_time_and_branches_run() -> None:
    with deployed() as world:
        execution = start(world, {})
        world.run_until(NINE + 299 * SECOND)
        assert describe(world, execution)["status"] == "RUNNING"
        assert runs(world) == []
        world.run_until(NINE + 310 * SECOND)
        found = describe(world, execution)
        output = json.loads(found["output"])
    assert found["status"] == "SUCCEEDED"
    assert found["startDate"].astimezone(UTC) == NINE
    probed, looked = output["results"]
    assert probed["runs"] == 1
    assert looked == {"blocks": 0, "quoted": 'say "hi"\n'}
    assert output["id"] == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


def test_a_retry_waits_longer_each_time() -> None:
    with deployed() as world:
        execution = start(world, {"do": "fail at first", "times": 2})
        world.run_until(NINE + 400 * SECOND)
        found = describe(world, execution)
        pauses = [later - earlier for earlier, later in zip(runs(world), runs(world)[1:], strict=False)]
    assert json.loads(found["output"])["results"][0] == {"after failures": True}
    assert pauses == [10.0, 20.0]


def test_an_error_is_caught_by_its_name() -> None:
    with deployed() as world:
        execution = start(world, {"do": "fail"})
        world.run_until(NINE + 400 * SECOND)
        found = describe(world, execution)
    assert json.loads(found["output"])["results"][0] == {"caught": "PermanentError"}


def test_an_error_that_nobody_catches_fails_the_execution() -> None:
    with deployed() as world:
        execution = start(world, {"do": "fail at first"})
        world.run_until(NINE + 400 * SECOND)
        found = describe(world, execution)
    assert (found["status"], found["error"]) == ("FAILED", "KeyError")


def test_executions_sleep_side_by_side_and_their_calls_are_recorded() -> None:
    with deployed() as world:
        first, second = start(world, {"seconds": 600}), start(world, {"seconds": 60})
        world.run_until(NINE + 120 * SECOND)
        assert [describe(world, one)["status"] for one in (first, second)] == ["RUNNING", "SUCCEEDED"]
        world.run_until(NINE + 900 * SECOND)
        assert describe(world, first)["status"] == "SUCCEEDED"
        workflow = world.client("stepfunctions").list_state_machines()["stateMachines"][0]["name"]
        assert {call.name for call in world.calls.of(workflow)} == {"lambda.Invoke", "ec2.DescribeCapacityReservations"}
        assert [fact.text for fact in world.journal.of("workflow")] == ["started", "started", "succeeded", "succeeded"]


def test_an_execution_can_be_stopped_while_it_waits() -> None:
    with deployed() as world:
        execution = start(world, {})
        world.run_for(10 * SECOND)
        world.client("stepfunctions").stop_execution(executionArn=execution, error="Enough", cause="a person said so")
        world.run_for(400 * SECOND)
        assert describe(world, execution)["status"] == "ABORTED"
        assert runs(world) == []


def test_a_rule_may_start_a_workflow() -> None:
    with deployed() as world:
        events = world.client("events")
        events.put_rule(Name="r", EventPattern='{"source": ["my.app"]}')
        role = "arn:aws:iam::123456789012:role/r"
        target = {
            "Id": "1",
            "Arn": world.physical_id("Workflow"),
            "RoleArn": role,
            "Input": '{"seconds": 1, "quoted": ""}',
        }
        events.put_targets(Rule="r", Targets=[target])
        world.emit("my.app", "Anything", {})
        world.run_for(60 * SECOND)
        (execution,) = world.client("stepfunctions").list_executions(stateMachineArn=world.physical_id("Workflow"))[
            "executions"
        ]
        assert execution["status"] == "SUCCEEDED"
