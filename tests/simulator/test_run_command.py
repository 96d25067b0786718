"""Run Command: commands that are sent to instances, and what comes of them there."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.assumptions import Assumptions, seconds
from simulator.run_command import Outcome
from simulator.world import World
from tests.simulator.groups_stage import refusal

DOCUMENT = "checkpoint"
PLAIN = Assumptions(
    command_delivery=seconds(3), command_listed=seconds(1), instance_start=seconds(1), instance_stop=seconds(1)
)


@pytest.fixture
def world() -> Iterator[World]:
    with World(template=None, assumptions=PLAIN) as ready:
        yield ready


def _instances(world: World, count: int = 1) -> list[str]:
    run = world.client("ec2").run_instances(ImageId="ami-1", InstanceType="m5.large", MinCount=count, MaxCount=count)
    world.run_for(timedelta(seconds=1))
    return [one["InstanceId"] for one in run["Instances"]]


def _play(world: World, outcome: Outcome, instance_id: str | None = None) -> None:
    world.regions[world.home].run_command.play(DOCUMENT, outcome, instance_id)


def _send(world: World, ids: list[str], **changes: Any) -> str:
    answer = world.client("ssm").send_command(DocumentName=DOCUMENT, InstanceIds=ids, **changes)
    return str(answer["Command"]["CommandId"])


def _status(world: World, command_id: str, instance_id: str) -> tuple[str, str, int]:
    shown = world.client("ssm").get_command_invocation(CommandId=command_id, InstanceId=instance_id)
    return shown["Status"], shown["StatusDetails"], shown["ResponseCode"]


def test_a_command_is_pending_then_runs_then_succeeds_with_its_output(world: World) -> None:
    _play(world, Outcome(takes=timedelta(seconds=20), output="saved step 4000"))
    [instance_id] = _instances(world)
    command_id = _send(world, [instance_id], Comment="before the end", Parameters={"commands": ["save"]})
    world.run_for(timedelta(seconds=1))
    assert _status(world, command_id, instance_id) == ("Pending", "Pending", -1)
    world.run_for(timedelta(seconds=2))
    assert _status(world, command_id, instance_id) == ("InProgress", "InProgress", -1)
    world.run_for(timedelta(seconds=20))
    shown = world.client("ssm").get_command_invocation(CommandId=command_id, InstanceId=instance_id)
    said = {key: shown[key] for key in ("Status", "ResponseCode", "StandardOutputContent", "ExecutionElapsedTime")}
    assert said == {
        "Status": "Success",
        "ResponseCode": 0,
        "StandardOutputContent": "saved step 4000",
        "ExecutionElapsedTime": "PT20S",
    }


def test_a_command_that_fails_says_what_it_wrote(world: World) -> None:
    _play(world, Outcome(succeeds=False, output="half way", error="no space left", response_code=28))
    [instance_id] = _instances(world)
    command_id = _send(world, [instance_id])
    world.run_for(timedelta(minutes=1))
    assert _status(world, command_id, instance_id) == ("Failed", "Failed", 28)
    listed = world.client("ssm").list_command_invocations(CommandId=command_id, Details=True)["CommandInvocations"]
    assert [one["Status"] for one in listed] == ["Failed"]
    assert listed[0]["CommandPlugins"][0]["Output"].splitlines() == [
        "half way",
        "----------ERROR-------",
        "no space left",
    ]


def test_each_instance_goes_its_own_way(world: World) -> None:
    good, slow, deaf = _instances(world, 3)
    _play(world, Outcome())
    _play(world, Outcome(takes=timedelta(minutes=20)), slow)
    _play(world, Outcome(delivered=False), deaf)
    sent = {"TimeoutSeconds": 60, "Parameters": {"executionTimeout": ["600"]}}
    command_id = _send(world, [good, slow, deaf], **sent)
    world.run_for(timedelta(minutes=2))
    assert [_status(world, command_id, one)[0] for one in (good, slow, deaf)] == ["Success", "InProgress", "Pending"]
    world.run_for(timedelta(minutes=9))
    assert [_status(world, command_id, one)[1] for one in (good, slow, deaf)] == [
        "Success",
        "Execution Timed Out",
        "Delivery Timed Out",
    ]
    assert _status(world, command_id, slow)[0] == "TimedOut"
    [command] = world.client("ssm").list_commands(CommandId=command_id)["Commands"]
    assert (command["Status"], command["CompletedCount"], command["DeliveryTimedOutCount"]) == ("TimedOut", 3, 1)


def test_nothing_more_is_heard_of_an_instance_that_was_ended(world: World) -> None:
    _play(world, Outcome(takes=timedelta(seconds=30)))
    [instance_id] = _instances(world)
    command_id = _send(world, [instance_id], TimeoutSeconds=30, Parameters={"executionTimeout": ["60"]})
    world.run_for(timedelta(seconds=10))
    world.client("ec2").terminate_instances(InstanceIds=[instance_id])
    world.run_for(timedelta(seconds=60))
    assert _status(world, command_id, instance_id)[0] == "InProgress"
    world.run_for(timedelta(seconds=20))
    assert _status(world, command_id, instance_id) == ("TimedOut", "Delivery Timed Out", -1)


def test_a_command_is_not_found_in_its_first_moment(world: World) -> None:
    _play(world, Outcome())
    [instance_id] = _instances(world)
    command_id = _send(world, [instance_id])
    ask = world.client("ssm").get_command_invocation
    named = {"CommandId": command_id, "InstanceId": instance_id}
    assert refusal(ask, **named) == "InvocationDoesNotExist"
    world.run_for(timedelta(seconds=1))
    assert refusal(ask, **named) == "nothing was refused"
    assert refusal(ask, **{**named, "InstanceId": "i-0123456789abcdef0"}) == "InvocationDoesNotExist"


def test_what_cannot_run_is_refused(world: World) -> None:
    [instance_id, ended] = _instances(world, 2)
    send = world.client("ssm").send_command
    assert refusal(send, DocumentName=DOCUMENT, InstanceIds=[instance_id]) == "InvalidDocument"
    _play(world, Outcome())
    world.client("ec2").terminate_instances(InstanceIds=[ended])
    with pytest.raises(ClientError, match="not in a valid state for account"):
        send(DocumentName=DOCUMENT, InstanceIds=[instance_id, ended])
    world.regions[world.home].run_command.unmanaged.add(instance_id)
    assert refusal(send, DocumentName=DOCUMENT, InstanceIds=[instance_id]) == "InvalidInstanceId"
    assert refusal(send, DocumentName=DOCUMENT, InstanceIds=[instance_id] * 2) == "DuplicateInstanceId"
    assert refusal(send, DocumentName=DOCUMENT, InstanceIds=[]) == "ValidationException"
    assert world.regions[world.home].run_command.sent == []


def test_amazons_own_documents_are_known_without_being_played(world: World) -> None:
    ids = _instances(world)
    world.client("ssm").send_command(DocumentName="AWS-RunShellScript", InstanceIds=ids)
    assert [one.document for one in world.regions[world.home].run_command.sent] == ["AWS-RunShellScript"]
