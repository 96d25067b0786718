"""What is said of a node that is not drained yet, word for word."""

from datetime import timedelta

from capacity_blocks.core.drain.eviction import Answer
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.core.drain.reason import LAST_CALL, MOST_NAMES, OVERDUE, STUCK_AFTER, reasons, stuck
from tests.unit.core.drain.pods import DEADLINE, NOW, SECOND, a_pod, held, was_asked

POLICY = PodPolicy()
A, B = a_pod("a"), a_pod("b")
WAY_OUT = ": let another replica become ready on another node, or loosen the budget, before 10:59:00 UTC"
HELD_BACK = (
    "is held back by PodDisruptionBudget default/web "
    '("The disruption budget web needs 2 healthy pods and has 2 currently")'
)


def test_pods_of_one_cause_share_a_clause() -> None:
    both = {A.uid: held(), B.uid: held()}

    assert reasons(NOW, [A, B], both, POLICY) == (f"default/a, default/b: each {HELD_BACK}",)


def test_a_long_list_of_pods_is_cut_and_counted() -> None:
    pods = [a_pod(f"web-{n}") for n in range(MOST_NAMES + 2)]

    [clause] = reasons(NOW, pods, {}, POLICY)

    assert clause.endswith("default/web-4, and 2 more: each has not been asked to go yet")


def test_pods_that_are_stopping_are_waited_for_until_the_last_of_them() -> None:
    first, last = a_pod("a", deletion_at=NOW + 30 * SECOND), a_pod("b", deletion_at=NOW + 90 * SECOND)

    assert reasons(NOW, [first, last], {}, POLICY) == (
        "default/a, default/b: each has until 10:51:30 UTC at most to stop",
    )
    assert stuck(NOW, [first, last], {}, DEADLINE, POLICY) == ()


def test_a_budget_is_stuck_once_it_has_held_back_for_a_minute() -> None:
    for a_minute, words in ((STUCK_AFTER - SECOND, ()), (STUCK_AFTER, (f"default/a {HELD_BACK}{WAY_OUT}",))):
        assert stuck(NOW, [A], {A.uid: held(since=a_minute)}, DEADLINE, POLICY) == words


def test_in_the_last_two_minutes_whoever_has_not_been_let_go_is_named() -> None:
    now = DEADLINE - LAST_CALL
    just_asked = {A.uid: held(now=now)}

    assert stuck(now, [A], just_asked, DEADLINE, POLICY) == (f"default/a {HELD_BACK}{WAY_OUT}",)
    assert stuck(now - SECOND, [A], {A.uid: held(now=now - SECOND)}, DEADLINE, POLICY) == ()


def test_a_pod_whose_time_is_long_over_is_stuck_with_its_node() -> None:
    late = a_pod(deletion_at=NOW - OVERDUE - SECOND)
    [words] = stuck(NOW, [late], {}, DEADLINE, POLICY)

    assert words == (
        "default/web-1 should have stopped by 10:49:29 UTC: its node is silent, or a finalizer holds it: "
        "look at its node and its finalizers before 10:59:00 UTC"
    )
    assert stuck(NOW, [a_pod(deletion_at=NOW - OVERDUE)], {}, DEADLINE, POLICY) == ()


def test_what_somebody_must_grant_is_stuck_at_once() -> None:
    refused = was_asked(Answer.REFUSED, words='pods is forbidden: User "x" cannot create resource "pods/eviction".')
    [words] = stuck(NOW, [A], {A.uid: refused}, DEADLINE, POLICY)

    assert words == (
        'default/a may not be evicted ("pods is forbidden: User "x" cannot create resource "pods/eviction""): '
        "grant what examples/kubernetes-rbac.yaml lists, or end it yourself, before 10:59:00 UTC"
    )


def test_what_is_spared_is_named_before_the_deadline() -> None:
    notebook = a_pod("notebook", controller=None)
    spare = PodPolicy(evict_unmanaged=False)
    words = "default/notebook is waited for: it has no controller, and such pods are not to be evicted"

    assert stuck(NOW, [notebook], {}, DEADLINE, spare) == ()
    assert stuck(DEADLINE - LAST_CALL, [notebook], {}, DEADLINE, spare) == (
        f"{words}: end it yourself before 10:59:00 UTC",
    )


def test_every_answer_has_its_words() -> None:
    said = {answer: reasons(NOW, [A], {A.uid: was_asked(answer, words="Why.")}, POLICY) for answer in Answer}

    assert said == {
        Answer.ACCEPTED: ("default/a has been told to go",),
        Answer.GONE: ("default/a has been told to go",),
        Answer.HELD: ('default/a is held back ("Why")',),
        Answer.BUSY: ('default/a could not be evicted yet ("Why")',),
        Answer.REFUSED: ('default/a may not be evicted ("Why")',),
    }
    assert reasons(NOW + timedelta(hours=1), [], {}, POLICY) == ()
