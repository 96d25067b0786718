from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_reservation import SIZE_TAG
from capacity_blocks.adapters.ec2_reservations import GROUP_TAG, Ec2Reservations
from capacity_blocks.core.pool import Extension, Occupant
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import ACCOUNT, END, REGION, START
from tests.unit.adapters.stub import add_pages

# As a block was seen by the tests of AWS ParallelCluster, with times and type of ours.
BLOCK: dict[str, Any] = {
    "CapacityReservationId": "cr-0a",
    "OwnerId": ACCOUNT,
    "CapacityReservationArn": f"arn:aws:ec2:us-east-2:{ACCOUNT}:capacity-reservation/cr-0a",
    "AvailabilityZoneId": "use2-az1",
    "InstanceType": "p5.48xlarge",
    "InstancePlatform": "Linux/UNIX",
    "AvailabilityZone": "us-east-2a",
    "Tenancy": "default",
    "TotalInstanceCount": 0,
    "AvailableInstanceCount": 0,
    "EbsOptimized": False,
    "EphemeralStorage": False,
    "State": "scheduled",
    "StartDate": START,
    "EndDate": END,
    "EndDateType": "limited",
    "InstanceMatchCriteria": "targeted",
    "CreateDate": START - timedelta(days=13),
    "Tags": [
        {"Key": SIZE_TAG, "Value": "8"},
        {"Key": "aws:ec2capacityreservation:capacityReservationType", "Value": "capacity-block"},
    ],
    "CapacityAllocations": [],
    "ReservationType": "capacity-block",
}
TAGS = {SIZE_TAG: "8", "aws:ec2capacityreservation:capacityReservationType": "capacity-block"}


@dataclass
class Ec2:
    """EC2 as a Stubber plays it, and the adapter on it."""

    stub: Stubber
    reservations: Ec2Reservations

    def lists(self, *pages: list[dict[str, Any]]) -> None:
        add_pages(
            self.stub, "describe_capacity_reservations", "CapacityReservations", list(pages), {"MaxResults": 1000}
        )

    def lists_blocks(self, *pages: list[dict[str, Any]]) -> None:
        add_pages(self.stub, "describe_capacity_blocks", "CapacityBlocks", list(pages), {"MaxResults": 1000})

    def refuses_blocks(self, code: str = "UnauthorizedOperation") -> None:
        self.stub.add_client_error("describe_capacity_blocks", code, http_status_code=403)


@pytest.fixture
def ec2() -> Iterator[Ec2]:
    client = aws.client("ec2")
    with Stubber(client) as stub:
        yield Ec2(stub, Ec2Reservations(client, REGION, ACCOUNT))
        stub.assert_no_pending_responses()


def test_a_block_that_has_not_started_has_the_size_that_was_bought(ec2: Ec2) -> None:
    ec2.lists([BLOCK])
    ec2.lists_blocks([])

    assert ec2.reservations.capacity_blocks() == [
        Reservation(
            reservation_id="cr-0a",
            region="us-east-2",
            owned=True,
            instance_type="p5.48xlarge",
            instance_count=8,
            available_count=0,
            state=ReservationState.SCHEDULED,
            start=START,
            end=END,
            availability_zone="us-east-2a",
            availability_zone_id="use2-az1",
            platform="Linux/UNIX",
            tenancy="default",
            ultraserver=False,
            tags=TAGS,
        )
    ]


def test_an_active_block_has_the_size_that_ec2_says(ec2: Ec2) -> None:
    ec2.lists([{**BLOCK, "State": "active", "TotalInstanceCount": 4, "AvailableInstanceCount": 3}])
    ec2.lists_blocks([])

    [found] = ec2.reservations.capacity_blocks()

    assert (found.instance_count, found.available_count) == (4, 3)


def test_a_block_whose_size_nothing_tells_has_none(ec2: Ec2) -> None:
    ec2.lists([{**BLOCK, "Tags": []}])
    ec2.lists_blocks([])

    assert [r.instance_count for r in ec2.reservations.capacity_blocks()] == [0]


def test_a_block_of_another_account_is_not_owned(ec2: Ec2) -> None:
    ec2.lists([{**BLOCK, "OwnerId": "210987654321"}])
    ec2.lists_blocks([])

    assert [r.owned for r in ec2.reservations.capacity_blocks()] == [False]


