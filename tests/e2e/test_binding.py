"""From the purchase to the bind, with EC2's own offering and payment, and what a refused bind leaves behind."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from simulator.auto_scaling import groups_api, launch_source
from simulator.auto_scaling.surroundings import invalid
from tests.e2e.stage import MINUTE, NOW, SECOND, SIZE, ZONE, Stage, staged


def buy(stage: Stage) -> dict[str, Any]:
    """Buy the first offering for the pool as a person does, by API and tag."""
    ec2 = stage.client("ec2")
    offering = ec2.describe_capacity_block_offerings(
        InstanceType="p5.48xlarge",
        InstanceCount=SIZE,
        CapacityDurationHours=24,
        StartDateRange=NOW + timedelta(days=1),
        EndDateRange=NOW + timedelta(days=7),
    )["CapacityBlockOfferings"][0]
    assert offering["AvailabilityZone"] == ZONE
    tags = [{"Key": "capacity-blocks:pool", "Value": "training"}]
    bought: dict[str, Any] = ec2.purchase_capacity_block(
        CapacityBlockOfferingId=offering["CapacityBlockOfferingId"],
        InstancePlatform="Linux/UNIX",
        TagSpecifications=[{"ResourceType": "capacity-reservation", "Tags": tags}],
    )["CapacityReservation"]
    return bought


def paid_at(stage: Stage) -> datetime:
    [event] = [each for each in stage.world.events if each["detail"].get("eventName") == "CapacityBlockScheduled"]
    return datetime.fromisoformat(event["time"])


@pytest.mark.parametrize(("listens", "within"), [("false", MINUTE + 2 * SECOND), ("true", 5 * SECOND)])
def test_a_purchase_is_bound_once_it_is_paid_and_lives_its_life(listens: str, within: timedelta) -> None:
    with staged(parameters={"CloudTrailEvents": listens}) as stage:
        bought, group = buy(stage), stage.group()
        assert bought["State"] == "payment-pending"
        stage.run_until(bought["StartDate"] - timedelta(hours=1))
        [bound_at] = [call.at for call in stage.world.calls.log if call.name == "autoscaling.CreateOrUpdateTags"]
        assert timedelta() <= bound_at - paid_at(stage) <= within
        assert stage.bound_to(group) == bought["CapacityReservationId"]
        assert stage.launch_data(group) == {
            "ImageId": "ami-0123456789abcdef0",
            "InstanceType": "p5.48xlarge",
            "InstanceMarketOptions": {"MarketType": "capacity-block"},
            "CapacityReservationSpecification": {
                "CapacityReservationTarget": {"CapacityReservationId": bought["CapacityReservationId"]}
            },
        }
        assert stage.described(group)["VPCZoneIdentifier"] == stage.subnet(ZONE)
        assert stage.described(group)["LaunchTemplate"]["Version"] == "2"
        assert stage.sizes(group) == (0, 1, 0)

        stage.run_until(bought["EndDate"])
        assert stage.kinds() == ["timeline", "scaled-out", "in-service", "draining", "ended"]
        assert stage.reclaimed() == []
        assert stage.failures() == []


def test_a_bind_that_is_refused_is_rolled_back_told_and_tried_again() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group()
        before, wanted, asked = stage.described(group), stage.subnet(ZONE), launch_source.places

        def places(region: Any, params: Mapping[str, Any]) -> Any:
            if params.get("VPCZoneIdentifier") == wanted:
                raise invalid("You are not authorized to use launch template.")
            return asked(region, params)

        with mock.patch.object(groups_api, "places", places):
            stage.run_until(NOW + 4 * MINUTE)
        assert stage.described(group) == before
        assert [version["VersionNumber"] for version in stage.versions(group)] == [1]
        [notice] = stage.notices("bind-failed")
        assert (notice["severity"], notice["target"]) == ("critical", group)
        assert "You are not authorized to use launch template" in notice["text"]
        assert stage.failures()

        stage.run_for(minutes=2)
        assert stage.bound_to(group) == block
