"""What a drain knows of a pod, and what it does with each kind of pod, in the order in which kubectl asks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_GRACE = timedelta(seconds=30)  # the default of terminationGracePeriodSeconds in PodSpec


class PodPhase(StrEnum):
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, _: object) -> "PodPhase":
        return cls.UNRECOGNISED


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """The owner that would make a pod anew, from the owner reference with `controller: true`."""

    api_version: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A pod on the node. Its name may come back on another node; its `uid` never does."""

    namespace: str
    name: str
    uid: str
    phase: PodPhase = PodPhase.RUNNING
    controller: Controller | None = None
    mirror: bool = False  # the API's picture of a static pod: the kubelet makes it from a file, whatever we delete
    local_storage: bool = False  # has an emptyDir, which goes with the pod
    grace: timedelta = DEFAULT_GRACE
    deletion_at: datetime | None = None  # Kubernetes' deletionTimestamp: when the grace period it was given ends

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPolicy:
    """What the operator wants done with the pods that `kubectl drain` refuses to touch unless it is told to.

    Both are evicted by default. kubectl protects a node that will live on; this one is ended by EC2 some minutes
    later whatever we do, and its disks with it: to spare such a pod now is to kill it then, without a word to it.
    Evicted, it has its grace period to write a checkpoint. Left alone, it is waited for until the deadline, which suits
    work that ends by itself.

    Where the settings are `unread`, nobody knows whether they would spare such a pod: it is not evicted until they are.
    """

    evict_local_storage: bool = True
    evict_unmanaged: bool = True
    unread: bool = False


class Handling(StrEnum):
    LEAVE = "leave"  # it goes with the node, and nobody waits for it
    EVICT = "evict"
    AWAIT = "await"  # it is not touched, but waited for: what kubectl would refuse to drain


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What is done with a pod, and why: a clause about "it"."""

    handling: Handling
    reason: str = ""


UNREAD = "whether its pool spares such pods could not be read"
EVICT = Treatment(handling=Handling.EVICT)
Filter = Callable[[Pod, PodPolicy], Treatment]


def finished(pod: Pod, _: PodPolicy) -> Treatment:
    if pod.phase in {PodPhase.SUCCEEDED, PodPhase.FAILED}:
        return Treatment(handling=Handling.LEAVE, reason=f"it has ended ({pod.phase})")
    return EVICT


def mirror(pod: Pod, _: PodPolicy) -> Treatment:
    if pod.mirror:
        return Treatment(handling=Handling.LEAVE, reason="it is static: only its node can end it")
    return EVICT


def daemon_set(pod: Pod, _: PodPolicy) -> Treatment:
    """Leave what a DaemonSet would put back at once: it ignores that a node is cordoned."""
    owner = pod.controller
    if owner is not None and owner.kind == "DaemonSet" and owner.api_version.startswith("apps/"):
        return Treatment(handling=Handling.LEAVE, reason=f"DaemonSet {owner.name} would put it back")
    return EVICT


def local_storage(pod: Pod, policy: PodPolicy) -> Treatment:
    if not pod.local_storage:
        return EVICT
    if policy.unread:
        return Treatment(handling=Handling.AWAIT, reason=f"it has an emptyDir, and {UNREAD}")
    if policy.evict_local_storage:
        return Treatment(handling=Handling.EVICT, reason="its emptyDir is lost, as it is when the node goes")
    return Treatment(handling=Handling.AWAIT, reason="it has an emptyDir, and such pods are not to be evicted")


def unmanaged(pod: Pod, policy: PodPolicy) -> Treatment:
    if pod.controller is not None:
        return EVICT
    if policy.unread:
        return Treatment(handling=Handling.AWAIT, reason=f"it has no controller, and {UNREAD}")
    if policy.evict_unmanaged:
        return Treatment(handling=Handling.EVICT, reason="no controller will start it anew")
    return Treatment(handling=Handling.AWAIT, reason="it has no controller, and such pods are not to be evicted")


FILTERS: tuple[Filter, ...] = (finished, mirror, daemon_set, local_storage, unmanaged)


def treatment(pod: Pod, policy: PodPolicy) -> Treatment:
    """Return the first objection to evicting `pod`; when there is none, all that is to be said of its eviction."""
    asked = [each(pod, policy) for each in FILTERS]
    objection = next((each for each in asked if each.handling is not Handling.EVICT), None)
    if objection is not None:
        return objection
    return Treatment(handling=Handling.EVICT, reason="; ".join(each.reason for each in asked if each.reason))
