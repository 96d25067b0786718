"""Mark the nodes of a target with when their work will be drained, or take the mark off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.drain.node import Node, TaintEffect, is_marked
from capacity_blocks.kubernetes_ports import KubernetesError, Nodes
from capacity_blocks.ports import AwsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    open: Callable[[str], Nodes]  # the nodes of a cluster

    def mark(
        self,
        cluster: str,
        instance_ids: Sequence[str],
        instance_type: str,
        drain_at: datetime | None,
        effect: TaintEffect,
    ) -> list[str]:
        """Mark each node, or unmark it where `drain_at` is None; return what failed. One node's trouble is its own."""
        nodes, failures = self.open(cluster), []
        try:
            found = nodes.nodes_of(instance_ids, instance_type)
        except (AwsError, KubernetesError) as error:
            return [f"cluster {cluster}: {error}"]
        for instance_id in instance_ids:
            try:
                if (node := found.get(instance_id)) is not None:
                    _mark(nodes, node, drain_at, effect)
            except (AwsError, KubernetesError) as error:
                failures.append(f"{instance_id}: {error}")
        return failures


def _mark(nodes: Nodes, node: Node, drain_at: datetime | None, effect: TaintEffect) -> None:
    if drain_at is None:
        nodes.unmark(node)
    elif not is_marked(node, drain_at, effect):
        nodes.mark(node, drain_at, effect)
