"""The calls on node groups, plugged into moto's EKS."""

import json
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.backends import get_backend
from moto.eks import urls
from moto.eks.responses import EKSResponse

from simulator.auto_scaling.region import AutoScaling
from simulator.launch.slots import BlockSlots
from simulator.plug import ATTACHED, plug

from . import updates
from .refusal import unknown
from .region import NodeGroups

Params = Mapping[str, Any]

# What moto's router does not know yet.
_PATHS = (
    "{0}/clusters/(?P<name>[^/]+)/node-groups/(?P<nodegroupName>[^/]+)/update-version$",
    "{0}/clusters/(?P<name>[^/]+)/updates$",
    "{0}/clusters/(?P<name>[^/]+)/updates/(?P<updateId>[^/]+)$",
)


def install() -> None:
    """Make moto's node groups ours where attached. Harmless when done again."""
    for path in _PATHS:
        urls.url_paths[path] = urls.response.dispatch
    plug(EKSResponse, lambda response: getattr(response.eks_backend, ATTACHED, None), _CALLS, _parameters)


def attach(account: str, region: str, auto_scaling: AutoScaling, slots: BlockSlots, rng: random.Random) -> NodeGroups:
    """Let the node groups of one account and Region live beside its Auto Scaling."""
    backend: Any = get_backend("eks")[account][region]
    node_groups = NodeGroups(backend, auto_scaling, slots, rng)
    setattr(backend, ATTACHED, node_groups)
    return node_groups


def _parameters(response: Any) -> dict[str, Any]:
    """Members of the body, the path and the query in one mapping, under botocore's names of them."""
    body = json.loads(response.body) if response.body else {}
    query = {name: values if name == "tagKeys" else values[0] for name, values in _query(response).items()}
    path = {name: unquote(value) for name, value in response.uri_match.items()}
    return {**body, **query, **path}


def _query(response: Any) -> dict[str, list[str]]:
    return parse_qs(response.parsed_url.query, keep_blank_values=True)


def _create(region: NodeGroups, params: Params) -> dict[str, object]:
    return {"nodegroup": region.shown(region.create(params))}


def _describe(region: NodeGroups, params: Params) -> dict[str, object]:
    return {"nodegroup": region.shown(region.find(params["name"], params["nodegroupName"]))}


def _delete(region: NodeGroups, params: Params) -> dict[str, object]:
    return {"nodegroup": region.shown(region.delete(params["name"], params["nodegroupName"]))}


def _list(region: NodeGroups, params: Params) -> dict[str, object]:
    names, token = _page(sorted(region.cluster(params["name"]).nodegroups), params)
    return {"nodegroups": names, "nextToken": token}


def _update_config(region: NodeGroups, params: Params) -> dict[str, object]:
    return {"update": updates.update_config(region, params).shown()}


def _update_version(region: NodeGroups, params: Params) -> dict[str, object]:
    return {"update": updates.update_version(region, params).shown()}


def _describe_update(region: NodeGroups, params: Params) -> dict[str, object]:
    return {"update": updates.describe(region, params).shown()}


def _list_updates(region: NodeGroups, params: Params) -> dict[str, object]:
    ids, token = _page(list(region.find(params["name"], params["nodegroupName"]).updates), params)
    return {"updateIds": ids, "nextToken": token}


def _page(names: list[str], params: Params) -> tuple[list[str], str | None]:
    start, size = int(params.get("nextToken") or 0), int(params.get("maxResults") or 100)
    end = start + size
    return names[start:end], str(end) if end < len(names) else None


def _tags(region: NodeGroups, arn: str) -> dict[str, str]:
    """The tags of a cluster or a node group, to be read and changed."""
    resources = [*region.backend.clusters.values(), *region.all()]
    found: dict[str, str] | None = next((one.tags for one in resources if one.arn == arn), None)
    if found is None:
        unknown(f"{arn} was not found")
    return found


def _tag(region: NodeGroups, params: Params) -> None:
    _tags(region, params["resourceArn"]).update(params["tags"])


def _untag(region: NodeGroups, params: Params) -> None:
    tags = _tags(region, params["resourceArn"])
    for key in params["tagKeys"]:
        tags.pop(key, None)


def _list_tags(region: NodeGroups, params: Params) -> dict[str, object]:
    return {"tags": dict(_tags(region, params["resourceArn"]))}


_CALLS = {
    "create_nodegroup": _create,
    "describe_nodegroup": _describe,
    "delete_nodegroup": _delete,
    "list_nodegroups": _list,
    "update_nodegroup_config": _update_config,
    "update_nodegroup_version": _update_version,
    "describe_update": _describe_update,
    "list_updates": _list_updates,
    "tag_resource": _tag,
    "untag_resource": _untag,
    "list_tags_for_resource": _list_tags,
}
