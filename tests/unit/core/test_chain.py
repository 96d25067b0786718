"""The blocks of a pool one after the other."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.chain import Joint, Level, Link, joints, levels, links, successions
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import PAID, Reservation, ReservationState
from tests.factories import END, START, a_reservation

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LEAD = 40 * MINUTE


def block(name: str, start: timedelta, end: timedelta, count: int = 8, **changes: Any) -> Reservation:
    """Return a block that starts and ends so long after START."""
    return a_reservation(
        reservation_id=f"cr-{name}", start=START + start, end=START + end, instance_count=count, **changes
    )


def link(*names: str, start: timedelta, end: timedelta, count: int = 8, lead: timedelta = LEAD) -> Link:
    return Link(
        start=START + start,
        drain_at=START + end - lead,
        end=START + end,
        reservation_ids=tuple(f"cr-{name}" for name in names),
        instances=count,
    )


A = link("a", start=0 * DAY, end=DAY)
DIRECT = link("b", start=DAY, end=2 * DAY)
OVERLAPPING = link("b", start=DAY - 2 * HOUR, end=2 * DAY, count=4)
LATER = link("c", start=3 * DAY, end=4 * DAY)


def test_blocks_that_start_and_end_together_are_one_link() -> None:
    blocks = (block("c", DAY, 2 * DAY), block("a", 0 * DAY, DAY, 2), block("b", 0 * DAY, DAY, 3))

    assert links(blocks, Policy()) == (
        link("a", "b", start=0 * DAY, end=DAY, count=5),
        link("c", start=DAY, end=2 * DAY),
    )


def test_an_ultraserver_drains_earlier_and_is_a_link_of_its_own() -> None:
    blocks = (block("a", 0 * DAY, DAY), block("u", 0 * DAY, DAY, ultraserver=True))

    assert links(blocks, Policy()) == (
        link("u", start=0 * DAY, end=DAY, lead=70 * MINUTE),
        link("a", start=0 * DAY, end=DAY),
    )


@pytest.mark.parametrize("state", sorted(set(ReservationState) - PAID))
def test_what_is_not_paid_is_no_link(state: ReservationState) -> None:
    assert links((a_reservation(state=state),), Policy()) == ()


JOINTS: dict[str, tuple[tuple[Link, ...], tuple[Joint, ...]]] = {
    "none of nothing": ((), ()),
    "none of one": ((A,), ()),
    "one between two": ((A, DIRECT), (Joint(before=A, after=DIRECT),)),
    "one less than there are links": (
        (A, OVERLAPPING, LATER), (Joint(before=A, after=OVERLAPPING), Joint(before=OVERLAPPING, after=LATER))
    ),
    "none to what ends within another": ((A, link("x", start=HOUR, end=DAY - HOUR)), ()),
    "from what lasts longest, not from what started last": (
        (A, link("x", start=HOUR, end=DAY - HOUR), DIRECT), (Joint(before=A, after=DIRECT),)
    ),
    "none between two of one end": ((A, link("x", start=HOUR, end=DAY)), ()),
}  # fmt: skip


@pytest.mark.parametrize(("chain", "expected"), JOINTS.values(), ids=JOINTS.keys())
def test_joints_are(chain: tuple[Link, ...], expected: tuple[Joint, ...]) -> None:
    assert joints(chain) == expected


SPANS: dict[str, tuple[Link, timedelta, timedelta, bool, int]] = {
    "a direct successor leaves the drain lead": (DIRECT, LEAD, 0 * DAY, True, 8),
    "a later one leaves more": (LATER, 2 * DAY + LEAD, 0 * DAY, False, 8),
    "one that starts at the drain leaves nothing": (
        link("b", start=DAY - LEAD, end=2 * DAY), 0 * DAY, 0 * DAY, True, 8
    ),
    "an earlier one overlaps": (OVERLAPPING, 0 * DAY, 2 * HOUR - LEAD, True, 4),
}  # fmt: skip


@pytest.mark.parametrize(("after", "gap", "overlap", "direct", "instances"), SPANS.values(), ids=SPANS.keys())
def test_between_two_links(after: Link, gap: timedelta, overlap: timedelta, direct: bool, instances: int) -> None:
    joint = Joint(before=A, after=after)

    assert (joint.gap, joint.overlap, joint.is_direct, joint.instances) == (gap, overlap, direct, instances)


def test_a_joint_is_ahead_until_it_is_over() -> None:
    gap, overlap = Joint(before=A, after=DIRECT), Joint(before=A, after=OVERLAPPING)
    moment = timedelta(microseconds=1)

    assert (gap.is_ahead(END - moment), gap.is_ahead(END)) == (True, False)
    assert (overlap.is_ahead(END - LEAD - moment), overlap.is_ahead(END - LEAD)) == (True, False)


def test_each_block_is_followed_by_the_first_that_lasts_longer() -> None:
    within = link("x", start=HOUR, end=DAY - HOUR)

    assert successions((A, within, OVERLAPPING, LATER)) == {
        "cr-a": Joint(before=A, after=OVERLAPPING),
        "cr-x": Joint(before=within, after=A),
        "cr-b": Joint(before=OVERLAPPING, after=LATER),
    }


def test_levels_show_gaps_and_overlaps() -> None:
    assert levels((A, OVERLAPPING, LATER)) == (
        Level(start=START, end=START + DAY - 2 * HOUR, instances=8),
        Level(start=START + DAY - 2 * HOUR, end=START + DAY - LEAD, instances=12),
        Level(start=START + DAY - LEAD, end=START + 2 * DAY - LEAD, instances=4),
        Level(start=START + 2 * DAY - LEAD, end=START + 3 * DAY, instances=0),
        Level(start=START + 3 * DAY, end=START + 4 * DAY - LEAD, instances=8),
    )


HOURS = st.integers(0, 60)


@given(st.lists(st.tuples(HOURS, st.integers(1, 40), st.integers(1, 16)), max_size=8), HOURS)
def test_at_any_instant_a_level_counts_the_blocks_in_use(spans: list[tuple[int, int, int]], hour: int) -> None:
    blocks = [
        block(str(n), start * HOUR, (start + length) * HOUR, count) for n, (start, length, count) in enumerate(spans)
    ]
    chain, now = links(blocks, Policy()), START + hour * HOUR

    there = sum(level.instances for level in levels(chain) if level.start <= now < level.end)

    assert there == sum(_count(each, now) for each in blocks)


def _count(each: Reservation, now: datetime) -> int:
    return each.instance_count if each.start <= now < each.end - LEAD else 0
