"""The steps that warn before a drain, counted back from it."""

from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import Timeline


class Step(StrEnum):
    NOTICE = "notice"  # people are told
    MARK = "mark"  # nodes say when their work is drained
    CHECKPOINT = "checkpoint"  # work is asked to save itself
    UNMARK = "unmark"  # nodes that were marked for an end that has moved on


def due_at(step: Step, timeline: Timeline, policy: Policy) -> datetime | None:
    """Return when `step` is due; None where it is left out: not wanted, or of no use so early in a short block."""
    lead = _lead(step, policy)
    instant = timeline.drain_at - lead
    first_quarter_ends = timeline.start + (timeline.drain_at - timeline.start) / 4
    return instant if lead and instant >= first_quarter_ends else None


def is_due(step: Step, now: datetime, timeline: Timeline, policy: Policy) -> bool:
    """Whether it is time: late is better than never, until the drain itself begins."""
    instant = due_at(step, timeline, policy)
    return instant is not None and instant <= now < timeline.drain_at


def _lead(step: Step, policy: Policy) -> timedelta:
    match step:
        case Step.NOTICE:
            return policy.notice_lead
        case Step.MARK:
            return policy.mark_lead
        case Step.CHECKPOINT:
            return policy.checkpoint_lead
        case Step.UNMARK:
            return timedelta()  # of another kind: due whenever an end has moved
