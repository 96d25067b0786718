"""The tags of groups."""

from collections.abc import Iterable, Mapping
from typing import Any

from .group import Group
from .paging import page
from .region import AutoScaling
from .surroundings import invalid

Params = Mapping[str, Any]
Tags = dict[str, dict[str, Any]]


def merge_tags(group: str, tags: Tags, given: Iterable[Mapping[str, Any]]) -> Tags:
    """The tags of a group after `given` were put on it, as the API shows them."""
    added = {
        tag["Key"]: {
            "Key": tag["Key"],
            "Value": tag.get("Value", ""),
            "ResourceId": group,
            "ResourceType": "auto-scaling-group",
            "PropagateAtLaunch": bool(tag.get("PropagateAtLaunch", False)),
        }
        for tag in given
    }
    return {**tags, **added}


def create_or_update(region: AutoScaling, params: Params) -> None:
    for tag in params.get("Tags", []):
        group = _group(region, tag)
        group.tags = merge_tags(group.name, group.tags, [tag])


def delete(region: AutoScaling, params: Params) -> None:
    for tag in params.get("Tags", []):
        group = _group(region, tag)
        group.tags = {key: one for key, one in group.tags.items() if key != tag["Key"]}


def describe(region: AutoScaling, params: Params) -> dict[str, object]:
    tags = [tag for group in region.groups.values() for tag in group.tags.values()]
    for one in params.get("Filters", []):
        members = {"auto-scaling-group": "ResourceId", "key": "Key", "value": "Value"}
        if one["Name"] == "propagate-at-launch":
            tags = [tag for tag in tags if str(tag["PropagateAtLaunch"]).lower() in one["Values"]]
        elif one["Name"] in members:
            tags = [tag for tag in tags if tag[members[one["Name"]]] in one["Values"]]
        else:
            raise invalid(f"Filter type {one['Name']} is not correct.")
    shown, token = page(tags, params)
    return {"Tags": shown, "NextToken": token}


def _group(region: AutoScaling, tag: Mapping[str, Any]) -> Group:
    if (group := region.groups.get(tag["ResourceId"])) is None:
        raise invalid(f"AutoScalingGroup name not found - null : {tag['ResourceId']}")
    return group
