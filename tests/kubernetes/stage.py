"""A cluster that answers over HTTPS, the adapters that speak to it, and a clock that both go by."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import time_machine
import yaml
from moto.core import DEFAULT_ACCOUNT_ID

from capacity_blocks.adapters.eks_access import EksAccess
from capacity_blocks.adapters.kubernetes_connection import KubernetesConnection
from capacity_blocks.adapters.kubernetes_nodes import KubernetesNodes
from capacity_blocks.adapters.kubernetes_pods import KubernetesPods
from capacity_blocks.core.drain.node import Node
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.core.drain.verdict import Progress
from capacity_blocks.draining.kubernetes_drain import KubernetesDrain
from simulator.kubernetes.access import Access, User
from simulator.kubernetes.api import Call, KubernetesApi
from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.eks import answer_at
from simulator.kubernetes.server import serving
from tests import aws
from tests.factories import REGION

MANIFESTS = tuple(yaml.safe_load_all(Path("examples/kubernetes-rbac.yaml").read_text()))
NOW = datetime(2026, 3, 2, 10, 50, tzinfo=UTC)  # a drain begins
DEADLINE = NOW + timedelta(minutes=9)
CLUSTER = "training"
ROLE = User(name="arn:aws:sts::123456789012:assumed-role/drain-node/drain", groups=("capacity-blocks-drain",))
I1, I2 = "i-0a1b2c3d4e5f60001", "i-0a1b2c3d4e5f60002"


def without(verb: str, resource: str = "") -> tuple[Any, ...]:
    """Return the example's manifests with one verb less, of all resources or of one."""
    role, binding = MANIFESTS
    rules = [
        rule | {"verbs": [each for each in rule["verbs"] if each != verb or resource not in {"", *rule["resources"]}]}
        for rule in role["rules"]
    ]
    return role | {"rules": rules}, binding


class StandingClock:
    """The process's time, which moves when it is told to."""

    def __init__(self, traveller: Any) -> None:
        self._traveller = traveller

    def now(self) -> datetime:
        return datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        self._traveller.move_to(instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    clock: StandingClock
    cluster: SimulatedCluster
    api: KubernetesApi
    access: EksAccess
    connection: KubernetesConnection
    nodes: KubernetesNodes
    pods: KubernetesPods

    def node(self, instance_id: str = I1) -> Node:
        found = self.nodes.find(instance_id)
        assert found is not None
        return found

    def asked(self) -> list[Call]:
        """Return the calls since this was last asked."""
        calls = list(self.api.calls)
        self.api.calls.clear()
        return calls

    def drain(self, instance_id: str = I1, policy: PodPolicy | None = None) -> KubernetesDrain:
        return KubernetesDrain(self.nodes, self.pods, policy or PodPolicy())

    def played(self, drain: KubernetesDrain, instance_id: str = I1, deadline: datetime = DEADLINE) -> list[Progress]:
        """Look as often as the drain asks for, until its end."""
        looks = [drain.look(instance_id, self.clock.now(), deadline)]
        while (again := looks[-1].look_again_at) is not None:
            self.clock.move_to(again)
            looks.append(drain.look(instance_id, again, deadline))
        return looks


@contextmanager
def stage(*, manifests: tuple[Any, ...] = MANIFESTS, read_timeout: float = 10) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False) as traveller, aws.moto():
        clock = StandingClock(traveller)
        cluster = SimulatedCluster(CLUSTER, clock.now)
        api = KubernetesApi(cluster, Access(entries={"x": ROLE}, manifests=manifests))
        with serving(api) as endpoint:
            eks = aws.client("eks")
            eks.create_cluster(name=CLUSTER, roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={})
            answer_at(DEFAULT_ACCOUNT_ID, REGION, CLUSTER, endpoint)
            access = EksAccess(eks, aws.client("sts"), timeout=httpx2.Timeout(read_timeout))
            connection = KubernetesConnection(CLUSTER, access.open)
            try:
                yield Stage(
                    clock=clock,
                    cluster=cluster,
                    api=api,
                    access=access,
                    connection=connection,
                    nodes=KubernetesNodes(connection),
                    pods=KubernetesPods(connection),
                )
            finally:
                connection.close()
