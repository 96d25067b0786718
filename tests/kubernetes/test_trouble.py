"""A Kubernetes API that is away, slow, busy, or talks nonsense."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from threading import Event

import pytest

from capacity_blocks.core.drain.node_plan import POLL
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.kubernetes_ports import KubernetesError
from simulator.kubernetes.api import CutError, Request
from simulator.kubernetes.status import Answer
from tests.kubernetes.stage import DEADLINE, I1, NOW, Stage, stage

SECOND = timedelta(seconds=1)
BUSY = Answer(
    code=429,
    body={"message": "Too many requests, please try again later."},
    headers={"Retry-After": "1", "Content-Type": "text/plain"},
)


def with_pods(on_stage: Stage, count: int = 3) -> None:
    node = on_stage.cluster.add_node(I1)
    on_stage.cluster.add_deployment("default", "web", [node.name] * count, grace=60, stops_in=30 * SECOND)


def until(end: datetime, on_stage: Stage, trouble: Callable[[Request], Answer | None]) -> None:
    on_stage.api.trouble = lambda request: trouble(request) if on_stage.clock.now() < end else None


def cut(_: Request) -> Answer | None:
    raise CutError


def test_an_api_that_is_away_for_two_minutes_is_asked_again_and_the_node_is_drained(on_stage: Stage) -> None:
    with_pods(on_stage)
    until(NOW + timedelta(minutes=2), on_stage, cut)

    looks = on_stage.played(on_stage.drain())

    assert looks[0].verdict is Verdict.PENDING
    assert looks[0].stuck[0].startswith("the cluster did not answer as it should: find the node")
    assert looks[-1].verdict is Verdict.DRAINED
    assert on_stage.clock.now() - NOW < timedelta(minutes=2, seconds=45)


def test_an_api_that_goes_away_halfway_through_loses_nothing(on_stage: Stage) -> None:
    with_pods(on_stage, 5)
    calls = 0

    def fail_the_third_eviction(request: Request) -> Answer | None:
        nonlocal calls
        calls += request.method == "POST"
        if calls == 3 and request.method == "POST":
            raise CutError
        return None

    on_stage.api.trouble = fail_the_third_eviction
    looks = on_stage.played(on_stage.drain())

    assert looks[0].evicted == looks[-1].evicted[:2]
    assert looks[-1].verdict is Verdict.DRAINED
    assert len(looks[-1].evicted) == 5


def test_an_eviction_whose_answer_is_lost_is_known_by_what_the_cluster_shows(on_stage: Stage) -> None:
    with_pods(on_stage, 1)
    lost = Event()

    def lose_the_answer(request: Request) -> Answer | None:
        if request.method == "POST" and not lost.is_set():
            lost.set()
            [pod] = [pod for pod in on_stage.cluster.pods.values() if pod.node != "elsewhere"]
            on_stage.cluster.delete(pod, None)
            raise CutError
        return None

    on_stage.api.trouble = lose_the_answer
    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.DRAINED
    assert sum(call.request.method == "POST" for call in on_stage.asked()) == 1


def test_an_api_that_stays_away_lets_the_instance_go_at_the_deadline(on_stage: Stage) -> None:
    with_pods(on_stage)
    until(DEADLINE + SECOND, on_stage, cut)

    last = on_stage.played(on_stage.drain())[-1]

    assert last.verdict is Verdict.LET_GO
    assert last.reasons[0].startswith("the cluster did not answer as it should")


def test_an_api_that_is_too_slow_is_given_up_on_for_this_look() -> None:
    with stage(read_timeout=0.1) as on_stage:
        with_pods(on_stage)
        over = Event()

        def take_ages(_: Request) -> Answer | None:
            over.wait(10)
            return None

        on_stage.api.trouble = take_ages
        try:
            look = on_stage.drain().look(I1, NOW, DEADLINE)
        finally:
            over.set()

    assert look.look_again_at == NOW + POLL
    assert "ReadTimeout" in look.reasons[0]


def test_a_look_that_a_slow_api_draws_out_ends_and_the_next_goes_on(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six seconds pass whenever the clock is read: some are asked in each look, and nobody twice."""
    with_pods(on_stage, 10)
    clock = count(step=6)
    monkeypatch.setattr("capacity_blocks.draining.kubernetes_drain.monotonic", lambda: next(clock))
    drain = on_stage.drain()

    looks = [drain.look(I1, NOW + n * SECOND, DEADLINE) for n in range(5)]

    assert [len(look.evicted) for look in looks] == [2, 4, 6, 8, 10]
    assert "each has been told to go" in looks[0].reasons[0]
    assert "each has not been asked to go yet" in looks[0].reasons[1]
    assert sum(call.request.method == "POST" for call in on_stage.asked()) == 10


def test_flow_control_is_no_budget_and_passes(on_stage: Stage) -> None:
    with_pods(on_stage)
    until(NOW + 10 * SECOND, on_stage, lambda request: BUSY if request.method == "POST" else None)

    looks = on_stage.played(on_stage.drain())

    assert 'could not be evicted yet ("Too many requests, please try again later")' in looks[0].reasons[0]
    assert looks[-1].verdict is Verdict.DRAINED
    assert len(looks[-1].evicted) == 3


NONSENSE = {
    "no status": Answer(code=503, body={}),
    "a page of something else": Answer(code=502, body={"x": "<html>"}, headers={"Content-Type": "text/html"}),
    "a list that is none": Answer(code=200, body={"items": "none"}),
    "a pod without a name": Answer(code=200, body={"items": [{"metadata": {}}]}),
    "an object of another kind": Answer(code=200, body={"items": [{"spec": []}]}),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_an_error_and_never_an_empty_node(on_stage: Stage, answer: Answer) -> None:
    with_pods(on_stage)
    on_stage.node()
    on_stage.api.trouble = lambda request: answer if request.path.endswith("/pods") else None

    with pytest.raises(KubernetesError):
        on_stage.pods.on_node(on_stage.node().name)


def test_a_list_of_nodes_that_fails_is_not_a_node_that_is_not_there(on_stage: Stage) -> None:
    on_stage.api.trouble = lambda _: Answer(code=500, body={"message": "etcdserver: request timed out"})

    with pytest.raises(KubernetesError, match="500: etcdserver: request timed out"):
        on_stage.nodes.find(I1)


def test_a_cluster_that_eks_does_not_know_is_a_reason_like_any_other(on_stage: Stage) -> None:
    on_stage.connection.cluster = "nowhere"

    look = on_stage.drain().look(I1, NOW, DEADLINE)

    assert isinstance(look, Progress)
    assert look.verdict is Verdict.PENDING
    assert "ResourceNotFoundException" in look.stuck[0]