def test_every_page_is_read_and_only_blocks_are_returned(ec2: Ec2) -> None:
    ec2.lists(
        [BLOCK, {**BLOCK, "CapacityReservationId": "cr-0b", "ReservationType": "default"}],
        [{**BLOCK, "CapacityReservationId": "cr-0c"}],
    )
    ec2.lists_blocks([])

    assert [r.reservation_id for r in ec2.reservations.capacity_blocks()] == ["cr-0a", "cr-0c"]


def test_a_state_that_ec2_adds_later_does_not_break_the_read(ec2: Ec2) -> None:
    ec2.lists([{**BLOCK, "State": "brand-new"}])
    ec2.lists_blocks([])

    assert [r.state for r in ec2.reservations.capacity_blocks()] == [ReservationState.UNRECOGNISED]


def test_without_blocks_nothing_more_is_asked(ec2: Ec2) -> None:
    ec2.lists([{**BLOCK, "ReservationType": "default"}])

    assert ec2.reservations.capacity_blocks() == []


def test_a_listing_that_fails_is_not_read_as_no_blocks(ec2: Ec2) -> None:
    ec2.stub.add_client_error("describe_capacity_reservations", "RequestLimitExceeded", http_status_code=503)

    with pytest.raises(AwsError, match="RequestLimitExceeded"):
        ec2.reservations.capacity_blocks()


def test_a_second_page_that_fails_is_not_left_out(ec2: Ec2) -> None:
    ec2.stub.add_response(
        "describe_capacity_reservations", {"CapacityReservations": [BLOCK], "NextToken": "2"}, {"MaxResults": 1000}
    )
    ec2.stub.add_client_error("describe_capacity_reservations", "RequestLimitExceeded", http_status_code=503)

    with pytest.raises(AwsError, match="RequestLimitExceeded"):
        ec2.reservations.capacity_blocks()


def test_ultraservers_are_known_from_every_page(ec2: Ec2) -> None:
    ec2.lists([{**BLOCK, "CapacityReservationId": i} for i in ("cr-0a", "cr-0b", "cr-0c", "cr-0d")])
    ec2.lists_blocks(
        [{"UltraserverType": "u-p6e-gb200x72", "CapacityReservationIds": ["cr-0a"]}],
        [
            {"UltraserverType": "u-p6e-gb200x72", "CapacityReservationIds": ["cr-0b", "cr-ended"]},
            {"CapacityBlockId": "cb-1", "CapacityReservationIds": ["cr-0c"]},  # of instances
        ],
    )

    assert [r.ultraserver for r in ec2.reservations.capacity_blocks()] == [True, True, False, False]


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "RequestLimitExceeded", "InvalidAction"])
def test_when_ec2_does_not_tell_ultraservers_the_blocks_are_still_returned(ec2: Ec2, code: str) -> None:
    ec2.lists([BLOCK, {**BLOCK, "InstanceType": "trn2.48xlarge"}])
    ec2.refuses_blocks(code)

    assert [r.ultraserver for r in ec2.reservations.capacity_blocks()] == [False, None]  # by the type, or not at all


def test_what_was_once_known_of_a_block_outlives_a_throttle(ec2: Ec2) -> None:
    block = {**BLOCK, "InstanceType": "trn2.48xlarge"}
    ultraserver = {**block, "CapacityReservationId": "cr-0b"}
    ec2.lists([block, ultraserver])
    ec2.lists_blocks([{"UltraserverType": "u-p6e-gb200x72", "CapacityReservationIds": ["cr-0b"]}])
    ec2.reservations.capacity_blocks()

    ec2.lists([block, ultraserver, {**block, "CapacityReservationId": "cr-new"}])
    ec2.refuses_blocks("RequestLimitExceeded")

    assert [r.ultraserver for r in ec2.reservations.capacity_blocks()] == [False, True, None]


def test_a_block_that_ec2_had_not_yet_listed_is_known_once_it_is(ec2: Ec2) -> None:
    ec2.lists([BLOCK])
    ec2.lists_blocks([])
    assert [r.ultraserver for r in ec2.reservations.capacity_blocks()] == [False]

    ec2.lists([BLOCK])
    ec2.lists_blocks([{"UltraserverType": "u-p6e-gb200x72", "CapacityReservationIds": ["cr-0a"]}])
    assert [r.ultraserver for r in ec2.reservations.capacity_blocks()] == [True]


