"""A whole world: the same seed tells the same story, and quiet sweeps may be left out of it."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.world import World
from tests.simulator.stage import deployed

ROOT = Path(__file__).parents[2]
STORY = """
from datetime import timedelta
from simulator.faults import Fault, Faults
from tests.simulator.stage import deployed
faults = Faults(rates={Fault.EVENT_LATE: 0.3, Fault.EVENT_DUPLICATED: 0.3, Fault.CRASH_AFTER: 0.1})
with deployed(seed=SEED, faults=faults) as world:
    workflow = world.physical_id("Workflow")
    world.client("stepfunctions").start_execution(stateMachineArn=workflow, input='{"seconds": 60, "quoted": ""}')
    for number in range(8):
        world.emit("aws.ec2", "Capacity Block Delivered", {"capacity-reservation-id": f"cr-{number}"}, [f"cr-{number}"])
        world.functions.send("ProbeFunction", '{"do": "write", "key": "%d"}' % number, "test")
        world.run_for(timedelta(minutes=7))
    world.invoke("ProbeFunction", {"do": "publish", "with": {"Message": world.invoke("ProbeFunction", {})["id"]}})
    print(world.journal.as_json())
    print([run.request_id for run in world.functions.invocations])
    print(world.calls.log)
"""


def told(seed: int, hash_seed: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", STORY.replace("SEED", str(seed))]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE)


def test_the_same_seed_tells_the_same_story_to_the_byte_in_any_process() -> None:
    tellers = [told(1, "1"), told(1, "2")]
    first, again = (teller.communicate()[0] for teller in tellers)
    assert first == again
    assert first.count(b"\n") > 20


def test_worlds_after_each_other_know_nothing_of_each_other() -> None:
    stories = []
    for _ in range(2):
        with deployed(seed=3) as world:
            world.invoke("ProbeFunction", {"do": "write", "key": "k"})
            stories.append((world.journal.as_json(), world.invoke("ProbeFunction", {})["id"]))
    assert stories[0] == stories[1]


def test_a_world_can_stand_without_a_template() -> None:
    with World(template=None, start=datetime(2027, 1, 1, tzinfo=UTC)) as world:
        assert world.client("ec2").describe_capacity_reservations()["CapacityReservations"] == []
        assert world.now == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_assumptions_can_be_printed() -> None:
    with World(template=None) as world:
        assert world.assumptions.as_text()["async_retries"] == "0:01:00, 0:02:00"


# --- quiet sweeps ---


def sweep(world: World, look_again_at: str | None = "2027-03-01T11:00:00+00:00") -> None:
    client = world.client("scheduler")
    kept = client.get_schedule(Name="ProbeFunctionSweep")
    told = "null" if look_again_at is None else f'"{look_again_at}"'
    client.update_schedule(
        Name="ProbeFunctionSweep",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={**kept["Target"], "Input": f'{{"do": "sweep", "look_again_at": {told}}}'},
    )


def runs(world: World) -> int:
    return len(world.functions.invocations)


def test_every_sweep_runs_unless_asked_otherwise() -> None:
    with deployed() as world:
        sweep(world)
        world.run_for(timedelta(minutes=30))
        assert (runs(world), world.skipped_sweeps) == (30, 0)


def test_quiet_sweeps_are_left_out_until_it_is_time_to_look_again() -> None:
    with deployed(skip_quiet_sweeps=True) as world:
        sweep(world)
        world.run_for(timedelta(minutes=30))
        assert (runs(world), world.skipped_sweeps) == (1, 29)
        world.run_until(datetime(2027, 3, 1, 11, 30, tzinfo=UTC))
        # From two minutes before eleven on none is left out: its `look_again_at` stays in the past.
        assert runs(world) == 1 + 32


def test_a_sweep_that_never_wants_to_look_again_is_quiet_until_something_changes() -> None:
    with deployed(skip_quiet_sweeps=True) as world:
        sweep(world, None)
        world.run_for(timedelta(hours=10))
        assert runs(world) == 1


@pytest.mark.parametrize("change", ["a call", "an event of the engine"])
def test_whatever_changes_ends_the_quiet(change: str) -> None:
    with deployed(skip_quiet_sweeps=True) as world:
        sweep(world)
        world.run_for(timedelta(minutes=10))
        assert runs(world) == 1
        match change:
            case "a call":
                world.client("ssm").put_parameter(Name="/p", Value="v", Type="String")
            case _:
                engine = world.regions["us-east-2"].engine
                offers = engine.look("DescribeCapacityBlockOfferings", **OFFER)["CapacityBlockOfferings"]
                engine.call(
                    "PurchaseCapacityBlock",
                    CapacityBlockOfferingId=offers[0]["CapacityBlockOfferingId"],
                    InstancePlatform="Linux/UNIX",
                )
        world.run_for(timedelta(minutes=5))
        assert runs(world) >= 2


OFFER = {"InstanceType": "p5.48xlarge", "InstanceCount": 1, "CapacityDurationHours": 24}


def test_the_journal_is_the_same_without_the_quiet_sweeps() -> None:
    def story(skip: bool) -> list[str]:
        with deployed(skip_quiet_sweeps=skip) as world:
            sweep(world)
            for _ in range(5):
                world.run_for(timedelta(minutes=20))
                world.client("ssm").put_parameter(Name="/p", Value="v", Type="String", Overwrite=True)
                world.emit("aws.ec2", "Capacity Block Delivered", {}, ["cr-1"])
            return [f"{fact}" for fact in world.journal if "ProbeFunctionSweep" not in fact.text]

    assert story(skip=True) == story(skip=False)


# --- somebody's own blocks ---


def reservation(zone: str) -> dict[str, object]:
    return {
        "CapacityReservationId": f"cr-{zone}",
        "OwnerId": "123456789012",
        "AvailabilityZone": zone,
        "AvailabilityZoneId": "use2-az2" if zone.startswith("us-east-2") else "usw2-az1",
        "InstanceType": "p5.48xlarge",
        "InstancePlatform": "Linux/UNIX",
        "Tenancy": "default",
        "TotalInstanceCount": 0,
        "AvailableInstanceCount": 0,
        "State": "scheduled",
        "StartDate": "2027-03-01T11:30:00+00:00",
        "EndDate": "2027-03-02T11:30:00+00:00",
        "EndDateType": "limited",
        "CreateDate": "2027-02-01T00:00:00+00:00",
        "Tags": [{"Key": "aws:ec2capacityreservation:incrementalRequestedQuantity", "Value": "4"}],
        "ReservationType": "capacity-block",
    }


def states(world: World, region: str) -> list[str]:
    found = world.client("ec2", region).describe_capacity_reservations()["CapacityReservations"]
    return [one["State"] for one in found]


def test_blocks_are_loaded_into_the_region_of_their_zone_and_live_on() -> None:
    with World(template=None, regions=("us-east-2", "us-west-2")) as world:
        world.load({"CapacityReservations": [reservation("us-west-2a"), reservation("us-east-2b")]})
        assert [states(world, name) for name in world.regions] == [["scheduled"], ["scheduled"]]
        world.run_until(datetime(2027, 3, 1, 12, tzinfo=UTC))
        assert [states(world, name) for name in world.regions] == [["active"], ["active"]]
        assert len([event for event in world.events if "Delivered" in event["detail-type"]]) == 2


def test_a_block_of_another_region_is_refused() -> None:
    with World(template=None) as world, pytest.raises(LookupError, match="eu-north-1a is in none"):
        world.load({"CapacityReservations": [reservation("eu-north-1a")]})
