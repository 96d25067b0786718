"""With the functions switched off after the bind, Auto Scaling's own scheduled actions do what is due."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from simulator.assumptions import Assumptions, minutes
from tests.e2e.stage import FUNCTION, MINUTE, START, Stage, staged

# While a throttled function is tried again and again, each minute costs real time.
END_SOON = START + timedelta(hours=2)
DRAIN_AT, RECLAIM_AT = END_SOON - 40 * MINUTE, END_SOON - 30 * MINUTE


def take_triggers_away(stage: Stage) -> None:
    stage.switch_off()


def throttle(stage: Stage) -> None:
    function = stage.world.functions.find(FUNCTION)
    stage.world.functions.add(replace(function, reserved_concurrency=0))


def runs(stage: Stage) -> int:
    return len([one for one in stage.world.functions.invocations if one.function.logical_id == FUNCTION])


@pytest.mark.parametrize("switch_off", [take_triggers_away, throttle])
def test_desired_goes_up_and_to_zero_without_the_functions(switch_off: Callable[[Stage], None]) -> None:
    with staged(assumptions=Assumptions(delivery=minutes(3))) as stage:
        block = stage.block(size=3, EndDate=END_SOON)
        wanted = {stage.group("train-a", tags={"capacity-blocks:instances": "1"}): 1, stage.group("train-b"): 2}
        stage.run_until(START - 20 * MINUTE)
        assert {group: stage.bound_to(group) for group in wanted} == dict.fromkeys(wanted, block)
        switch_off(stage)
        before = runs(stage)

        stage.run_until(START + timedelta(hours=1))
        for group, share in wanted.items():
            [(up_at, desired, by)] = stage.steps(group)
            assert (desired, by) == (share, "scheduled action capacity-blocks-start")
            assert START <= up_at <= START + 2 * MINUTE
            assert len(stage.instances(group)) == share

        stage.run_until(RECLAIM_AT)
        for group in wanted:
            _, (down_at, desired, by) = stage.steps(group)
            assert (desired, by) == (0, "scheduled action capacity-blocks-drain")
            assert DRAIN_AT <= down_at <= DRAIN_AT + 2 * MINUTE
            assert stage.sizes(group) == (0, 0, 0)
        assert stage.occupants(block) == []
        assert stage.reclaimed() == []
        assert runs(stage) == before
