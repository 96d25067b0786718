"""Instances that are launched into blocks: what EC2 accepts, what it refuses, and how they end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from simulator.auto_scaling.journal import InstanceLaunched, InstanceTerminated, InstanceTerminating
from tests.simulator.groups_stage import END, START, ZONE, Stage, refusal, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def _run(stage: Stage, template_id: str, count: int = 1, **changes: Any) -> list[dict[str, Any]]:
    answer = stage.client("ec2").run_instances(
        LaunchTemplate={"LaunchTemplateId": template_id}, MinCount=count, MaxCount=count, **changes
    )
    instances: list[dict[str, Any]] = answer["Instances"]
    return instances


def _refused(stage: Stage, template_id: str, count: int = 1, **changes: Any) -> str:
    parameters = {"LaunchTemplate": {"LaunchTemplateId": template_id}, "MinCount": count, "MaxCount": count}
    return refusal(stage.client("ec2").run_instances, **parameters, **changes)


def test_an_instance_in_a_block_says_so(stage: Stage) -> None:
    block = stage.block()
    template = stage.template(block)
    stage.until(START + timedelta(minutes=2))
    [launched] = _run(stage, template, SubnetId=stage.subnet())
    shown = (
        launched["InstanceLifecycle"],
        launched["CapacityReservationId"],
        launched["Placement"]["AvailabilityZone"],
    )
    assert shown == ("capacity-block", block, ZONE)
    assert stage.states(block) == ["pending"]
    stage.run(seconds=40)
    assert stage.states(block) == ["running"]
    assert stage.free(block) == 3


def test_instances_are_found_by_their_reservation_alone(stage: Stage) -> None:
    stage.run(seconds=1)
    stage.client("ec2").run_instances(InstanceType="m5.large", ImageId="ami-1", MinCount=1, MaxCount=1)
    assert stage.states("cr-0123456789abcdef9") == []
    assert len(stage.states()) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"InstanceMarketOptions": None}, "InvalidParameterValue"),
        ({"InstanceMarketOptions": {"MarketType": "spot"}}, "InvalidParameterValue"),
        ({"CapacityReservationSpecification": None}, "MissingParameter"),
        ({"InstanceType": "p5en.48xlarge"}, "ReservationCapacityExceeded"),
        ({"Placement": {"GroupName": "cluster", "AvailabilityZone": ZONE}}, "InvalidParameterCombination"),
        ({"Placement": {"AvailabilityZone": "us-east-2b"}}, "ReservationCapacityExceeded"),
        (
            {
                "CapacityReservationSpecification": {
                    "CapacityReservationTarget": {"CapacityReservationId": "cr-0aaaaaaaaaaaaaaaa"}
                }
            },
            "InvalidCapacityReservationId.NotFound",
        ),
        (
            {
                "CapacityReservationSpecification": {
                    "CapacityReservationTarget": {"CapacityReservationResourceGroupArn": "arn:aws:resource-groups:g"}
                }
            },
            "UnsupportedOperation",
        ),
    ],
)
def test_a_launch_that_does_not_fit_the_block_is_refused(stage: Stage, changes: dict[str, Any], code: str) -> None:
    block = stage.block()
    template = stage.template(block, **changes)
    stage.until(START + timedelta(minutes=2))
    assert _refused(stage, template) == code
    assert stage.states() == []
    assert stage.free(block) == 4


def test_a_block_takes_no_launch_before_it_is_active(stage: Stage) -> None:
    template = stage.template(stage.block())
    stage.until(START + timedelta(seconds=59))
    assert _refused(stage, template) == "InvalidCapacityReservationState.PendingActivation"
    stage.run(seconds=1)
    assert len(_run(stage, template)) == 1


def test_a_block_takes_as_many_as_it_has(stage: Stage) -> None:
    template = stage.template(stage.block(size=4))
    stage.until(START + timedelta(minutes=2))
    assert len(_run(stage, template, count=4)) == 4
    assert _refused(stage, template) == "ReservationCapacityExceeded"


def test_a_request_for_more_than_there_is_leaves_nothing_running(stage: Stage) -> None:
    template = stage.template(stage.block(size=4))
    stage.until(START + timedelta(minutes=2))
    assert _refused(stage, template, count=5) == "ReservationCapacityExceeded"
    assert set(stage.states()) == {"shutting-down"}


def test_a_type_that_is_sold_in_blocks_is_not_had_on_demand(stage: Stage) -> None:
    template = stage.template(None, InstanceMarketOptions=None)
    assert _refused(stage, template) == "InsufficientInstanceCapacity"
    ordinary = stage.template(None, name="ordinary", InstanceMarketOptions=None, InstanceType="m5.large")
    assert len(_run(stage, ordinary)) == 1


def test_a_type_that_is_sold_in_blocks_is_had_on_demand_where_that_is_assumed() -> None:
    with staged(on_demand_accelerators=True) as stage:
        template = stage.template(None, InstanceMarketOptions=None)
        assert "InstanceLifecycle" not in _run(stage, template)[0]


def test_a_terminated_instance_shuts_down_and_its_slot_comes_back_later(stage: Stage) -> None:
    block = stage.block()
    template = stage.template(block)
    stage.until(START + timedelta(minutes=2))
    [launched] = _run(stage, template)
    stage.run(minutes=1)
    ended = stage.client("ec2").terminate_instances(InstanceIds=[launched["InstanceId"]])
    assert ended["TerminatingInstances"] == [
        {
            "InstanceId": launched["InstanceId"],
            "PreviousState": {"Name": "running", "Code": 16},
            "CurrentState": {"Name": "shutting-down", "Code": 32},
        }
    ]
    stage.run(seconds=50)
    assert (stage.states(), stage.free(block)) == (["terminated"], 3)
    stage.run(seconds=150)
    assert stage.free(block) == 4
    stage.run(hours=1)
    assert stage.states() == []


def test_an_unknown_instance_is_not_terminated(stage: Stage) -> None:
    code = refusal(stage.client("ec2").terminate_instances, InstanceIds=["i-0123456789abcdef0"])
    assert code == "InvalidInstanceID.NotFound"


def test_a_dry_run_launches_and_terminates_nothing(stage: Stage) -> None:
    template = stage.template(stage.block())
    stage.until(START + timedelta(minutes=2))
    [launched] = _run(stage, template)
    assert _refused(stage, template, DryRun=True) == "DryRunOperation"
    ec2 = stage.client("ec2")
    assert refusal(ec2.terminate_instances, InstanceIds=[launched["InstanceId"]], DryRun=True) == "DryRunOperation"
    assert stage.states() == ["pending"]


def test_ec2_ends_what_is_left_in_a_block_and_the_journal_tells_it(stage: Stage) -> None:
    block = stage.block()
    template = stage.template(block)
    stage.until(START + timedelta(minutes=2))
    instance_id = _run(stage, template)[0]["InstanceId"]
    stage.until(END - timedelta(minutes=30, seconds=1))
    assert stage.states() == ["running"]
    stage.until(END - timedelta(minutes=29))
    assert [type(fact) for fact in stage.journal] == [InstanceLaunched, InstanceTerminating, InstanceTerminated]
    [terminating] = stage.journal.of(InstanceTerminating)
    assert terminating == InstanceTerminating(
        at=END - timedelta(minutes=30),
        region="us-east-2",
        group=None,
        instance_id=instance_id,
        reservation_id=block,
        reason="EC2 reclaimed the Capacity Block",
    )


def test_an_instance_that_ends_while_it_boots_never_runs(stage: Stage) -> None:
    template = stage.template(stage.block())
    stage.until(START + timedelta(minutes=2))
    [launched] = _run(stage, template)
    stage.run(seconds=20)
    stage.client("ec2").terminate_instances(InstanceIds=[launched["InstanceId"]])
    stage.run(seconds=30)
    assert stage.states() == ["shutting-down"]
