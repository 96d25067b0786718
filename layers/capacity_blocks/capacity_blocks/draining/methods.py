"""The drains behind the one door."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from capacity_blocks.core.drain.method import Document, Ecs, Kubernetes, Method, NoDrain, Unclear
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.core.policy import Policy
from capacity_blocks.drain_ports import Commands, ContainerInstances, Drain
from capacity_blocks.draining.command_drain import CommandDrain
from capacity_blocks.draining.ecs_drain import EcsDrain
from capacity_blocks.draining.plain import NothingToDrain, Unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """`kubernetes` makes the drain of a node of a cluster; the instance's type, where known, narrows its search.

    Each is made only where it is used: a group is drained in one way.
    """

    kubernetes: Callable[[str, PodPolicy, str], Drain]
    container_instances: Callable[[], ContainerInstances]
    commands: Callable[[], Commands]

    def drain(self, method: Method, policy: Policy, instance_type: str) -> Drain:
        match method:
            case NoDrain():
                return NothingToDrain()
            case Kubernetes(cluster=cluster):
                return self.kubernetes(cluster, _pods(policy), instance_type)
            case Ecs(cluster=cluster_or_any):
                return EcsDrain(self.container_instances(), cluster_or_any)
            case Document(name=name):
                return CommandDrain(self.commands(), name)
            case Unclear(reason=reason):
                return Unanswered(reason)
            case _:
                assert_never(method)


def _pods(policy: Policy) -> PodPolicy:
    return PodPolicy(
        evict_local_storage=policy.evict_local_storage, evict_unmanaged=policy.evict_unmanaged, unread=policy.unread
    )
