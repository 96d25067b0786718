"""Auto Scaling groups: listing, sizing, pointing at a block, native scheduled actions, lifecycle hooks and tags."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from capacity_blocks.adapters.autoscaling_group import read_group
from capacity_blocks.adapters.aws_error import code, message, raises_aws_error
from capacity_blocks.core.drain.hook import HookResult, LifecycleHook
from capacity_blocks.core.group import Group
from capacity_blocks.core.pool import LaunchFailure
from capacity_blocks.core.target import ScheduledAction, TemplateVersion

if TYPE_CHECKING:
    from types_boto3_autoscaling.client import AutoScalingClient
    from types_boto3_autoscaling.type_defs import (
        LaunchTemplateSpecificationTypeDef,
        PutScheduledUpdateGroupActionTypeTypeDef,
        TagTypeDef,
        UpdateAutoScalingGroupTypeTypeDef,
    )

PAGE_SIZE = 100  # the most that Auto Scaling's describe calls allow
PROTECTED_AT_ONCE = 50  # SetInstanceProtectionQuery$InstanceIds
# Auto Scaling has one code for all that is wrong with a request; the message tells what (terraform issue 28760).
INVALID = "ValidationError"
NO_SUCH_ACTION = "Scheduled action name not found"
NO_SUCH_HOOK = "No Lifecycle Hook found"  # seen by others who delete hooks (alchemy-run/alchemy, LifecycleHook)
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
FAILED = frozenset({"Failed", "Cancelled"})  # ScalingActivityStatusCode


class AutoScalingGroups:
    PERMISSIONS = frozenset(
        {
            "autoscaling:CreateOrUpdateTags",
            "autoscaling:DeleteLifecycleHook",
            "autoscaling:DeleteScheduledAction",
            "autoscaling:DeleteTags",
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeLifecycleHooks",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeScheduledActions",
            "autoscaling:PutLifecycleHook",
            "autoscaling:PutScheduledUpdateGroupAction",
            "autoscaling:ResumeProcesses",
            "autoscaling:SetInstanceProtection",
            "autoscaling:UpdateAutoScalingGroup",
        }
    )
    # Checked for whoever gives a group a launch template ("Amazon EC2 Auto Scaling API permissions"): the launch, the
    # role in the template's instance profile, and the tags that the template puts on instances and volumes.
    DEPENDENT_PERMISSIONS = frozenset({"ec2:CreateTags", "ec2:RunInstances", "iam:PassRole"})
    READS = frozenset({"tagged"})  # what a purchase calls to see what there is, and what that takes
    READ_PERMISSIONS = frozenset({"autoscaling:DescribeAutoScalingGroups"})

    def __init__(self, client: "AutoScalingClient", region: str) -> None:
        self._client = client
        self._region = region

    @raises_aws_error
    def tagged(self, tag_key: str) -> Sequence[Group]:
        pages = self._client.get_paginator("describe_auto_scaling_groups").paginate(
            Filters=[{"Name": "tag-key", "Values": [tag_key]}], PaginationConfig={"PageSize": PAGE_SIZE}
        )
        return [read_group(item, self._region) for page in pages for item in page["AutoScalingGroups"]]

    @raises_aws_error
    def scheduled_actions(self) -> Mapping[str, tuple[ScheduledAction, ...]]:
        found: dict[str, list[ScheduledAction]] = defaultdict(list)
        for page in self._client.get_paginator("describe_scheduled_actions").paginate(
            PaginationConfig={"PageSize": PAGE_SIZE}
        ):
            for item in page["ScheduledUpdateGroupActions"]:
                found[item["AutoScalingGroupName"]].append(
                    ScheduledAction(
                        name=item["ScheduledActionName"],
                        start=item.get("StartTime"),
                        minimum=item.get("MinSize"),
                        maximum=item.get("MaxSize"),
                        desired=item.get("DesiredCapacity"),
                    )
                )
        return {name: tuple(actions) for name, actions in found.items()}

    @raises_aws_error
    def last_failure(self, name: str) -> LaunchFailure | None:
        # One page, not paginated: activities come newest first and are kept for six weeks; a failure that a hundred
        # younger activities hide says nothing of now (DescribeScalingActivities).
        newest = self._client.describe_scaling_activities(AutoScalingGroupName=name, MaxRecords=PAGE_SIZE)
        for item in newest["Activities"]:
            # An activity says in its description alone whether it launches or terminates: "Launching a new EC2 …".
            if item["StatusCode"] in FAILED and item.get("Description", "").startswith("Launching"):
                return LaunchFailure(
                    at=item.get("EndTime", item["StartTime"]), message=item.get("StatusMessage", item["Cause"])
                )
        return None

    @raises_aws_error
    def scale(self, name: str, *, minimum: int, maximum: int, desired: int) -> None:
        self._client.update_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=minimum, MaxSize=maximum, DesiredCapacity=desired
        )

    @raises_aws_error
    def point(self, name: str, template: TemplateVersion, subnets: Sequence[str]) -> None:
        self._client.update_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchTemplate=_specification(template),
            VPCZoneIdentifier=",".join(subnets),
            MinSize=0,
            DesiredCapacity=0,
        )

    @raises_aws_error
    def restore(self, name: str, *, subnets: Sequence[str], maximum: int, template: TemplateVersion | None) -> None:
        changes: UpdateAutoScalingGroupTypeTypeDef = {
            "AutoScalingGroupName": name,
            "MinSize": 0,
            "DesiredCapacity": 0,
            "MaxSize": maximum,
        }
        if subnets:
            changes["VPCZoneIdentifier"] = ",".join(subnets)
        if template is not None:
            changes["LaunchTemplate"] = _specification(template)
        self._client.update_auto_scaling_group(**changes)

    @raises_aws_error
    def unprotect(self, name: str, instance_ids: Sequence[str]) -> None:
        """Remove the protection from each instance, even when another of them has just gone."""
        failures: list[ClientError] = []
        for start in range(0, len(instance_ids), PROTECTED_AT_ONCE):
            failures += self._unprotect(name, instance_ids[start : start + PROTECTED_AT_ONCE])
        if failures:
            raise failures[0]

    @raises_aws_error
    def resume_launch(self, name: str) -> None:
        self._client.resume_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])

    @raises_aws_error
    def put_scheduled_action(self, name: str, action: ScheduledAction) -> None:
        given: PutScheduledUpdateGroupActionTypeTypeDef = {
            "AutoScalingGroupName": name,
            "ScheduledActionName": action.name,
        }
        if action.start is not None:
            given["StartTime"] = action.start
        if action.minimum is not None:
            given["MinSize"] = action.minimum
        if action.maximum is not None:
            given["MaxSize"] = action.maximum
        if action.desired is not None:
            given["DesiredCapacity"] = action.desired
        self._client.put_scheduled_update_group_action(**given)

    @raises_aws_error
    def delete_scheduled_action(self, name: str, action_name: str) -> None:
        try:
            self._client.delete_scheduled_action(AutoScalingGroupName=name, ScheduledActionName=action_name)
        except ClientError as error:
            if code(error) == INVALID and NO_SUCH_ACTION in message(error):
                return
            raise

    @raises_aws_error
    def hooks(self, name: str) -> tuple[LifecycleHook, ...]:
        # It knows no pages: a group has at most 50 hooks (PutLifecycleHook).
        found = self._client.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
        hooks = (
            LifecycleHook(
                name=item["LifecycleHookName"],
                heartbeat=timedelta(seconds=item["HeartbeatTimeout"]),
                default_result=HookResult(item["DefaultResult"]),
            )
            for item in found
            if item["LifecycleTransition"] == TERMINATING
        )
        return tuple(sorted(hooks, key=lambda hook: hook.name))

    @raises_aws_error
    def put_hook(self, name: str, hook: LifecycleHook) -> None:
        self._client.put_lifecycle_hook(
            AutoScalingGroupName=name,
            LifecycleHookName=hook.name,
            LifecycleTransition=TERMINATING,
            HeartbeatTimeout=int(hook.heartbeat.total_seconds()),
            DefaultResult=hook.default_result.value,
        )

    @raises_aws_error
    def delete_hook(self, name: str, hook_name: str) -> None:
        try:
            self._client.delete_lifecycle_hook(AutoScalingGroupName=name, LifecycleHookName=hook_name)
        except ClientError as error:
            if code(error) == INVALID and NO_SUCH_HOOK in message(error):
                return
            raise

    @raises_aws_error
    def set_tag(self, name: str, key: str, value: str) -> None:
        self._client.create_or_update_tags(Tags=[{**_tag(name, key), "Value": value}])

    @raises_aws_error
    def remove_tag(self, name: str, key: str) -> None:
        self._client.delete_tags(Tags=[_tag(name, key)])

    def _unprotect(self, name: str, instance_ids: Sequence[str]) -> list[ClientError]:
        try:
            self._client.set_instance_protection(
                AutoScalingGroupName=name, InstanceIds=instance_ids, ProtectedFromScaleIn=False
            )
        except ClientError as error:
            if code(error) != INVALID or len(instance_ids) == 1:
                return [error]
            # One instance that is no longer in the group fails the call for all of them.
            return [failure for each in instance_ids for failure in self._unprotect(name, [each])]
        return []


def _specification(template: TemplateVersion) -> "LaunchTemplateSpecificationTypeDef":
    return {"LaunchTemplateId": template.template_id, "Version": template.version}


def _tag(group: str, key: str) -> "TagTypeDef":
    return {"ResourceId": group, "ResourceType": "auto-scaling-group", "Key": key, "PropagateAtLaunch": False}
