"""The rules of the simulated cluster, where a drain does not come by all of them."""

from datetime import datetime, timedelta

import pytest

from simulator.kubernetes.cluster import KUBELET_LAG, SimulatedCluster
from simulator.kubernetes.eviction import evict
from simulator.kubernetes.objects import Budget, SimulatedPod
from simulator.kubernetes.status import RefusedError
from tests.factories import at

START = at("2026-03-02T10:50")
SECOND = timedelta(seconds=1)


class Moment:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def cluster(moment: Moment) -> SimulatedCluster:
    made = SimulatedCluster("training", moment)
    made.add_node("i-1", name="node")
    return made


def ask(cluster: SimulatedCluster, pod: SimulatedPod, **options: object) -> int:
    """Return the code that an eviction is answered with."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod.name}, "deleteOptions": options}
    try:
        answer = evict(cluster, pod.namespace, pod.name, body)
    except RefusedError as refused:
        answer = refused.answer
    return int(answer.body["code"])


def budget(**numbers: int | str) -> Budget:
    return Budget(namespace="default", name="web", selector={"app": "web"}, **numbers)  # type: ignore[arg-type]  # either


ALLOWED_OF_SEVEN = {
    "at least 5": ({"min_available": 5}, 2),
    "at least half, rounded up": ({"min_available": "50%"}, 3),
    "at most 2 away": ({"max_unavailable": 2}, 2),
    "at most 30 % away, rounded up": ({"max_unavailable": "30%"}, 3),
    "none away": ({"max_unavailable": 0}, 0),
    "all": ({"min_available": 0}, 7),
}


@pytest.mark.parametrize(("numbers", "allowed"), ALLOWED_OF_SEVEN.values(), ids=ALLOWED_OF_SEVEN)
def test_a_budget_lets_go_as_many_as_it_says(
    cluster: SimulatedCluster, numbers: dict[str, int | str], allowed: int
) -> None:
    pods = cluster.add_deployment("default", "web", ["node"] * 7, replaced_in=None)
    cluster.add_budget(budget(**numbers))

    assert [ask(cluster, pod) for pod in pods] == [201] * allowed + [429] * (7 - allowed)


def test_a_pod_that_is_not_ready_may_go_where_enough_others_are(cluster: SimulatedCluster) -> None:
    pods = cluster.add_deployment("default", "web", ["node"] * 3)
    pods[0].ready_at = None
    cluster.add_budget(budget(min_available=2))

    assert ask(cluster, pods[1]) == 429
    assert ask(cluster, pods[0]) == 201


def test_a_pod_that_is_stopping_already_is_asked_no_budget(cluster: SimulatedCluster) -> None:
    pods = cluster.add_deployment("default", "web", ["node"] * 2, replaced_in=None)
    cluster.delete(pods[0], None)
    cluster.add_budget(budget(min_available=2))

    assert (ask(cluster, pods[0]), ask(cluster, pods[1])) == (201, 429)


def test_a_budget_minds_its_namespace(cluster: SimulatedCluster) -> None:
    [pod] = cluster.add_deployment("other", "web", ["node"])
    cluster.add_budget(budget(min_available=1))

    assert ask(cluster, pod) == 201


def test_a_replacement_starts_elsewhere_and_is_ready_in_its_time(cluster: SimulatedCluster, moment: Moment) -> None:
    [pod] = cluster.add_deployment("default", "web", ["node"], replaced_in=20 * SECOND)
    cluster.delete(pod, None)
    [other] = [each for each in cluster.pods.values() if each is not pod]

    assert other.node == "elsewhere"
    assert not other.is_ready(moment.now + 19 * SECOND)
    assert other.is_ready(moment.now + 20 * SECOND)


def test_a_pod_is_killed_when_its_grace_period_ends(cluster: SimulatedCluster, moment: Moment) -> None:
    pod = cluster.add_pod("default", "slow", "node", grace=60, stops_in=timedelta(hours=1))
    cluster.delete(pod, None)

    moment.now = START + 60 * SECOND + KUBELET_LAG - timedelta(milliseconds=1)
    assert cluster.pods_on("node") == [pod]
    moment.now = START + 60 * SECOND + KUBELET_LAG
    assert cluster.pods_on("node") == []
    assert cluster.gone == [(moment.now, pod)]


def test_an_ended_pod_goes_at_once(cluster: SimulatedCluster) -> None:
    pod = cluster.add_pod("default", "job", "node", phase="Succeeded")

    assert ask(cluster, pod) == 201
    assert cluster.pods_on("node") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "web"}}, "no kind of eviction"),
        ({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "other"}}, "name in URL does not match"),
    ],
)
def test_what_is_no_eviction_of_this_pod_is_refused(
    cluster: SimulatedCluster, body: dict[str, object], words: str
) -> None:
    cluster.add_pod("default", "web", "node")

    with pytest.raises(RefusedError, match=words):
        evict(cluster, "default", "web", body)


def test_ec2_takes_a_node_with_all_that_is_on_it(cluster: SimulatedCluster) -> None:
    pod = cluster.add_pod("default", "web", "node")

    cluster.remove_node("node")

    assert (cluster.nodes, list(cluster.pods)) == ({}, [])
    assert cluster.gone == [(START, pod)]
