"""Updates of node groups: asked for at once, done later, and only one at a time."""

from collections.abc import Mapping
from typing import Any

from simulator import changes
from simulator.auto_scaling import capacity, groups_api
from simulator.auto_scaling.journal import NodeGroupUpdated
from simulator.auto_scaling.region import user_update

from . import scale_down, source
from .node_group import NodeGroup, Status, Update, UpdateStatus
from .refusal import busy, refuse, unknown
from .region import NodeGroups, check_sizes

Params = Mapping[str, Any]
_TOKEN = "clientRequestToken"  # noqa: S105  # the name of a parameter
_SIZES = {"minSize": "MinSize", "maxSize": "MaxSize", "desiredSize": "DesiredSize"}


def update_config(region: NodeGroups, params: Params) -> Update:
    """Change sizes, labels and taints (UpdateNodegroupConfig). The group's sizes change at once (assumed)."""
    node_group = region.find(params["name"], params["nodegroupName"])
    if (known := _known(node_group, params)) is not None:
        return known
    _require_free(node_group)
    asked = [{"type": _SIZES[key], "value": str(value)} for key, value in (params.get("scalingConfig") or {}).items()]
    if params.get("scalingConfig"):
        _scale(region, node_group, params["scalingConfig"])
    _relabel(node_group, params)
    if params.get("updateConfig"):
        node_group.kept["updateConfig"] = params["updateConfig"]
    update = _begin(region, node_group, "ConfigUpdate", asked, params)
    region.later(lambda: _finish(region, node_group, update))
    return update


def update_version(region: NodeGroups, params: Params) -> Update:
    """Move to another version of the same template (UpdateNodegroupVersion).

    With instances in it, the update fails at its end: it would launch before it terminates, and a block has no slot to
    spare (assumed, as is that the template changes at the end).
    """
    node_group = region.find(params["name"], params["nodegroupName"])
    if (known := _known(node_group, params)) is not None:
        return known
    _require_free(node_group)
    if node_group.kept["amiType"] == source.CUSTOM_IMAGE and (params.get("version") or params.get("releaseVersion")):
        # UpdateNodegroupVersionRequest$version: with an image of the template's own, the update fails.
        refuse("version and releaseVersion are not for a custom image", node_group.cluster, node_group.name)
    version = _wanted(region, node_group, params.get("launchTemplate"))
    asked = []
    if version is not None:
        asked = [
            {"type": "LaunchTemplateName", "value": version.template.name},
            {"type": "LaunchTemplateVersion", "value": str(version.number)},
        ]
    update = _begin(region, node_group, "VersionUpdate", asked, params)
    group = region.auto_scaling.groups[node_group.group]
    is_empty = not group.members and group.capacity.desired == 0

    def end() -> None:
        if not is_empty:
            update.errors.append(
                {
                    "errorCode": "NodeCreationFailure",
                    "errorMessage": "Couldn't proceed with upgrade process as new nodes are not joining node group",
                    "resourceIds": [node_group.group],
                }
            )
        elif version is not None:
            _take_version(region, node_group, version)
        if not update.errors:
            source.move_image(node_group.kept, params)
        _finish(region, node_group, update)

    region.later(end)
    return update


def describe(region: NodeGroups, params: Params) -> Update:
    node_group = region.find(params["name"], params["nodegroupName"])
    if (update := node_group.updates.get(params["updateId"])) is None:
        unknown(f"No update found for ID: {params['updateId']}", node_group.cluster, node_group.name)
    return update


def _known(node_group: NodeGroup, params: Params) -> Update | None:
    """The update of the same token, if there is one: the same question has the same answer."""
    token = params.get(_TOKEN)
    for update in node_group.updates.values():
        if token and update.request.get(_TOKEN) == token:
            if update.request != dict(params):
                refuse("the request differs from an earlier one with this token", node_group.cluster, node_group.name)
            return update
    return None


def _require_free(node_group: NodeGroup) -> None:
    if node_group.status is not Status.ACTIVE:
        # The code is botocore's ResourceInUseException; the wording is assumed.
        message = f"Nodegroup cannot be updated while it is {node_group.status}"
        busy(message, node_group.cluster, node_group.name)


