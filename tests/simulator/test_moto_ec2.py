"""The engine behind moto: a real client, real parsing and serialising, nothing of EC2's rules."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ec2.models import ec2_backends
from moto.ec2.responses import EC2Response

from simulator import moto_ec2
from simulator.capacity_blocks import CapacityBlockEngine, Payment
from simulator.clock import VirtualClock
from tests.simulator.capacity_block_stage import MORNING, STILL, at, bought_elsewhere

ACCOUNT = "123456789012"
REGION = "us-east-2"
POOL = {"Key": "capacity-blocks:pool", "Value": "training"}


@cache
def client(region: str) -> Any:
    return boto3.client("ec2", region_name=region)


class Account:
    """A client of a Region whose blocks an engine plays."""

    def __init__(self, region: str = REGION) -> None:
        self.clock = VirtualClock(MORNING)
        rng = random.Random("7:capacity-blocks")
        self.engine = CapacityBlockEngine(self.clock, region, ACCOUNT, rng, STILL, lambda *_: None)
        self.backend = ec2_backends[ACCOUNT][region]
        moto_ec2.bind(self.backend, self.engine)
        self.ec2 = client(region)

    def offering(self, count: int = 2, **parameters: Any) -> dict[str, Any]:
        wanted = {"InstanceType": "p5.48xlarge", "InstanceCount": count, "CapacityDurationHours": 24, **parameters}
        return dict(self.ec2.describe_capacity_block_offerings(**wanted)["CapacityBlockOfferings"][0])

    def buy(self, **parameters: Any) -> dict[str, Any]:
        offering_id = self.offering()["CapacityBlockOfferingId"]
        wanted: dict[str, Any] = {"CapacityBlockOfferingId": offering_id, "InstancePlatform": "Linux/UNIX"}
        return dict(self.ec2.purchase_capacity_block(**wanted, **parameters)["CapacityReservation"])

    def reservations(self, **parameters: Any) -> list[dict[str, Any]]:
        return list(self.ec2.describe_capacity_reservations(**parameters)["CapacityReservations"])


@pytest.fixture(scope="module")
def moto() -> Iterator[None]:
    """One mocked AWS for all tests here: starting it and making a client take a second each time."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with mock_aws():
            moto_ec2.install()
            yield
            client.cache_clear()


@pytest.fixture
def account(moto: None) -> Account:
    ec2_backends[ACCOUNT][REGION].reset()
    return Account()


def refusal(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return refused.value.response["Error"]["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_block_is_found_bought_seen_extended_and_gone(account: Account) -> None:
    bought = account.buy()
    block = bought["CapacityReservationId"]
    account.clock.run_until(at("02 11:30"))
    assert [each["State"] for each in account.reservations(CapacityReservationIds=[block])] == ["active"]
    offers = account.ec2.describe_capacity_block_extension_offerings(
        CapacityReservationId=block, CapacityBlockExtensionDurationHours=24
    )["CapacityBlockExtensionOfferings"]
    account.ec2.purchase_capacity_block_extension(
        CapacityReservationId=block,
        CapacityBlockExtensionOfferingId=offers[0]["CapacityBlockExtensionOfferingId"],
    )
    history = account.ec2.describe_capacity_block_extension_history(CapacityReservationIds=[block])
    assert [each["CapacityBlockExtensionStatus"] for each in history["CapacityBlockExtensions"]] == ["payment-pending"]
    account.clock.run_until(at("02 11:35"))
    assert account.reservations()[0]["EndDate"] == bought["EndDate"] + timedelta(days=1)
    usage = account.ec2.get_capacity_reservation_usage(CapacityReservationId=block)
    assert (usage["TotalInstanceCount"], usage["State"]) == (2, "active")
    blocks = account.ec2.describe_capacity_blocks()["CapacityBlocks"]
    assert [each["CapacityReservationIds"] for each in blocks] == [[block]]
    statuses = account.ec2.describe_capacity_block_status()["CapacityBlockStatuses"]
    assert [each["TotalAvailableCapacity"] for each in statuses] == [2]


def test_what_the_client_reads_is_what_the_engine_said(account: Account) -> None:
    account.buy()
    account.engine.adopt(bought_elsewhere(OwnerId=ACCOUNT))
    # moto writes whole seconds, and a document may have been created within one.
    said = account.engine.look("DescribeCapacityReservations")["CapacityReservations"]
    read = account.reservations()
    assert [_without(each, "CreateDate") for each in read] == [_without(each, "CreateDate") for each in said]
    offering = account.offering(StartDateRange=at("03 00:00"))
    assert (offering["StartDate"], offering["UpfrontFee"]) == (datetime(2026, 3, 3, 11, 30, tzinfo=UTC), "1510")


def test_refusals_reach_the_client_with_their_code(account: Account) -> None:
    missing = {"CapacityReservationIds": ["cr-0ddddddddddddddddd"]}
    assert refusal(account.ec2.describe_capacity_reservations, **missing) == (
        "InvalidCapacityReservationId.NotFound",
        400,
    )
    block = account.buy()["CapacityReservationId"]
    modified = refusal(account.ec2.modify_capacity_reservation, CapacityReservationId=block, InstanceCount=1)
    assert modified == ("OperationNotPermitted", 400)
    cancelled = refusal(account.ec2.cancel_capacity_reservation, CapacityReservationId=block)
    assert cancelled == ("OperationNotPermitted", 400)


def test_a_dry_run_answers_as_any_other_of_ec2(account: Account) -> None:
    wanted = {"CapacityBlockOfferingId": "cb-0", "InstancePlatform": "Linux/UNIX", "DryRun": True}
    assert refusal(account.ec2.purchase_capacity_block, **wanted) == ("DryRunOperation", 412)
    assert account.reservations() == []


def test_a_throttled_search_is_not_retried_by_the_sdk(account: Account) -> None:
    for _ in range(10):
        account.offering()
    search = {"InstanceType": "p5.48xlarge", "CapacityDurationHours": 24}
    assert refusal(account.ec2.describe_capacity_block_offerings, **search)[0] == "CapacityBlockDescribeLimitExceeded"


def test_paginators_see_every_page(account: Account) -> None:
    for number in range(5):
        account.engine.adopt(bought_elsewhere(CapacityReservationId=f"cr-{number:017x}"))
    pages = account.ec2.get_paginator("describe_capacity_reservations").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["CapacityReservations"]) for page in pages] == [2, 2, 1]


