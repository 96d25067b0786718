"""What each node still lacks before it counts as ready."""

from typing import Any

import pytest

from capacity_blocks.core.drain.node import Node
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.readiness.device import Devices, is_accelerator
from capacity_blocks.core.readiness.verdict import Readiness, readiness

GPU, NEURON = "nvidia.com/gpu", "aws.amazon.com/neuron"
P5, TRN1, UNLISTED = "p5.48xlarge", "trn1.32xlarge", "p9.96xlarge"


def devices(allocatable: int, capacity: int = 8, resource: str = GPU) -> Devices:
    return Devices(resource=resource, capacity=capacity, allocatable=allocatable)


def a_node(*found: Devices, **changes: Any) -> Node:
    return Node(**{"name": "n", "instance_id": "i-0a", "devices": found, **changes})


LACKS: dict[str, tuple[Node | None, str, str]] = {
    "nothing, with all GPUs": (a_node(devices(8)), P5, ""),
    "nothing, with all chips beside their cores": (
        a_node(devices(16, 16, NEURON), devices(32, 32, "aws.amazon.com/neuroncore")), TRN1, ""
    ),
    "nothing, with GPUs shared by time under their own name": (a_node(devices(32, 32)), P5, ""),
    "nothing, with GPUs shared by time under another name": (
        a_node(devices(80, 80, "nvidia.com/gpu.shared"), devices(0, 0)), P5, ""
    ),
    "nothing, with some GPUs split": (a_node(devices(4, 4), devices(28, 28, "nvidia.com/mig-1g.10gb")), P5, ""),
    "nothing of a type that nobody has counted": (a_node(devices(4, 4)), UNLISTED, ""),
    "its place in the cluster": (None, P5, "it has not joined the cluster"),
    "a kubelet that reports": (a_node(devices(8), ready=False), P5, "node n is not Ready"),
    "room for pods": (a_node(devices(8), cordoned=True), P5, "node n is cordoned"),
    "a device plugin": (a_node(), P5, "node n has no accelerators: no device plugin has registered any"),
    "a device plugin, though its resource is still listed": (
        a_node(devices(0, 0)), P5, "node n has no accelerators: no device plugin has registered any"
    ),
    "a GPU that its plugin finds ill": (a_node(devices(7)), P5, "node n has 7 of 8 nvidia.com/gpu allocatable"),
    "a GPU that its plugin never found": (a_node(devices(7, 7)), P5, "node n has 7 of 8 nvidia.com/gpu allocatable"),
    "part of a GPU that is split": (
        a_node(devices(27, 28, "nvidia.com/mig-1g.10gb")), P5,
        "node n has 27 of 28 nvidia.com/mig-1g.10gb allocatable",
    ),
    "a chip": (a_node(devices(15, 16, NEURON)), TRN1, "node n has 15 of 16 aws.amazon.com/neuron allocatable"),
}  # fmt: skip


@pytest.mark.parametrize(("node", "instance_type", "lack"), LACKS.values(), ids=LACKS.keys())
def test_a_node_lacks(node: Node | None, instance_type: str, lack: str) -> None:
    found = readiness(["i-0a"], {"i-0a": node} if node is not None else {}, instance_type, NodeCheck.ACCELERATORS)

    assert found == (Readiness(lacking=(("i-0a", lack),)) if lack else Readiness(ready=("i-0a",)))


def test_where_accelerators_are_given_in_another_way_they_are_not_looked_for() -> None:
    assert readiness(["i-0a"], {"i-0a": a_node()}, P5, NodeCheck.READY) == Readiness(ready=("i-0a",))
    assert readiness(["i-0a"], {"i-0a": a_node(ready=False)}, P5, NodeCheck.READY).ready == ()


def test_all_that_are_wanted_must_be_there() -> None:
    two = Readiness(ready=("i-0a", "i-0b"))

    assert (two.is_good(2), two.is_good(3), two.is_good(0)) == (True, False, False)
    assert not Readiness(ready=("i-0a", "i-0b"), lacking=(("i-0c", "it is cordoned"),)).is_good(2)


@pytest.mark.parametrize("resource", ["vpc.amazonaws.com/efa", "cpu", "hugepages-2Mi", "nvidia.com/mig.config"])
def test_other_resources_are_no_accelerators(resource: str) -> None:
    assert not is_accelerator(resource)
