"""What is due to empty a node: tables for each rule, and what holds whatever was seen and asked."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.drain.eviction import Answer, Asked, Eviction, Reply, asked
from capacity_blocks.core.drain.node_plan import CONFIRM, POLL, RETRY, SETTLE, NodePlan, node_plan
from capacity_blocks.core.drain.pod import Controller, Pod, PodPhase, PodPolicy
from capacity_blocks.core.drain.verdict import Verdict
from tests.unit.core.drain.pods import DEADLINE, NOW, SECOND, a_pod, held, was_asked

DAEMON = a_pod("cni-1", controller=Controller(api_version="apps/v1", kind="DaemonSet", name="cni"))
ENDED = a_pod("job-1", phase=PodPhase.SUCCEEDED)
LEFT = DEADLINE - SETTLE - NOW  # what a pod may take that is asked now
A, B, C = a_pod("a"), a_pod("b"), a_pod("c")


def plan(*pods: Pod, asked_of: dict[str, Asked] | None = None, now: datetime = NOW, **policy: bool) -> NodePlan:
    return node_plan(now, pods, asked_of or {}, DEADLINE, PodPolicy(**policy))


def due(*pods: Pod, asked_of: dict[str, Asked] | None = None, now: datetime = NOW) -> list[str]:
    return [each.pod.name for each in plan(*pods, asked_of=asked_of, now=now).evictions]


def test_every_pod_is_asked_at_once_and_the_slowest_first() -> None:
    slow = a_pod("slow", grace=timedelta(minutes=5))

    found = plan(A, DAEMON, slow, ENDED, B)

    assert found == NodePlan(
        verdict=Verdict.PENDING,
        evictions=(Eviction(pod=slow), Eviction(pod=A), Eviction(pod=B)),
        waiting=(slow, A, B),
        look_again_at=NOW + POLL,
        reasons=("default/slow, default/a, default/b: each has not been asked to go yet",),
    )


def test_a_node_with_nothing_but_what_goes_with_it_is_drained() -> None:
    assert plan(DAEMON, ENDED) == NodePlan(
        verdict=Verdict.DRAINED, reasons=("all that is left on the node goes with it (2 pods)",)
    )
    assert plan() == NodePlan(verdict=Verdict.DRAINED, reasons=("no pod is left on the node",))


def test_a_drained_node_is_drained_after_the_deadline_too() -> None:
    assert plan(DAEMON, now=DEADLINE).verdict is Verdict.DRAINED


def test_at_the_deadline_the_node_is_let_go_and_nobody_is_asked_any_more() -> None:
    just_before = plan(A, asked_of={A.uid: held(ago=RETRY, now=DEADLINE - SECOND)}, now=DEADLINE - SECOND)
    at_it = plan(A, asked_of={A.uid: held(now=DEADLINE)}, now=DEADLINE)
    words = (
        "default/a is held back by PodDisruptionBudget default/web "
        '("The disruption budget web needs 2 healthy pods and has 2 currently")'
    )

    assert (just_before.verdict, just_before.look_again_at) == (Verdict.PENDING, DEADLINE)
    assert just_before.evictions == (Eviction(pod=A, grace=SECOND),)
    assert at_it == NodePlan(verdict=Verdict.LET_GO, waiting=(A,), reasons=(words,), stuck=(words,))


GRACE = {
    "what fits is the pod's own": (LEFT, None),
    "what does not is cut to what is left": (LEFT + SECOND, LEFT),
    "an hour is cut too": (timedelta(hours=1), LEFT),
    "none is its own": (timedelta(0), None),
}


@pytest.mark.parametrize(("own", "given_to_it"), GRACE.values(), ids=GRACE)
def test_a_grace_period_is_counted_against_what_is_left(own: timedelta, given_to_it: timedelta | None) -> None:
    assert plan(a_pod(grace=own)).evictions == (Eviction(pod=a_pod(grace=own), grace=given_to_it),)


def test_a_grace_period_is_never_zero_which_would_take_the_pod_out_of_the_api_while_it_runs() -> None:
    last = DEADLINE - timedelta(milliseconds=1)

    assert plan(A, now=last).evictions == (Eviction(pod=A, grace=SECOND),)


def test_a_pod_that_is_stopping_is_waited_for_and_not_asked() -> None:
    stopping = a_pod(deletion_at=NOW + LEFT)

    assert due(stopping) == []
    assert plan(stopping).verdict is Verdict.PENDING


def test_a_pod_that_would_stop_after_the_deadline_is_asked_to_hurry_once() -> None:
    stopping = a_pod(deletion_at=NOW + timedelta(hours=1), grace=timedelta(hours=1))
    hurried = {stopping.uid: was_asked(Answer.ACCEPTED)}

    assert plan(stopping).evictions == (Eviction(pod=stopping, grace=LEFT),)
    assert due(stopping, asked_of=hurried) == []


ONE_ANSWER = {
    "accepted, and not yet to be seen": (was_asked(Answer.ACCEPTED, ago=CONFIRM - SECOND), False),
    "accepted, and still there": (was_asked(Answer.ACCEPTED, ago=CONFIRM), True),
    "gone, and still listed": (was_asked(Answer.GONE, ago=CONFIRM), True),
    "busy": (was_asked(Answer.BUSY, ago=RETRY - SECOND), False),
    "busy for long enough": (was_asked(Answer.BUSY, ago=RETRY), True),
    "busy for ten seconds": (was_asked(Answer.BUSY, ago=9 * SECOND, retry_after=10 * SECOND), False),
    "busy for ten seconds that have passed": (was_asked(Answer.BUSY, ago=10 * SECOND, retry_after=10 * SECOND), True),
    "refused": (was_asked(Answer.REFUSED, ago=14 * SECOND), False),
    "refused a while ago": (was_asked(Answer.REFUSED, ago=15 * SECOND), True),
    "held back": (held(ago=RETRY - SECOND), False),
    "held back for long enough": (held(ago=RETRY), True),
    "held back without a name": (held(ago=RETRY, budget=""), True),
    "to be tried after ten seconds": (held(ago=9 * SECOND, retry_after=10 * SECOND), False),
}


@pytest.mark.parametrize(("last", "again"), ONE_ANSWER.values(), ids=ONE_ANSWER)
def test_a_pod_is_asked_again_in_its_time(last: Asked, again: bool) -> None:
    assert bool(due(A, asked_of={A.uid: last})) is again


def test_of_all_that_one_budget_holds_back_one_is_asked_again_and_each_in_turn() -> None:
    earlier, later = held(ago=2 * RETRY), held(ago=RETRY)

    assert due(A, B, C, asked_of={A.uid: later, B.uid: earlier, C.uid: later}) == ["b"]


def test_when_a_budget_gives_way_all_that_it_held_back_are_asked() -> None:
    gave_way = asked(held(ago=RETRY), Reply(answer=Answer.ACCEPTED), NOW)

    assert due(A, B, C, asked_of={A.uid: gave_way, B.uid: held(ago=RETRY), C.uid: held(ago=RETRY)}) == ["b", "c"]


def test_a_budget_that_gave_way_once_and_refused_since_is_asked_in_turn_again() -> None:
    gave_way = asked(held(ago=RETRY), Reply(answer=Answer.ACCEPTED), NOW)

    assert due(A, B, C, asked_of={A.uid: gave_way, B.uid: held(), C.uid: held()}) == []


def test_budgets_of_two_names_or_namespaces_do_not_wait_for_each_other() -> None:
    other = a_pod("b", namespace="batch")
    both = {A.uid: held(ago=RETRY), other.uid: held(ago=RETRY), C.uid: held(ago=RETRY, budget="db")}

    assert due(A, other, C, asked_of=both) == ["b", "a", "c"]


def test_what_is_to_be_spared_is_waited_for_and_never_asked() -> None:
    loose = a_pod("notebook", controller=None)

    found = plan(loose, evict_unmanaged=False)

    assert (found.verdict, found.evictions, found.waiting) == (Verdict.PENDING, (), (loose,))
    assert found.reasons == (
        "default/notebook is waited for: it has no controller, and such pods are not to be evicted",
    )


# Whatever was seen and asked.

INSTANTS = st.integers(-900, 900).map(lambda n: NOW + n * SECOND)
REPLIES = st.builds(
    Reply,
    answer=st.sampled_from(Answer),
    budget=st.sampled_from(["", "web", "db"]),
    retry_after=st.none() | st.integers(0, 20).map(lambda n: n * SECOND),
)
PODS = st.builds(
    a_pod,
    st.sampled_from(["a", "b", "c", "d", "e", "f"]),
    namespace=st.sampled_from(["default", "batch"]),
    phase=st.sampled_from(PodPhase),
    controller=st.sampled_from([None, DAEMON.controller, A.controller]),
    mirror=st.booleans(),
    local_storage=st.booleans(),
    grace=st.integers(0, 4000).map(lambda n: n * SECOND),
    deletion_at=st.none() | INSTANTS,
)
NODES = st.lists(PODS, unique_by=lambda pod: pod.uid, max_size=6)
POLICIES = st.builds(PodPolicy, evict_local_storage=st.booleans(), evict_unmanaged=st.booleans())
HISTORIES = st.dictionaries(
    st.sampled_from([f"uid-of-{name}" for name in "abcdef"]),
    st.tuples(INSTANTS, REPLIES).map(lambda each: asked(None, each[1], each[0])),
)


@given(now=INSTANTS, pods=NODES, history=HISTORIES, policy=POLICIES)
def test_every_plan_ends_or_looks_again_before_the_deadline(
    now: datetime, pods: list[Pod], history: dict[str, Asked], policy: PodPolicy
) -> None:
    found = node_plan(now, pods, history, DEADLINE, policy)

    assert found.verdict.is_final is (found.look_again_at is None)
    assert found.look_again_at is None or now < found.look_again_at <= DEADLINE
    assert found.reasons
    assert (found.verdict is Verdict.DRAINED) is (found.waiting == ())
    assert (found.verdict is Verdict.LET_GO) is (found.waiting != () and now >= DEADLINE)


@given(now=INSTANTS, pods=NODES, history=HISTORIES, policy=POLICIES)
def test_who_is_asked_is_waited_for_and_has_time_until_the_deadline(
    now: datetime, pods: list[Pod], history: dict[str, Asked], policy: PodPolicy
) -> None:
    found = node_plan(now, pods, history, DEADLINE, policy)

    assert {each.pod.uid for each in found.evictions} <= {pod.uid for pod in found.waiting}
    for each in found.evictions:
        grace = each.pod.grace if each.grace is None else each.grace
        assert grace <= max(SECOND, DEADLINE - SETTLE - now)
        assert each.grace is None or each.grace >= SECOND


@given(now=INSTANTS, pods=NODES, history=HISTORIES, policy=POLICIES, data=st.data())
def test_a_look_comes_to_an_end_whatever_is_answered(
    now: datetime, pods: list[Pod], history: dict[str, Asked], policy: PodPolicy, data: st.DataObject
) -> None:
    """A plan is followed by another at the same instant, with its answers, until nothing is due."""
    for _ in range(len(pods) + 2):
        for each in node_plan(now, pods, history, DEADLINE, policy).evictions:
            history[each.pod.uid] = asked(history.get(each.pod.uid), data.draw(REPLIES), now)

    assert node_plan(now, pods, history, DEADLINE, policy).evictions == ()


@given(now=INSTANTS, pods=NODES, history=HISTORIES, policy=POLICIES, data=st.data())
def test_the_order_in_which_pods_are_listed_does_not_matter(
    now: datetime, pods: list[Pod], history: dict[str, Asked], policy: PodPolicy, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(pods))

    assert node_plan(now, shuffled, history, DEADLINE, policy) == node_plan(now, pods, history, DEADLINE, policy)


@given(now=INSTANTS, pods=NODES, policy=POLICIES)
def test_a_pod_of_which_nothing_is_known_is_asked_unless_it_is_spared_or_stopping(
    now: datetime, pods: list[Pod], policy: PodPolicy
) -> None:
    """So a drain that goes on in another process loses nothing."""
    found = node_plan(now, pods, {}, DEADLINE, policy)
    spared = {
        pod.uid
        for pod in found.waiting
        if (pod.local_storage and not policy.evict_local_storage)
        or (pod.controller is None and not policy.evict_unmanaged)
    }
    stopping = {pod.uid for pod in found.waiting if pod.deletion_at is not None}

    if found.verdict is Verdict.PENDING:
        asked_now = {each.pod.uid for each in found.evictions}
        assert asked_now >= {pod.uid for pod in found.waiting} - spared - stopping
        assert not asked_now & spared
