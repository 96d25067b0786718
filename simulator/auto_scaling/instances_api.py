"""The calls on instances of groups: protection, standby, detach, attach, health, termination, activities."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.plug import iso

from . import capacity
from .activity import Activity, Status
from .group import Group, Lifecycle, Member
from .groups_shown import member_shown
from .journal import Capacity, InstanceLeft
from .launching import NAME_TAG
from .paging import page
from .region import AutoScaling
from .surroundings import AutoScalingError, invalid

Params = Mapping[str, Any]


def describe(region: AutoScaling, params: Params) -> dict[str, object]:
    wanted = set(params.get("InstanceIds") or ())
    members = [
        {**member_shown(member), "AutoScalingGroupName": group.name}
        for group in region.groups.values()
        for member in group.members.values()
        if not wanted or member.instance_id in wanted
    ]
    shown, token = page(members, params)
    return {"AutoScalingInstances": shown, "NextToken": token}


def describe_activities(region: AutoScaling, params: Params) -> dict[str, object]:
    """The newest first. Those of deleted groups are shown only when asked for (DescribeScalingActivities)."""
    name, ids = params.get("AutoScalingGroupName"), set(params.get("ActivityIds") or ())
    arns = {group.arn for group in region.groups.values()}
    found = [
        activity
        for activity in reversed(region.activities.all)
        if (name is None or activity.group == name)
        and (not ids or activity.activity_id in ids)
        and (params.get("IncludeDeletedGroups") or activity.group_arn in arns)
    ]
    activities, token = page(found, params, usual=100)
    return {"Activities": [activity.shown() for activity in activities], "NextToken": token}


def set_protection(region: AutoScaling, params: Params) -> None:
    """Protect or unprotect; a group that could not shrink before tries again (assumed: at once)."""
    group = region.group(params["AutoScalingGroupName"])
    members = region.members(group, params["InstanceIds"])
    for member in members:
        if member.lifecycle not in {Lifecycle.IN_SERVICE, Lifecycle.STANDBY}:
            raise invalid(f"The instance {member.instance_id} is not in InService or EnteringStandby or Standby.")
    for member in members:
        member.protected = bool(params["ProtectedFromScaleIn"])
    region.scaling.wake(group)


def set_health(region: AutoScaling, params: Params) -> None:
    group, member = _find(region, params["InstanceId"])
    if params["HealthStatus"] == "Unhealthy":
        region.health.replace(group, member, "an instance was taken out of service in response to a user health-check.")
    else:
        member.healthy = True


def enter_standby(region: AutoScaling, params: Params) -> dict[str, object]:
    """Put instances aside. They run on, do not count and are not scaled in."""
    group = region.group(params["AutoScalingGroupName"])
    members = region.members(group, params.get("InstanceIds", []))
    _require(members, Lifecycle.IN_SERVICE)
    numbers = _decremented(group, len(members), params)
    for member in members:
        member.lifecycle = Lifecycle.STANDBY
    activities = _moved(region, group, members, "Moving EC2 instance to Standby", "moved to standby")
    _left(region, group, members, "EnterStandby")
    region.resize(group, numbers, "EnterStandby", "instances were moved to standby in response to a user request,")
    return activities


def exit_standby(region: AutoScaling, params: Params) -> dict[str, object]:
    """Put instances back, and raise the desired capacity by as many (ExitStandby)."""
    group = region.group(params["AutoScalingGroupName"])
    members = region.members(group, params.get("InstanceIds", []))
    _require(members, Lifecycle.STANDBY)
    numbers = capacity.more(group.capacity, len(members), group.name)
    for member in members:
        region.membership.serve(group, member)
    activities = _moved(region, group, members, "Moving EC2 instance out of Standby", "moved out of standby")
    region.resize(group, numbers, "ExitStandby", "instances were moved out of standby in response to a user request,")
    return activities


def detach(region: AutoScaling, params: Params) -> dict[str, object]:
    """Take instances out of the group; they run on and are nobody's."""
    group = region.group(params["AutoScalingGroupName"])
    members = region.members(group, params.get("InstanceIds", []))
    _require(members, Lifecycle.IN_SERVICE, Lifecycle.STANDBY)
    counting = sum(member.counts for member in members)
    numbers = _decremented(group, counting, params)
    activities = _moved(region, group, members, "Detaching EC2 instance", "detached")
    _left(region, group, members, "DetachInstances")
    for member in members:
        region.membership.let_go(group, member)
        region.at.instances.backend.delete_tags([member.instance_id], {NAME_TAG: group.name})
    region.resize(group, numbers, "DetachInstances", "instances were detached in response to a user request,")
    return activities


