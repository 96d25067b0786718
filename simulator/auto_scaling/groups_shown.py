"""Groups and instances as DescribeAutoScalingGroups shows them, filtered and in pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from .group import Group, Member
from .paging import page
from .region import AutoScaling
from .surroundings import invalid

Params = Mapping[str, Any]


def describe(region: AutoScaling, params: Params) -> dict[str, object]:
    names = set(params.get("AutoScalingGroupNames") or region.groups)
    filters = params.get("Filters", [])
    groups = [group for group in region.groups.values() if group.name in names and _matches(group, filters)]
    shown_groups, token = page(groups, params)
    return {"AutoScalingGroups": [shown(group) for group in shown_groups], "NextToken": token}


def shown(group: Group) -> dict[str, object]:
    """A group as the API shows it."""
    return {
        **group.settings,
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "MinSize": group.capacity.minimum,
        "MaxSize": group.capacity.maximum,
        "DesiredCapacity": group.capacity.desired,
        "AvailabilityZones": list(group.zones),
        "VPCZoneIdentifier": ",".join(group.subnets) or None,
        "Instances": [member_shown(member) for member in group.members.values()],
        "CreatedTime": group.created,
        "SuspendedProcesses": [
            {"ProcessName": process, "SuspensionReason": reason} for process, reason in sorted(group.suspended.items())
        ],
        "Tags": list(group.tags.values()),
        "EnabledMetrics": [],
        "WarmPoolConfiguration": group.warm_pool,
        "WarmPoolSize": 0 if group.warm_pool else None,
        "Status": "Delete in progress" if group.deleting else None,
    }


def member_shown(member: Member) -> dict[str, object]:
    return {
        "InstanceId": member.instance_id,
        "InstanceType": member.instance_type,
        "AvailabilityZone": member.availability_zone,
        "LifecycleState": str(member.lifecycle),
        "HealthStatus": "Healthy" if member.healthy else "Unhealthy",
        "LaunchTemplate": dict(member.template) if member.template else None,
        "ImageId": member.image_id or None,
        "ProtectedFromScaleIn": member.protected,
    }


def _matches(group: Group, filters: Sequence[Mapping[str, Any]]) -> bool:
    """All filters must match, any value of each; without values the key is enough (assumed)."""
    for one in filters:
        name, values = one["Name"], one.get("Values", [])
        match name.split(":", 1):
            case ["tag-key"]:
                matched = any(key in values for key in group.tags)
            case ["tag-value"]:
                matched = any(tag["Value"] in values for tag in group.tags.values())
            case ["tag", key]:
                matched = key in group.tags and group.tags[key]["Value"] in values
            case _:
                raise invalid(f"Filter type {name} is not correct. Allowed Filter types are: tag-key tag-value tag:")
        if not matched:
            return False
    return True
