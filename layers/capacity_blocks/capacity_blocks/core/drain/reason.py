"""Why a node is not drained yet, in words that name each pod and what stands in its way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from capacity_blocks.core.drain.eviction import Answer, Asked
from capacity_blocks.core.drain.pod import Handling, Pod, PodPolicy, treatment

MOST_NAMES = 5
STUCK_AFTER = timedelta(minutes=1)  # a budget that makes room for the next pod does so within this, or not by itself
LAST_CALL = timedelta(minutes=2)  # before the deadline, whatever still has no leave to go is named
OVERDUE = timedelta(seconds=30)  # past its grace period the kubelet has killed a pod, if there is a kubelet


def reasons(now: datetime, waiting: Sequence[Pod], asked: Mapping[str, Asked], policy: PodPolicy) -> tuple[str, ...]:
    """Say why each pod that is waited for is still there; pods of one cause share a clause."""
    stopping = [pod for pod in waiting if pod.deletion_at is not None and not _is_overdue(now, pod)]
    said = [(pod, _cause(pod, asked.get(pod.uid), policy)) for pod in waiting if pod not in stopping]
    if stopping:  # each has its own instant; the last is the one to wait for
        last = max(pod.deletion_at for pod in stopping if pod.deletion_at is not None)
        said += [(pod, f"has until {_clock(last)} at most to stop") for pod in stopping]
    return _clauses(said)


def stuck(
    now: datetime, waiting: Sequence[Pod], asked: Mapping[str, Asked], deadline: datetime, policy: PodPolicy
) -> tuple[str, ...]:
    """Say which of them will not go unless somebody does something, what that is, and until when."""
    found = [pod for pod in waiting if _is_stuck(now, pod, asked.get(pod.uid), deadline)]
    advised = ((pod, _cause(pod, asked.get(pod.uid), policy) + _way_out(pod, asked.get(pod.uid))) for pod in found)
    return tuple(f"{clause} before {_clock(deadline)}" for clause in _clauses(advised))


def _cause(pod: Pod, last: Asked | None, policy: PodPolicy) -> str:
    if pod.deletion_at is not None:
        return f"should have stopped by {_clock(pod.deletion_at)}: its node is silent, or a finalizer holds it"
    handling = treatment(pod, policy)
    if handling.handling is Handling.AWAIT:
        return f"is waited for: {handling.reason}"
    if last is None:
        return "has not been asked to go yet"
    match last.reply.answer:
        case Answer.ACCEPTED | Answer.GONE:
            return "has been told to go"
        case Answer.HELD if last.budget:
            return f"is held back by PodDisruptionBudget {pod.namespace}/{last.budget}{_quoted(last)}"
        case Answer.HELD:
            return f"is held back{_quoted(last)}"
        case Answer.BUSY:
            return f"could not be evicted yet{_quoted(last)}"
        case Answer.REFUSED:
            return f"may not be evicted{_quoted(last)}"


def _is_overdue(now: datetime, pod: Pod) -> bool:
    return pod.deletion_at is not None and now > pod.deletion_at + OVERDUE


def _is_stuck(now: datetime, pod: Pod, last: Asked | None, deadline: datetime) -> bool:
    if pod.deletion_at is not None:
        return _is_overdue(now, pod)
    if deadline - now <= LAST_CALL:
        return True
    if last is None:
        return False
    answer = last.reply.answer
    return answer is Answer.REFUSED or (answer is Answer.HELD and now - last.since >= STUCK_AFTER)


def _way_out(pod: Pod, last: Asked | None) -> str:
    if pod.deletion_at is not None:
        return ": look at its node and its finalizers"
    if last is not None and last.reply.answer is Answer.HELD:
        return ": let another replica become ready on another node, or loosen the budget,"
    if last is not None and last.reply.answer is Answer.REFUSED:
        return ": grant what examples/kubernetes-rbac.yaml lists, or end it yourself,"
    return ": end it yourself"


def _clauses(causes: Iterable[tuple[Pod, str]]) -> tuple[str, ...]:
    by_cause: dict[str, list[Pod]] = {}
    for pod, cause in causes:
        by_cause.setdefault(cause, []).append(pod)
    return tuple(
        f"{_names(pods)}: each {cause}" if len(pods) > 1 else f"{pods[0]} {cause}" for cause, pods in by_cause.items()
    )


def _names(pods: Sequence[Pod]) -> str:
    return ", ".join(_named(pods))


def _named(pods: Sequence[Pod]) -> Iterator[str]:
    yield from (str(pod) for pod in pods[:MOST_NAMES])
    if len(pods) > MOST_NAMES:
        yield f"and {len(pods) - MOST_NAMES} more"


def _quoted(last: Asked) -> str:
    return f' ("{last.reply.words.strip().rstrip(".")}")' if last.reply.words else ""


def _clock(instant: datetime) -> str:
    return f"{instant:%H:%M:%S} UTC"
