"""The same seed tells the same story to the byte, another one another story with the same outcome."""

from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from simulator.assumptions import Assumptions, minutes
from tests.e2e.stage import SIZE, START, Stage, staged

# They compare with one story: one worker tells it, for all of these tests.
pytestmark = pytest.mark.xdist_group("same story")

LENGTH = timedelta(minutes=90)
NEAR: dict[str, Any] = {"start": START - timedelta(minutes=10), "assumptions": Assumptions(delivery=minutes(0, 2))}


def told(seed: int = 0, quiet: bool = True) -> tuple[Stage, str]:
    with staged(seed=seed, quiet=quiet, **NEAR) as stage:
        stage.block(EndDate=START + LENGTH)
        stage.group()
        stage.run_until(START + LENGTH)
        return stage, stage.world.journal.as_json()


@cache
def first() -> tuple[Stage, str]:
    return told()


def without_invocations(journal: str) -> list[str]:
    return [line for line in journal.splitlines() if '"kind": "invocation"' not in line]


def changes(stage: Stage) -> list[tuple[Any, ...]]:
    return [(call.at, call.name, call.error) for call in stage.world.calls.log if call.mutating]


def test_the_same_seed_tells_the_same_story_to_the_byte() -> None:
    assert told()[1] == first()[1]


def test_sweeps_that_find_nothing_may_be_left_out() -> None:
    short, skipping = first()
    whole, sweeping = told(quiet=False)
    assert short.world.skipped_sweeps > 50
    assert whole.world.skipped_sweeps == 0
    assert without_invocations(skipping) == without_invocations(sweeping)
    assert changes(short) == changes(whole)


def test_another_seed_tells_of_other_delays_and_the_same_outcome() -> None:
    base, story = first()
    other, another = told(seed=1)
    assert another != story
    assert other.kinds() == base.kinds() == ["timeline", "scaled-out", "in-service", "draining", "ended"]
    assert [desired for _, desired, _ in other.steps()] == [desired for _, desired, _ in base.steps()] == [SIZE, 0]
    assert other.reclaimed() == []
