"""A stage for drains: the nodes of a group in a cluster that answers over HTTPS, and what became of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import yaml

from capacity_blocks.bootstrap.drain_node import ADAPTERS
from simulator.auto_scaling.journal import InstanceTerminated, LifecycleActionBegan, LifecycleActionEnded
from simulator.drain_drill import CLUSTER, clustered, connections_closed, lost, take_nodes_away
from simulator.kubernetes.api import Call, KubernetesApi, Request
from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.objects import Budget
from simulator.kubernetes.status import Answer, status
from tests.e2e.stage import MINUTE, START, Stage, permission, staged

DRAIN = "DrainNodeFunction"
EVENT = "EC2 Instance-terminate Lifecycle Action"
# Long enough for the warning steps: the first quarter of the time until the drain is over 20 minutes after the start.
END = START + timedelta(hours=2)
DRAIN_AT, RECLAIM_AT = END - 40 * MINUTE, END - 30 * MINUTE
DEADLINE = RECLAIM_AT - MINUTE
PODS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainStage:
    stage: Stage
    cluster: SimulatedCluster
    api: KubernetesApi

    # --- what people and EC2 do ---

    def running(
        self,
        drain: str = "eks",
        *,
        size: int = 2,
        end: datetime = END,
        tags: Mapping[str, str] | None = None,
        **group: Any,
    ) -> str:
        """Let a group that drains as `drain` says run in a block, its nodes in the cluster; return the block."""
        block = self.stage.block(size=size, EndDate=end)
        wanted = {"capacity-blocks:drain": drain, f"kubernetes.io/cluster/{CLUSTER}": "owned", **(tags or {})}
        self.stage.group(tags=wanted, **group)
        self.stage.run_until(START + 3 * MINUTE)
        assert len(self.stage.instances()) == size
        self.join()
        take_nodes_away(self.stage.world, self.cluster)
        return block

    def join(self) -> None:
        """Let the instances in service become nodes of the cluster, where they are not."""
        known = {node.provider_id.rsplit("/", 1)[1] for node in self.cluster.nodes.values()}
        for instance_id in self.stage.instances():
            if instance_id not in known:
                self.cluster.add_node(instance_id)

    def fill(self, pods: int = PODS, **deployment: Any) -> None:
        """Put the pods of a job on each node, and one of a DaemonSet."""
        for number, node in enumerate(self.cluster.nodes):
            self.cluster.add_deployment("ml", f"train-{number}", [node] * pods, **{"grace": 300, **deployment})
        self.cluster.add_daemon_set("kube-system", "gpu-plugin")

    def hold_back(self, job: str = "train-0") -> None:
        """Let a budget allow no disruption of a job at all."""
        self.cluster.add_budget(Budget(namespace="ml", name="never", selector={"app": job}, max_unavailable=0))

    def away(self, since: datetime, until: datetime) -> None:
        """Let the cluster's API answer nobody for a while."""

        def trouble(_request: Request) -> Answer | None:
            if since <= self.cluster.now() < until:
                return Answer(code=503, body=status("Failure", 503, message="the API server is not available"))
            return None

        self.api.trouble = trouble

    # --- what is to be seen ---

    def left(self) -> list[str]:
        """The pods of jobs that had not come to their end when their node was taken away, or that are on one now."""
        return [pod.name for pod in lost(self.cluster)]

    def asked(self) -> dict[str, int]:
        """How often each thing was asked of the cluster."""
        counts: dict[str, int] = {}
        for call in self.api.calls:
            counts[_name(call)] = counts.get(_name(call), 0) + 1
        return counts

    def waits(self) -> list[datetime]:
        return [fact.at for fact in self.stage.facts().of(LifecycleActionBegan)]

    def ends(self) -> dict[str, tuple[datetime, str]]:
        """When each instance was let go, and by what."""
        return {fact.instance_id: (fact.at, fact.why) for fact in self.stage.facts().of(LifecycleActionEnded)}

    def terminated(self) -> list[datetime]:
        return [fact.at for fact in self.stage.facts().of(InstanceTerminated)]

    def outcomes(self) -> list[str | None]:
        """What each run of the drain came to; None for one that failed."""
        runs = [one for one in self.stage.world.functions.invocations if one.function.logical_id == DRAIN and one.over]
        return [None if one.result is None else yaml.safe_load(one.result)["outcome"] for one in runs]

    def undeclared(self) -> set[str]:
        """The calls of the drain that none of its adapters declares."""
        calls = self.stage.world.calls.of(DRAIN)
        return {permission(call) for call in calls} - frozenset().union(*(adapter.PERMISSIONS for adapter in ADAPTERS))


@contextmanager
def drain_staged(**options: Any) -> Iterator[DrainStage]:
    """Deploy the product beside an EKS cluster with what `examples/` has users apply to it."""
    with connections_closed(), staged(**options) as stage, clustered(stage.world) as api:
        told = DrainStage(stage=stage, cluster=api.cluster, api=api)
        yield told
        assert told.undeclared() == set()


def _name(call: Call) -> str:
    return f"{call.verb.name} {call.verb.resource}" if call.verb is not None else "unknown"
