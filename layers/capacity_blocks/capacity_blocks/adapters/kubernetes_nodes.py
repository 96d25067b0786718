"""Nodes: which of them is an instance, cordoned, and marked with when their work will be drained."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from lightkube import Client
from lightkube.models.core_v1 import NodeStatus
from lightkube.models.core_v1 import Taint as TaintModel
from lightkube.resources.core_v1 import Node as NodeResource
from lightkube.types import PatchType

from capacity_blocks.adapters.kubernetes_connection import KubernetesConnection
from capacity_blocks.core.drain.node import (
    DRAIN_AT,
    INSTANCE_ID,
    Node,
    Taint,
    TaintEffect,
    instance_id,
    mark_value,
    marked,
    unmarked,
)
from capacity_blocks.core.readiness.device import Devices, is_accelerator
from capacity_blocks.kubernetes_ports import KubernetesError

PAGE_SIZE = 250  # a node is some ten kilobytes, most of it the names of its images
INSTANCE_TYPE = "node.kubernetes.io/instance-type"  # set by the kubelet
CONFLICT = 409
TRIES = 4
MOST_NAMES = 3  # in the words of an error
Change = Callable[[tuple[Taint, ...]], tuple[Taint, ...]]


class KubernetesNodes:
    # What RBAC must grant, as resource and verb.
    VERBS = frozenset({("nodes", "list"), ("nodes", "patch")})

    def __init__(self, connection: KubernetesConnection) -> None:
        self._connection = connection

    def find(self, instance_id: str, instance_type: str = "") -> Node | None:
        """Look under our own label first. The API selects no nodes by provider id, so else all are looked through."""
        labelled = self._among([instance_id], {INSTANCE_ID: instance_id})
        return (labelled or self.nodes_of([instance_id], instance_type)).get(instance_id)

    def read(self, node: Node) -> Node | None:
        fields = {"metadata.name": node.name}
        found = self._connection.call(f"read node {node.name}", lambda client: list(_nodes(client, fields=fields)))
        return found[0] if found else None

    def nodes_of(self, instance_ids: Collection[str], instance_type: str = "") -> Mapping[str, Node]:
        return self._among(instance_ids, {INSTANCE_TYPE: instance_type} if instance_type else {})

    def cordon(self, node: Node) -> None:
        self._patch(f"cordon node {node.name}", node.name, {"spec": {"unschedulable": True}})

    def mark(self, node: Node, drain_at: datetime, effect: TaintEffect) -> None:
        labels = {DRAIN_AT: mark_value(drain_at), INSTANCE_ID: node.instance_id}
        self._change(f"mark node {node.name}", node, labels, lambda taints: marked(taints, drain_at, effect))

    def unmark(self, node: Node) -> None:
        self._change(f"unmark node {node.name}", node, {DRAIN_AT: None}, unmarked)  # null takes a label off

    def _among(self, instance_ids: Collection[str], labels: Mapping[str, str]) -> Mapping[str, Node]:
        def look(client: Client) -> Mapping[str, Node]:
            found: dict[str, Node] = {}
            for node in _nodes(client, labels):
                if node.instance_id in instance_ids:
                    found[node.instance_id] = node
                if len(found) == len(instance_ids):
                    break  # the pages that are left are not asked for
            return found

        return self._connection.call(f"find the nodes of {', '.join(sorted(instance_ids)[:MOST_NAMES])}", look)

    def _change(self, operation: str, node: Node, labels: Mapping[str, str | None], taints: Change) -> None:
        """Taints are one value to the API (an atomic list): ours go in with all the others, under the version that
        they were read in, and they are read anew when somebody was faster. A kubelet's own report is such a change.
        """
        for left in reversed(range(TRIES + 1)):
            metadata = {"resourceVersion": node.version, "labels": dict(labels)}
            written = [_written(each) for each in taints(node.taints)]
            try:
                return self._patch(operation, node.name, {"metadata": metadata, "spec": {"taints": written}})
            except KubernetesError as error:
                if error.status != CONFLICT or not left:
                    raise
            found = self.read(node)
            if found is None:
                raise KubernetesError(f"read node {node.name}", "it is gone", status=404)
            node = found
        return None

    def _patch(self, operation: str, name: str, patch: dict[str, Any]) -> None:
        self._connection.call(
            operation, lambda client: client.patch(NodeResource, name, patch, patch_type=PatchType.STRATEGIC)
        )


def _nodes(
    client: Client, labels: Mapping[str, str] | None = None, fields: Mapping[str, str] | None = None
) -> Iterator[Node]:
    found = client.list(NodeResource, chunk_size=PAGE_SIZE, labels=dict(labels or {}), fields=dict(fields or {}))
    return (node for each in found if (node := _node(each)) is not None)


def _node(found: NodeResource) -> Node | None:
    metadata, spec, status = found.metadata, found.spec, found.status
    behind = instance_id(spec.providerID if spec else None)
    if metadata is None or metadata.name is None or spec is None or behind is None:
        return None  # on premises or of a Fargate pod, or so young that nobody has said what it is
    conditions = (status.conditions if status else None) or []
    return Node(
        name=metadata.name,
        instance_id=behind,
        cordoned=bool(spec.unschedulable),
        ready=any(each.type == "Ready" and each.status == "True" for each in conditions),
        taints=tuple(_taint(each) for each in spec.taints or ()),
        devices=_devices(status) if status else (),
        version=metadata.resourceVersion or "",
    )


def _devices(status: NodeStatus) -> tuple[Devices, ...]:
    capacity, allocatable = status.capacity or {}, status.allocatable or {}
    return tuple(
        Devices(resource=name, capacity=_count(count), allocatable=_count(allocatable.get(name, "0")))
        for name, count in sorted(capacity.items())
        if is_accelerator(name)
    )


def _count(quantity: str) -> int:
    """Read the quantity of an extended resource, a whole number; what makes no sense counts as none."""
    return int(quantity) if quantity.isdecimal() else 0


def _taint(found: TaintModel) -> Taint:
    return Taint(key=found.key, value=found.value, effect=found.effect, added_at=found.timeAdded)


def _written(taint: Taint) -> dict[str, str]:
    written = {"key": taint.key, "effect": taint.effect}
    if taint.value is not None:
        written["value"] = taint.value
    if taint.added_at is not None:
        written["timeAdded"] = f"{taint.added_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return written
