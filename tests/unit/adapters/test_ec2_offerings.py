from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Answer, Outcome, Query, Subject
from capacity_blocks.core.purchase.segment import Segment
from capacity_blocks.core.throttle import NOT_NOW
from tests import aws
from tests.factories import END, REGION, START, at
from tests.unit.adapters.stub import add_pages

NOW = at("2026-02-20T09:00")
SUBJECT = Subject(region=REGION, types=("p5.48xlarge",), duration=timedelta(days=1))
QUERY = Query(subject=SUBJECT, count=8, not_before=at("2026-03-01T00:00"), not_after=at("2026-03-08T00:00"))
ASKED: dict[str, Any] = {
    "CapacityDurationHours": 24,
    "InstanceType": "p5.48xlarge",
    "InstanceCount": 8,
    "StartDateRange": QUERY.not_before,
    "EndDateRange": QUERY.not_after,
    "MaxResults": 1000,
}
ITEM: dict[str, Any] = {
    "CapacityBlockOfferingId": "cb-0a",
    "InstanceType": "p5.48xlarge",
    "AvailabilityZone": "us-east-2a",
    "InstanceCount": 8,
    "StartDate": START,
    "EndDate": END,
    "CapacityBlockDurationHours": 24,
    "CapacityBlockDurationMinutes": 0,
    "UpfrontFee": "6042.50",
    "CurrencyCode": "USD",
    "Tenancy": "default",
    "ZoneType": "availability-zone",
}
WHOLE = Segment(
    instance_type="p5.48xlarge",
    instance_count=8,
    availability_zone="us-east-2a",
    start=START,
    end=END,
    upfront_fee=Decimal("6042.50"),
    currency="USD",
    zone_type="availability-zone",
)
OFFERING = Offering(offering_id="cb-0a", region=REGION, whole=WHOLE)
SEGMENT = {
    "InstanceType": "p5.48xlarge",
    "AvailabilityZone": "us-east-2b",
    "AvailabilityZoneId": "use2-az2",
    "InstanceCount": 3,
    "StartDate": START,
    "EndDate": END,
    "CapacityBlockDurationHours": 24,
    "CapacityBlockDurationMinutes": 0,
    "UpfrontFee": "2266",
    "CurrencyCode": "USD",
    "ZoneType": "local-zone",
}
ULTRASERVER = {
    **{name: value for name, value in ITEM.items() if name not in {"InstanceType", "InstanceCount"}},
    "UltraserverType": "u-p6e-gb200x72",
    "UltraserverCount": 2,
}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ITEM.items() if name not in names}


@dataclass
class Ec2:
    """EC2 as a Stubber plays it, and the adapter on it."""

    stub: Stubber
    offerings: Ec2Offerings

    def sells(self, *pages: list[dict[str, Any]], asked: dict[str, Any] = ASKED) -> None:
        add_pages(self.stub, "describe_capacity_block_offerings", "CapacityBlockOfferings", list(pages), asked)

    def refuses(self, code: str, message: str = "told so", status: int = 400) -> None:
        self.stub.add_client_error("describe_capacity_block_offerings", code, message, http_status_code=status)

    def search(self, query: Query = QUERY) -> Answer:
        return self.offerings.search(query, NOW)


@pytest.fixture
def ec2() -> Iterator[Ec2]:
    client = aws.client("ec2")
    with Stubber(client) as stub:
        yield Ec2(stub, Ec2Offerings(client, REGION))
        stub.assert_no_pending_responses()


def test_an_offering_is_read_whole(ec2: Ec2) -> None:
    ec2.sells([ITEM])

    assert ec2.search() == Answer(query=QUERY, outcome=Outcome.ON_SALE, at=NOW, offerings=(OFFERING,))


def test_every_page_is_read(ec2: Ec2) -> None:
    ec2.sells([ITEM], [], [{**ITEM, "CapacityBlockOfferingId": "cb-0b"}])

    assert [each.offering_id for each in ec2.search().offerings] == ["cb-0a", "cb-0b"]


