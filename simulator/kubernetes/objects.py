"""What lives in a simulated cluster, and what each looks like on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

CORDON_TAINT = "node.kubernetes.io/unschedulable"
MIRROR = "kubernetes.io/config.mirror"


def written(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(slots=True, kw_only=True)
class SimulatedNode:
    name: str
    provider_id: str
    created: datetime
    labels: dict[str, str]
    taints: list[dict[str, Any]] = field(default_factory=list)
    unschedulable: bool = False
    ready: bool = True  # a kubelet that is not stops no container
    devices: Mapping[str, int] = field(default_factory=dict)  # as their plugins count them
    ill: Mapping[str, int] = field(default_factory=dict)  # how many of those they find unhealthy
    version: int = 0

    def wire(self) -> dict[str, Any]:
        spec: dict[str, Any] = {"providerID": self.provider_id}
        if self.taints:
            spec["taints"] = self.taints
        if self.unschedulable:
            spec["unschedulable"] = True
        return {
            "metadata": {
                "name": self.name,
                "uid": f"node-{self.name}",
                "resourceVersion": str(self.version),
                "creationTimestamp": written(self.created),
                "labels": self.labels,
            },
            "spec": spec,
            "status": {
                "conditions": [{"type": "Ready", "status": "True" if self.ready else "Unknown"}],
                "capacity": {name: str(count) for name, count in self.devices.items()},
                "allocatable": {name: str(count - self.ill.get(name, 0)) for name, count in self.devices.items()},
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    kind: str
    name: str
    api_version: str = "apps/v1"


@dataclass(slots=True, kw_only=True)
class SimulatedPod:
    """`stops_in` is how long its containers take to end once told; the kubelet kills them when its grace ends."""

    namespace: str
    name: str
    uid: str
    node: str  # empty while no node has room
    created: datetime
    ready_at: datetime | None  # None: it never becomes ready
    labels: Mapping[str, str] = field(default_factory=dict)
    owner: Owner | None = None
    empty_dir: bool = False
    mirror: bool = False
    grace: int = 30
    stops_in: timedelta = timedelta(seconds=1)
    phase: str = "Running"
    finalizers: tuple[str, ...] = ()
    told_at: datetime | None = None
    deletion_at: datetime | None = None
    version: int = 0

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name

    def is_ready(self, now: datetime) -> bool:
        return self.phase == "Running" and self.ready_at is not None and now >= self.ready_at

    def is_healthy(self, now: datetime) -> bool:
        """Say whether a disruption budget counts it (countHealthyPods)."""
        return self.deletion_at is None and self.is_ready(now)

    def stopped_at(self) -> datetime | None:
        if self.told_at is None or self.deletion_at is None:
            return None
        return min(self.told_at + self.stops_in, self.deletion_at)

    def wire(self, now: datetime) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
            "resourceVersion": str(self.version),
            "creationTimestamp": written(self.created),
            "labels": dict(self.labels),
        }
        if self.mirror:
            metadata["annotations"] = {MIRROR: self.uid}
        if self.finalizers:
            metadata["finalizers"] = list(self.finalizers)
        if self.owner is not None:
            metadata["ownerReferences"] = [_reference(self.owner)]
        if self.deletion_at is not None and self.told_at is not None:
            metadata["deletionTimestamp"] = written(self.deletion_at)
            metadata["deletionGracePeriodSeconds"] = int((self.deletion_at - self.told_at).total_seconds())
        volumes = [{"name": "token", "projected": {"sources": []}}]
        if self.empty_dir:
            volumes.append({"name": "scratch", "emptyDir": {}})
        return {
            "metadata": metadata,
            "spec": {
                "nodeName": self.node,
                "containers": [{"name": "main", "image": "main:1"}],
                "terminationGracePeriodSeconds": self.grace,
                "volumes": volumes,
            },
            "status": {
                "phase": self.phase,
                "conditions": [{"type": "Ready", "status": "True" if self.is_ready(now) else "False"}],
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`replaced_in` is how long a pod takes to start elsewhere when one is lost; None where nothing has room for it."""

    namespace: str
    name: str
    replicas: int
    replaced_in: timedelta | None
    template: Mapping[str, Any]

    @property
    def owner(self) -> Owner:
        return Owner(kind="ReplicaSet", name=f"{self.name}-5d4f8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A PodDisruptionBudget; one of the two numbers is given, as a count or as a percentage."""

    namespace: str
    name: str
    selector: Mapping[str, str]
    min_available: int | str | None = None
    max_unavailable: int | str | None = None
    observed: bool = True  # whether its controller has looked at it yet

    def desired(self, expected: int) -> int:
        if self.min_available is not None:
            return _scaled(self.min_available, expected)
        return max(0, expected - _scaled(self.max_unavailable or 0, expected))


def _scaled(value: int | str, expected: int) -> int:
    """Both numbers of a budget are rounded up (GetScaledValueFromIntOrPercent)."""
    return value if isinstance(value, int) else -(-int(value.rstrip("%")) * expected // 100)


def _reference(owner: Owner) -> dict[str, Any]:
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": f"owner-{owner.name}",
        "controller": True,
        "blockOwnerDeletion": True,
    }
