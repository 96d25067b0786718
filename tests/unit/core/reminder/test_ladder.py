"""When a reminder is due: each rung once, the latest alone when found late, all moved with the end."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.reminder.ladder import due, key, next_rung, rungs
from capacity_blocks.core.reminder.settings import LADDER
from tests.unit.core.reminder.shapes import DAY, END, HOUR, START, a_block

SECOND = timedelta(seconds=1)
BLOCK = a_block()


def said(lead: timedelta, at: datetime | None = None, end: datetime = END) -> dict[str, datetime]:
    return {key(replace(BLOCK, end=end), lead): at or end - lead}


RUNGS = {
    "before the first rung that falls into its life": (END - 14 * DAY - SECOND, {}, None),
    "at its start, which is a rung": (END - 14 * DAY, {}, 14 * DAY),
    "a moment before a rung": (END - 7 * DAY - SECOND, said(14 * DAY), None),
    "at a rung": (END - 7 * DAY, said(14 * DAY), 7 * DAY),
    "at a rung that was said": (END - 7 * DAY, said(7 * DAY), None),
    "found late: the latest alone": (END - 13 * HOUR, {}, 14 * HOUR),
    "found late, after one was missed": (END - 13 * HOUR, said(7 * DAY), 14 * HOUR),
    "the last rung": (END - 2 * HOUR, said(4 * HOUR), 2 * HOUR),
    "a moment before the end": (END - SECOND, said(4 * HOUR), 2 * HOUR),
    "at the end": (END, {}, None),
}


@pytest.mark.parametrize(("now", "said_before", "lead"), RUNGS.values(), ids=RUNGS.keys())
def test_the_latest_rung_that_passed_is_due_once(
    now: datetime, said_before: Mapping[str, datetime], lead: timedelta | None
) -> None:
    assert due(now, BLOCK, LADDER, said_before) == lead


def test_another_block_that_was_reminded_of_makes_no_difference() -> None:
    other = {key(replace(BLOCK, reservation_id="cr-0ab"), 7 * DAY): END - 7 * DAY}

    assert due(END - 7 * DAY, BLOCK, LADDER, other) == 7 * DAY


def test_rungs_before_the_block_starts_are_left_out() -> None:
    short = replace(BLOCK, start=END - DAY)

    assert rungs(short, LADDER) == (END - DAY, END - 14 * HOUR, END - 4 * HOUR, END - 2 * HOUR)
    assert due(END - DAY - SECOND, short, LADDER, {}) is None


def test_an_end_that_moves_moves_all_that_is_to_come() -> None:
    extended = replace(BLOCK, end=END + 7 * DAY)
    before = said(DAY)  # an extension by a week was paid some hours later

    assert due(END - 20 * HOUR, extended, LADDER, before) is None  # of the way back nothing is said again
    assert next_rung(END - 20 * HOUR, extended, LADDER) == END  # 7 days before the new end
    assert due(END - SECOND, extended, LADDER, before) is None
    assert due(END, extended, LADDER, before) == 7 * DAY
    assert due(END, BLOCK, LADDER, before) is None


def test_an_empty_ladder_never_reminds() -> None:
    assert due(END - HOUR, BLOCK, (), {}) is None
    assert next_rung(START, BLOCK, ()) is None


minutes = st.integers(0, 14 * 24 * 60).map(lambda count: timedelta(minutes=count))
extensions = st.dictionaries(minutes, st.sampled_from([1, 2, 7]), max_size=3)


@given(steps=st.lists(minutes, max_size=60), extended=extensions)
def test_whenever_it_is_looked_at_each_rung_of_each_end_is_said_once_at_most(
    steps: list[timedelta], extended: dict[timedelta, int]
) -> None:
    """Play looks at random times over a life in which the end may move: no reminder comes twice, none too early."""
    block, told = BLOCK, dict[str, datetime]()
    for after in sorted({*steps, *extended}):
        now = START + after
        if after in extended and now < block.end:
            block = replace(block, end=block.end + extended[after] * DAY)
        lead = due(now, block, LADDER, told)
        if lead is not None:
            assert key(block, lead) not in told
            assert block.end - lead <= now < block.end
            later = [other for other in LADDER if other < lead]
            assert all(block.end - other > now for other in later)  # no later rung has passed
            told[key(block, lead)] = now
            assert due(now, block, LADDER, told) is None


@given(now=minutes)
def test_what_is_next_lies_ahead(now: timedelta) -> None:
    found = next_rung(START + now, BLOCK, LADDER)

    assert found is None or found > START + now
