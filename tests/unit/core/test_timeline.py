"""Both sides of each boundary of a block's life, and every lead time."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import Phase, Timeline
from tests.factories import END, START, a_reservation, at

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
SHORT = timedelta(minutes=50)
LEADS = st.none() | st.integers(1, 2000).map(lambda n: n * MINUTE)

BOUNDARIES = {
    "its start": (at("2026-03-01T11:30"), Phase.BEFORE_START, Phase.USABLE),
    "its drain": (at("2026-03-02T10:50"), Phase.USABLE, Phase.DRAINING),
    "its reclaim": (at("2026-03-02T11:00"), Phase.DRAINING, Phase.RECLAIMING),
    "its end": (at("2026-03-02T11:30"), Phase.RECLAIMING, Phase.ENDED),
}
ULTRASERVER_BOUNDARIES = {
    "its start": (at("2026-03-01T11:30"), Phase.BEFORE_START, Phase.USABLE),
    "its drain": (at("2026-03-02T10:20"), Phase.USABLE, Phase.DRAINING),
    "its reclaim": (at("2026-03-02T10:30"), Phase.DRAINING, Phase.RECLAIMING),
    "its end": (at("2026-03-02T11:30"), Phase.RECLAIMING, Phase.ENDED),
}


@pytest.mark.parametrize(("instant", "before", "after"), BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_a_phase_ends_before_the_instant_at_which_the_next_begins(
    instant: datetime, before: Phase, after: Phase
) -> None:
    timeline = Timeline.of(a_reservation(), Policy())

    assert (timeline.phase(instant - MOMENT), timeline.phase(instant)) == (before, after)


@pytest.mark.parametrize("ultraserver", [True, None], ids=["an UltraServer", "what may be an UltraServer"])
@pytest.mark.parametrize(
    ("instant", "before", "after"), ULTRASERVER_BOUNDARIES.values(), ids=ULTRASERVER_BOUNDARIES.keys()
)
def test_an_ultraserver_and_what_may_be_one_drain_from_70_minutes_before_the_end(
    ultraserver: bool | None, instant: datetime, before: Phase, after: Phase
) -> None:
    timeline = Timeline.of(a_reservation(ultraserver=ultraserver), Policy())

    assert (timeline.phase(instant - MOMENT), timeline.phase(instant)) == (before, after)


DRAINS = {
    "the pool's lead": (False, Policy(drain_lead=55 * MINUTE), None, 55),
    "the target's own lead over the pool's": (False, Policy(drain_lead=55 * MINUTE), 45 * MINUTE, 45),
    "a lead one minute before the reclaim": (False, Policy(), 31 * MINUTE, 31),
    "a lead that is the reclaim window": (False, Policy(drain_lead=55 * MINUTE), 30 * MINUTE, 55),
    "a lead inside the reclaim window": (False, Policy(), 5 * MINUTE, 40),
    "a pool's lead inside the reclaim window": (False, Policy(drain_lead=20 * MINUTE), None, 40),
    "both leads inside the reclaim window": (False, Policy(drain_lead=20 * MINUTE), 30 * MINUTE, 40),
    "the pool's lead for UltraServers": (True, Policy(ultraserver_drain_lead=90 * MINUTE), None, 90),
    "not the pool's other lead": (True, Policy(drain_lead=120 * MINUTE), None, 70),
    "an UltraServer's reclaim window": (True, Policy(), 60 * MINUTE, 70),
    "one minute before that": (True, Policy(), 61 * MINUTE, 61),
    "not known to be none": (None, Policy(), 45 * MINUTE, 70),
}


@pytest.mark.parametrize(("ultraserver", "policy", "asked", "minutes"), DRAINS.values(), ids=DRAINS.keys())
def test_the_drain_begins_at_the_first_lead_that_is_longer_than_the_reclaim_window(
    ultraserver: bool | None, policy: Policy, asked: timedelta | None, minutes: int
) -> None:
    timeline = Timeline.of(a_reservation(ultraserver=ultraserver), policy, asked)

    assert timeline.drain_at == END - minutes * MINUTE


def test_a_block_shorter_than_its_lead_is_never_usable() -> None:
    timeline = Timeline.of(a_reservation(end=START + 35 * MINUTE), Policy())

    assert timeline == Timeline(start=START, drain_at=START, reclaim_at=START + 5 * MINUTE, end=START + 35 * MINUTE)
    assert timeline.phase(START) is Phase.DRAINING


NEXT = {
    "before the start": (START - MOMENT, START),
    "at the start": (START, at("2026-03-02T10:50")),
    "just before the drain": (at("2026-03-02T10:50") - MOMENT, at("2026-03-02T10:50")),
    "at the drain": (at("2026-03-02T10:50"), at("2026-03-02T11:00")),
    "while EC2 reclaims": (at("2026-03-02T11:00"), END),
    "at the end": (END, None),
}


@pytest.mark.parametrize(("now", "expected"), NEXT.values(), ids=NEXT.keys())
def test_the_next_boundary_is_the_next_instant_with_something_to_do(now: datetime, expected: datetime | None) -> None:
    assert Timeline.of(a_reservation(), Policy()).next_boundary(now) == expected


@given(
    asked=LEADS,
    drain=st.integers(1, 2000),
    ultraserver=st.sampled_from([True, False, None]),
    length=st.integers(1, 5000),
    longer=st.integers(0, 5000),
)
def test_the_instants_are_in_order_and_a_later_end_never_brings_one_forward(
    asked: timedelta | None, drain: int, ultraserver: bool | None, length: int, longer: int
) -> None:
    policy = Policy(drain_lead=drain * MINUTE, ultraserver_drain_lead=drain * MINUTE)
    block = a_reservation(end=START + length * MINUTE, ultraserver=ultraserver)
    extended = a_reservation(end=START + (length + longer) * MINUTE, ultraserver=ultraserver)

    timeline, later = Timeline.of(block, policy, asked), Timeline.of(extended, policy, asked)

    instants = (timeline.start, timeline.drain_at, timeline.reclaim_at, timeline.end)
    assert all(a <= b for a, b in pairwise(instants))
    assert later.drain_at >= timeline.drain_at
    assert later.reclaim_at >= timeline.reclaim_at


@given(lead=LEADS, ultraserver=st.sampled_from([True, False, None]))
def test_the_drain_always_begins_before_ec2_reclaims(lead: timedelta | None, ultraserver: bool | None) -> None:
    timeline = Timeline.of(a_reservation(end=START + timedelta(days=3), ultraserver=ultraserver), Policy(), lead)

    assert timeline.drain_at < timeline.reclaim_at
