"""Drains from the first look to the last, over HTTPS."""

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.adapters.kubernetes_nodes import KubernetesNodes
from capacity_blocks.core.drain.node_plan import POLL, SETTLE
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.core.drain.reason import STUCK_AFTER
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.draining.kubernetes_drain import NO_NODE, SILENT, KubernetesDrain
from capacity_blocks.kubernetes_ports import KubernetesError
from simulator.kubernetes.cluster import KUBELET_LAG
from simulator.kubernetes.objects import Budget
from tests.kubernetes.stage import DEADLINE, I1, I2, NOW, Stage

SECOND = timedelta(seconds=1)
NEEDS_TWO = Budget(namespace="default", name="web", selector={"app": "web"}, min_available=2)


def test_a_node_is_cordoned_emptied_and_left_with_what_goes_with_it(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_deployment("default", "web", [node.name] * 3, grace=120, stops_in=50 * SECOND)
    on_stage.cluster.add_daemon_set("kube-system", "cni")
    on_stage.cluster.add_pod("kube-system", "proxy", node.name, mirror=True)

    looks = on_stage.played(on_stage.drain())

    assert node.unschedulable
    assert looks[-1] == Progress(
        verdict=Verdict.DRAINED,
        reasons=("all that is left on the node goes with it (2 pods)",),
        evicted=looks[0].left,
    )
    assert len(looks[0].left) == 3
    assert {pod.name for pod in on_stage.cluster.pods_on(node.name)} == {"cni-0", "proxy"}
    assert on_stage.clock.now() - NOW <= 50 * SECOND + KUBELET_LAG + POLL


def test_a_cordon_is_asked_for_once_and_a_node_looked_for_once(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_pod("default", "web", node.name, stops_in=20 * SECOND)

    looks = on_stage.played(on_stage.drain())
    verbs = [(call.verb.name, call.verb.resource) for call in on_stage.asked() if call.verb]

    assert verbs.count(("patch", "nodes")) == 1
    assert verbs.count(("list", "nodes")) == 2  # by label, by provider id
    assert verbs.count(("create", "pods/eviction")) == 1
    assert verbs.count(("list", "pods")) == len(looks)


def test_a_node_that_is_cordoned_already_is_not_cordoned_again(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1).unschedulable = True

    on_stage.played(on_stage.drain())

    assert all(call.request.method != "PATCH" for call in on_stage.asked())


def test_a_kubelet_that_falls_silent_is_told_of_and_no_more_when_it_reports_again(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_pod("default", "web", node.name, grace=400, stops_in=400 * SECOND)
    drain = on_stage.drain()
    said: dict[int, bool] = {}
    for seconds in range(0, 300, 5):
        on_stage.clock.move_to(NOW + seconds * SECOND)
        node.ready = not 30 <= seconds < 150
        said[seconds] = SILENT in drain.look(I1, on_stage.clock.now(), DEADLINE).stuck

    silent = [seconds for seconds, is_said in said.items() if is_said]
    assert silent == list(range(65, 185, 5))


def test_a_node_that_somebody_uncordons_is_cordoned_again(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_pod("default", "web", node.name, grace=400, stops_in=400 * SECOND)
    drain = on_stage.drain()
    for seconds in range(0, 130, 5):
        on_stage.clock.move_to(NOW + seconds * SECOND)
        node.unschedulable = seconds < 60 and node.unschedulable
        drain.look(I1, on_stage.clock.now(), DEADLINE)

    assert node.unschedulable


def test_a_node_that_cannot_be_read_again_is_drained_all_the_same(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise KubernetesError("read node", "too slow")

    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_pod("default", "web", node.name, grace=90, stops_in=80 * SECOND)
    monkeypatch.setattr(KubernetesNodes, "read", away)
    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.DRAINED
    assert all(look.stuck == () for look in looks)


def test_an_instance_that_is_no_node_is_looked_for_twice_told_and_kept_until_the_deadline(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I2)

    looks = on_stage.played(on_stage.drain())

    unknown = Progress(verdict=Verdict.PENDING, reasons=(NO_NODE,), look_again_at=NOW + 5 * SECOND, found=False)
    assert looks[0] == unknown
    assert looks[1] == replace(unknown, stuck=(NO_NODE,), look_again_at=NOW + 35 * SECOND)
    assert looks[-1] == Progress(verdict=Verdict.LET_GO, reasons=(NO_NODE,), stuck=(NO_NODE,), found=False)
    assert on_stage.clock.now() == DEADLINE


def test_a_node_that_joins_late_is_drained(on_stage: Stage) -> None:
    drain = on_stage.drain()
    drain.look(I1, NOW, DEADLINE)
    node = on_stage.cluster.add_node(I1)

    assert on_stage.played(drain)[-1].verdict is Verdict.DRAINED
    assert node.unschedulable


def test_a_node_without_the_label_of_its_type_is_found_by_the_second_look(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    drain = KubernetesDrain(on_stage.nodes, on_stage.pods, PodPolicy(), "p9.huge")

    looks = on_stage.played(drain)

    assert [look.found for look in looks] == [False, True]
    assert looks[-1].verdict is Verdict.DRAINED
    assert node.unschedulable


def test_a_budget_lets_pods_go_one_by_one_as_others_become_ready(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_deployment("default", "web", [node.name] * 3, replaced_in=20 * SECOND)
    on_stage.cluster.add_budget(NEEDS_TWO)

    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.DRAINED
    assert len(looks[-1].evicted) == 3
    assert on_stage.clock.now() - NOW < timedelta(seconds=90)


def test_a_budget_that_never_gives_way_is_named_in_time_and_kept_until_the_deadline(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    [held, _] = on_stage.cluster.add_deployment("default", "web", [node.name, "elsewhere"], replaced_in=None)
    on_stage.cluster.add_budget(NEEDS_TWO)

    looks = on_stage.played(on_stage.drain())
    first_stuck = next(look for look in looks if look.stuck)

    assert looks.index(first_stuck) == STUCK_AFTER // POLL
    [words] = first_stuck.stuck
    assert words == (
        f"default/{held.name} is held back by PodDisruptionBudget default/web "
        '("The disruption budget web needs 2 healthy pods and has 2 currently"): '
        "let another replica become ready on another node, or loosen the budget, before 10:59:00 UTC"
    )
    assert looks[-1].verdict is Verdict.LET_GO
    assert looks[-1].left == (f"default/{held.name}",)
    assert on_stage.clock.now() == DEADLINE
    assert held.deletion_at is None  # let go, and never killed unasked


def test_a_budget_that_somebody_loosens_lets_all_go_at_the_next_look(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_deployment("default", "web", [node.name] * 20, replaced_in=None)
    on_stage.cluster.add_budget(replace(NEEDS_TWO, min_available=20))
    drain = on_stage.drain()
    drain.look(I1, NOW, DEADLINE)
    on_stage.clock.move_to(NOW + POLL)
    drain.look(I1, NOW + POLL, DEADLINE)
    on_stage.asked()
    on_stage.cluster.change_budget("default", "web", min_available=0)
    on_stage.clock.move_to(NOW + 2 * POLL)

    look = drain.look(I1, NOW + 2 * POLL, DEADLINE)

    assert len(look.evicted) == 20
    assert [call.code for call in on_stage.asked()] == [200] + [201] * 20


def test_a_budget_that_holds_many_is_asked_about_one(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_deployment("default", "web", [node.name] * 20, replaced_in=None)
    on_stage.cluster.add_budget(replace(NEEDS_TWO, min_available=20))

    on_stage.played(on_stage.drain())
    asked = [call.at - NOW for call in on_stage.asked() if call.request.method == "POST"]

    assert asked.count(timedelta(0)) == 20
    assert len(asked) == 20 + (DEADLINE - NOW) // POLL - 1


def test_a_long_grace_period_ends_before_the_deadline(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_pod("ml", "train", node.name, grace=3600, stops_in=timedelta(hours=1))

    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.DRAINED
    assert DEADLINE - SETTLE <= on_stage.clock.now() <= DEADLINE


def test_a_pod_that_others_gave_an_hour_is_asked_to_hurry(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    pod = on_stage.cluster.add_pod("ml", "train", node.name, grace=3600, stops_in=timedelta(hours=1))
    on_stage.cluster.delete(pod, None)

    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.DRAINED
    assert sum(call.request.method == "POST" for call in on_stage.asked()) == 1


def test_a_drain_goes_on_in_another_process_from_what_the_cluster_shows(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_deployment("default", "web", [node.name] * 3, stops_in=40 * SECOND, grace=60)
    on_stage.drain().look(I1, NOW, DEADLINE)
    on_stage.asked()
    on_stage.clock.move_to(NOW + 20 * SECOND)

    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.DRAINED
    assert all(call.request.method == "GET" for call in on_stage.asked())
    assert on_stage.clock.now() <= NOW + 50 * SECOND


def test_another_node_keeps_its_pods(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)
    other = on_stage.cluster.add_node(I2)
    pod = on_stage.cluster.add_pod("default", "web", other.name)

    on_stage.played(on_stage.drain())

    assert pod.deletion_at is None
    assert not other.unschedulable


@pytest.mark.parametrize(
    ("policy", "verdict"), [(PodPolicy(), Verdict.DRAINED), (PodPolicy(evict_unmanaged=False), Verdict.LET_GO)]
)
def test_what_no_controller_starts_anew_is_evicted_unless_it_is_to_be_spared(
    on_stage: Stage, policy: PodPolicy, verdict: Verdict
) -> None:
    node = on_stage.cluster.add_node(I1)
    pod = on_stage.cluster.add_pod("default", "notebook", node.name)

    looks = on_stage.played(on_stage.drain(policy=policy))

    assert looks[-1].verdict is verdict
    assert (pod.deletion_at is None) is (verdict is Verdict.LET_GO)


def test_what_is_spared_and_ends_by_itself_is_waited_for(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    pod = on_stage.cluster.add_pod("ml", "train", node.name)
    drain = on_stage.drain(policy=PodPolicy(evict_unmanaged=False))

    waiting = drain.look(I1, NOW, DEADLINE)
    pod.phase = "Succeeded"
    done = drain.look(I1, NOW + POLL, DEADLINE)

    assert (waiting.verdict, waiting.left) == (Verdict.PENDING, ("ml/train",))
    assert (done.verdict, done.evicted) == (Verdict.DRAINED, ())


def test_a_node_whose_kubelet_is_silent_says_so_and_is_let_go(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    node.ready = False
    on_stage.cluster.add_pod("default", "web", node.name, grace=30)

    looks = on_stage.played(on_stage.drain())

    assert looks[0].stuck == ("its node does not report to the cluster: no pod on it will stop",)
    assert looks[-1].verdict is Verdict.LET_GO
    assert looks[-1].stuck[1] == (
        "default/web should have stopped by 10:50:30 UTC: its node is silent, or a finalizer holds it"
    )


def test_a_finalizer_that_holds_an_ended_pod_holds_no_node(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1)
    pod = on_stage.cluster.add_pod("ml", "train", node.name, finalizers=("batch.kubernetes.io/job-tracking",))
    drain = on_stage.drain()

    drain.look(I1, NOW, DEADLINE)
    pod.phase = "Failed"

    assert drain.look(I1, NOW + POLL, DEADLINE).verdict is Verdict.DRAINED
