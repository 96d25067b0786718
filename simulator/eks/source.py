"""The launch template of a node group: the user's version, checked, and EKS's own copy of it."""

from collections.abc import Mapping
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from simulator.launch.request import market

from .node_group import CAPACITY_BLOCK
from .refusal import refuse

CUSTOM_IMAGE = "CUSTOM"  # AMITypes
EKS_IMAGE = "AL2023_x86_64_STANDARD"
FIRST_RELEASE, LATEST_RELEASE = "5-20260210", "9-20260310"  # made up: what EKS had at a creation, and has since


def version_of(backend: Any, template: Mapping[str, str], cluster: str) -> Any:
    """The version that the user names, or EKS's refusal."""
    try:
        found = (
            backend.get_launch_template(template["id"])
            if template.get("id")
            else backend.get_launch_template_by_name(template["name"])
        )
        return found.get_version(template.get("version") or "$Default")
    except EC2ClientError as error:
        refuse(error.message, cluster)


def check(data: Mapping[str, Any], capacity_type: str, cluster: str) -> None:
    """Refuse a template that cannot launch into a block ("Create a managed node group with Capacity Blocks")."""
    if capacity_type != CAPACITY_BLOCK:
        return
    wanted = market(data)
    if wanted.market_type != "capacity-block":
        refuse("capacityType CAPACITY_BLOCK needs a launch template with market type capacity-block", cluster)
    if wanted.reservation_id is None and wanted.resource_group_arn is None:
        refuse("capacityType CAPACITY_BLOCK needs a launch template with a capacity reservation target", cluster)
    if not data.get("InstanceType"):
        refuse("capacityType CAPACITY_BLOCK needs a launch template with an instance type", cluster)


def name_image(kept: dict[str, Any], data: Mapping[str, Any]) -> None:
    """Fill in amiType and releaseVersion: an image of the template's own, or EKS's (botocore: Nodegroup)."""
    own = data.get("ImageId")
    kept["amiType"] = CUSTOM_IMAGE if own else kept["amiType"] or EKS_IMAGE
    kept["releaseVersion"] = own or kept["releaseVersion"] or f"{kept['version']}.{FIRST_RELEASE}"


def move_image(kept: dict[str, Any], asked: Mapping[str, Any]) -> None:
    """Move an image of EKS's own to what is asked for, or to the latest (UpdateNodegroupVersionRequest$version)."""
    if kept["amiType"] != CUSTOM_IMAGE:
        kept["version"] = asked.get("version") or kept["version"]
        kept["releaseVersion"] = asked.get("releaseVersion") or f"{kept['version']}.{LATEST_RELEASE}"


def named(version: Any) -> dict[str, str]:
    """A template version as DescribeNodegroup shows it."""
    return {"id": version.template.id, "name": version.template.name, "version": str(version.number)}


def copy(backend: Any, name: str, data: Mapping[str, Any], node_group: Mapping[str, str]) -> Any:
    """Make EKS's own template: managed node groups never launch from the user's ("Launch template support")."""
    return backend.create_launch_template(name, None, with_tags(data, node_group), {})


def with_tags(data: Mapping[str, Any], node_group: Mapping[str, str]) -> dict[str, Any]:
    """Let the instances say which node group they are of."""
    tags = [{"Key": key, "Value": value} for key, value in node_group.items()]
    others = [one for one in data.get("TagSpecifications", []) if one.get("ResourceType") != "instance"]
    own = [tag for one in data.get("TagSpecifications", []) if one not in others for tag in one.get("Tags", [])]
    return {**data, "TagSpecifications": [*others, {"ResourceType": "instance", "Tags": own + tags}]}
