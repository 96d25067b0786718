"""One fault at one place of a block's life: a sample of what `make bench BENCH_ARGS=faults` strikes everywhere."""

from datetime import timedelta

import pytest

from simulator import drill
from simulator.faults import Fault, Faults, Strike

# A run that dies at its instant leaves the work to the sweep of the next minute, and to the native action.
BAR = timedelta(seconds=75)
# The calls that change a group, each struck in the way that hurts it most.
SAMPLE = [
    Strike(fault=Fault.CRASH_AFTER, at="ec2.CreateLaunchTemplateVersion", mutating=True),
    Strike(fault=Fault.REPLY_LOST, at="ec2.CreateLaunchTemplateVersion", mutating=True),
    Strike(fault=Fault.CRASH_BEFORE, at="autoscaling.CreateOrUpdateTags", mutating=True),
    Strike(fault=Fault.THROTTLE, at="autoscaling.PutScheduledUpdateGroupAction", nth=2, times=3, mutating=True),
    Strike(fault=Fault.CRASH_BEFORE, at="autoscaling.UpdateAutoScalingGroup", nth=2, mutating=True),
    Strike(fault=Fault.CRASH_BEFORE, at="autoscaling.UpdateAutoScalingGroup", nth=3, mutating=True),
    Strike(fault=Fault.CRASH_AFTER, at="autoscaling.DeleteTags", mutating=True),
    Strike(fault=Fault.CRASH_AFTER, at="sns.Publish", nth=2, mutating=True),
]


@pytest.mark.parametrize("strike", SAMPLE, ids=lambda s: f"{s.fault} {s.at} {s.nth}".replace(" ", "-"))
def test_a_block_lives_well_through_any_one_fault(strike: Strike) -> None:
    outcome = drill.life(Faults(strike))

    assert list(outcome.violations(full_within=BAR, emptied_within=BAR)) == []
    assert strike.fault.value in outcome.faults


def test_the_sample_strikes_calls_that_are_made() -> None:
    made = {(place.operation, place.nth) for place in drill.calls() if place.mutating}

    assert {(strike.at, strike.nth) for strike in SAMPLE} <= made


def test_without_faults_nothing_is_told_twice() -> None:
    outcome = drill.life()

    assert (outcome.notices, outcome.errors, list(outcome.violations(full_within=BAR, emptied_within=BAR))) == (
        (),
        0,
        [],
    )
