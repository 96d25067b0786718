"""The drain of one block on the product's own template, its nodes in a cluster that answers over HTTPS: how it went."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from lightkube import Client
from moto.core import DEFAULT_ACCOUNT_ID

from simulator.assumptions import Assumptions, seconds
from simulator.auto_scaling.journal import InstanceInService, InstanceLaunched, InstanceTerminated, InstanceTerminating
from simulator.drain_wire import Wire
from simulator.drill import BEGIN, GROUP, POOL, REGION, RESERVATION, START
from simulator.faults import Strike
from simulator.kubernetes.access import Access, User
from simulator.kubernetes.api import KubernetesApi
from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.eks import answer_at
from simulator.kubernetes.objects import SimulatedPod
from simulator.kubernetes.server import serving
from simulator.launch.instances import RECLAIMED
from simulator.sample import scheduled_block
from simulator.world import REMINDERS, World

CLUSTER, FUNCTION = "training", "DrainNodeFunction"
MANIFESTS = Path(__file__).parents[1] / "examples" / "kubernetes-rbac.yaml"
# The one key that functions have here; in EKS an access entry names their role.
ENTRIES = {"FOOBARKEY": User(name="drain-node", groups=("capacity-blocks-drain",))}
END = START + timedelta(hours=1)
DRAIN_AT, RECLAIM_AT = END - timedelta(minutes=40), END - timedelta(minutes=30)
JOINED_AT = START + timedelta(minutes=2)  # when all instances are in service, and are nodes


# Faults strike from here on, after what is there once for all: a run begins each count of places anew.
ARMED_AT, FINISH = DRAIN_AT - timedelta(minutes=1), RECLAIM_AT + timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What one drain is put through: `faults` strike from `since` on, until `until`."""

    nodes: int = 2
    pods: int = 3
    stops_in: timedelta = timedelta(seconds=30)
    faults: tuple[Strike, ...] = ()
    since: datetime = ARMED_AT
    until: datetime = FINISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """Durations are from the drain instant. Calls are those of the function that drains."""

    nodes: int
    undrained: int  # nodes that went with pods on them that had not come to their end
    reclaimed: int  # instances that EC2 itself took
    waiting: int  # instances that EC2 or the end of the drain left in Terminating:Wait
    launched: int  # instances, after the drain instant
    struck: int
    shut_down_after: timedelta | None  # until the last instance began to; None: not all did
    kubernetes: Counter[str]
    aws: Counter[str]
    runs: int
    failures: tuple[str, ...]
    notices: tuple[str, ...]  # kinds, since faults could strike

    def violations(self) -> Iterator[str]:
        """Return what must never be, under any single fault."""
        if self.undrained:
            yield f"{self.undrained} nodes went undrained"
        if self.reclaimed:
            yield f"{self.reclaimed} instances were taken by EC2"
        if self.waiting:
            yield f"{self.waiting} instances are left in Terminating:Wait"
        if self.launched:
            yield f"{self.launched} instances were launched after the drain instant"
        if self.shut_down_after is None or self.shut_down_after >= RECLAIM_AT - DRAIN_AT:
            yield f"the last instance shut down {self.shut_down_after} after the drain instant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A drain that is over, with the world that it was played in."""

    world: World
    api: KubernetesApi
    wire: Wire


def drain(nodes: int, pods: int, stops_in: timedelta) -> Drained:
    """Play a block from before its start until EC2 has reclaimed it."""
    return life(Drill(nodes=nodes, pods=pods, stops_in=stops_in))


def life(drill: Drill) -> Drained:
    with played(drill) as over:
        return _drained(over)


@contextmanager
def played(drill: Drill) -> Iterator[Played]:
    """Play a drain, and give the world that it was played in to whoever wants to know more than its outcome."""
    assumptions = Assumptions(delivery=seconds(20), instance_start=seconds(20))
    with (
        connections_closed(),
        World(
            parameters={"ObserveOnly": "false"},
            start=BEGIN,
            assumptions=assumptions,
            skip_quiet_sweeps=True,
            without=REMINDERS,
        ) as world,
        clustered(world) as api,
    ):
        wire = Wire(world.clock, world.faults)
        with wire.installed():
            _furnish(world, drill.nodes)
            world.run_until(JOINED_AT)
            _join(world, api.cluster)
            world.run_until(ARMED_AT)
            _settle_in(api, drill.pods, drill.stops_in)
            world.run_until(drill.since)
            world.faults.strikes = drill.faults
            world.run_until(drill.until)
            world.faults.strikes = ()
            world.run_until(FINISH)
            yield Played(world=world, api=api, wire=wire)


