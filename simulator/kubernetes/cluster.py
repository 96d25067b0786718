"""The cluster itself: nodes, pods, what controllers do when a pod goes, and what becomes of all that with time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from simulator.kubernetes.objects import CORDON_TAINT, Budget, Deployment, Owner, SimulatedNode, SimulatedPod, written
from simulator.kubernetes.status import conflict, not_found

ELSEWHERE = "elsewhere"  # a node that is not there to be drained, with room for all
# How long the kubelet takes from the last container's end until its pod is out of the API. Assumed.
KUBELET_LAG = timedelta(seconds=2)
ASAP = timedelta(0)
# What the device plugins find, by instance type, unless a story says otherwise.
DEVICES: Mapping[str, Mapping[str, int]] = {
    "p5.48xlarge": {"nvidia.com/gpu": 8},
    "trn1.32xlarge": {"aws.amazon.com/neuron": 16, "aws.amazon.com/neuroncore": 32},
}


class SimulatedCluster:
    """Nothing in it has a timer: what time has done is worked out whenever somebody looks."""

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        self.name, self.now = name, now
        self.nodes: dict[str, SimulatedNode] = {}
        self.pods: dict[tuple[str, str], SimulatedPod] = {}
        self.budgets: list[Budget] = []
        self.deployments: dict[tuple[str, str], Deployment] = {}
        self.gone: list[tuple[datetime, SimulatedPod]] = []  # when, and which
        self._version, self._uids = count(1), count(1)
        self.version = 0

    def add_node(
        self,
        instance_id: str,
        *,
        name: str = "",
        instance_type: str = "p5.48xlarge",
        zone: str = "us-east-2a",
        devices: Mapping[str, int] | None = None,
    ) -> SimulatedNode:
        node = SimulatedNode(
            name=name or f"{instance_id}.us-east-2.compute.internal",
            provider_id=f"aws:///{zone}/{instance_id}",
            created=self.now(),
            labels={"node.kubernetes.io/instance-type": instance_type, "topology.kubernetes.io/zone": zone},
            devices=DEVICES.get(instance_type, {}) if devices is None else devices,
            version=self._change(),
        )
        self.nodes[node.name] = node
        return node

    def add_pod(self, namespace: str, name: str, node: str, **given: Any) -> SimulatedPod:
        given.setdefault("ready_at", self.now())
        uid = f"{next(self._uids):08x}-0000-4000-8000-000000000000"
        pod = SimulatedPod(
            namespace=namespace, name=name, uid=uid, node=node, created=self.now(), version=self._change(), **given
        )
        self.pods[pod.key] = pod
        return pod

    def add_deployment(
        self, namespace: str, name: str, nodes: Iterable[str], *, replaced_in: timedelta | None = ASAP, **template: Any
    ) -> list[SimulatedPod]:
        """Put a pod of a Deployment on each of `nodes`, labelled `app: <name>`."""
        places = list(nodes)
        template = {"labels": {"app": name}} | template
        made = Deployment(
            namespace=namespace, name=name, replicas=len(places), replaced_in=replaced_in, template=template
        )
        self.deployments[namespace, made.owner.name] = made
        return [self._replica(made, node, ready_in=ASAP) for node in places]

    def add_daemon_set(self, namespace: str, name: str) -> list[SimulatedPod]:
        owner = Owner(kind="DaemonSet", name=name)
        return [self.add_pod(namespace, f"{name}-{i}", node, owner=owner) for i, node in enumerate(self.nodes)]

    def add_budget(self, budget: Budget) -> None:
        self.budgets.append(budget)

    def change_budget(self, namespace: str, name: str, **changes: Any) -> None:
        self.budgets = [
            replace(each, **changes) if (each.namespace, each.name) == (namespace, name) else each
            for each in self.budgets
        ]

    def pods_on(self, node: str) -> list[SimulatedPod]:
        self.settle()
        return [pod for pod in self.pods.values() if pod.node == node]

    def settle(self) -> None:
        """Take out of the API what has ended by now."""
        now = self.now()
        for pod in list(self.pods.values()):
            stopped, node = pod.stopped_at(), self.nodes.get(pod.node)
            silent = node is not None and not node.ready
            if stopped is None or silent or pod.finalizers or now < stopped + KUBELET_LAG:
                continue
            self._remove(pod, stopped + KUBELET_LAG)

    def remove_node(self, name: str) -> None:
        """Take a node away as EC2 does, with all that runs on it."""
        self.settle()
        self.nodes.pop(name, None)
        for pod in [pod for pod in self.pods.values() if pod.node == name]:
            self._remove(pod, self.now())
        self._change()

    def delete(self, pod: SimulatedPod, grace: int | None) -> None:
        """End a pod. A later call can only shorten what the first has granted (rest.BeforeDelete)."""
        now = self.now()
        ended = pod.phase in {"Succeeded", "Failed"} or not pod.node
        seconds = 0 if ended else max(1, pod.grace if grace is None else grace)
        if not seconds:
            self._remove(pod, now)
            return
        until = now + timedelta(seconds=seconds)
        if pod.deletion_at is None:
            pod.told_at, pod.deletion_at = now, until
            self._replace(pod)
        elif until < pod.deletion_at:
            pod.deletion_at = until
        pod.version = self._change()

    def patch_node(self, name: str, patch: Mapping[str, Any]) -> SimulatedNode:
        """Apply a strategic merge patch: labels are merged, and taints are one value."""
        node = self.nodes.get(name)
        if node is None:
            raise not_found("nodes", name)
        metadata, spec = patch.get("metadata", {}), patch.get("spec", {})
        if metadata.get("resourceVersion", str(node.version)) != str(node.version):
            message = "the object has been modified; please apply your changes to the latest version and try again"
            raise conflict("nodes", name, message)
        merged = node.labels | metadata.get("labels", {})
        node.labels = {key: value for key, value in merged.items() if value is not None}
        if "taints" in spec:
            node.taints = list(spec["taints"] or [])
        if "unschedulable" in spec:
            node.unschedulable = bool(spec["unschedulable"])
            self._taint_cordoned(node)
        node.version = self._change()
        return node

    def touch_node(self, name: str) -> None:
        """Change a node as its kubelet does when it reports."""
        self.nodes[name].version = self._change()

    def _taint_cordoned(self, node: SimulatedNode) -> None:
        others = [taint for taint in node.taints if taint["key"] != CORDON_TAINT]
        ours = {"key": CORDON_TAINT, "effect": "NoSchedule", "timeAdded": written(self.now())}
        node.taints = [*others, ours] if node.unschedulable else others

    def _replace(self, pod: SimulatedPod) -> None:
        made = None if pod.owner is None else self.deployments.get((pod.namespace, pod.owner.name))
        if made is not None:
            self._replica(made, "" if made.replaced_in is None else ELSEWHERE, ready_in=made.replaced_in)

    def _replica(self, made: Deployment, node: str, *, ready_in: timedelta | None) -> SimulatedPod:
        now = self.now()
        return self.add_pod(
            made.namespace,
            f"{made.owner.name}-{next(self._uids):05d}",
            node,
            owner=made.owner,
            ready_at=None if ready_in is None else now + ready_in,
            phase="Running" if node else "Pending",
            **made.template,
        )

    def _remove(self, pod: SimulatedPod, at: datetime) -> None:
        if pod.deletion_at is None:
            self._replace(pod)
        del self.pods[pod.key]
        self.gone.append((at, pod))
        self._change()

    def _change(self) -> int:
        self.version = next(self._version)
        return self.version
