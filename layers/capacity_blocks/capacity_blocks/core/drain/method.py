"""How the work of an instance is drained, read from the tags of its group."""

from dataclasses import dataclass

from capacity_blocks.core import tag
from capacity_blocks.core.drain.member import CLUSTER_TAG, Member

ECS_CLUSTER = "capacity-blocks:ecs-cluster"
SSM = "ssm:"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDrain:
    """Nothing on the instance needs time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """The instance is a node of this EKS cluster."""

    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecs:
    """The instance is a container instance; None: of whichever cluster says so."""

    cluster: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An SSM document on the instance does it."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The tags do not say. `reason` says what is wrong with them, as a clause."""

    reason: str


Method = NoDrain | Kubernetes | Ecs | Document | Unclear


def method(member: Member) -> Method:
    """Read it. What EKS manages runs in EKS, whatever else is said; a tag that means nothing is Unclear, not `none`."""
    if member.is_of_node_group:
        return _kubernetes(member)
    text = member.tags.get(tag.DRAIN, "none")
    if not tag.is_drain_method(text):
        return Unclear(reason=f"tag {tag.DRAIN} of {member.group} is {text!r}; allowed: {tag.DRAIN_METHODS}")
    if text == "eks":
        return _kubernetes(member)
    if text == "ecs":
        return Ecs(cluster=member.tags.get(ECS_CLUSTER) or None)
    return NoDrain() if text == "none" else Document(name=text.removeprefix(SSM))


def _kubernetes(member: Member) -> Kubernetes | Unclear:
    match member.clusters:
        case (cluster,):
            return Kubernetes(cluster=cluster)
        case ():
            return Unclear(reason=f"no tag {CLUSTER_TAG}<name> of {member.group} says which cluster its nodes are in")
        case several:
            return Unclear(reason=f"tags {CLUSTER_TAG}<name> of {member.group} name {' and '.join(several)}: keep one")
