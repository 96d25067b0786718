"""Who does something in a story."""

from enum import StrEnum


class Actor(StrEnum):
    """Who did something."""

    PERSON = "a person"
    ENGINEER = "an engineer"
    COLLEAGUE = "a colleague"
    LEAD = "the team lead"
    AUTOPILOT = "Autopilot"
    EC2 = "EC2"
    NETWORK = "the network"
    AUTO_SCALING = "Auto Scaling"
    EKS = "EKS"
    KUBERNETES = "Kubernetes"
