"""Mark the nodes of a target with when their work will be drained, or take the mark off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.drain.node import TaintEffect
from capacity_blocks.kubernetes_ports import KubernetesError, Nodes
from capacity_blocks.ports import AwsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    nodes: Callable[[str], Nodes]  # of a cluster

    def mark(
        self,
        cluster: str,
        instance_ids: Sequence[str],
        instance_type: str,
        drain_at: datetime | None,
        effect: TaintEffect,
    ) -> list[str]:
        """Mark each node, or unmark it where `drain_at` is None; return what failed. One node's trouble is its own."""
        failures = []
        for instance_id in instance_ids:
            try:
                node = self.nodes(cluster).find(instance_id, instance_type)
                if node is not None and drain_at is not None:
                    self.nodes(cluster).mark(node, drain_at, effect)
                elif node is not None:
                    self.nodes(cluster).unmark(node)
            except (AwsError, KubernetesError) as error:
                failures.append(f"{instance_id}: {error}")
        return failures
