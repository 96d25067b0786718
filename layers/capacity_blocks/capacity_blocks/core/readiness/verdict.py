"""Judge the nodes of a target: what each of them still lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from capacity_blocks.core.drain.node import Node
from capacity_blocks.core.purchase.accelerator import PER_INSTANCE
from capacity_blocks.core.readiness.check import NodeCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """`lacking` names instances, each with what is wrong, as a clause."""

    ready: tuple[str, ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()

    def is_good(self, wanted: int) -> bool:
        return not self.lacking and len(self.ready) >= wanted > 0


def readiness(
    instance_ids: Sequence[str], nodes: Mapping[str, Node], instance_type: str, check: NodeCheck
) -> Readiness:
    """Judge the node of each instance; one that is no node has not joined."""
    found = {each: _lack(nodes.get(each), instance_type, check) for each in sorted(instance_ids)}
    return Readiness(
        ready=tuple(each for each, lack in found.items() if not lack),
        lacking=tuple((each, lack) for each, lack in found.items() if lack),
    )


def _lack(node: Node | None, instance_type: str, check: NodeCheck) -> str:
    return "it has not joined the cluster" if node is None else next(_lacks(node, instance_type, check), "")


def _lacks(node: Node, instance_type: str, check: NodeCheck) -> Iterator[str]:
    if not node.ready:
        yield f"node {node.name} is not Ready"
    if node.cordoned:
        yield f"node {node.name} is cordoned"
    if check is NodeCheck.ACCELERATORS:
        yield from _missing(node, PER_INSTANCE.get(instance_type))


def _missing(node: Node, chips: int | None) -> Iterator[str]:
    """A chip that had failed before its plugin started is in no capacity: where it is known, the type says how many."""
    there = [devices for devices in node.devices if devices.capacity]
    if not there:
        yield f"node {node.name} has no accelerators: no device plugin has registered any"
    is_split = any(not devices.is_whole for devices in there)
    for devices in there:
        least = max(devices.capacity, chips or 0) if devices.is_whole and not is_split else devices.capacity
        if devices.allocatable < least:
            yield f"node {node.name} has {devices.allocatable} of {least} {devices.resource} allocatable"
