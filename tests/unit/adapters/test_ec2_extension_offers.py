from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_extension_offers import Ec2ExtensionOffers
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import REGION
from tests.unit.adapters.extension_items import OFFERED, OFFERING, without
from tests.unit.adapters.stub import add_pages

WEEK = timedelta(days=7)
ASKED: dict[str, Any] = {
    "CapacityReservationId": "cr-0a",
    "CapacityBlockExtensionDurationHours": 168,
    "MaxResults": 1000,
}
METHOD, MEMBER = "describe_capacity_block_extension_offerings", "CapacityBlockExtensionOfferings"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(aws.client("ec2")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def offers() -> Ec2ExtensionOffers:
    return Ec2ExtensionOffers(aws.client("ec2"), REGION)


def test_an_offer_begins_where_the_block_ends(stub: Stubber, offers: Ec2ExtensionOffers) -> None:
    add_pages(stub, METHOD, MEMBER, [[OFFERED]], ASKED)

    assert offers.offers("cr-0a", WEEK) == (OFFERING,)


def test_offers_of_all_pages_are_returned(stub: Stubber, offers: Ec2ExtensionOffers) -> None:
    other = {**OFFERED, "CapacityBlockExtensionOfferingId": "cbe-0b"}
    add_pages(stub, METHOD, MEMBER, [[OFFERED], [other]], ASKED)

    assert [each.offering_id for each in offers.offers("cr-0a", WEEK)] == ["cbe-0a", "cbe-0b"]


def test_nothing_on_sale_is_no_error(stub: Stubber, offers: Ec2ExtensionOffers) -> None:
    add_pages(stub, METHOD, MEMBER, [[]], ASKED)

    assert offers.offers("cr-0a", WEEK) == ()


@pytest.mark.parametrize(
    "name",
    [
        "CapacityBlockExtensionOfferingId",
        "CapacityBlockExtensionStartDate",
        "CapacityBlockExtensionEndDate",
        "InstanceType",
        "InstanceCount",
        "AvailabilityZone",
    ],
)
def test_an_offer_that_cannot_be_read_is_no_sold_out(stub: Stubber, offers: Ec2ExtensionOffers, name: str) -> None:
    add_pages(stub, METHOD, MEMBER, [[without(OFFERED, name)]], ASKED)

    with pytest.raises(AwsError, match=f"cr-0a: EC2 gives no {name}"):
        offers.offers("cr-0a", WEEK)


def test_a_fee_that_is_no_amount_is_left_for_the_core_to_refuse(stub: Stubber, offers: Ec2ExtensionOffers) -> None:
    add_pages(stub, METHOD, MEMBER, [[{**OFFERED, "UpfrontFee": "a lot"}]], ASKED)

    assert [each.upfront_fee for each in offers.offers("cr-0a", WEEK)] == [None]


@pytest.mark.parametrize(
    ("code", "definite"), [("InvalidParameterValue", True), ("CapacityBlockDescribeLimitExceeded", False)]
)
def test_an_error_is_no_sold_out(stub: Stubber, offers: Ec2ExtensionOffers, code: str, definite: bool) -> None:
    stub.add_client_error(METHOD, code, "told so", http_status_code=400, expected_params=ASKED)

    with pytest.raises(AwsError) as caught:
        offers.offers("cr-0a", WEEK)

    assert (caught.value.code, caught.value.definite) == (code, definite)


def test_every_hour_of_an_extension_can_be_used() -> None:
    """The half hour in which EC2 takes instances back is that of the block: it moves with the end."""
    assert OFFERING.usable_duration == WEEK
    assert OFFERING.fee_per_unit_hour == Decimal("42297.50") / (168 * 64)
