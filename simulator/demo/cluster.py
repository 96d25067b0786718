"""The story's Kubernetes cluster: the nodes of one group, what runs on them, and a budget that holds one pod back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import yaml
from moto.core import DEFAULT_ACCOUNT_ID

from simulator.auto_scaling.journal import Fact, InstanceInService
from simulator.demo.actor import Actor
from simulator.demo.recording import Entry
from simulator.kubernetes.access import Access, User
from simulator.kubernetes.api import KubernetesApi
from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.eks import answer_at
from simulator.kubernetes.objects import Budget
from simulator.kubernetes.server import Endpoint, serving
from simulator.randomness import component
from simulator.world import World

NAME = "training"  # as the group's tag kubernetes.io/cluster/<name> has it
NAMESPACE, HELD = "run-9", "coordinator"
_RBAC = Path(__file__).parents[2] / "examples" / "kubernetes-rbac.yaml"
_ROLE = User(name=f"arn:aws:sts::{DEFAULT_ACCOUNT_ID}:assumed-role/drain", groups=("capacity-blocks-drain",))
_KEY = "FOOBARKEY"  # all functions sign with the credentials that moto knows
_ACCELERATORS = {"nvidia.com/gpu": 8}  # of a p5.48xlarge, as NVIDIA's device plugin counts them
_GRACE = 180  # seconds that a worker is given to write its checkpoint
_CHECKPOINT = (25, 100)  # seconds that it takes for it


class TrainingCluster:
    """A cluster in the account, and the people who run work on it."""

    def __init__(self, world: World, api: KubernetesApi, pool: str, entries: list[Entry]) -> None:
        self._world, self.api, self.pool, self._entries = world, api, pool, entries

    def take_in(self, group: str) -> None:
        """Let the instances of a group join as nodes from now on, each with its accelerators, as it is in service."""

        def look(fact: Fact) -> None:
            if isinstance(fact, InstanceInService) and fact.group == group:
                self.api.cluster.add_node(fact.instance_id, devices=_ACCELERATORS)

        self._world.regions[self._world.home].facts.on_fact.append(look)

    def start_run(self) -> None:
        """Start a training run on the nodes that there are, as its manifests say."""
        nodes = sorted(self.api.cluster.nodes)
        if not nodes:
            return
        cluster, rng = self.api.cluster, component(self._world.seed, "checkpoints")
        for name in ("aws-node", "nvidia-device-plugin"):
            cluster.add_daemon_set("kube-system", name)
        workers = cluster.add_deployment(NAMESPACE, "worker", nodes, replaced_in=None, grace=_GRACE)
        for worker in workers:
            worker.stops_in = timedelta(seconds=rng.randint(*_CHECKPOINT))
        cluster.add_deployment(NAMESPACE, "loader", nodes * 2)
        cluster.add_deployment(NAMESPACE, HELD, nodes[:1], replaced_in=None)
        cluster.add_budget(Budget(namespace=NAMESPACE, name=HELD, selector={"app": HELD}, min_available=1))
        count = sum(pod.namespace == NAMESPACE for pod in cluster.pods.values())
        what = f"starts the run on the {len(nodes)} nodes of cluster {NAME}: {count} pods"
        self._note(what, f"the only pod of {HELD} has a PodDisruptionBudget that wants 1 available, always")

    def give_way(self) -> None:
        """Loosen the budget that holds a pod back, if a notice has named it."""
        if not any(HELD in notice.text for notice in self._world.notices if _is_stuck(notice.facts)):
            return
        self.api.cluster.change_budget(NAMESPACE, HELD, min_available=0)
        what = f"sets minAvailable of the budget {HELD} to 0"
        self._note(what, f"a notice named the pod and its budget; what {HELD} knows is saved by now")

    def _note(self, what: str, why: str) -> None:
        entry = Entry(at=self._world.now, actor=Actor.ENGINEER, what=what, why=why, pool=self.pool)
        self._entries.append(entry)


def _is_stuck(facts: object) -> bool:
    return isinstance(facts, dict) and facts.get("kind") == "stuck-drain"


@contextmanager
def running(world: World, pool: str, entries: list[Entry]) -> Iterator[TrainingCluster]:
    """Let the story's cluster answer where DescribeCluster says that it is."""
    world.client("eks").create_cluster(
        name=NAME, roleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/cluster", resourcesVpcConfig={}
    )
    with serve(world, NAME) as (api, endpoint):
        answer_at(DEFAULT_ACCOUNT_ID, world.home, NAME, endpoint)
        yield TrainingCluster(world, api, pool, entries)


@contextmanager
def serve(world: World, name: str) -> Iterator[tuple[KubernetesApi, Endpoint]]:
    """Serve the API of an empty cluster over HTTPS on loopback, with the rights that `examples/` has users grant."""
    manifests = tuple(yaml.safe_load_all(_RBAC.read_text(encoding="utf-8")))
    api = KubernetesApi(SimulatedCluster(name, world.clock.now), Access({_KEY: _ROLE}, manifests))
    with serving(api) as endpoint:
        yield api, endpoint
