"""Put somebody's account into the local AWS: blocks, subnets, launch templates and groups under their own ids."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from botocore.exceptions import BotoCoreError, ClientError
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.utils import parse_user_data

from simulator.demo.account import Account, region_of
from simulator.demo.document import Document, DocumentError
from simulator.demo.seat import add_group, add_node_group, reservation_of
from simulator.world import World

_NETWORK = "10.0.0.0/16"


def furnish(world: World, account: Account) -> None:
    """Let the world hold what the account holds, before its clock runs."""
    for number, subnet in enumerate(account.subnets):
        _add_subnet(world, subnet, number)
    for region in account.regions:
        for template_id in dict.fromkeys(str(each["LaunchTemplateId"]) for each in account.versions):
            versions = [each for each in account.versions if each["LaunchTemplateId"] == template_id]
            _add_template(world, region, versions)
    for reservation in account.reservations:
        with _named(reservation["CapacityReservationId"]):
            world.regions[region_of(reservation["AvailabilityZone"])].engine.adopt(_with_room(account, reservation))
    for block in account.blocks:
        _add_block(world, account, block)
    for group in account.groups:
        with _named(group["AutoScalingGroupName"]):
            add_group(world, account, group)
    for node_group in account.node_groups:
        with _named(node_group["nodegroupName"]):
            add_node_group(world, node_group)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say what it is that the local AWS refuses."""
    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as refusal:
        raise DocumentError(f"{name}: cannot be as the files show it: {refusal}") from refusal


def _backend(region: str) -> Any:
    return get_backend("ec2")[DEFAULT_ACCOUNT_ID][region]


def _add_subnet(world: World, subnet: Document, number: int) -> None:
    """Add a subnet under its own id, in a zone that may have another zone id than moto gives it, or be a Local Zone."""
    name = str(subnet["AvailabilityZone"])
    region = region_of(name)
    if region not in world.regions:
        return
    ec2, backend = world.client("ec2", region), _backend(region)
    vpc = next((each.id for each in backend.vpcs.values() if each.cidr_block == _NETWORK), None)
    vpc = vpc or ec2.create_vpc(CidrBlock=_NETWORK)["Vpc"]["VpcId"]
    zones = {each.name: each for each in RegionsAndZonesBackend.zones[region]}
    zone = zones.get(name, next(iter(zones.values())))
    with mock.patch("moto.ec2.models.subnets.random_subnet_id", return_value=str(subnet["SubnetId"])):
        made = backend.create_subnet(vpc, f"10.0.{number % 256}.0/24", availability_zone=zone.name)
    made._availability_zone = Zone(name, region, str(subnet.get("AvailabilityZoneId", zone.zone_id)))


def _add_template(world: World, region: str, versions: Sequence[Document]) -> None:
    """Add a launch template with the versions that are known, under their own numbers."""
    first = versions[0]
    name = str(first.get("LaunchTemplateName") or first["LaunchTemplateId"])
    own_id = str(first["LaunchTemplateId"])
    with mock.patch("moto.ec2.models.launch_templates.random_launch_template_id", return_value=own_id):
        world.client("ec2", region).create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "p5.48xlarge"}
        )
    template = _backend(region).launch_templates[own_id]
    template.versions = [
        LaunchTemplateVersion(template, int(each["VersionNumber"]), _launch_data(each), each.get("VersionDescription"))
        for each in sorted(versions, key=lambda each: int(each["VersionNumber"]))
    ]
    numbers = [version.number for version in template.versions]
    template.last_number = max(numbers)
    default = next((int(each["VersionNumber"]) for each in versions if each.get("DefaultVersion")), min(numbers))
    template.default_version_number = default


def _launch_data(version: Document) -> dict[str, Any]:
    data = dict(version["LaunchTemplateData"])
    if "UserData" in data:
        data["UserData"] = parse_user_data(data["UserData"])
    return data


def _with_room(account: Account, reservation: Document) -> dict[str, Any]:
    """Leave room for the instances of the account's own groups: they take their places again one by one."""
    own = sum(
        len(group.get("Instances") or ())
        for group in account.groups
        if reservation_of(account, group) == reservation["CapacityReservationId"]
    )
    free = int(reservation.get("AvailableInstanceCount", 0)) + own
    return {**reservation, "AvailableInstanceCount": min(free, int(reservation.get("TotalInstanceCount", 0)))}


def _add_block(world: World, account: Account, block: Document) -> None:
    """Add a block whose reservations are all there: it says which of them are UltraServers."""
    zones = {str(each["CapacityReservationId"]): str(each["AvailabilityZone"]) for each in account.reservations}
    ids = [str(each) for each in block["CapacityReservationIds"]]
    if ids and all(each in zones for each in ids):
        world.regions[region_of(zones[ids[0]])].engine.adopt_block(dict(block))
