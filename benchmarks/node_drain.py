"""Sixty-four nodes of forty pods are drained over HTTPS in virtual time: how long, and at how many calls."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import boto3
import yaml
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID

from capacity_blocks.adapters.eks_access import EksAccess
from capacity_blocks.adapters.kubernetes_connection import KubernetesConnection
from capacity_blocks.adapters.kubernetes_nodes import KubernetesNodes
from capacity_blocks.adapters.kubernetes_pods import KubernetesPods
from capacity_blocks.core.drain import node_plan
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.draining.kubernetes_drain import KubernetesDrain
from simulator.clock import VirtualClock
from simulator.kubernetes.access import Access, User
from simulator.kubernetes.api import KubernetesApi
from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.eks import answer_at
from simulator.kubernetes.objects import Budget
from simulator.kubernetes.server import serving

NODES, PODS, STOPS_IN = 64, 40, timedelta(seconds=120)
START = datetime(2026, 3, 2, 10, 50, tzinfo=UTC)
DEADLINE = START + timedelta(minutes=9)
CLUSTER, REGION = "training", "us-east-2"
MANIFESTS = Path(__file__).parents[1] / "examples" / "kubernetes-rbac.yaml"
USER = User(name="drain-node", groups=("capacity-blocks-drain",))
INTERVALS = (2, 5, 10)
BUDGETED, STARTS_IN = timedelta(seconds=5), timedelta(seconds=15)
# A watch sees each pod at least twice, when it is told to go and when it is gone. It saves all lists but the first.
EVENTS_A_POD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    drained: int
    took: timedelta
    calls: dict[str, int]
    listed: int  # bytes
    most_a_second: int
    wall: float

    @property
    def calls_a_node(self) -> float:
        return sum(self.calls.values()) / NODES

    @property
    def lists_a_node(self) -> float:
        return self.calls["list pods"] / NODES

    def __str__(self) -> str:
        if self.drained != NODES:
            return f"only {self.drained} nodes were drained"
        return (
            f"{self.calls_a_node:>14.0f} {self.lists_a_node:>15.0f} {self.most_a_second:>29}"
            f" {self.listed / NODES / 1024:>11.0f} KiB {self.took.total_seconds():>17.0f} s"
            f"   ({self.wall:.0f} s to simulate)"
        )


def main() -> None:
    """Calls a node and time to drain 64 nodes of 40 pods, for several intervals and against a watch."""
    sys.stdout.write(
        f"{NODES} nodes, {PODS} pods each, every pod takes {STOPS_IN.seconds} s to stop (simulated, over HTTPS)\n"
        "look every   calls a node   of them lists   calls in the busiest second   listed a node   all drained after\n"
    )
    found = {seconds: measured(timedelta(seconds=seconds)) for seconds in INTERVALS}
    for seconds, each in found.items():
        sys.stdout.write(f"{seconds:>8} s {each}\n")
    others = min(each.calls_a_node - each.lists_a_node for each in found.values())
    sys.stdout.write(
        f"     watch {others + 2:>14.0f} {1:>15}   and {EVENTS_A_POD * PODS} events or more for each node"
        " (counted, not simulated)\n"
        f"with a budget for each job that lets a quarter of its pods go until others have started, in"
        f" {STARTS_IN.seconds} s:\n"
        f"{BUDGETED.seconds:>8} s {measured(BUDGETED, starts_in=STARTS_IN)}\n"
    )


def measured(poll: timedelta, starts_in: timedelta | None = None) -> Measured:
    """Drain all nodes at once; with `starts_in`, under budgets."""
    clock, began = VirtualClock(START), time.perf_counter()
    with mock.patch.object(node_plan, "POLL", poll), staged(clock, starts_in) as (api, access):
        ends: list[datetime] = []

        def drain(instance_id: str) -> None:
            connection = KubernetesConnection(CLUSTER, access.open)
            one = KubernetesDrain(KubernetesNodes(connection), KubernetesPods(connection), PodPolicy())
            look = one.look(instance_id, clock.now(), DEADLINE)
            while look.look_again_at is not None:
                clock.sleep((look.look_again_at - clock.now()).total_seconds())
                look = one.look(instance_id, clock.now(), DEADLINE)
            connection.close()
            if look.verdict is Verdict.DRAINED:
                ends.append(clock.now())

        for node in list(api.cluster.nodes.values()):
            instance_id = node.provider_id.rsplit("/", 1)[1]
            clock.call_at(START, lambda each=instance_id: drain(each))  # type: ignore[misc]  # bound per node
        clock.run_until(DEADLINE + timedelta(minutes=1))
        counts: dict[str, int] = {}
        seconds: dict[datetime, int] = {}
        for call in api.calls:
            name = f"{call.verb.name} {call.verb.resource}" if call.verb else "unknown"
            counts[name] = counts.get(name, 0) + 1
            seconds[call.at] = seconds.get(call.at, 0) + 1
        return Measured(
            drained=len(ends),
            took=max(ends, default=START) - START,
            calls=counts,
            listed=sum(len(call.answer) for call in api.calls if call.verb and call.verb.resource == "pods"),
            most_a_second=max(seconds.values()),
            wall=time.perf_counter() - began,
        )


@contextmanager
def staged(clock: VirtualClock, starts_in: timedelta | None) -> Iterator[tuple[KubernetesApi, EksAccess]]:
    with ExitStack() as stack:
        stack.enter_context(clock.installed())
        stack.enter_context(mock_aws())
        cluster = SimulatedCluster(CLUSTER, clock.now)
        for number in range(NODES):
            node, job = cluster.add_node(f"i-{number:017x}").name, f"train-{number}"
            cluster.add_deployment(
                "ml", job, [node] * PODS, grace=300, stops_in=STOPS_IN, replaced_in=starts_in or timedelta(0)
            )
            if starts_in is not None:
                cluster.add_budget(Budget(namespace="ml", name=job, selector={"app": job}, max_unavailable="25%"))
        api = KubernetesApi(cluster, Access(entries={"x": USER}, manifests=yaml.safe_load_all(MANIFESTS.read_text())))
        endpoint = stack.enter_context(serving(api))
        session = boto3.Session("x", "x", region_name=REGION)
        eks = session.client("eks")
        eks.create_cluster(name=CLUSTER, roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={})
        answer_at(DEFAULT_ACCOUNT_ID, REGION, CLUSTER, endpoint)
        yield api, EksAccess(eks, session.client("sts"))


if __name__ == "__main__":
    main()