def _begin(region: NodeGroups, node_group: NodeGroup, kind: str, asked: list[dict[str, str]], params: Params) -> Update:
    at = region.auto_scaling.at
    update = Update(update_id=at.new_id(), kind=kind, params=asked, created=at.clock.now(), request=dict(params))
    node_group.updates[update.update_id] = update
    node_group.status = Status.UPDATING
    node_group.modified = at.clock.now()
    return update


def _finish(region: NodeGroups, node_group: NodeGroup, update: Update) -> None:
    update.status = UpdateStatus.FAILED if update.errors else UpdateStatus.SUCCESSFUL
    if node_group.status is Status.UPDATING:
        node_group.status = Status.ACTIVE
    at = region.auto_scaling.at
    at.journal.add(
        NodeGroupUpdated(
            at=at.clock.now(),
            region=at.region,
            cluster=node_group.cluster,
            node_group=node_group.name,
            kind=update.kind,
            status=update.status,
        )
    )
    changes.bump()


def _scale(region: NodeGroups, node_group: NodeGroup, given: Mapping[str, int]) -> None:
    group = region.auto_scaling.groups[node_group.group]
    now = {
        "minSize": group.capacity.minimum,
        "maxSize": group.capacity.maximum,
        "desiredSize": group.capacity.desired,
    }
    sizes = {**now, **given}
    check_sizes(sizes, node_group.cluster, node_group.name)
    numbers = capacity.updated(group.capacity, sizes["minSize"], sizes["maxSize"], sizes["desiredSize"])
    region.auto_scaling.resize(group, numbers, "UpdateNodegroupConfig", user_update(numbers))


def _relabel(node_group: NodeGroup, params: Params) -> None:
    labels, taints = params.get("labels") or {}, params.get("taints") or {}
    node_group.labels.update(labels.get("addOrUpdateLabels", {}))
    for key in labels.get("removeLabels", []):
        node_group.labels.pop(key, None)
    changed = [*taints.get("addOrUpdateTaints", []), *taints.get("removeTaints", [])]
    gone = {(one["key"], one.get("effect")) for one in changed}
    kept = [one for one in node_group.taints if (one["key"], one.get("effect")) not in gone]
    node_group.taints = [*kept, *taints.get("addOrUpdateTaints", [])]


def _wanted(region: NodeGroups, node_group: NodeGroup, given: Mapping[str, str] | None) -> Any:
    """The version to move to: of the same template, and one that can launch into a block."""
    if not given:
        return None
    mine = node_group.template
    if mine is None or (given.get("id") or mine["id"], given.get("name") or mine["name"]) != (mine["id"], mine["name"]):
        refuse("the launch template of a node group cannot be changed", node_group.cluster, node_group.name)
    named = {"id": mine["id"], "version": given.get("version", "$Default")}
    version = source.version_of(region.auto_scaling.at.instances.backend, named, node_group.cluster)
    source.check(version.data, node_group.kept["capacityType"], node_group.cluster)
    return version


def _take_version(region: NodeGroups, node_group: NodeGroup, version: Any) -> None:
    """Copy the version into EKS's own template, and let the group use it."""
    own = region.auto_scaling.at.instances.backend.get_launch_template(node_group.copy_id)
    tags = {"eks:cluster-name": node_group.cluster, "eks:nodegroup-name": node_group.name}
    copied = own.create_version(source.with_tags(version.data, tags), None)
    node_group.copy_version = copied.number
    node_group.template = source.named(version)
    groups_api.update(
        region.auto_scaling,
        {
            "AutoScalingGroupName": node_group.group,
            "LaunchTemplate": {"LaunchTemplateId": own.id, "Version": str(copied.number)},
        },
    )
    if node_group.is_for_blocks and region.auto_scaling.at.assumptions.eks_action_follows_version:
        scale_down.appoint(region.auto_scaling, node_group.group, scale_down.end_of(region.slots, version.data))
