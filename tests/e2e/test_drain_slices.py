"""A drain that outlasts one invocation of the function goes on in the next, and nothing is done twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulator.faults import Fault, Faults, Strike
from tests.e2e.drain_stage import DRAIN, END, PODS, RECLAIM_AT, drain_staged
from tests.e2e.stage import MINUTE, SECOND

LEAD = timedelta(minutes=65)  # before the end, as the group's tag asks
BEGINS_AT = END - LEAD
STOPS_IN = timedelta(minutes=20)  # an invocation takes 15 minutes at most
HAND_OVER = "lambda.Invoke"


def handings() -> Iterator[tuple[str, tuple[Strike, ...], timedelta]]:
    """Yield how the next slice is asked for, and how long nobody may be at the drain for that."""
    yield "as-it-should", (), timedelta()
    lost = Strike(fault=Fault.NOT_SENT, at=HAND_OVER, caller=DRAIN, times=3)
    yield "request-lost", (lost,), 2 * MINUTE
    yield "crash-before", (Strike(fault=Fault.CRASH_BEFORE, at=HAND_OVER, caller=DRAIN),), 2 * MINUTE
    yield "asked-twice", (Strike(fault=Fault.REPLY_LOST, at=HAND_OVER, caller=DRAIN),), timedelta()


@pytest.mark.parametrize(("strikes", "gap"), [pytest.param(strikes, gap, id=name) for name, strikes, gap in handings()])
def test_a_long_drain_goes_on_in_the_next_invocation(strikes: tuple[Strike, ...], gap: timedelta) -> None:
    with drain_staged(faults=Faults(*strikes)) as told:
        told.running(tags={"capacity-blocks:drain-lead-minutes": str(LEAD // MINUTE)})
        told.fill(stops_in=STOPS_IN, grace=30 * 60)
        told.stage.run_until(BEGINS_AT + 12 * MINUTE)
        assert told.outcomes() == []
        told.stage.run_until(BEGINS_AT + STOPS_IN - SECOND)
        assert "handed on to the next run" in told.outcomes() or strikes
        assert told.ends() == {}  # heartbeats have kept the wait alive across the slices

        told.stage.run_until(END)
        assert told.left() == []
        assert told.asked()["create pods/eviction"] == 2 * PODS
        assert len(told.ends()) == 2
        for at, why in told.ends().values():
            assert why.startswith("Lifecycle Action Completed")
            assert BEGINS_AT + STOPS_IN <= at <= BEGINS_AT + STOPS_IN + MINUTE + gap < RECLAIM_AT
        assert told.outcomes().count("drained") == 2
        [closing] = told.stage.notices("drained")
        assert "2 of 2 nodes were drained" in closing["title"]
        assert "the longest drain took 20 min" in closing["text"]
        assert len(told.stage.world.journal.of("fault")) == len(strikes)
