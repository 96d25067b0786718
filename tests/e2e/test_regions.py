"""Several regions: one without events, one that denies access or throttles; the other goes on."""

from datetime import timedelta
from typing import Any

import pytest

from simulator import creators, template
from simulator.stack import Stack
from tests.e2e.stage import MINUTE, OTHER_REGION, REGION, ROOT, SECOND, SIZE, START, Stage, staged

HOURS = timedelta(hours=2)
DELIVERED = "Capacity Block Delivered"
BOTH = {"Regions": f"{REGION},{OTHER_REGION}"}
TWO: dict[str, Any] = {"parameters": BOTH, "regions": (REGION, OTHER_REGION)}


def forward_events(stage: Stage) -> None:
    """Deploy the example for other regions there."""
    loaded = template.load(ROOT / "examples" / "event-forwarder.yaml", {"HomeRegion": REGION}, OTHER_REGION)
    Stack(loaded, creators.creators(stage.world.client), OTHER_REGION, "forwarder", stage.world.seed).create()


@pytest.mark.parametrize("forwarded", [False, True])
def test_a_block_in_another_region_is_served_with_and_without_its_events(forwarded: bool) -> None:
    with staged(**TWO) as stage:
        if forwarded:
            forward_events(stage)
        block = stage.block(AvailabilityZone=f"{OTHER_REGION}a", EndDate=START + HOURS)
        group = stage.group(region=OTHER_REGION)
        stage.run_until(START + HOURS - 20 * MINUTE)
        active_at = stage.active_at(block)
        launched_at = stage.launches(block, OTHER_REGION)
        assert len(launched_at) == SIZE
        assert launched_at[0] - active_at <= 10 * SECOND
        triggers = {run.trigger for run in stage.world.functions.invocations}
        assert (DELIVERED in triggers) == forwarded
        assert [desired for _, desired, _ in stage.steps(group, OTHER_REGION)] == [SIZE, 0]
        assert stage.reclaimed(OTHER_REGION) == []
        assert {notice["region"] for notice in stage.notices()} == {OTHER_REGION}


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "RequestLimitExceeded"])
def test_a_region_that_cannot_be_read_is_told_and_the_other_goes_on(code: str) -> None:
    with staged(**TWO) as stage:
        here = stage.block(1, EndDate=START + HOURS)
        there = stage.block(2, AvailabilityZone=f"{OTHER_REGION}a", EndDate=START + HOURS)
        stage.group()
        stage.group(region=OTHER_REGION)
        stage.run_until(START - 2 * MINUTE)
        bound = stage.described(region=OTHER_REGION)
        with stage.refusing("DescribeCapacityReservations", OTHER_REGION, code):
            stage.run_until(START + 6 * MINUTE)
            assert len(stage.occupants(here)) == SIZE
            # Unknown is not none: what was bound there stays so.
            assert stage.bound_to(region=OTHER_REGION) == there
            assert stage.described(region=OTHER_REGION)["LaunchTemplate"] == bound["LaunchTemplate"]
            [notice] = stage.notices("trouble")
            assert (notice["severity"], notice["region"]) == ("critical", OTHER_REGION)
            assert code in notice["text"]
            # Each run that met it ends in an error, so that the alarm goes off.
            failures = stage.failures()
            assert len(failures) >= 8
            assert {failure.split(":")[0] for failure in failures} == {"ReconcileError"}
        stage.run_until(START + 12 * MINUTE)
        assert len(stage.occupants(there, OTHER_REGION)) == SIZE
        seen = len(stage.failures())
        stage.run_until(START + HOURS)
        assert len(stage.failures()) == seen
        assert stage.reclaimed() == stage.reclaimed(OTHER_REGION) == []
