"""What is due now to empty a node: whom to evict, whom to wait for, and whether it is done.

Nothing here needs the drain to have begun in this process: where nothing is known of what was asked, every pod that is
still there is asked anew, and that does no harm.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.drain.eviction import Answer, Asked, Eviction
from capacity_blocks.core.drain.pod import Handling, Pod, PodPolicy, treatment
from capacity_blocks.core.drain.reason import reasons, stuck
from capacity_blocks.core.drain.verdict import Verdict

SECOND = timedelta(seconds=1)
POLL = timedelta(seconds=5)
# What kubectl waits after a 429. A budget that is used up comes without Retry-After (checkAndDecrement in the API's
# eviction.go), one that the API has yet to look at comes with ten seconds.
RETRY = timedelta(seconds=5)
REFUSAL_RETRY = timedelta(seconds=15)
CONFIRM = timedelta(seconds=15)  # an accepted eviction shows in the next list; if it does not, ask again
# The kubelet takes some seconds after the last container to take its pod out of the API. Assumed.
SETTLE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """`evictions` are due now, all at once. `waiting` are all pods that must go before the node is drained."""

    verdict: Verdict
    evictions: tuple[Eviction, ...] = ()
    waiting: tuple[Pod, ...] = ()
    look_again_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


def node_plan(
    now: datetime, pods: Iterable[Pod], asked: Mapping[str, Asked], deadline: datetime, policy: PodPolicy
) -> NodePlan:
    """Decide from `pods` as seen on the node and what was `asked` of each, by uid.

    Every pod is asked at once, those that take longest first. A pod that a budget has held back speaks for all that the
    same budget holds: it alone is asked again, and when it may go, so are the others.
    """
    treated = [(pod, treatment(pod, policy)) for pod in sorted(pods, key=_longest_first)]
    waiting = tuple(pod for pod, each in treated if each.handling is not Handling.LEAVE)
    if not waiting:
        return NodePlan(verdict=Verdict.DRAINED, reasons=_staying(len(treated)))
    if now >= deadline:
        said = reasons(now, waiting, asked, policy)
        return NodePlan(verdict=Verdict.LET_GO, waiting=waiting, reasons=said, stuck=said)
    movable = [pod for pod, each in treated if each.handling is Handling.EVICT]
    return NodePlan(
        verdict=Verdict.PENDING,
        evictions=tuple(_due(now, movable, asked, max(SECOND, _whole_seconds(deadline - SETTLE - now)))),
        waiting=waiting,
        look_again_at=min(now + POLL, deadline),
        reasons=reasons(now, waiting, asked, policy),
        stuck=stuck(now, waiting, asked, deadline, policy),
    )


def _longest_first(pod: Pod) -> tuple[timedelta, str, str]:
    return -pod.grace, pod.namespace, pod.name


def _whole_seconds(duration: timedelta) -> timedelta:
    return duration // SECOND * SECOND


def _due(now: datetime, pods: Sequence[Pod], asked: Mapping[str, Asked], left: timedelta) -> Iterator[Eviction]:
    held = _held_that_are_due(now, pods, asked)
    for pod in pods:
        last = asked.get(pod.uid)
        if pod.deletion_at is not None:
            # What others have deleted, or we when more time was left. Kubernetes takes a shorter grace period, never a
            # longer one, and asks no budget about a pod that goes already.
            if pod.deletion_at - now > left + SECOND and (last is None or now >= last.at + CONFIRM):
                yield Eviction(pod=pod, grace=left)
        elif last is None or pod.uid in held or _is_due(now, last):
            yield Eviction(pod=pod, grace=left if pod.grace > left else None)


def _is_due(now: datetime, last: Asked) -> bool:
    match last.reply.answer:
        case Answer.ACCEPTED | Answer.GONE:
            return now >= last.at + CONFIRM
        case Answer.BUSY:
            return now >= last.at + (last.reply.retry_after or RETRY)
        case Answer.REFUSED:
            return now >= last.at + REFUSAL_RETRY
        case Answer.HELD:
            return False  # its budget's turn, not its own


def _held_that_are_due(now: datetime, pods: Iterable[Pod], asked: Mapping[str, Asked]) -> frozenset[str]:
    by_budget: dict[tuple[str, str], list[Pod]] = {}
    for pod in pods:
        if (last := asked.get(pod.uid)) is not None and last.reply.answer is Answer.HELD and pod.deletion_at is None:
            by_budget.setdefault((pod.namespace, last.budget or pod.uid), []).append(pod)
    return frozenset(
        uid for (_, budget), held in by_budget.items() for uid in _turn(now, held, asked, _gave_way(budget, asked))
    )


def _gave_way(budget: str, asked: Mapping[str, Asked]) -> datetime | None:
    accepted = (each.at for each in asked.values() if each.reply.answer is Answer.ACCEPTED and each.budget == budget)
    return max(accepted, default=None)


def _turn(now: datetime, held: Sequence[Pod], asked: Mapping[str, Asked], gave_way: datetime | None) -> Iterator[str]:
    latest = max((asked[pod.uid] for pod in held), key=lambda each: each.at)
    if gave_way is not None and gave_way > latest.at:
        yield from (pod.uid for pod in held)
    elif now >= latest.at + (latest.reply.retry_after or RETRY):
        # In turn: a pod that is not ready may go where a ready one may not (unhealthyPodEvictionPolicy).
        yield min(held, key=lambda pod: asked[pod.uid].at).uid


def _staying(count: int) -> tuple[str, ...]:
    if not count:
        return ("no pod is left on the node",)
    return (f"all that is left on the node goes with it ({count} {'pod' if count == 1 else 'pods'})",)
