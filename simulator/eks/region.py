"""The managed node groups of one account in one Region."""

import random
from collections.abc import Mapping
from typing import Any

from simulator import changes
from simulator.auto_scaling import groups_api
from simulator.auto_scaling.activity import Activity
from simulator.auto_scaling.activity import Status as ActivityStatus
from simulator.auto_scaling.region import AutoScaling
from simulator.launch.slots import BlockSlots

from . import scale_down, source
from .node_group import NodeGroup, Status
from .refusal import busy, refuse, unknown
from .termination import SPECIFICATION, Terminations

Params = Mapping[str, Any]
_SIZES = {"minSize": 1, "maxSize": 2, "desiredSize": 2}  # assumed, when no scalingConfig is given
_KEPT = {
    "amiType": None, "capacityType": "ON_DEMAND", "instanceTypes": None, "nodeRole": None,
    "subnets": None, "updateConfig": {"maxUnavailable": 1}, "version": "1.33", "releaseVersion": None,
    "diskSize": None, "nodeRepairConfig": None,
}  # fmt: skip


class NodeGroups:
    """Creates and ends node groups, and knows what is wrong with them."""

    def __init__(self, backend: Any, auto_scaling: AutoScaling, slots: BlockSlots, rng: random.Random) -> None:
        self.backend = backend
        self.auto_scaling = auto_scaling
        self.slots = slots
        self.rng = rng
        self.terminations = Terminations(auto_scaling, rng)
        auto_scaling.activities.on_end.append(self._note_launch)
        if auto_scaling.at.assumptions.eks_action_follows_extension:
            auto_scaling.schedule.before_look.append(self._follow_ends)

    def cluster(self, name: str) -> Any:
        if name not in self.backend.clusters:
            unknown(f"No cluster found for name: {name}.", name)
        return self.backend.clusters[name]

    def all(self) -> list[NodeGroup]:
        return [one for cluster in self.backend.clusters.values() for one in cluster.nodegroups.values()]

    def find(self, cluster: str, name: str) -> NodeGroup:
        found: NodeGroup | None = self.cluster(cluster).nodegroups.get(name)
        if found is None:
            unknown(f"No node group found for name: {name}.", cluster, name)
        return found

    def create(self, params: Params) -> NodeGroup:
        cluster, name = self.cluster(params["name"]), params["nodegroupName"]
        if name in cluster.nodegroups:
            if _same(cluster.nodegroups[name], params):
                return self.find(cluster.name, name)
            busy(f"NodeGroup already exists with name {name} and cluster name {cluster.name}", cluster.name, name)
        node_group = self._made(cluster, params)
        cluster.nodegroups[name] = node_group
        cluster.nodegroup_count += 1
        self.later(lambda: self._created(node_group))
        return node_group

    def delete(self, cluster: str, name: str) -> NodeGroup:
        node_group = self.find(cluster, name)
        if node_group.status is not Status.DELETING:
            node_group.status = Status.DELETING
            if (group := self.auto_scaling.groups.get(node_group.group)) is not None:
                self.auto_scaling.delete(group)
            self.later(lambda: self._deleted(node_group))
        return node_group

    def later(self, act: Any) -> None:
        """Do something when EKS is done with a piece of work."""
        at = self.auto_scaling.at
        at.clock.call_in(at.assumptions.node_group_update.draw(self.rng), act, "eks: work on a node group")

    def shown(self, node_group: NodeGroup) -> dict[str, object]:
        """A node group as DescribeNodegroup shows it: its sizes are those of its Auto Scaling group (assumed)."""
        group = self.auto_scaling.groups.get(node_group.group)
        version = (group.template or {}).get("Version") if group is not None else None
        issues = node_group.issues(version)
        degraded = node_group.status is Status.ACTIVE and issues
        numbers = group.capacity if group is not None else None
        return {
            **node_group.kept,
            "nodegroupName": node_group.name,
            "nodegroupArn": node_group.arn,
            "clusterName": node_group.cluster,
            "createdAt": node_group.created,
            "modifiedAt": node_group.modified,
            "status": str(Status.DEGRADED if degraded else node_group.status),
            "scalingConfig": {
                "minSize": numbers.minimum if numbers else 0,
                "maxSize": max(1, numbers.maximum) if numbers else 1,
                "desiredSize": numbers.desired if numbers else 0,
            },
            "labels": node_group.labels,
            "taints": node_group.taints,
            "resources": {"autoScalingGroups": [{"name": node_group.group}]},
            "health": {"issues": issues},
            "launchTemplate": node_group.template,
            "tags": node_group.tags,
        }

    def _made(self, cluster: Any, params: Params) -> NodeGroup:
        at = self.auto_scaling.at
        name, unique = params["nodegroupName"], at.new_id()
        kept = {key: params.get(key, usual) for key, usual in _KEPT.items()}
        version, data = self._template(params, kept, cluster.name)
        source.name_image(kept, data)
        own_tags = {"eks:cluster-name": cluster.name, "eks:nodegroup-name": name}
        copied = source.copy(at.instances.backend, f"eks-{unique}", data, own_tags)
        node_group = NodeGroup(
            name=name,
            cluster=cluster.name,
            arn=at.arn(f"nodegroup/{cluster.name}/{name}/{unique}", "eks"),
            created=at.clock.now(),
            modified=at.clock.now(),
            group=f"eks-{name}-{unique}",
            kept={key: value for key, value in kept.items() if value is not None},
            template=source.named(version) if version is not None else None,
            copy_id=copied.id,
            copy_version=1,
            labels=dict(params.get("labels") or {}),
            taints=list(params.get("taints") or []),
            tags=dict(params.get("tags") or {}),
            token=params.get("clientRequestToken"),
        )
        sizes = {**_SIZES, **(params.get("scalingConfig") or {})}
        check_sizes(sizes, cluster.name, name)
        self._make_group(node_group, sizes, own_tags)
        if node_group.is_for_blocks:
            scale_down.appoint(self.auto_scaling, node_group.group, scale_down.end_of(self.slots, data))
        return node_group

    def _template(self, params: Params, kept: dict[str, Any], cluster: str) -> tuple[Any, dict[str, Any]]:
        """The user's template version, if any, and the launch data that follow from the request."""
        if given := params.get("launchTemplate"):
            version = source.version_of(self.auto_scaling.at.instances.backend, given, cluster)
            source.check(version.data, kept["capacityType"], cluster)
            return version, dict(version.data)
        source.check({}, kept["capacityType"], cluster)
        types = kept["instanceTypes"] or ["t3.medium"]
        return None, {"InstanceType": types[0]}

    def _make_group(self, node_group: NodeGroup, sizes: Mapping[str, int], own_tags: Mapping[str, str]) -> None:
        tags = {
            **own_tags,
            "k8s.io/cluster-autoscaler/enabled": "true",
            f"k8s.io/cluster-autoscaler/{node_group.cluster}": "owned",
            f"kubernetes.io/cluster/{node_group.cluster}": "owned",
        }
        groups_api.create(
            self.auto_scaling,
            {
                "AutoScalingGroupName": node_group.group,
                "MinSize": sizes["minSize"],
                "MaxSize": sizes["maxSize"],
                "DesiredCapacity": sizes["desiredSize"],
                "LaunchTemplate": {"LaunchTemplateId": node_group.copy_id, "Version": "1"},
                "VPCZoneIdentifier": ",".join(node_group.kept["subnets"]),
                "LifecycleHookSpecificationList": [SPECIFICATION],
                "Tags": [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()],
            },
        )

    def _created(self, node_group: NodeGroup) -> None:
        if node_group.status is Status.CREATING:
            node_group.status = Status.ACTIVE
            changes.bump()

    def _deleted(self, node_group: NodeGroup) -> None:
        if node_group.group in self.auto_scaling.groups:
            self.later(lambda: self._deleted(node_group))
            return
        cluster = self.cluster(node_group.cluster)
        del cluster.nodegroups[node_group.name]
        cluster.nodegroup_count -= 1
        changes.bump()

    def _note_launch(self, activity: Activity) -> None:
        """Take failed launches for a health issue until one succeeds, even at size 0 (containers-roadmap #2326)."""
        for node_group in self.all():
            if node_group.group == activity.group and activity.description.startswith("Launching"):
                failed = activity.status is ActivityStatus.FAILED
                node_group.launch_failure = activity.message if failed else None

    def _follow_ends(self) -> None:
        for node_group in self.all():
            if node_group.is_for_blocks and node_group.group in self.auto_scaling.groups:
                data = self.auto_scaling.at.launch_data({"LaunchTemplateId": node_group.copy_id, "Version": "$Latest"})
                end = scale_down.end_of(self.slots, data.data)
                due = scale_down.is_due(self.auto_scaling, node_group.group)
                if due is not None and end is not None and due != end - scale_down.LEAD:
                    scale_down.appoint(self.auto_scaling, node_group.group, end)


def check_sizes(sizes: Mapping[str, int], cluster: str, node_group: str) -> None:
    """NodegroupScalingConfig: a maximum of at least 1, and the desired size between the two others."""
    if sizes["maxSize"] < 1:
        refuse("maxSize must be at least 1", cluster, node_group)
    if not 0 <= sizes["minSize"] <= sizes["desiredSize"] <= sizes["maxSize"]:
        numbers = f"minSize {sizes['minSize']}, desiredSize {sizes['desiredSize']}, maxSize {sizes['maxSize']}"
        refuse(f"desiredSize must be between minSize and maxSize: {numbers}", cluster, node_group)


def _same(node_group: NodeGroup, params: Params) -> bool:
    """Whether this is the request that made the node group, sent again."""
    token = params.get("clientRequestToken")
    return token is not None and token == node_group.token
