"""An instance as a member of its Auto Scaling group, and what the group's tags say about its drain."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from capacity_blocks.core.group import EKS_CLUSTER, EKS_NODE_GROUP
from capacity_blocks.core.target import WAITING as WAITING

CLUSTER_TAG = "kubernetes.io/cluster/"  # and the name of the cluster: nodes that manage themselves must carry it
LEAVING = frozenset({"Terminating", WAITING})  # what a drain is for; from Terminating:Proceed on it is too late


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`lifecycle_state` is Auto Scaling's word; `tags` are the group's."""

    instance_id: str
    region: str
    group: str
    lifecycle_state: str = "InService"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_waiting(self) -> bool:
        return self.lifecycle_state == WAITING

    @property
    def is_leaving(self) -> bool:
        return self.lifecycle_state in LEAVING

    @property
    def is_of_node_group(self) -> bool:
        """Whether EKS manages the group, drains what it terminates, and alone ends the wait that its own hook makes."""
        return EKS_NODE_GROUP in self.tags

    @property
    def clusters(self) -> tuple[str, ...]:
        """Return the Kubernetes clusters that the group's tags name. There should be one."""
        named = {key.removeprefix(CLUSTER_TAG) for key in self.tags if key.startswith(CLUSTER_TAG)}
        return tuple(sorted(({self.tags[EKS_CLUSTER]} if EKS_CLUSTER in self.tags else named) - {""}))
