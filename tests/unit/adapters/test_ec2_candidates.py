from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_candidates import Ec2Candidates
from capacity_blocks.core import tag
from capacity_blocks.core.purchase.lookup import Candidate
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import ACCOUNT, END, REGION, START
from tests.unit.adapters.stub import add_pages

INTENT = {"Key": tag.INTENT, "Value": "may-training-1-0a"}
CREATED_AT = START - timedelta(days=13)
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
    "State": "payment-pending",
    "StartDate": START,
    "EndDate": END,
    "CreateDate": CREATED_AT,
    "Tags": [INTENT],
    "ReservationType": "capacity-block",
}


@dataclass
class Ec2:
    """EC2 as a Stubber plays it, and the adapter on it."""

    stub: Stubber
    adapter: Ec2Candidates

    def lists(self, *pages: list[dict[str, Any]]) -> None:
        add_pages(
            self.stub, "describe_capacity_reservations", "CapacityReservations", list(pages), {"MaxResults": 1000}
        )

    def lists_blocks(self, *pages: list[dict[str, Any]]) -> None:
        add_pages(self.stub, "describe_capacity_blocks", "CapacityBlocks", list(pages), {"MaxResults": 1000})


@pytest.fixture
def ec2() -> Iterator[Ec2]:
    client = aws.client("ec2")
    with Stubber(client) as stub:
        yield Ec2(stub, Ec2Candidates(client, REGION, ACCOUNT))
        stub.assert_no_pending_responses()


def test_a_candidate_says_when_it_was_made_and_whose_it_is(ec2: Ec2) -> None:
    ec2.lists([ITEM])
    ec2.lists_blocks([])

    assert ec2.adapter.candidates() == [
        Candidate(
            reservation=Reservation(
                reservation_id="cr-0a",
                region=REGION,
                instance_type="p5.48xlarge",
                instance_count=8,
                state=ReservationState.PAYMENT_PENDING,
                start=START,
                end=END,
                availability_zone="us-east-2a",
                availability_zone_id="use2-az1",
                tags={tag.INTENT: "may-training-1-0a"},
            ),
            created_at=CREATED_AT,
            block_tags=None,
        )
    ]


def test_one_that_does_not_say_when_it_was_made_is_listed_all_the_same(ec2: Ec2) -> None:
    ec2.lists([{name: value for name, value in ITEM.items() if name != "CreateDate"}])
    ec2.lists_blocks([])

    assert [each.created_at for each in ec2.adapter.candidates()] == [None]


def test_every_page_and_every_state_is_read_and_only_blocks_are_candidates(ec2: Ec2) -> None:
    dead = {**ITEM, "CapacityReservationId": "cr-0c", "State": "payment-failed"}
    ec2.lists([ITEM, {**ITEM, "CapacityReservationId": "cr-0b", "ReservationType": "default"}], [dead])
    ec2.lists_blocks([])

    assert [(c.reservation.reservation_id, c.reservation.state.value) for c in ec2.adapter.candidates()] == [
        ("cr-0a", "payment-pending"),
        ("cr-0c", "payment-failed"),
    ]


def test_the_tags_of_an_ultraserver_are_those_of_its_reservations_too(ec2: Ec2) -> None:
    bare = {**ITEM, "Tags": []}
    ec2.lists([{**bare, "CapacityReservationId": i} for i in ("cr-0a", "cr-0b", "cr-0c")])
    ultraserver = {"UltraserverType": "u-p6e-gb200x72"}
    ec2.lists_blocks(
        [{**ultraserver, "CapacityReservationIds": ["cr-0a"], "Tags": [INTENT]}],
        [{**ultraserver, "CapacityReservationIds": ["cr-0b"]}],
    )

    found = ec2.adapter.candidates()

    assert [c.intent_id for c in found] == ["may-training-1-0a", None, None]
    assert [c.reservation.ultraserver for c in found] == [True, True, False]


@pytest.mark.parametrize("method", ["describe_capacity_reservations", "describe_capacity_blocks"])
def test_what_could_not_be_listed_is_not_read_as_nothing(ec2: Ec2, method: str) -> None:
    if method == "describe_capacity_blocks":
        ec2.lists([ITEM])
    ec2.stub.add_client_error(method, "RequestLimitExceeded", http_status_code=503)

    with pytest.raises(AwsError, match="RequestLimitExceeded"):
        ec2.adapter.candidates()


def test_without_blocks_nothing_more_is_asked(ec2: Ec2) -> None:
    ec2.lists([])

    assert ec2.adapter.candidates() == []