def test_segments_are_read_with_the_id_of_their_zone(ec2: Ec2) -> None:
    ec2.sells([{**ITEM, "CapacityBlockOfferingSegments": [SEGMENT, {**SEGMENT, "InstanceCount": 5}]}])

    [found] = ec2.search().offerings

    piece = replace(
        WHOLE,
        availability_zone="us-east-2b",
        availability_zone_id="use2-az2",
        instance_count=3,
        upfront_fee=Decimal(2266),
        zone_type="local-zone",
    )
    assert found == replace(OFFERING, segments=(piece, replace(piece, instance_count=5)))


def test_without_a_start_in_mind_none_is_asked_for(ec2: Ec2) -> None:
    ec2.sells([ITEM], asked={name: value for name, value in ASKED.items() if name != "StartDateRange"})

    assert ec2.search(replace(QUERY, not_before=None)).outcome is Outcome.ON_SALE


def test_types_by_preference_are_asked_for_in_their_order(ec2: Ec2) -> None:
    several = replace(SUBJECT, types=("p5en.48xlarge", "p5.48xlarge"), by_preference=True)
    asked = {name: value for name, value in ASKED.items() if name != "InstanceType"}
    preferences = [{"InstanceType": "p5en.48xlarge"}, {"InstanceType": "p5.48xlarge"}]
    ec2.sells([ITEM], asked={**asked, "InstanceTypePreferences": preferences})

    assert ec2.search(replace(QUERY, subject=several)).offerings == (OFFERING,)


def test_ultraservers_are_counted_as_such_even_where_their_instances_are_not_named(ec2: Ec2) -> None:
    subject = replace(SUBJECT, types=("u-p6e-gb200x72",), is_ultraserver=True)
    asked = {name: value for name, value in ASKED.items() if not name.startswith("Instance")}
    ec2.sells([ULTRASERVER], asked={**asked, "UltraserverType": "u-p6e-gb200x72", "UltraserverCount": 2})

    [found] = ec2.search(replace(QUERY, subject=subject, count=2)).offerings

    assert (found.ultraserver_type, found.ultraserver_count) == ("u-p6e-gb200x72", 2)
    assert (found.whole.instance_type, found.whole.instance_count) == ("unnamed", 0)
    assert found.usable_unit_hours == 2 * 72 * 23


def test_the_instances_of_ultraservers_are_read_where_they_are_named(ec2: Ec2) -> None:
    ec2.sells([{**ULTRASERVER, "InstanceType": "p6e-gb200.36xlarge", "InstanceCount": 36}])

    [found] = ec2.search().offerings

    assert (found.whole.instance_type, found.whole.instance_count) == ("p6e-gb200.36xlarge", 36)


@pytest.mark.parametrize(("days", "hours"), [(1, 24), (14, 336), (182, 4368)])
def test_a_duration_is_asked_for_in_hours(ec2: Ec2, days: int, hours: int) -> None:
    ec2.sells([], asked={**ASKED, "CapacityDurationHours": hours})

    ec2.search(replace(QUERY, subject=replace(SUBJECT, duration=timedelta(days=days))))


def test_an_answer_without_offerings_is_sold_out(ec2: Ec2) -> None:
    ec2.sells([])

    assert ec2.search() == Answer(query=QUERY, outcome=Outcome.SOLD_OUT, at=NOW)


@pytest.mark.parametrize("fee", ["", "free", "-1", "1e3", "NaN", None])
def test_a_fee_that_is_no_amount_is_left_for_the_core_to_refuse(ec2: Ec2, fee: str | None) -> None:
    ec2.sells([without("UpfrontFee") if fee is None else {**ITEM, "UpfrontFee": fee}])

    assert ec2.search().offerings == (replace(OFFERING, whole=replace(WHOLE, upfront_fee=None)),)


def test_what_may_be_left_out_is_taken_for_what_it_then_means(ec2: Ec2) -> None:
    ec2.sells([without("CurrencyCode", "ZoneType", "Tenancy")])

    assert ec2.search().offerings == (replace(OFFERING, whole=replace(WHOLE, currency=None, zone_type=None)),)


