"""Put groups into the local AWS as they are: their settings, sizes and instances."""

from typing import Any
from unittest import mock

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import instances as moto_instances

from simulator.demo.account import Account, region_of, tags_of
from simulator.demo.document import Document
from simulator.demo.gaps import template_of
from simulator.launch.request import LaunchRequest
from simulator.world import World

# Members of an Auto Scaling group that CreateAutoScalingGroup takes as they are shown (botocore).
_SAME = (
    "CapacityRebalance", "CapacityReservationSpecification", "DefaultCooldown", "HealthCheckGracePeriod",
    "HealthCheckType", "LaunchTemplate", "MaxInstanceLifetime", "MixedInstancesPolicy",
    "NewInstancesProtectedFromScaleIn", "PlacementGroup",
)  # fmt: skip
_SAME_OF_NODE_GROUP = (
    "amiType", "capacityType", "instanceTypes", "labels", "nodeRole", "scalingConfig", "subnets", "tags", "taints",
)  # fmt: skip


def add_group(world: World, account: Account, group: Document) -> None:
    """Add an Auto Scaling group with its tags, sizes and instances."""
    region = region_of(str(group["AvailabilityZones"][0]))
    name, client = str(group["AutoScalingGroupName"]), world.client("autoscaling", region)
    subnets = str(group.get("VPCZoneIdentifier") or "").replace(" ", "")
    place: dict[str, Any] = (
        {"VPCZoneIdentifier": subnets} if subnets else {"AvailabilityZones": group["AvailabilityZones"]}
    )
    kept = _one_name({key: group[key] for key in _SAME if group.get(key) not in (None, "", [])})
    tags = [
        {"Key": key, "Value": value, "PropagateAtLaunch": False}
        for key, value in tags_of(group).items()
        if not key.startswith("aws:")
    ]
    sizes = {"MinSize": int(group["MinSize"]), "MaxSize": int(group["MaxSize"])}
    instances = _seat(world, region, account, group)
    client.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=max(sizes["MaxSize"], len(instances)), **place, **kept, Tags=tags
    )
    if instances:
        client.attach_instances(AutoScalingGroupName=name, InstanceIds=instances)
    client.update_auto_scaling_group(AutoScalingGroupName=name, **sizes, DesiredCapacity=int(group["DesiredCapacity"]))
    if suspended := [str(each["ProcessName"]) for each in group.get("SuspendedProcesses") or ()]:
        client.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=suspended)


def _one_name(settings: Any) -> Any:
    """Name launch templates by id alone: AWS shows both their names and takes one of them."""
    match settings:
        case {"LaunchTemplateId": _, "LaunchTemplateName": _}:
            return {key: value for key, value in settings.items() if key != "LaunchTemplateName"}
        case dict():
            return {key: _one_name(value) for key, value in settings.items()}
        case list():
            return [_one_name(each) for each in settings]
        case _:
            return settings


def _seat(world: World, region: str, account: Account, group: Document) -> list[str]:
    """Run the instances that a group has, under their own ids, in the block that its launch template names."""
    reservation_id, seated = reservation_of(account, group), list[str]()
    if reservation_id is None:
        if group.get("Instances"):
            name = group["AutoScalingGroupName"]
            account.notes.append(f"The instances of {name} are left out: nothing says which block they run in.")
        return []
    reservation = next(each for each in account.reservations if each["CapacityReservationId"] == reservation_id)
    for instance in group.get("Instances") or ():
        request = LaunchRequest(
            image_id="",
            instance_type=str(reservation["InstanceType"]),
            subnet_id=None,
            availability_zone=str(reservation["AvailabilityZone"]),
            market_type="capacity-block",
            reservation_id=reservation_id,
        )
        with mock.patch.object(moto_instances, "random_instance_id", lambda own=instance["InstanceId"]: own):
            seated.append(world.regions[region].auto_scaling.at.instances.launch(request).id)
    return seated


def reservation_of(account: Account, group: Document) -> str | None:
    """Return the active block that a group launches into, by the version of the template that it names."""
    named = template_of(group)
    active = {str(each["CapacityReservationId"]) for each in account.reservations if each["State"] == "active"}
    for version in account.versions:
        is_named = named.get("LaunchTemplateId") in {None, version["LaunchTemplateId"]}
        if is_named and str(named.get("Version")) in {str(version["VersionNumber"]), "$Latest", "$Default", "None"}:
            specification = version["LaunchTemplateData"].get("CapacityReservationSpecification") or {}
            target = (specification.get("CapacityReservationTarget") or {}).get("CapacityReservationId")
            if target in active:
                return str(target)
    return None


def add_node_group(world: World, node_group: Document) -> None:
    """Add a managed node group, and its cluster if that is not there yet."""
    region, cluster = str(node_group["nodegroupArn"]).split(":")[3], str(node_group["clusterName"])
    eks = world.client("eks", region)
    if cluster not in eks.list_clusters()["clusters"]:
        eks.create_cluster(
            name=cluster,
            roleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/cluster",
            resourcesVpcConfig={"subnetIds": node_group["subnets"]},
        )
    kept = {key: node_group[key] for key in _SAME_OF_NODE_GROUP if node_group.get(key)}
    template = node_group.get("launchTemplate") or {}
    if template:
        kept["launchTemplate"] = {key: str(template[key]) for key in ("id", "version") if template.get(key)}
    eks.create_nodegroup(clusterName=cluster, nodegroupName=str(node_group["nodegroupName"]), **kept)
