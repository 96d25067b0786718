"""What is asked of a pod that should go, and what the Kubernetes API has said to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.drain.pod import Pod


class Answer(StrEnum):
    ACCEPTED = "accepted"
    GONE = "gone"  # no such pod any more, or another one by that name
    HELD = "held back"  # by a PodDisruptionBudget
    BUSY = "busy"  # not now, or nobody knows: asking again does no harm
    REFUSED = "refused"  # somebody must change something first


@dataclass(frozen=True, slots=True, kw_only=True)
class Eviction:
    """`grace` is None where the pod's own grace period fits into what is left."""

    pod: Pod
    grace: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the API answered to one eviction. `words` are its own; `budget` is the PodDisruptionBudget it names."""

    answer: Answer
    words: str = ""
    budget: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The last reply about a pod, `since` when it has been asked, and the budget that ever held it back."""

    at: datetime
    since: datetime
    reply: Reply
    budget: str = ""


def asked(before: Asked | None, reply: Reply, now: datetime) -> Asked:
    """Remember `reply` and, of what came before it, since when we ask and which budget stood in the way."""
    if before is None:
        return Asked(at=now, since=now, reply=reply, budget=reply.budget)
    return Asked(at=now, since=before.since, reply=reply, budget=reply.budget or before.budget)