def attach(region: AutoScaling, params: Params) -> None:
    """Take running instances into the group, and raise the desired capacity by as many (AttachInstances)."""
    group = region.group(params["AutoScalingGroupName"])
    ids = params.get("InstanceIds", [])
    numbers = capacity.more(group.capacity, len(ids), group.name)
    for instance_id in ids:
        if region.membership.group_of(instance_id) is not None or region.at.instances.is_leaving(instance_id):
            raise invalid(f"Invalid Instance ID {instance_id}: it is in a group already, or does not run.")
    for instance_id in ids:
        instance = region.at.instances.backend.get_instance(instance_id)
        member = Member(
            instance_id=instance_id,
            instance_type=instance.instance_type,
            image_id=instance.image_id or "",
            availability_zone=instance.availability_zone,
            subnet_id=instance.subnet_id,
            reservation_id=instance.capacity_reservation_id,
            template=None,
            order=region.scaling.next_order(),
        )
        region.membership.adopt(group, member)
        region.membership.serve(group, member)
        region.at.instances.backend.create_tags([instance_id], {NAME_TAG: group.name})
    region.resize(group, numbers, "AttachInstances", "instances were attached in response to a user request,")


def terminate(region: AutoScaling, params: Params) -> dict[str, object]:
    """End one instance, protected or not, and replace it unless the desired capacity is to shrink.

    One that leaves already is refused (assumed); one that is retained is ended by this call alone, past its hooks
    (assumed; "RetentionTriggers" has the call).
    """
    group, member = _find(region, params["InstanceId"])
    if member.leaving and member.lifecycle is not Lifecycle.TERMINATING_RETAINED:
        raise AutoScalingError("ScalingActivityInProgress", f"{member.instance_id} is being terminated already")
    numbers = _decremented(group, int(member.counts), params)
    cause = f"instance {member.instance_id} was taken out of service in response to a user request."
    retained = member.lifecycle is Lifecycle.TERMINATING_RETAINED
    activity = region.departures.take_out(group, member, cause, past_hooks=retained)
    region.resize(group, numbers, "TerminateInstanceInAutoScalingGroup", cause)
    return {"Activity": activity.shown()}


def _find(region: AutoScaling, instance_id: str) -> tuple[Group, Member]:
    if (group := region.membership.group_of(instance_id)) is None:
        raise invalid(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")
    return group, group.members[instance_id]


def _require(members: Sequence[Member], *allowed: Lifecycle) -> None:
    for member in members:
        if member.lifecycle not in allowed:
            raise invalid(f"The instance {member.instance_id} is not in {' or '.join(allowed)}.")


def _decremented(group: Group, count: int, params: Params) -> Capacity:
    decrement = params.get("ShouldDecrementDesiredCapacity")
    return capacity.less(group.capacity, count, group.name) if decrement else group.capacity


def _moved(region: AutoScaling, group: Group, members: Sequence[Member], what: str, verb: str) -> dict[str, object]:
    activities: list[Activity] = []
    now = iso(region.at.clock.now())
    for member in members:
        cause = f"At {now} instance {member.instance_id} was {verb} in response to a user request."
        activity = region.activities.begin(group, f"{what}: {member.instance_id}", cause, member.instance_id)
        region.activities.settle(activity, Status.SUCCESSFUL)
        activities.append(activity)
    return {"Activities": [activity.shown() for activity in activities]}


def _left(region: AutoScaling, group: Group, members: Sequence[Member], by: str) -> None:
    for member in members:
        region.at.journal.add(
            InstanceLeft(
                at=region.at.clock.now(),
                region=region.at.region,
                group=group.name,
                instance_id=member.instance_id,
                reservation_id=member.reservation_id,
                by=by,
            )
        )
