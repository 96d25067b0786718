"""From what and where a group launches: its launch template and its subnets, checked and completed."""

from collections.abc import Mapping
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from .region import AutoScaling
from .surroundings import invalid

Params = Mapping[str, Any]


def places(region: AutoScaling, params: Params) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Subnets and their zones. An unknown subnet, or zones that do not fit the subnets, are refused."""
    subnets = tuple(filter(None, (params.get("VPCZoneIdentifier") or "").replace(" ", "").split(",")))
    asked = tuple(params.get("AvailabilityZones") or ())
    if not subnets:
        return (), asked
    backend = region.at.instances.backend
    try:
        zones = [backend.get_subnet(subnet).availability_zone for subnet in subnets]
    except EC2ClientError as error:
        raise invalid(f"The subnet ID '{','.join(subnets)}' does not exist") from error
    if asked and set(asked) != set(zones):
        raise invalid("The availability zones of the specified subnets and the Auto Scaling group do not match")
    return subnets, tuple(dict.fromkeys(zones))


def templates(region: AutoScaling, given: dict[str, Any]) -> dict[str, Any]:
    """Check that the templates exist, and complete their ids and names, as the API shows both."""
    result = dict(given)
    if "LaunchTemplate" in given:
        result["LaunchTemplate"] = _complete(region, given["LaunchTemplate"])
    if "MixedInstancesPolicy" in given:
        policy = dict(given["MixedInstancesPolicy"])
        within = dict(policy["LaunchTemplate"])
        asked = within["LaunchTemplateSpecification"]
        within["LaunchTemplateSpecification"] = _complete(region, asked)
        if _version(region, asked).data.get("InstanceMarketOptions"):
            # "Launch template for a mixed instances group": it may not say how instances are paid for.
            raise invalid("Incompatible launch template: a mixed instances policy takes no InstanceMarketOptions.")
        result["MixedInstancesPolicy"] = {**policy, "LaunchTemplate": {"Overrides": [], **within}}
    return result


def _complete(region: AutoScaling, template: Mapping[str, str]) -> dict[str, str]:
    found = _version(region, template).template
    named = {"LaunchTemplateId": found.id, "LaunchTemplateName": found.name}
    return named | ({"Version": template["Version"]} if template.get("Version") else {})


def _version(region: AutoScaling, template: Mapping[str, str]) -> Any:
    if ("LaunchTemplateId" in template) == ("LaunchTemplateName" in template):
        raise invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName")
    try:
        return region.at.launch_data(template)
    except EC2ClientError as error:
        raise invalid(f"You must use a valid fully-formed launch template. {error.message}") from error
