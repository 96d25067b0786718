"""When each step is due that warns before a drain."""

from datetime import datetime, timedelta

import pytest

from capacity_blocks.core.drain.step import Step, due_at, is_due
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import Timeline
from tests.factories import END, START, a_reservation

MINUTE, HOUR, MOMENT = timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)
DAY = 24 * HOUR


def block(duration: timedelta) -> Timeline:
    """Return the timeline of a block that drains this long after its start."""
    return Timeline.of(a_reservation(end=START + duration + 40 * MINUTE), Policy())


WEEK = block(7 * DAY)
DUE: dict[str, tuple[Step, Timeline, Policy, datetime | None]] = {
    "a notice a day before": (Step.NOTICE, WEEK, Policy(), WEEK.drain_at - DAY),
    "the mark 50 minutes before": (Step.MARK, WEEK, Policy(), WEEK.drain_at - 50 * MINUTE),
    "the checkpoint 20 minutes before": (Step.CHECKPOINT, WEEK, Policy(), WEEK.drain_at - 20 * MINUTE),
    "a notice when the pool asks for it": (
        Step.NOTICE, WEEK, Policy(notice_lead=HOUR), WEEK.drain_at - HOUR
    ),
    "a mark when the pool asks for it": (Step.MARK, WEEK, Policy(mark_lead=MINUTE), WEEK.drain_at - MINUTE),
    "a checkpoint when the pool asks for it": (
        Step.CHECKPOINT, WEEK, Policy(checkpoint_lead=HOUR), WEEK.drain_at - HOUR
    ),
    "no notice that is not wanted": (Step.NOTICE, WEEK, Policy(notice_lead=timedelta()), None),
    "no mark that is not wanted": (Step.MARK, WEEK, Policy(mark_lead=timedelta()), None),
    "no checkpoint that is not wanted": (Step.CHECKPOINT, WEEK, Policy(checkpoint_lead=timedelta()), None),
    "no mark to take back at any time of its own": (Step.UNMARK, WEEK, Policy(), None),
    "a notice when the first quarter is over": (Step.NOTICE, block(32 * HOUR), Policy(), START + 8 * HOUR),
    "no notice a moment before": (Step.NOTICE, block(32 * HOUR - MOMENT), Policy(), None),
    "no notice before the start": (Step.NOTICE, block(23 * HOUR), Policy(), None),
    "a mark in an hour and 10 minutes": (Step.MARK, block(70 * MINUTE), Policy(), START + 20 * MINUTE),
    "no mark in an hour": (Step.MARK, block(60 * MINUTE), Policy(), None),
    "a checkpoint in half an hour": (Step.CHECKPOINT, block(30 * MINUTE), Policy(), START + 10 * MINUTE),
    "no checkpoint in a block that is drained as it starts": (Step.CHECKPOINT, block(timedelta()), Policy(), None),
}  # fmt: skip


@pytest.mark.parametrize(("step", "timeline", "policy", "expected"), DUE.values(), ids=DUE.keys())
def test_there_is(step: Step, timeline: Timeline, policy: Policy, expected: datetime | None) -> None:
    assert due_at(step, timeline, policy) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (WEEK.drain_at - 50 * MINUTE - MOMENT, False),
        (WEEK.drain_at - 50 * MINUTE, True),
        (WEEK.drain_at - MOMENT, True),
        (WEEK.drain_at, False),
    ],
)
def test_a_step_is_due_from_its_instant_to_the_drain(now: datetime, expected: bool) -> None:
    assert is_due(Step.MARK, now, WEEK, Policy()) is expected


def test_a_step_that_is_left_out_is_never_due() -> None:
    short = block(60 * MINUTE)

    assert not is_due(Step.MARK, short.drain_at - MINUTE, short, Policy())


@pytest.mark.parametrize("step", [Step.NOTICE, Step.MARK, Step.CHECKPOINT])
def test_a_step_moves_with_the_end(step: Step) -> None:
    before, after = due_at(step, WEEK, Policy()), due_at(step, block(8 * DAY), Policy())

    assert before is not None
    assert after == before + DAY


def test_an_ultraserver_is_warned_half_an_hour_earlier() -> None:
    timeline = Timeline.of(a_reservation(ultraserver=True), Policy())

    assert due_at(Step.CHECKPOINT, timeline, Policy()) == END - 90 * MINUTE
