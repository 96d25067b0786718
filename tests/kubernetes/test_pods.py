"""The pods of a node, and each answer to their eviction, over HTTPS."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lightkube.resources.core_v1 import Node as NodeResource

from capacity_blocks.adapters.kubernetes_pods import PAGE_SIZE, reply
from capacity_blocks.core.drain.eviction import Answer, Eviction, Reply
from capacity_blocks.core.drain.pod import Controller, Pod, PodPhase
from capacity_blocks.kubernetes_ports import KubernetesError
from simulator.kubernetes.access import Access
from simulator.kubernetes.objects import Budget, Owner
from tests.kubernetes.stage import I1, I2, NOW, ROLE, Stage, without

SECOND = timedelta(seconds=1)
NEEDS_TWO = Budget(namespace="default", name="web", selector={"app": "web"}, min_available=2)


def seen(on_stage: Stage) -> list[Pod]:
    return list(on_stage.pods.on_node(on_stage.node().name))


def evicted(on_stage: Stage, pod: Pod, grace: timedelta | None = None) -> Reply:
    return on_stage.pods.evict(Eviction(pod=pod, grace=grace))


def test_a_pod_is_read_with_all_that_decides_about_it(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_node(I2)
    job = Owner(kind="Job", name="train", api_version="batch/v1")
    made = on_stage.cluster.add_pod("ml", "train-0", node, owner=job, empty_dir=True, grace=600)
    static = on_stage.cluster.add_pod("kube-system", "proxy", node, mirror=True)
    ended = on_stage.cluster.add_pod("ml", "train-1", node, phase="Succeeded", grace=0)
    on_stage.cluster.delete(made, None)
    on_stage.cluster.add_pod("ml", "train-2", "elsewhere")

    assert seen(on_stage) == [
        Pod(
            namespace="ml",
            name="train-0",
            uid=made.uid,
            controller=Controller(api_version="batch/v1", kind="Job", name="train"),
            local_storage=True,
            grace=timedelta(minutes=10),
            deletion_at=NOW + timedelta(minutes=10),
        ),
        Pod(namespace="kube-system", name="proxy", uid=static.uid, mirror=True),
        Pod(namespace="ml", name="train-1", uid=ended.uid, phase=PodPhase.SUCCEEDED, grace=timedelta(0)),
    ]


def test_pods_come_in_all_pages(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    for number in range(PAGE_SIZE + 1):
        on_stage.cluster.add_pod("default", f"pod-{number}", node)

    assert len(seen(on_stage)) == PAGE_SIZE + 1


def test_an_accepted_eviction_gives_the_pod_its_own_grace_period(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node, grace=90)
    [pod] = seen(on_stage)

    assert evicted(on_stage, pod) == Reply(answer=Answer.ACCEPTED)
    assert [each.deletion_at for each in seen(on_stage)] == [NOW + 90 * SECOND]


def test_a_shorter_grace_period_is_asked_for_and_shortened_once_more(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node, grace=3600)
    [pod] = seen(on_stage)

    evicted(on_stage, pod, 500 * SECOND)
    assert [each.deletion_at for each in seen(on_stage)] == [NOW + 500 * SECOND]
    evicted(on_stage, pod, 100 * SECOND)
    assert [each.deletion_at for each in seen(on_stage)] == [NOW + 100 * SECOND]
    evicted(on_stage, pod, 400 * SECOND)
    assert [each.deletion_at for each in seen(on_stage)] == [NOW + 100 * SECOND]


def test_a_pod_is_gone_soon_after_its_containers(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node, grace=90, stops_in=20 * SECOND)
    evicted(on_stage, seen(on_stage)[0])

    on_stage.clock.move_to(NOW + 20 * SECOND)
    assert len(seen(on_stage)) == 1
    on_stage.clock.move_to(NOW + 25 * SECOND)
    assert seen(on_stage) == []


def test_a_budget_holds_a_pod_back_and_is_named(on_stage: Stage) -> None:
    """As the API does it: without Retry-After."""
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_deployment("default", "web", [node, node], replaced_in=None)
    on_stage.cluster.add_budget(NEEDS_TWO)

    assert evicted(on_stage, seen(on_stage)[0]) == Reply(
        answer=Answer.HELD,
        words="The disruption budget web needs 2 healthy pods and has 2 currently",
        budget="web",
    )


def test_a_budget_that_nobody_has_looked_at_yet_says_when_to_come_back(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_deployment("default", "web", [node] * 3)
    on_stage.cluster.add_budget(replace(NEEDS_TWO, observed=False))

    assert evicted(on_stage, seen(on_stage)[0]) == Reply(
        answer=Answer.HELD,
        words="The disruption budget web is still being processed by the server.",
        budget="web",
        retry_after=10 * SECOND,
    )


def test_two_budgets_for_a_pod_hold_it_back_under_a_status_of_success(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_deployment("default", "web", [node] * 3)
    on_stage.cluster.add_budget(NEEDS_TWO)
    on_stage.cluster.add_budget(replace(NEEDS_TWO, name="web-too"))

    found = evicted(on_stage, seen(on_stage)[0])

    assert on_stage.asked()[-1].code == 201
    assert found == Reply(
        answer=Answer.HELD,
        words="This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    )
    assert all(pod.deletion_at is None for pod in seen(on_stage))


def test_a_pod_that_is_no_longer_there_is_gone(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node, phase="Succeeded")
    [pod] = seen(on_stage)
    evicted(on_stage, pod)

    assert evicted(on_stage, pod) == Reply(answer=Answer.GONE, words='pods "web" not found')


def test_another_pod_of_that_name_is_let_alone(on_stage: Stage) -> None:
    """Of a StatefulSet, the next one has the name of the last."""
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "db-0", node)
    [first] = seen(on_stage)
    del on_stage.cluster.pods["default", "db-0"]
    second = on_stage.cluster.add_pod("default", "db-0", "elsewhere")

    assert evicted(on_stage, first).answer is Answer.GONE
    assert second.deletion_at is None


def refused(
    status: int, reason: str = "", message: str = "No.", causes: tuple[tuple[str, str], ...] = ()
) -> KubernetesError:
    return KubernetesError("evict", message, status=status, reason=reason, causes=causes)


REFUSALS = {
    "not now, says flow control": (refused(429, "TooManyRequests"), Answer.BUSY),
    "a budget without a cause": (
        refused(429, message="Cannot evict pod as it would violate the pod's disruption budget."),
        Answer.HELD,
    ),
    "a namespace that ends": (refused(403, "Forbidden", causes=(("NamespaceTerminating", "…"),)), Answer.BUSY),
    "no permission": (refused(403, "Forbidden"), Answer.REFUSED),
    "an admission webhook that says no": (refused(400), Answer.REFUSED),
    "an admission webhook that does not answer": (refused(500, "InternalError"), Answer.BUSY),
    "an API that is not ready": (refused(503), Answer.BUSY),
    "too slow for the API itself": (refused(504, "Timeout"), Answer.BUSY),
    "somebody changed the pod meanwhile": (refused(409, "Conflict"), Answer.BUSY),
    "another pod": (
        refused(409, "Conflict", "Precondition failed: UID in precondition: a, UID in object meta: b"),
        Answer.GONE,
    ),
    "no pod": (refused(404, "NotFound"), Answer.GONE),
}


@pytest.mark.parametrize(("error", "answer"), REFUSALS.values(), ids=REFUSALS)
def test_each_refusal_has_its_meaning(error: KubernetesError, answer: Answer) -> None:
    assert reply(error) == Reply(answer=answer, words=error.message)


def test_a_refused_permission_is_said_in_the_words_of_kubernetes(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node)
    [pod] = seen(on_stage)
    on_stage.api.access = Access(entries={"x": ROLE}, manifests=without("create"))

    found = evicted(on_stage, pod)

    assert found.answer is Answer.REFUSED
    assert found.words == (
        'pods is forbidden: User "arn:aws:sts::123456789012:assumed-role/drain-node/drain" cannot create resource '
        '"pods/eviction" in API group "" in the namespace "default"'
    )


def test_the_simulated_api_refuses_what_the_real_one_would(on_stage: Stage) -> None:
    """What is wrong with a request is said by its status; here, a selector that there is not."""
    with pytest.raises(KubernetesError, match=r"400 BadRequest: field label not supported: spec\.providerID"):
        on_stage.connection.call("list", lambda client: list(client.list(NodeResource, fields={"spec.providerID": I1})))