@pytest.mark.parametrize("name", ["InstanceType", "InstanceCount", "AvailabilityZone", "StartDate", "EndDate"])
def test_an_offering_that_cannot_be_read_hides_no_other_and_is_named(ec2: Ec2, name: str) -> None:
    ec2.sells([{**without(name), "CapacityBlockOfferingId": "cb-0b"}, ITEM])

    words = f"left out, as it cannot be read: cb-0b: EC2 gives no {name}"
    assert ec2.search() == Answer(query=QUERY, outcome=Outcome.ON_SALE, at=NOW, offerings=(OFFERING,), message=words)


def test_a_segment_that_cannot_be_read_takes_its_offering_along(ec2: Ec2) -> None:
    piece = {name: value for name, value in SEGMENT.items() if name != "EndDate"}
    ec2.sells([{**ITEM, "CapacityBlockOfferingSegments": [piece]}])

    assert ec2.search().offerings == ()


def test_where_nothing_can_be_read_the_search_failed_and_is_not_sold_out(ec2: Ec2) -> None:
    ec2.sells([without("CapacityBlockOfferingId"), {**without("EndDate"), "CapacityBlockOfferingId": ""}])

    answer = ec2.search()

    assert (answer.outcome, answer.offerings) == (Outcome.FAILED, ())
    assert answer.message == (
        "left out, as it cannot be read: an offering without an id: EC2 gives no CapacityBlockOfferingId; "
        "an offering without an id: EC2 gives no CapacityBlockOfferingId"
    )


def test_a_type_that_is_not_offered_there_is_told_from_a_mistake(ec2: Ec2) -> None:
    words = "The instance type 'p5.48xlarge' is not supported for Capacity Blocks in 'us-east-2'. Specify another."
    ec2.refuses("InvalidParameterValue", words)

    assert ec2.search() == Answer(
        query=QUERY, outcome=Outcome.NOT_OFFERED, at=NOW, message=f"InvalidParameterValue: {words}"
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameterValue", "The specified start date is not valid"),
        ("InvalidParameterValue", "The specified duration is not valid"),
        ("PendingVerification", "Your account is being verified"),
        ("UnauthorizedOperation", "p5.48xlarge is not supported for Capacity Blocks for you"),
        ("InternalError", "An internal error has occurred"),
    ],
)
def test_any_other_refusal_is_a_failure_in_ec2s_words(ec2: Ec2, code: str, message: str) -> None:
    ec2.refuses(code, message)

    assert ec2.search() == Answer(query=QUERY, outcome=Outcome.FAILED, at=NOW, message=f"{code}: {message}")


@pytest.mark.parametrize("code", sorted(NOT_NOW))
def test_what_says_not_now_is_a_throttle(ec2: Ec2, code: str) -> None:
    ec2.refuses(code, "Request limit exceeded.", status=503)

    assert ec2.search() == Answer(
        query=QUERY, outcome=Outcome.THROTTLED, at=NOW, message=f"{code}: Request limit exceeded."
    )


def test_a_second_page_that_is_refused_leaves_no_part_of_an_answer(ec2: Ec2) -> None:
    first = {"CapacityBlockOfferings": [ITEM], "NextToken": "page-1"}
    ec2.stub.add_response("describe_capacity_block_offerings", first, ASKED)
    ec2.refuses("CapacityBlockDescribeLimitExceeded")

    answer = ec2.search()

    assert (answer.outcome, answer.offerings) == (Outcome.THROTTLED, ())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ReadTimeoutError(endpoint_url="https://ec2"), "ReadTimeoutError: Read timeout on endpoint URL"),
        (EndpointConnectionError(endpoint_url="https://ec2"), "EndpointConnectionError: Could not connect"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_no_answer_is_a_failure_in_the_sdks_words(error: Exception, words: str) -> None:
    class Unreachable:
        def get_paginator(self, _method: str) -> "Unreachable":
            return self

        def paginate(self, **_asked: Any) -> Any:
            raise error

    client: Any = Unreachable()
    answer = Ec2Offerings(client, REGION).search(QUERY, NOW)

    assert answer.outcome is Outcome.FAILED
    assert answer.message.startswith(words)
