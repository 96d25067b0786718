"""How long our hook may wait, and what the hooks of others do to the deadline."""

from datetime import datetime, timedelta

import pytest

from capacity_blocks.core.drain.hook import HookResult, LifecycleHook, cut_short, heartbeat, ours, too_long
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import Timeline
from tests.factories import END, START, a_reservation

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def lead(duration: timedelta, **block: object) -> Timeline:
    return Timeline.of(a_reservation(**block), Policy(), duration)


HEARTBEATS: dict[str, tuple[Timeline, timedelta | None]] = {
    "seven of the ten minutes of the default lead": (lead(40 * MINUTE), 7 * MINUTE),
    "as many of an UltraServer's": (lead(70 * MINUTE, ultraserver=True), 7 * MINUTE),
    "and of what may be one": (lead(70 * MINUTE, ultraserver=None), 7 * MINUTE),
    "more of a longer lead": (lead(60 * MINUTE), 27 * MINUTE),
    "the longest that a hook takes": (lead(153 * MINUTE), 120 * MINUTE),
    "no longer than that": (lead(154 * MINUTE), 120 * MINUTE),
    "the shortest that a hook takes": (lead(33 * MINUTE + 30 * SECOND), 30 * SECOND),
    "nothing shorter": (lead(33 * MINUTE + 29 * SECOND), None),
    "nothing of the shortest lead": (lead(31 * MINUTE), None),
    "whole seconds": (lead(40 * MINUTE + timedelta(milliseconds=1500)), 7 * MINUTE + SECOND),
    "what a block leaves that is shorter than its lead": (
        lead(40 * MINUTE, end=START + 35 * MINUTE), 2 * MINUTE
    ),
}  # fmt: skip


@pytest.mark.parametrize(("timeline", "expected"), HEARTBEATS.values(), ids=HEARTBEATS.keys())
def test_our_hook_waits(timeline: Timeline, expected: timedelta | None) -> None:
    assert heartbeat(timeline) == expected


@pytest.mark.parametrize("minutes", range(31, 200))
def test_a_late_native_action_and_a_hook_that_runs_out_leave_a_minute_before_the_reclaim(minutes: int) -> None:
    timeline = lead(minutes * MINUTE)
    gone_at: datetime = timeline.drain_at + 2 * MINUTE + (heartbeat(timeline) or timedelta())

    assert gone_at <= timeline.reclaim_at - MINUTE or heartbeat(timeline) is None


TIMELINE = lead(40 * MINUTE)


def other(duration: timedelta, result: HookResult = HookResult.CONTINUE) -> LifecycleHook:
    return LifecycleHook(name="other", heartbeat=duration, default_result=result)


EFFECTS: dict[str, tuple[LifecycleHook, bool, bool]] = {
    "as long as ours may be": (other(7 * MINUTE), False, False),
    "a second longer": (other(7 * MINUTE + SECOND), True, False),
    "Auto Scaling's default, an hour, then abandon": (other(60 * MINUTE, HookResult.ABANDON), True, False),
    "a short one": (other(30 * SECOND), False, False),
    "a short one that abandons": (other(30 * SECOND, HookResult.ABANDON), False, True),
    "one that abandons when ours is over": (other(7 * MINUTE, HookResult.ABANDON), False, False),
    "one that abandons a second before": (other(7 * MINUTE - SECOND, HookResult.ABANDON), False, True),
}


@pytest.mark.parametrize(("hook", "is_too_long", "cuts_short"), EFFECTS.values(), ids=EFFECTS.keys())
def test_a_hook_of_somebody_else(hook: LifecycleHook, is_too_long: bool, cuts_short: bool) -> None:
    assert too_long([hook], TIMELINE) == ((hook,) if is_too_long else ())
    assert cut_short([hook], TIMELINE) == ((hook,) if cuts_short else ())


def test_hooks_are_told_with_their_time_and_what_follows() -> None:
    assert str(ours(7 * MINUTE)) == "capacity-blocks-drain (420 s, then CONTINUE)"
    assert str(other(timedelta(hours=1), HookResult("?"))) == "other (3600 s, then ABANDON)"


def test_the_hook_is_for_the_end_of_the_day_of_a_block() -> None:
    assert TIMELINE.drain_at + 2 * MINUTE + 7 * MINUTE == END - 31 * MINUTE
