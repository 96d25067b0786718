"""Accelerators as a node offers them to pods: extended resources of Kubernetes, one for each kind."""

from dataclasses import dataclass

# What the device plugins register. NVIDIA's: https://github.com/NVIDIA/k8s-device-plugin, with other names for GPUs
# that are split (mig-…) or shared by time (gpu.shared); Neuron's:
# https://awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/kubernetes-getting-started.html
WHOLE = frozenset({"nvidia.com/gpu", "aws.amazon.com/neuron", "aws.amazon.com/neurondevice"})  # one is one chip
PARTS = ("nvidia.com/gpu.shared", "aws.amazon.com/neuroncore")
SPLIT = "nvidia.com/mig-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """`capacity` is what the plugin has found on the node, `allocatable` what of it is healthy."""

    resource: str
    capacity: int
    allocatable: int

    @property
    def is_whole(self) -> bool:
        return self.resource in WHOLE


def is_accelerator(resource: str) -> bool:
    return resource in WHOLE or resource in PARTS or resource.startswith(SPLIT)
