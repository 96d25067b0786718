from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.autoscaling import AutoScalingGroups
from capacity_blocks.core import tag
from capacity_blocks.core.drain.hook import HookResult, LifecycleHook, ours
from capacity_blocks.core.pool import LaunchFailure
from capacity_blocks.core.target import ScheduledAction
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import END, REGION, START
from tests.unit.adapters.stub import add_pages

MINUTE = timedelta(minutes=1)
REFUSAL = "There is no capacity left in reservation cr-0a"


@dataclass
class AutoScaling:
    """Auto Scaling as a Stubber plays it, and the adapter on it."""

    stub: Stubber
    groups: AutoScalingGroups

    def has_newest(self, *activities: dict[str, Any]) -> None:
        self.stub.add_response(
            "describe_scaling_activities",
            {"Activities": list(activities), "NextToken": "older"},
            {"AutoScalingGroupName": "train", "MaxRecords": 100},
        )

    def unprotects(self, *instance_ids: str) -> None:
        self.stub.add_response("set_instance_protection", {}, _unprotection(*instance_ids))

    def does_not_unprotect(self, *instance_ids: str, code: str = "ValidationError") -> None:
        self.stub.add_client_error(
            "set_instance_protection", code, "not in the group", expected_params=_unprotection(*instance_ids)
        )


def _unprotection(*instance_ids: str) -> dict[str, Any]:
    return {"AutoScalingGroupName": "train", "InstanceIds": list(instance_ids), "ProtectedFromScaleIn": False}


@pytest.fixture
def auto_scaling() -> Iterator[AutoScaling]:
    client = aws.client("autoscaling")
    with Stubber(client) as stub:
        yield AutoScaling(stub, AutoScalingGroups(client, REGION))
        stub.assert_no_pending_responses()


HOOK = {
    "LifecycleHookName": "capacity-blocks-drain",
    "AutoScalingGroupName": "train",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
    "HeartbeatTimeout": 420,
    "GlobalTimeout": 42000,
    "DefaultResult": "CONTINUE",
}


def test_hooks_on_termination_are_read_and_those_on_launch_left_out(auto_scaling: AutoScaling) -> None:
    other = {**HOOK, "LifecycleHookName": "archive", "HeartbeatTimeout": 3600, "DefaultResult": "ABANDON"}
    launching = {**HOOK, "LifecycleHookName": "a", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}
    auto_scaling.stub.add_response(
        "describe_lifecycle_hooks", {"LifecycleHooks": [HOOK, launching, other]}, {"AutoScalingGroupName": "train"}
    )

    assert auto_scaling.groups.hooks("train") == (
        LifecycleHook(name="archive", heartbeat=60 * MINUTE, default_result=HookResult.ABANDON),
        LifecycleHook(name="capacity-blocks-drain", heartbeat=7 * MINUTE),
    )


def test_our_hook_waits_on_termination_and_lets_the_instance_go_when_it_runs_out(auto_scaling: AutoScaling) -> None:
    asked = {name: HOOK[name] for name in HOOK if name != "GlobalTimeout"}
    auto_scaling.stub.add_response("put_lifecycle_hook", {}, asked)

    auto_scaling.groups.put_hook("train", ours(7 * MINUTE))


GONE = "No Lifecycle Hook found with the name capacity-blocks-drain"


def test_a_hook_that_is_gone_is_deleted(auto_scaling: AutoScaling) -> None:
    asked = {"AutoScalingGroupName": "train", "LifecycleHookName": "capacity-blocks-drain"}
    auto_scaling.stub.add_client_error("delete_lifecycle_hook", "ValidationError", GONE, expected_params=asked)

    auto_scaling.groups.delete_hook("train", "capacity-blocks-drain")


@pytest.mark.parametrize(
    ("code", "words"), [("ValidationError", "AutoScalingGroup name not found"), ("ResourceContention", GONE)]
)
def test_what_else_is_wrong_with_a_hook_is_told(auto_scaling: AutoScaling, code: str, words: str) -> None:
    auto_scaling.stub.add_client_error("delete_lifecycle_hook", code, words)

    with pytest.raises(AwsError, match=code):
        auto_scaling.groups.delete_hook("train", "capacity-blocks-drain")


def activity(**changes: Any) -> dict[str, Any]:
    return {
        "ActivityId": "1",
        "AutoScalingGroupName": "train",
        "Description": "Launching a new EC2 instance.  Status Reason: …",
        "Cause": "At … an instance was started in response to a difference between desired and actual capacity",
        "StartTime": START,
        "EndTime": START + MINUTE,
        "StatusCode": "Failed",
        "StatusMessage": REFUSAL,
        **changes,
    }


def test_groups_are_read_from_every_page() -> None:
    with aws.moto():
        client = aws.client("autoscaling")
        client.create_launch_configuration(
            LaunchConfigurationName="nodes", ImageId="ami-12c6146b", InstanceType="t2.micro"
        )
        for number in range(101):
            client.create_auto_scaling_group(
                AutoScalingGroupName=f"train-{number:03}",
                LaunchConfigurationName="nodes",
                MinSize=0,
                MaxSize=0,
                AvailabilityZones=["us-east-2a"],
                Tags=[{"Key": tag.POOL, "Value": "training"}],
            )

        found = AutoScalingGroups(client, REGION).tagged(tag.POOL)

    assert [g.name for g in found] == [f"train-{n:03}" for n in range(101)]