def test_filters_are_passed_on(account: Account) -> None:
    account.buy(TagSpecifications=[{"ResourceType": "capacity-reservation", "Tags": [POOL]}])
    account.buy()
    found = account.reservations(Filters=[{"Name": "tag:capacity-blocks:pool", "Values": ["training"]}])
    assert [POOL in each["Tags"] for each in found] == [True]


def test_tags_are_set_and_removed_and_moto_describes_them(account: Account) -> None:
    block = account.buy()["CapacityReservationId"]
    account.ec2.create_tags(Resources=[block], Tags=[POOL])
    assert POOL in account.reservations()[0]["Tags"]
    described = account.ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["capacity-reservation"]}])
    assert {**POOL, "ResourceId": block, "ResourceType": "capacity-reservation"} in described["Tags"]
    account.ec2.delete_tags(Resources=[block], Tags=[{"Key": POOL["Key"]}])
    assert POOL not in account.reservations()[0]["Tags"]
    left = account.ec2.describe_tags(Filters=[{"Name": "key", "Values": [POOL["Key"]]}])
    assert left["Tags"] == []


def test_tags_of_an_adopted_block_are_described_too(account: Account) -> None:
    block = account.engine.adopt(bought_elsewhere())
    described = account.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [block]}])
    assert len(described["Tags"]) == 2


def test_one_request_tags_blocks_and_others(account: Account) -> None:
    block = account.buy()["CapacityReservationId"]
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    account.ec2.create_tags(Resources=[block, vpc], Tags=[POOL])
    assert POOL in account.reservations()[0]["Tags"]
    assert account.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == [POOL]
    account.ec2.delete_tags(Resources=[block, vpc], Tags=[POOL])
    assert POOL not in account.reservations()[0]["Tags"]


def test_a_block_that_is_not_there_cannot_be_tagged(account: Account) -> None:
    code, _ = refusal(account.ec2.create_tags, Resources=["cr-0ddddddddddddddddd"], Tags=[POOL])
    assert code == "InvalidCapacityReservationId.NotFound"


def test_each_region_has_its_own_blocks_and_an_unbound_one_says_so(account: Account) -> None:
    other = Account("us-west-2")
    account.buy()
    assert (len(account.reservations()), other.reservations()) == (1, [])
    with pytest.raises(LookupError, match="eu-west-2"):
        client("eu-west-2").describe_capacity_reservations()
    with pytest.raises(ValueError, match="us-east-2"):
        moto_ec2.bind(other.backend, account.engine)


def test_the_paid_state_is_there_without_any_call_in_between(account: Account) -> None:
    account.engine.plan_payment(Payment(after=timedelta(minutes=30)))
    account.buy()
    account.clock.run_until(MORNING + timedelta(minutes=30))
    assert [each["State"] for each in account.reservations()] == ["scheduled"]


def test_installing_twice_changes_nothing_and_a_reset_backend_starts_clean(account: Account) -> None:
    tag = EC2Response.create_tags
    moto_ec2.install()
    account.buy()
    assert len(account.reservations()) == 1
    with pytest.raises(ClientError, match="InvalidID"):
        account.ec2.create_tags(Resources=["nonsense-1"], Tags=[POOL])
    account.backend.reset()
    with pytest.raises(LookupError):
        account.reservations()
    assert tag.__qualname__ == EC2Response.create_tags.__qualname__


def test_every_operation_that_the_engine_answers_is_plugged_in(account: Account) -> None:
    assert sorted(moto_ec2.OPERATIONS) == sorted(account.engine.operations)


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}
