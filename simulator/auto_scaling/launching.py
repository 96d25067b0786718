"""One launch of a group: which zone, which template, what is asked of EC2, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from simulator.capacity_blocks.error import CapacityBlockError
from simulator.launch.request import LaunchRequest, market

from .group import Group, Member
from .surroundings import Surroundings

NAME_TAG = "aws:autoscaling:groupName"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """EC2's refusal of one attempt, in one zone."""

    code: str
    message: str
    reservation_id: str | None
    details: dict[str, str]


def attempt(surroundings: Surroundings, group: Group, order: int) -> Member | list[Refused]:
    """Launch one instance, the zone with the fewest instances first, else say why every zone was refused.

    "Auto scaling benefits for application architecture": when a launch fails in one Availability Zone, it is tried in
    another until one succeeds.
    """
    refusals: list[Refused] = []
    for subnet_id, zone in _places(surroundings, group):
        details = {"Availability Zone": zone} | ({"Subnet ID": subnet_id} if subnet_id else {})
        reservation_id = None
        try:
            request = _request(surroundings, group, subnet_id, zone)
            reservation_id = request.reservation_id
            instance = surroundings.instances.launch(request)
        except CapacityBlockError as error:
            refusals.append(
                Refused(code=error.code, message=error.message, reservation_id=reservation_id, details=details)
            )
        else:
            return _member(surroundings, group, instance, request, order)
    return refusals


def _places(surroundings: Surroundings, group: Group) -> Iterator[tuple[str | None, str]]:
    population = dict.fromkeys(group.zones, 0)
    for member in group.counted:
        population[member.availability_zone] = population.get(member.availability_zone, 0) + 1
    backend = surroundings.instances.backend
    places: list[tuple[str | None, str]] = [
        (subnet_id, backend.get_subnet(subnet_id).availability_zone) for subnet_id in group.subnets
    ] or [(None, zone) for zone in group.zones]
    yield from sorted(places, key=lambda place: population.get(place[1], 0))


def _request(surroundings: Surroundings, group: Group, subnet_id: str | None, zone: str) -> LaunchRequest:
    version = _version(surroundings, group)
    data = version.data
    wanted = market(data, group.settings.get("CapacityReservationSpecification"))
    tags = {tag["Key"]: tag["Value"] for tag in group.tags.values() if tag["PropagateAtLaunch"]}
    template_tags = {
        "aws:ec2launchtemplate:id": version.template.id,
        "aws:ec2launchtemplate:version": str(version.number),
    }
    return LaunchRequest(
        image_id=data.get("ImageId", ""),
        instance_type=_instance_type(group, data),
        subnet_id=subnet_id,
        availability_zone=zone,
        market_type=wanted.market_type,
        reservation_id=wanted.reservation_id,
        resource_group_arn=wanted.resource_group_arn,
        placement_group=group.settings.get("PlacementGroup") or data.get("Placement", {}).get("GroupName") or None,
        tags={**version.instance_tags, **tags, **template_tags, NAME_TAG: group.name},
        group=group.name,
    )


def _version(surroundings: Surroundings, group: Group) -> Any:
    """The template's version, or EC2's refusal when it was deleted meanwhile."""
    if group.template is None:
        raise CapacityBlockError("InvalidParameterValue", f"{group.name} has no launch template")
    try:
        return surroundings.launch_data(group.template)
    except EC2ClientError as error:
        raise CapacityBlockError(error.code, error.message) from error


def _instance_type(group: Group, data: Any) -> str:
    """A mixed instances policy's first override comes before the template's own type (prioritized, assumed)."""
    overrides = group.settings.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("Overrides", [])
    first = next((override["InstanceType"] for override in overrides if "InstanceType" in override), None)
    return str(first or data.get("InstanceType", "m1.small"))


def _member(surroundings: Surroundings, group: Group, instance: Any, request: LaunchRequest, order: int) -> Member:
    version = _version(surroundings, group)
    return Member(
        instance_id=instance.id,
        instance_type=request.instance_type,
        image_id=request.image_id,
        availability_zone=request.availability_zone,
        subnet_id=request.subnet_id,
        reservation_id=request.reservation_id,
        template={
            "LaunchTemplateId": version.template.id,
            "LaunchTemplateName": version.template.name,
            "Version": str(version.number),
        },
        order=order,
        protected=bool(group.settings.get("NewInstancesProtectedFromScaleIn", False)),
    )
