"""The calls on groups: create, update, delete, and their numbers and processes."""

from collections.abc import Mapping
from typing import Any

from simulator.plug import iso

from . import capacity
from .group import Group, Process
from .hooks_api import put_on
from .journal import ProcessSuspended
from .launch_source import places, templates
from .region import AutoScaling, user_update
from .surroundings import AutoScalingError, invalid
from .tags_api import merge_tags

Params = Mapping[str, Any]

# Members of Create- and UpdateAutoScalingGroup that are kept and shown as given (botocore: AutoScalingGroup).
_KEPT = (
    "CapacityRebalance", "CapacityReservationSpecification", "Context", "DefaultCooldown", "DefaultInstanceWarmup",
    "DesiredCapacityType", "DeletionProtection", "HealthCheckGracePeriod", "HealthCheckType", "InstanceLifecyclePolicy",
    "InstanceMaintenancePolicy", "AvailabilityZoneDistribution", "AvailabilityZoneImpairmentPolicy",
    "LaunchConfigurationName", "MaxInstanceLifetime", "NewInstancesProtectedFromScaleIn", "PlacementGroup",
    "ServiceLinkedRoleARN", "TargetGroupARNs", "LoadBalancerNames", "TerminationPolicies", "TrafficSources",
)  # fmt: skip
_USUAL = {
    "DefaultCooldown": 300,
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 0,
    "NewInstancesProtectedFromScaleIn": False,
    "TerminationPolicies": ["Default"],
    "LoadBalancerNames": [],
    "TargetGroupARNs": [],
}


def create(region: AutoScaling, params: Params) -> None:
    name = params["AutoScalingGroupName"]
    if name in region.groups:
        raise AutoScalingError("AlreadyExists", "AutoScalingGroup by this name already exists")
    template = {key: params[key] for key in ("LaunchTemplate", "MixedInstancesPolicy") if params.get(key)}
    if len(template) != 1:
        # InstanceId and LaunchConfigurationName are not simulated: blocks need a launch template.
        raise invalid("Valid requests must contain exactly one of LaunchTemplate and MixedInstancesPolicy.")
    subnets, zones = places(region, params)
    if not zones:
        raise invalid("At least one Availability Zone or VPC Subnet is required.")
    at = region.at
    group = Group(
        name=name,
        arn=at.arn(f"autoScalingGroup:{at.new_id()}:autoScalingGroupName/{name}"),
        created=at.clock.now(),
        capacity=capacity.created(params["MinSize"], params["MaxSize"], params.get("DesiredCapacity")),
        settings={**_USUAL, **_kept(params), **templates(region, template)},
        subnets=subnets,
        zones=zones,
        tags=merge_tags(name, {}, params.get("Tags", [])),
        cause="a user request created an AutoScalingGroup",
    )
    region.groups[name] = group
    for specification in params.get("LifecycleHookSpecificationList") or ():
        put_on(region, group, specification)
    region.scaling.wake(group)


def update(region: AutoScaling, params: Params) -> None:
    """Change what is given and nothing else; check all before changing any."""
    group = region.group(params["AutoScalingGroupName"])
    numbers = capacity.updated(
        group.capacity, params.get("MinSize"), params.get("MaxSize"), params.get("DesiredCapacity")
    )
    given = {key: params[key] for key in ("LaunchTemplate", "MixedInstancesPolicy") if params.get(key)}
    if len(given) > 1:
        raise invalid("Valid requests must contain either LaunchTemplate or MixedInstancesPolicy parameter.")
    changed = templates(region, given)
    if params.get("VPCZoneIdentifier") or params.get("AvailabilityZones"):
        group.subnets, group.zones = places(region, params)
    if changed:
        group.settings.pop("LaunchTemplate", None)
        group.settings.pop("MixedInstancesPolicy", None)
    group.settings.update({**_kept(params), **changed})
    if not group.settings.get("PlacementGroup", "none"):
        del group.settings["PlacementGroup"]  # UpdateAutoScalingGroup: an empty string removes it
    region.resize(group, numbers, "UpdateAutoScalingGroup", user_update(numbers))


def delete(region: AutoScaling, params: Params) -> None:
    group = region.group(params["AutoScalingGroupName"])
    if group.members and not params.get("ForceDelete"):
        raise AutoScalingError(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group.",
        )
    region.delete(group)


def set_desired_capacity(region: AutoScaling, params: Params) -> None:
    group = region.group(params["AutoScalingGroupName"])
    numbers = capacity.set_to(group.capacity, params["DesiredCapacity"])
    region.resize(group, numbers, "SetDesiredCapacity", "a user request explicitly set group desired capacity")


def suspend_processes(region: AutoScaling, params: Params) -> None:
    group = region.group(params["AutoScalingGroupName"])
    now = region.at.clock.now()
    for process in _processes(params):
        if process not in group.suspended:
            reason = f"User suspended at {iso(now)}"
            group.suspended[process] = reason
            region.at.journal.add(
                ProcessSuspended(at=now, region=region.at.region, group=group.name, process=process, reason=reason)
            )


def resume_processes(region: AutoScaling, params: Params) -> None:
    """Resume, whoever suspended; the group acts at once on what it could not do meanwhile."""
    group = region.group(params["AutoScalingGroupName"])
    for process in _processes(params):
        group.suspended.pop(process, None)
    group.failing_since = None
    region.health.check(group)
    region.scaling.wake(group)


def _processes(params: Params) -> list[Process]:
    named = params.get("ScalingProcesses") or list(Process)
    if unknown := [name for name in named if name not in set(Process)]:
        raise invalid(f"Unknown process {unknown[0]}")
    return [Process(name) for name in named]


def _kept(params: Params) -> dict[str, Any]:
    return {name: params[name] for name in _KEPT if params.get(name) is not None}
