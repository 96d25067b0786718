"""Drains that nothing outside has a part in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from capacity_blocks.core.drain.verdict import Progress, Verdict

LOOK_EVERY = timedelta(seconds=30)
CONFIRM = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class NothingToDrain:
    def look(self, _instance_id: str, _now: datetime, _deadline: datetime) -> Progress:
        return Progress(verdict=Verdict.DRAINED, reasons=("nothing on it needs to be drained",))


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Somebody must first say how to drain. Until the deadline the instance keeps all the time that it has."""

    reason: str

    def look(self, _instance_id: str, now: datetime, deadline: datetime) -> Progress:
        return stuck(self.reason, now, deadline, LOOK_EVERY)


def stuck(reason: str, now: datetime, deadline: datetime, look_every: timedelta) -> Progress:
    """Say that nothing moves, for this reason; from the deadline on, let the instance go."""
    return waiting((reason,), now, deadline, look_every, stuck=(reason,))


def not_found(reason: str, now: datetime, deadline: datetime) -> Progress:
    """Say that the instance is not where its tags say that its work is: nobody knows what runs on it."""
    return replace(stuck(reason, now, deadline, LOOK_EVERY), found=False)


def not_found_yet(reason: str, now: datetime, deadline: datetime) -> Progress:
    """The same after one look, which may have been at an old listing: it is looked for once more before it is told."""
    return replace(waiting((reason,), now, deadline, CONFIRM), found=False)


def waiting(
    reasons: tuple[str, ...],
    now: datetime,
    deadline: datetime,
    look_every: timedelta,
    *,
    evicted: tuple[str, ...] = (),
    left: tuple[str, ...] = (),
    stuck: tuple[str, ...] = (),
) -> Progress:
    is_over = now >= deadline
    return Progress(
        verdict=Verdict.LET_GO if is_over else Verdict.PENDING,
        reasons=reasons,
        evicted=evicted,
        left=left,
        stuck=stuck,
        look_again_at=None if is_over else min(now + look_every, deadline),
    )