@contextmanager
def clustered(world: World) -> Iterator[KubernetesApi]:
    """Let the account have an EKS cluster with what `examples/` has users apply to it."""
    cluster = SimulatedCluster(CLUSTER, world.clock.now)
    api = KubernetesApi(cluster, Access(entries=ENTRIES, manifests=yaml.safe_load_all(MANIFESTS.read_text())))
    role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/eks"
    with serving(api) as endpoint:
        world.client("eks").create_cluster(name=CLUSTER, roleArn=role, resourcesVpcConfig={})
        answer_at(DEFAULT_ACCOUNT_ID, REGION, CLUSTER, endpoint)
        yield api


def take_nodes_away(world: World, cluster: SimulatedCluster) -> None:
    """Do as the cloud controller does: a node goes with its instance."""

    def gone(instance_id: str) -> None:
        for node in [one for one in cluster.nodes.values() if one.provider_id.endswith(f"/{instance_id}")]:
            cluster.remove_node(node.name)

    world.regions[world.home].auto_scaling.at.instances.on_gone.append(gone)


def lost(cluster: SimulatedCluster) -> list[SimulatedPod]:
    """Return the pods that had not come to their end when their node was taken away, or that are on one now.

    Those of a DaemonSet are at home on a node and do not count.
    """
    cut = [pod for at, pod in cluster.gone if (end := pod.stopped_at()) is None or at < end]
    there = [pod for pod in cluster.pods.values() if pod.node in cluster.nodes]
    return [pod for pod in (*cut, *there) if pod.owner is None or pod.owner.kind != "DaemonSet"]


@contextmanager
def connections_closed() -> Iterator[None]:
    """Close what functions leave open: in Lambda it ends with their execution environments."""
    opened: list[Client] = []
    begin = Client.__init__

    def begun(client: Client, *arguments: Any, **options: Any) -> None:
        begin(client, *arguments, **options)
        opened.append(client)

    try:
        with mock.patch.object(Client, "__init__", begun):
            yield
    finally:
        for client in opened:
            client.close()


def _furnish(world: World, nodes: int) -> None:
    ec2 = world.client("ec2")
    subnets = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
    made = ec2.create_launch_template(LaunchTemplateName=GROUP, LaunchTemplateData={"InstanceType": "p5.48xlarge"})
    tags = {
        "capacity-blocks:pool": POOL,
        "capacity-blocks:drain": "eks",
        f"kubernetes.io/cluster/{CLUSTER}": "owned",
        "capacity-blocks:subnets": " ".join(subnets.values()),
    }
    world.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=0,
        MaxSize=1,
        DesiredCapacity=0,
        LaunchTemplate={"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"},
        VPCZoneIdentifier=subnets[f"{REGION}b"],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in tags.items()],
    )
    block = scheduled_block(RESERVATION, nodes, START, END - START, {"capacity-blocks:pool": POOL})
    world.load({"CapacityReservations": [block]})


def _join(world: World, cluster: SimulatedCluster) -> None:
    """Let the instances be nodes, which go when their instances do."""
    for fact in world.regions[REGION].facts.of(InstanceInService):
        cluster.add_node(fact.instance_id)
    take_nodes_away(world, cluster)


def _settle_in(api: KubernetesApi, pods: int, stops_in: timedelta) -> None:
    """Put work on the nodes. What was asked of their cluster before does not count."""
    for node in api.cluster.nodes:
        api.cluster.add_deployment("ml", f"train-{node}", [node] * pods, grace=300, stops_in=stops_in)
    api.calls.clear()


def _drained(over: Played) -> Drained:
    world, api = over.world, over.api
    facts = world.regions[REGION].facts
    served, ended = facts.of(InstanceInService), facts.of(InstanceTerminating)
    runs = [run for run in world.functions.invocations if run.function.logical_id == FUNCTION]
    is_empty = len(facts.of(InstanceTerminated)) == len(served)
    members = world.regions[REGION].auto_scaling.groups[GROUP].members.values()
    return Drained(
        nodes=len(served),
        undrained=len({pod.node for pod in lost(api.cluster)}),
        reclaimed=sum(fact.reason == RECLAIMED for fact in ended),
        waiting=sum(member.lifecycle == "Terminating:Wait" for member in members),
        launched=sum(fact.at >= DRAIN_AT for fact in facts.of(InstanceLaunched)),
        struck=len(world.journal.of("fault")),
        shut_down_after=max(fact.at for fact in ended) - DRAIN_AT if is_empty and ended else None,
        kubernetes=Counter(f"{call.verb.name} {call.verb.resource}" for call in api.calls if call.verb is not None),
        aws=Counter(call.name for call in world.calls.of(FUNCTION)),
        runs=len(runs),
        failures=tuple(str(run.error) for run in world.functions.invocations if run.error is not None),
        notices=tuple(str(notice.facts["kind"]) for notice in world.notices if notice.at >= ARMED_AT),
    )
