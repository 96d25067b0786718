"""The Kubernetes clusters that somebody's groups name: what runs in them is in no file, so it is made up, and said."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from moto.core import DEFAULT_ACCOUNT_ID

from simulator.auto_scaling.journal import Fact, InstanceInService
from simulator.demo.account import Account, region_of, tags_of
from simulator.demo.cluster import serve
from simulator.drain_drill import connections_closed
from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.eks import answer_at
from simulator.kubernetes.objects import Owner
from simulator.world import World

_METHOD, _EKS, _CLUSTER = "capacity-blocks:drain", "eks", "kubernetes.io/cluster/"
_STOPS_IN, _GRACE = timedelta(minutes=1), 300  # seconds, of the pod that each node is taken to hold


@contextmanager
def running(world: World, account: Account) -> Iterator[None]:
    """Let each cluster answer, and each instance of its groups join it as a node with one pod."""
    with ExitStack() as exits:
        exits.enter_context(connections_closed())
        for (region, name), groups in sorted(_named(account).items()):
            api = exits.enter_context(_answering(world, region, name))
            _people(world, region, api, frozenset(groups))
            account.notes.append(
                f"What runs in the cluster {name} is in no file: each node of {', '.join(sorted(groups))} is taken to "
                "hold one pod that stops within a minute."
            )
        yield


def _named(account: Account) -> dict[tuple[str, str], list[str]]:
    """Return the groups that drain by Kubernetes, by the Region and the name of their cluster."""
    found = defaultdict[tuple[str, str], list[str]](list)
    for group in account.groups:
        tags = tags_of(group)
        clusters = [key.removeprefix(_CLUSTER) for key in tags if key.startswith(_CLUSTER)]
        if tags.get(_METHOD) == _EKS and len(clusters) == 1:  # with more, nobody can say which it is
            found[region_of(str(group["AvailabilityZones"][0])), clusters[0]].append(str(group["AutoScalingGroupName"]))
    return dict(found)


@contextmanager
def _answering(world: World, region: str, name: str) -> Iterator[SimulatedCluster]:
    eks = world.client("eks", region)
    if name not in eks.list_clusters()["clusters"]:
        role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/cluster"
        eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={})
    with serve(world, name) as (api, endpoint):
        answer_at(DEFAULT_ACCOUNT_ID, region, name, endpoint)
        yield api.cluster


def _people(world: World, region: str, cluster: SimulatedCluster, groups: frozenset[str]) -> None:
    """Let nodes come and go with the instances of the groups; those that run at the beginning are nodes then."""
    auto_scaling, known = world.regions[region].auto_scaling, set[str]()

    def join(instance_id: str) -> None:
        if instance_id in known:
            return
        known.add(instance_id)
        node, owner = cluster.add_node(instance_id).name, Owner(kind="ReplicaSet", name="work")
        cluster.add_pod("default", f"work-{instance_id}", node, owner=owner, stops_in=_STOPS_IN, grace=_GRACE)

    def look(fact: Fact) -> None:
        if isinstance(fact, InstanceInService) and fact.group in groups:
            join(fact.instance_id)

    def gone(instance_id: str) -> None:
        for node in [one for one in cluster.nodes.values() if one.provider_id.endswith(f"/{instance_id}")]:
            cluster.remove_node(node.name)

    for group in sorted(groups):
        for instance_id in auto_scaling.groups[group].members:
            join(instance_id)
    world.regions[region].facts.on_fact.append(look)
    auto_scaling.at.instances.on_gone.append(gone)
