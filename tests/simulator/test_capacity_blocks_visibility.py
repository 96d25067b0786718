"""What was bought and how it was tagged may show late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator.assumptions import seconds
from simulator.capacity_blocks import Lateness
from simulator.faults import Fault, Faults, Strike
from simulator.world import World
from tests.simulator.capacity_block_stage import MORNING, SECOND, Stage, bought_elsewhere, stage
from tests.simulator.stage import deployed

LOST = "InvalidCapacityReservationId.NotFound"
MINE = [{"ResourceType": "capacity-reservation", "Tags": [{"Key": "intent", "Value": "i-1"}]}]
BY_TAG = [{"Name": "tag:intent", "Values": ["i-1"]}]


def listed(here: Stage, **asked: Any) -> list[str]:
    found = here.call("DescribeCapacityReservations", **asked)["CapacityReservations"]
    return [each["CapacityReservationId"] for each in found]


def buy(here: Stage) -> str:
    answer = here.purchase(here.offerings()[0], TagSpecifications=MINE)
    assert {each["Key"] for each in answer["CapacityReservation"]["Tags"]} > {"intent"}
    return str(answer["CapacityReservation"]["CapacityReservationId"])


def test_a_purchase_shows_at_once_unless_a_story_says_otherwise() -> None:
    here = stage()
    bought = buy(here)
    assert listed(here, Filters=BY_TAG) == [bought]


def test_a_reservation_is_listed_late_and_its_tags_later() -> None:
    here = stage()
    here.engine.plan_lateness(Lateness(listed=60 * SECOND, tags=300 * SECOND))
    bought = buy(here)
    assert (listed(here), here.call("DescribeCapacityBlocks")["CapacityBlocks"]) == ([], [])
    assert here.refusal("DescribeCapacityReservations", CapacityReservationIds=[bought]) == LOST
    assert here.refusal("GetCapacityReservationUsage", CapacityReservationId=bought) == LOST
    version = here.engine.version
    here.run(MORNING + 60 * SECOND)
    assert here.engine.version > version
    assert (listed(here), listed(here, Filters=BY_TAG)) == ([bought], [])
    assert {each["Key"][:4] for each in here.reservation(bought)["Tags"]} == {"aws:"}
    here.run(MORNING + 300 * SECOND)
    assert listed(here, Filters=BY_TAG) == [bought]


def test_tags_that_are_added_show_late_and_those_before_stay() -> None:
    here = stage(tags_listed=seconds(120))
    adopted = here.engine.adopt(
        bought_elsewhere(Tags=[{"Key": "pool", "Value": "a"}], TotalInstanceCount=4, State="expired")
    )
    here.engine.create_tags([adopted], {"pool": "b", "new": "c"})
    shown: Callable[[], list[str]] = lambda: sorted(each["Value"] for each in here.reservation(adopted)["Tags"])  # noqa: E731
    assert shown() == ["a"]
    here.run(MORNING + 120 * SECOND)
    assert shown() == ["b", "c"]


def test_what_is_assumed_holds_for_every_purchase_and_not_for_the_eyes_of_aws() -> None:
    here = stage(purchase_listed=seconds(30), tags_listed=seconds(200))
    buy(here), buy(here)
    assert listed(here) == []
    assert len(here.engine.look("DescribeCapacityReservations")["CapacityReservations"]) == 2
    here.run(MORNING + 30 * SECOND)
    assert (len(listed(here)), listed(here, Filters=BY_TAG)) == (2, [])


def looked_up(world: World, **asked: Any) -> int:
    event = {"do": "api", "service": "ec2", "method": "describe_capacity_reservations", "with": asked}
    return len(world.invoke("ProbeFunction", event)["CapacityReservations"])


@pytest.mark.parametrize(("age", "found"), [(300, [0, 0, 1]), (60, [0, 1, 1])])
def test_a_stale_look_up_misses_what_is_younger(age: int, found: list[int]) -> None:
    faults = Faults(Strike(fault=Fault.STALE_READ, at="ec2.DescribeCapacity*", nth=None), staleness=seconds(age))
    with deployed(faults=faults) as world:
        search = {"InstanceType": "p5.48xlarge", "InstanceCount": 2, "CapacityDurationHours": 24}
        offering = world.client("ec2").describe_capacity_block_offerings(**search)["CapacityBlockOfferings"][0]
        world.client("ec2").purchase_capacity_block(
            CapacityBlockOfferingId=offering["CapacityBlockOfferingId"],
            InstancePlatform="Linux/UNIX",
            TagSpecifications=MINE,
        )
        counts = []
        for _ in range(3):
            counts.append(looked_up(world, Filters=BY_TAG))
            world.run_for(timedelta(seconds=170))
    assert counts == found
