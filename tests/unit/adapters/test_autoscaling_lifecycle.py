from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.autoscaling_lifecycle import AutoScalingLifecycle
from capacity_blocks.core import tag
from capacity_blocks.core.drain.member import Member
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import END, REGION

NAMES = {"AutoScalingGroupName": "train", "LifecycleHookName": "capacity-blocks-drain", "InstanceId": "i-0a"}
MEMBER = Member(
    instance_id="i-0a",
    region=REGION,
    group="train",
    lifecycle_state="Terminating:Wait",
    tags={tag.POOL: "training", tag.DRAIN: "eks"},
)
NOTHING_WAITS = "No active Lifecycle Action found with instance ID i-0a"


def group(*states: str) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": "train",
        "MinSize": 0,
        "MaxSize": 8,
        "DesiredCapacity": 0,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["us-east-2a"],
        "HealthCheckType": "EC2",
        "CreatedTime": "2026-03-01T00:00:00Z",
        "Instances": [
            {
                "InstanceId": f"i-{number:02x}",
                "AvailabilityZone": "us-east-2a",
                "LifecycleState": state,
                "HealthStatus": "Healthy",
                "ProtectedFromScaleIn": False,
            }
            for number, state in enumerate(states)
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in MEMBER.tags.items()],
    }


@dataclass
class Lifecycle:
    stub: Stubber
    adapter: AutoScalingLifecycle


@pytest.fixture
def lifecycle() -> Iterator[Lifecycle]:
    client = aws.client("autoscaling")
    with Stubber(client) as stub:
        yield Lifecycle(stub, AutoScalingLifecycle(client, REGION))
        stub.assert_no_pending_responses()


def test_an_instance_is_read_with_the_tags_of_its_group(lifecycle: Lifecycle) -> None:
    shown = {
        "InstanceId": "i-0a",
        "AutoScalingGroupName": "train",
        "AvailabilityZone": "us-east-2a",
        "LifecycleState": "Terminating:Wait",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": False,
    }
    lifecycle.stub.add_response(
        "describe_auto_scaling_instances", {"AutoScalingInstances": [shown]}, {"InstanceIds": ["i-0a"]}
    )
    lifecycle.stub.add_response(
        "describe_auto_scaling_groups", {"AutoScalingGroups": [group()]}, {"AutoScalingGroupNames": ["train"]}
    )

    assert lifecycle.adapter.member("i-0a") == MEMBER


def test_an_instance_of_no_group_is_none(lifecycle: Lifecycle) -> None:
    lifecycle.stub.add_response(
        "describe_auto_scaling_instances", {"AutoScalingInstances": []}, {"InstanceIds": ["i-0a"]}
    )

    assert lifecycle.adapter.member("i-0a") is None


def test_the_instances_of_a_group_are_read_with_its_tags(lifecycle: Lifecycle) -> None:
    lifecycle.stub.add_response(
        "describe_auto_scaling_groups",
        {"AutoScalingGroups": [group("InService", "Terminating:Wait")]},
        {"AutoScalingGroupNames": ["train"]},
    )

    assert [(m.instance_id, m.lifecycle_state, m.tags) for m in lifecycle.adapter.members("train")] == [
        ("i-00", "InService", MEMBER.tags),
        ("i-01", "Terminating:Wait", MEMBER.tags),
    ]


@pytest.mark.parametrize(
    ("hooks", "expected"),
    [([], None), ([{"LifecycleHookName": "capacity-blocks-drain", "HeartbeatTimeout": 420}], timedelta(minutes=7))],
)
def test_the_time_out_is_that_of_our_hook(
    lifecycle: Lifecycle, hooks: list[dict[str, Any]], expected: timedelta | None
) -> None:
    asked = {"AutoScalingGroupName": "train", "LifecycleHookNames": ["capacity-blocks-drain"]}
    lifecycle.stub.add_response("describe_lifecycle_hooks", {"LifecycleHooks": hooks}, asked)

    assert lifecycle.adapter.timeout("train") == expected


def test_a_heartbeat_names_the_instance_and_our_hook(lifecycle: Lifecycle) -> None:
    lifecycle.stub.add_response("record_lifecycle_action_heartbeat", {}, NAMES)

    assert lifecycle.adapter.heartbeat(MEMBER)


def test_to_let_go_is_to_continue(lifecycle: Lifecycle) -> None:
    lifecycle.stub.add_response("complete_lifecycle_action", {}, {**NAMES, "LifecycleActionResult": "CONTINUE"})

    assert lifecycle.adapter.complete(MEMBER)


@pytest.mark.parametrize("call", ["heartbeat", "complete"])
def test_where_nothing_waits_that_is_an_answer(lifecycle: Lifecycle, call: str) -> None:
    operation = {"heartbeat": "record_lifecycle_action_heartbeat", "complete": "complete_lifecycle_action"}[call]
    lifecycle.stub.add_client_error(operation, "ValidationError", NOTHING_WAITS, http_status_code=400)

    assert getattr(lifecycle.adapter, call)(MEMBER) is False


@pytest.mark.parametrize("call", ["heartbeat", "complete"])
@pytest.mark.parametrize(
    ("code", "words"), [("ValidationError", "AutoScalingGroup name not found"), ("AccessDenied", NOTHING_WAITS)]
)
def test_every_other_refusal_is_an_error(lifecycle: Lifecycle, call: str, code: str, words: str) -> None:
    operation = {"heartbeat": "record_lifecycle_action_heartbeat", "complete": "complete_lifecycle_action"}[call]
    lifecycle.stub.add_client_error(operation, code, words, http_status_code=400)

    with pytest.raises(AwsError, match=words):
        getattr(lifecycle.adapter, call)(MEMBER)


def test_our_native_drain_action_is_read(lifecycle: Lifecycle) -> None:
    named = {"AutoScalingGroupName": "train", "ScheduledActionNames": ["capacity-blocks-drain"]}
    action = {"ScheduledActionName": "capacity-blocks-drain", "StartTime": END, "DesiredCapacity": 0}
    for found in ([action], []):
        lifecycle.stub.add_response("describe_scheduled_actions", {"ScheduledUpdateGroupActions": found}, named)

    assert [lifecycle.adapter.drain_action("train") for _ in range(2)] == [END, None]
