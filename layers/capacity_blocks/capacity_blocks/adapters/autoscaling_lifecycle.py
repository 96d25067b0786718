"""Instances of Auto Scaling groups one by one: what they are in, and the wait that our hook puts on their end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code, message, raises_aws_error
from capacity_blocks.core.drain.hook import HOOK, HookResult
from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.service import DRAIN_ACTION

if TYPE_CHECKING:
    from types_boto3_autoscaling.client import AutoScalingClient

# Auto Scaling has one code for all that is wrong with a request; the message tells what: "No active Lifecycle Action
# found with instance ID i-…" (seen in issue 493 of aws-node-termination-handler).
INVALID = "ValidationError"
NOTHING_WAITS = "No active Lifecycle Action found"


class AutoScalingLifecycle:
    """What is said of a wait names the instance and our hook: tokens of events are neither needed nor believed."""

    PERMISSIONS = frozenset(
        {
            "autoscaling:CompleteLifecycleAction",
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLifecycleHooks",
            "autoscaling:DescribeScheduledActions",
            "autoscaling:RecordLifecycleActionHeartbeat",
        }
    )
    DEPENDENT_PERMISSIONS = frozenset[str]()
    READS = frozenset({"drain_action", "members"})  # what a warning calls, and what that takes
    READ_PERMISSIONS = frozenset({"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeScheduledActions"})

    def __init__(self, client: "AutoScalingClient", region: str) -> None:
        self._client = client
        self._region = region

    @raises_aws_error
    def member(self, instance_id: str) -> Member | None:
        # Not paginated: one id, one answer. An id that is in no group "is ignored with no error".
        found = self._client.describe_auto_scaling_instances(InstanceIds=[instance_id])["AutoScalingInstances"]
        if not found:
            return None
        group = found[0]["AutoScalingGroupName"]
        tags = self._tags(group)
        state = found[0]["LifecycleState"]
        return Member(instance_id=instance_id, region=self._region, group=group, lifecycle_state=state, tags=tags)

    @raises_aws_error
    def members(self, group: str) -> Sequence[Member]:
        pages = self._client.get_paginator("describe_auto_scaling_groups").paginate(AutoScalingGroupNames=[group])
        return [
            Member(
                instance_id=instance["InstanceId"],
                region=self._region,
                group=group,
                lifecycle_state=instance["LifecycleState"],
                tags={tag["Key"]: tag["Value"] for tag in item.get("Tags", [])},
            )
            for page in pages
            for item in page["AutoScalingGroups"]
            for instance in item.get("Instances", [])
        ]

    @raises_aws_error
    def drain_action(self, group: str) -> datetime | None:
        # Not paginated: one name, one action.
        found = self._client.describe_scheduled_actions(AutoScalingGroupName=group, ScheduledActionNames=[DRAIN_ACTION])
        return next((action["StartTime"] for action in found["ScheduledUpdateGroupActions"]), None)

    @raises_aws_error
    def timeout(self, group: str) -> timedelta | None:
        found = self._client.describe_lifecycle_hooks(AutoScalingGroupName=group, LifecycleHookNames=[HOOK])
        return next((timedelta(seconds=hook["HeartbeatTimeout"]) for hook in found["LifecycleHooks"]), None)

    @raises_aws_error
    def heartbeat(self, member: Member) -> bool:
        try:
            self._client.record_lifecycle_action_heartbeat(
                AutoScalingGroupName=member.group, LifecycleHookName=HOOK, InstanceId=member.instance_id
            )
        except ClientError as error:
            return _waits_still(error)
        return True

    @raises_aws_error
    def complete(self, member: Member) -> bool:
        try:
            self._client.complete_lifecycle_action(
                AutoScalingGroupName=member.group,
                LifecycleHookName=HOOK,
                InstanceId=member.instance_id,
                LifecycleActionResult=HookResult.CONTINUE.value,
            )
        except ClientError as error:
            return _waits_still(error)
        return True

    def _tags(self, group: str) -> dict[str, str]:
        # Not paginated: one name, one group.
        found = self._client.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
        return {tag["Key"]: tag["Value"] for item in found for tag in item.get("Tags", [])}


def _waits_still(error: ClientError) -> bool:
    if code(error) == INVALID and NOTHING_WAITS in message(error):
        return False
    raise error