def asked_about(*reservation_ids: str) -> dict[str, Any]:
    return {
        "Filters": [
            {"Name": "capacity-reservation-id", "Values": list(reservation_ids)},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ],
        "MaxResults": 1000,
    }


def test_occupants_are_read_from_every_page_with_the_group_that_launched_them(ec2: Ec2) -> None:
    of_group = {"InstanceId": "i-2", "CapacityReservationId": "cr-0a", "Tags": [{"Key": GROUP_TAG, "Value": "train"}]}
    by_hand = {"InstanceId": "i-1", "CapacityReservationId": "cr-0a", "Tags": [{"Key": "Name", "Value": "mine"}]}
    pages = [[{"Instances": [of_group]}], [{"Instances": [by_hand]}, {"Instances": [{**by_hand, "InstanceId": "i-3"}]}]]
    add_pages(ec2.stub, "describe_instances", "Reservations", pages, asked_about("cr-0a", "cr-0b"))

    assert ec2.reservations.occupants(["cr-0a", "cr-0b"]) == {
        "cr-0a": (
            Occupant(instance_id="i-1", group=None),
            Occupant(instance_id="i-2", group="train"),
            Occupant(instance_id="i-3", group=None),
        ),
        "cr-0b": (),
    }


def test_no_filter_gets_more_than_200_values(ec2: Ec2) -> None:
    ids = [f"cr-{n:03}" for n in range(201)]
    add_pages(ec2.stub, "describe_instances", "Reservations", [[]], asked_about(*ids[:200]))
    last = [[{"Instances": [{"InstanceId": "i-1", "CapacityReservationId": "cr-200"}]}]]
    add_pages(ec2.stub, "describe_instances", "Reservations", last, asked_about("cr-200"))

    found = ec2.reservations.occupants(ids)

    assert len(found) == 201
    assert found["cr-200"] == (Occupant(instance_id="i-1", group=None),)


def test_nobody_is_asked_about_no_reservations(ec2: Ec2) -> None:
    assert ec2.reservations.occupants([]) == {}


def asked_for_payments(*reservation_ids: str) -> dict[str, Any]:
    return {
        "Filters": [
            {"Name": "capacity-reservation-id", "Values": list(reservation_ids)},
            {"Name": "capacity-block-extension-status", "Values": ["payment-pending"]},
        ],
        "MaxResults": 1000,
    }


def an_extension(reservation_id: str) -> dict[str, Any]:
    """Return an item of DescribeCapacityBlockExtensionHistory."""
    return {
        "CapacityReservationId": reservation_id,
        "CapacityBlockExtensionOfferingId": "cbe-0a",
        "CapacityBlockExtensionStatus": "payment-pending",
        "CapacityBlockExtensionStartDate": END,
        "CapacityBlockExtensionEndDate": END + timedelta(days=1),
        "UpfrontFee": "1234.5",
        "CurrencyCode": "USD",
    }


HISTORY = "describe_capacity_block_extension_history"


def test_extensions_that_are_being_paid_are_read_from_every_page(ec2: Ec2) -> None:
    pages = [[an_extension("cr-0a")], [], [an_extension("cr-0b")]]
    add_pages(ec2.stub, HISTORY, "CapacityBlockExtensions", pages, asked_for_payments("cr-0a", "cr-0b", "cr-0c"))

    assert ec2.reservations.pending_extensions(["cr-0a", "cr-0b", "cr-0c"]) == {
        reservation_id: Extension(reservation_id=reservation_id, end=END + timedelta(days=1))
        for reservation_id in ("cr-0a", "cr-0b")
    }


def test_no_filter_of_extensions_gets_more_than_200_values(ec2: Ec2) -> None:
    ids = [f"cr-{n:03}" for n in range(201)]
    add_pages(ec2.stub, HISTORY, "CapacityBlockExtensions", [[]], asked_for_payments(*ids[:200]))
    add_pages(ec2.stub, HISTORY, "CapacityBlockExtensions", [[an_extension("cr-200")]], asked_for_payments("cr-200"))

    assert list(ec2.reservations.pending_extensions(ids)) == ["cr-200"]


def test_a_history_of_extensions_that_cannot_be_read_is_not_taken_for_none(ec2: Ec2) -> None:
    ec2.stub.add_client_error(HISTORY, "UnauthorizedOperation", http_status_code=403)

    with pytest.raises(AwsError, match="UnauthorizedOperation"):
        ec2.reservations.pending_extensions(["cr-0a"])