def test_scheduled_actions_are_read_from_every_page(auto_scaling: AutoScaling) -> None:
    starts = {"AutoScalingGroupName": "train", "ScheduledActionName": "start", "StartTime": START, "DesiredCapacity": 8}
    drains = {"AutoScalingGroupName": "train", "ScheduledActionName": "drain", "StartTime": END, "MinSize": 0}
    others = {"AutoScalingGroupName": "web", "ScheduledActionName": "nightly", "Recurrence": "0 1 * * *", "MaxSize": 1}
    pages = [[starts, others], [drains]]
    add_pages(
        auto_scaling.stub, "describe_scheduled_actions", "ScheduledUpdateGroupActions", pages, {"MaxRecords": 100}
    )

    assert auto_scaling.groups.scheduled_actions() == {
        "train": (
            ScheduledAction(name="start", start=START, desired=8),
            ScheduledAction(name="drain", start=END, minimum=0),
        ),
        "web": (ScheduledAction(name="nightly", start=None, maximum=1),),
    }


def test_the_last_failure_is_the_newest_launch_that_failed(auto_scaling: AutoScaling) -> None:
    auto_scaling.has_newest(
        activity(StatusCode="Successful"),
        activity(Description="Terminating EC2 instance: i-1"),
        activity(StartTime=START - MINUTE, EndTime=START),
        activity(StatusMessage="an older failure"),
    )

    assert auto_scaling.groups.last_failure("train") == LaunchFailure(at=START, message=REFUSAL)


def test_a_launch_that_was_cancelled_has_failed(auto_scaling: AutoScaling) -> None:
    auto_scaling.has_newest(activity(StatusCode="Cancelled"))

    assert auto_scaling.groups.last_failure("train") == LaunchFailure(at=START + MINUTE, message=REFUSAL)


def test_a_failure_without_words_or_end_is_told_by_its_cause_and_start(auto_scaling: AutoScaling) -> None:
    bare = {k: v for k, v in activity(Cause="because").items() if k not in {"EndTime", "StatusMessage"}}
    auto_scaling.has_newest(bare)

    assert auto_scaling.groups.last_failure("train") == LaunchFailure(at=START, message="because")


def test_launches_under_way_have_not_failed(auto_scaling: AutoScaling) -> None:
    auto_scaling.has_newest(activity(StatusCode="InProgress"), activity(StatusCode="Successful"))

    assert auto_scaling.groups.last_failure("train") is None


def test_no_more_than_50_instances_are_unprotected_at_once(auto_scaling: AutoScaling) -> None:
    ids = [f"i-{n:02}" for n in range(51)]
    auto_scaling.unprotects(*ids[:50])
    auto_scaling.unprotects(ids[50])

    auto_scaling.groups.unprotect("train", ids)


def test_an_instance_that_has_gone_leaves_no_other_protected(auto_scaling: AutoScaling) -> None:
    auto_scaling.does_not_unprotect("i-1", "i-2", "i-3")
    auto_scaling.does_not_unprotect("i-1")
    auto_scaling.unprotects("i-2")
    auto_scaling.unprotects("i-3")

    with pytest.raises(AwsError, match="not in the group"):
        auto_scaling.groups.unprotect("train", ["i-1", "i-2", "i-3"])


def test_a_denial_is_not_asked_for_again_instance_by_instance(auto_scaling: AutoScaling) -> None:
    auto_scaling.does_not_unprotect("i-1", "i-2", code="AccessDenied")

    with pytest.raises(AwsError, match="AccessDenied"):
        auto_scaling.groups.unprotect("train", ["i-1", "i-2"])


def test_only_an_action_that_is_not_there_counts_as_deleted(auto_scaling: AutoScaling) -> None:
    auto_scaling.stub.add_client_error("delete_scheduled_action", "ValidationError", "Scheduled action name not found")
    auto_scaling.groups.delete_scheduled_action("train", "start")

    auto_scaling.stub.add_client_error("delete_scheduled_action", "ValidationError", "Group name not found")
    with pytest.raises(AwsError, match="Group name not found"):
        auto_scaling.groups.delete_scheduled_action("train", "start")


def test_protection_is_taken_from_instances_and_kept_for_new_ones() -> None:
    with aws.moto():
        client = aws.client("autoscaling")
        client.create_launch_configuration(
            LaunchConfigurationName="nodes", ImageId="ami-12c6146b", InstanceType="t2.micro"
        )
        client.create_auto_scaling_group(
            AutoScalingGroupName="train",
            LaunchConfigurationName="nodes",
            MinSize=0,
            MaxSize=2,
            DesiredCapacity=2,
            AvailabilityZones=["us-east-2a"],
            NewInstancesProtectedFromScaleIn=True,
            Tags=[{"Key": tag.POOL, "Value": "training"}],
        )
        groups = AutoScalingGroups(client, REGION)
        [before] = groups.tagged(tag.POOL)
        groups.unprotect("train", [i.instance_id for i in before.instances])
        [after] = groups.tagged(tag.POOL)

    assert [i.protected for i in before.instances] == [True, True]
    assert [i.protected for i in after.instances] == [False, False]
