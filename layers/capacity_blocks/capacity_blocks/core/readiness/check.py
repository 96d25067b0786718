"""How much of a node is looked at before it counts as good."""

from enum import StrEnum


class NodeCheck(StrEnum):
    ACCELERATORS = "accelerators"
    READY = "ready"  # for clusters that give accelerators to pods in another way, such as by resource claims
    OFF = "off"
