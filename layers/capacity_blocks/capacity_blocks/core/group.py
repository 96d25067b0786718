"""Auto Scaling groups and EKS node groups as AWS lists them, and the targets that they are to us."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from capacity_blocks.core import tag
from capacity_blocks.core.target import Instance, ScheduledAction, Suspension, Target, TargetId, TemplateVersion

# EKS puts these on the Auto Scaling group of each managed node group.
EKS_CLUSTER = "eks:cluster-name"
EKS_NODE_GROUP = "eks:nodegroup-name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An Auto Scaling group."""

    name: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)
    minimum: int = 0
    maximum: int = 0
    desired: int = 0
    instances: tuple[Instance, ...] = ()
    launch: Suspension = Suspension.NOBODY
    subnets: tuple[str, ...] = ()
    template: TemplateVersion | None = None
    obstacles: tuple[str, ...] = ()  # what makes it unfit for any block, each with what to change


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGroup:
    """An EKS managed node group, as the Resource Groups Tagging API lists it."""

    name: str
    cluster: str
    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)


def targets(
    groups: Iterable[Group],
    node_groups: Iterable[NodeGroup],
    scheduled_actions: Mapping[str, tuple[ScheduledAction, ...]],
) -> tuple[Target, ...]:
    """Return the groups that carry our pool tag. A node group whose Auto Scaling group is not there yet is left out."""
    groups = list(groups)
    behind = {(g.tags.get(EKS_CLUSTER), g.tags.get(EKS_NODE_GROUP)): g for g in groups}
    return tuple(_targets(groups, node_groups, behind, scheduled_actions))


def _targets(
    groups: Iterable[Group],
    node_groups: Iterable[NodeGroup],
    behind: Mapping[tuple[str | None, str | None], Group],
    scheduled_actions: Mapping[str, tuple[ScheduledAction, ...]],
) -> Iterator[Target]:
    for group in groups:
        if EKS_NODE_GROUP not in group.tags and group.tags.get(tag.POOL):
            target_id = TargetId(region=group.region, name=group.name)
            yield _target(target_id, group, group.tags, scheduled_actions.get(group.name, ()))
    for node_group in node_groups:
        found = behind.get((node_group.cluster, node_group.name))
        if found is not None and node_group.tags.get(tag.POOL):
            target_id = TargetId(region=found.region, name=node_group.name, cluster=node_group.cluster)
            yield _target(target_id, found, node_group.tags, scheduled_actions.get(found.name, ()))


def _target(
    target_id: TargetId, group: Group, tags: Mapping[str, str], scheduled_actions: tuple[ScheduledAction, ...]
) -> Target:
    return Target(
        id=target_id,
        pool=tags[tag.POOL],
        group=group.name,
        wishes=tag.wishes(tags),
        bound_to=tags.get(tag.BOUND_TO) or None,
        hook=tag.hook(tags),
        minimum=group.minimum,
        maximum=group.maximum,
        desired=group.desired,
        instances=group.instances,
        launch=group.launch,
        subnets=group.subnets,
        template=group.template,
        scheduled_actions=scheduled_actions,
        obstacles=group.obstacles,
    )
