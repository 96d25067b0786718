from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_block import Ec2Block
from capacity_blocks.core import tag
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import ACCOUNT, END, REGION, START, a_reservation

ITEM: dict[str, Any] = {
    "CapacityReservationId": "cr-0a",
    "OwnerId": ACCOUNT,
    "AvailabilityZoneId": "use2-az1",
    "InstanceType": "p5.48xlarge",
    "InstancePlatform": "Linux/UNIX",
    "AvailabilityZone": "us-east-2a",
    "Tenancy": "default",
    "TotalInstanceCount": 8,
    "AvailableInstanceCount": 0,
    "State": "active",
    "StartDate": START,
    "EndDate": END,
    "Tags": [{"Key": tag.POOL, "Value": "training"}],
    "ReservationType": "capacity-block",
}


@dataclass
class Ec2:
    stub: Stubber
    adapter: Ec2Block

    def launches(self, **instance: str) -> None:
        shown = {"InstanceId": "i-0a", **instance}
        self.stub.add_response(
            "describe_instances", {"Reservations": [{"Instances": [shown]}]}, {"InstanceIds": ["i-0a"]}
        )

    def reserves(self, *items: dict[str, Any]) -> None:
        self.stub.add_response(
            "describe_capacity_reservations",
            {"CapacityReservations": list(items)},
            {"CapacityReservationIds": ["cr-0a"]},
        )

    def blocks(self, *items: dict[str, Any]) -> None:
        self.stub.add_response("describe_capacity_blocks", {"CapacityBlocks": list(items)}, {"MaxResults": 1000})


@pytest.fixture
def ec2() -> Iterator[Ec2]:
    client = aws.client("ec2")
    with Stubber(client) as stub:
        yield Ec2(stub, Ec2Block(client, REGION, ACCOUNT))
        stub.assert_no_pending_responses()


MAY_BE: dict[str, Any] = {**ITEM, "InstanceType": "trn2.48xlarge"}  # an UltraServer


@pytest.mark.parametrize(
    ("listed", "ultraserver"),
    [([], False), ([{"UltraserverType": "u-p6e-gb200x72", "CapacityReservationIds": ["cr-0a"]}], True)],
)
def test_the_block_of_an_instance_is_read(ec2: Ec2, listed: list[dict[str, Any]], ultraserver: bool) -> None:
    ec2.launches(CapacityReservationId="cr-0a")
    ec2.reserves(MAY_BE)
    ec2.blocks(*listed)

    expected = a_reservation(instance_type="trn2.48xlarge", state=ReservationState.ACTIVE, ultraserver=ultraserver)
    assert ec2.adapter.block_of("i-0a") == expected


def test_what_is_never_an_ultraserver_is_not_asked_about(ec2: Ec2) -> None:
    ec2.launches(CapacityReservationId="cr-0a")
    ec2.reserves(ITEM)

    assert ec2.adapter.block_of("i-0a") == a_reservation(state=ReservationState.ACTIVE)


@pytest.mark.parametrize("ultraserver", [True, False])
def test_a_block_that_is_named_is_asked_about_alone(ec2: Ec2, ultraserver: bool) -> None:
    ec2.launches(CapacityReservationId="cr-0a")
    ec2.reserves({**MAY_BE, "CapacityBlockId": "cb-0a"})
    kind = {"UltraserverType": "trn2u.48xlarge"} if ultraserver else {}
    block = {"CapacityBlockId": "cb-0a", "CapacityReservationIds": ["cr-0a"], **kind}
    ec2.stub.add_response("describe_capacity_blocks", {"CapacityBlocks": [block]}, {"CapacityBlockIds": ["cb-0a"]})

    found = ec2.adapter.block_of("i-0a")
    assert found is not None
    assert found.ultraserver is ultraserver


def test_that_it_may_be_an_ultraserver_does_not_hide_when_it_ends(ec2: Ec2) -> None:
    ec2.launches(CapacityReservationId="cr-0a")
    ec2.reserves(MAY_BE)
    ec2.stub.add_client_error("describe_capacity_blocks", "CapacityBlockDescribeLimitExceeded", http_status_code=400)

    assert ec2.adapter.block_of("i-0a") == a_reservation(
        instance_type="trn2.48xlarge", state=ReservationState.ACTIVE, ultraserver=None
    )


def test_an_instance_in_no_reservation_is_in_no_block(ec2: Ec2) -> None:
    ec2.launches()

    assert ec2.adapter.block_of("i-0a") is None


def test_an_instance_in_a_reservation_of_another_kind_is_in_no_block(ec2: Ec2) -> None:
    ec2.launches(CapacityReservationId="cr-0a")
    ec2.reserves({**ITEM, "ReservationType": "default"})

    assert ec2.adapter.block_of("i-0a") is None


def test_what_ec2_does_not_say_is_an_error(ec2: Ec2) -> None:
    ec2.launches(CapacityReservationId="cr-0a")
    ec2.stub.add_client_error("describe_capacity_reservations", "RequestLimitExceeded", http_status_code=503)

    with pytest.raises(AwsError, match="RequestLimitExceeded"):
        ec2.adapter.block_of("i-0a")


@pytest.mark.parametrize(("listed", "expected"), [([{"Instances": [{"InstanceId": "i-0a"}]}], True), ([], False)])
def test_an_instance_that_ec2_has_ended_or_forgotten_does_not_run(
    ec2: Ec2, listed: list[dict[str, Any]], expected: bool
) -> None:
    filters = [
        {"Name": "instance-id", "Values": ["i-0a"]},
        {"Name": "instance-state-name", "Values": ["pending", "running"]},
    ]
    ec2.stub.add_response("describe_instances", {"Reservations": listed}, {"Filters": filters})

    assert ec2.adapter.is_running("i-0a") is expected
