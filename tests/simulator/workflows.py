"""Small workflows, written where they are used."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.world import World

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROLE = "arn:aws:iam::123456789012:role/workflows"
CHANGE = "Step Functions Execution Status Change"


def task(world: World, payload: Any, **more: Any) -> dict[str, Any]:
    """A state that invokes the probe and ends."""
    function = world.functions.find("ProbeFunction").arn
    arguments = {"FunctionName": function, "Payload": payload}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": arguments, "End": True} | more


def waiting_task(world: World, **more: Any) -> dict[str, Any]:
    """A state that waits for its task token, which the probe is given."""
    payload = {"token": "{% $states.context.Task.Token %}"}
    return task(world, payload, Resource="arn:aws:states:::lambda:invoke.waitForTaskToken", **more)


def child_task(child: str, name: str, given: Any = None, **more: Any) -> dict[str, Any]:
    """A state that runs another workflow and waits for its end."""
    arguments = {"StateMachineArn": child, "Name": name, "Input": given or {}}
    resource = "arn:aws:states:::states:startExecution.sync:2"
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True} | more


def pause(seconds: Any, **more: Any) -> dict[str, Any]:
    return {"Type": "Wait", "Seconds": seconds, "End": True} | more


def make(world: World, name: str, **states: dict[str, Any]) -> str:
    """Create a workflow that starts at the first of its states, and answer its ARN."""
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    client = world.client("stepfunctions")
    made = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    arn: str = made["stateMachineArn"]
    return arn


def start(world: World, machine: str, name: str = "one", given: Any = None) -> str:
    asked = json.dumps(given or {})
    execution: str = world.client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=asked)[
        "executionArn"
    ]
    return execution


def describe(world: World, execution: str) -> dict[str, Any]:
    found: dict[str, Any] = world.client("stepfunctions").describe_execution(executionArn=execution)
    return found


def status(world: World, execution: str) -> str:
    return str(describe(world, execution)["status"])


def output(world: World, execution: str) -> Any:
    return json.loads(describe(world, execution)["output"])


def tokens(world: World) -> list[str]:
    """The task tokens that the probe was given so far."""
    payloads = [json.loads(one.payload) for one in world.functions.invocations]
    return [payload["token"] for payload in payloads if "token" in payload]


def history(world: World, execution: str) -> list[str]:
    events = world.client("stepfunctions").get_execution_history(executionArn=execution)["events"]
    return [event["type"] for event in events]


def changes(world: World) -> list[tuple[str, str]]:
    """The names and statuses of the events of executions."""
    return [(one["detail"]["name"], one["detail"]["status"]) for one in world.events if one["detail-type"] == CHANGE]
