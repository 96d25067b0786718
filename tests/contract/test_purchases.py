"""The fake market and the adapters of EC2 keep the same promises. A Stubber plays EC2: moto knows no blocks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

import pytest
from botocore.stub import ANY, Stubber

from capacity_blocks.adapters.ec2_candidates import Ec2Candidates
from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.adapters.ec2_purchases import Ec2Purchases
from capacity_blocks.adapters.ec2_tags import Ec2Tags
from capacity_blocks.core import tag
from capacity_blocks.core.purchase import attempt
from capacity_blocks.core.purchase.lookup import Candidate
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Answer, Outcome, Query, Subject
from capacity_blocks.core.purchase.segment import Segment
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.ports import AwsError
from capacity_blocks.purchase_ports import Candidates, Offerings, Purchases, ReservationTags
from tests.factories import ACCOUNT, REGION, a_reservation, at
from tests.fakes import FakeClock, FakeMarket, unclear
from tests.unit.adapters.stub import asks_once
from tests.unit.core.purchase.shapes import END, FEE, NOW, START, WEEK, a_segment, an_offering

SUBJECT = Subject(region=REGION, types=("p5.48xlarge",), duration=WEEK)
OF_ULTRASERVERS = Subject(region=REGION, types=("u-p6e-gb200x72",), duration=WEEK, is_ultraserver=True)
QUERY = Query(subject=SUBJECT, count=8, not_before=at("2026-05-01T00:00"), not_after=at("2026-05-16T00:00"))
TAGS = {tag.INTENT: "may-training-1-0a", tag.POOL: "training"}
HALVES = tuple(a_segment(instance_count=4, upfront_fee=FEE / 2, availability_zone=f"us-east-2{zone}") for zone in "ab")
IN_HALVES = an_offering(offering_id="cb-0b", segments=HALVES)
ULTRASERVERS = an_offering(
    offering_id="cb-0c",
    instance_type="p6e-gb200.36xlarge",
    instance_count=36,
    ultraserver_type="u-p6e-gb200x72",
    ultraserver_count=2,
)
GONE = "InvalidCapacityBlockOfferingIdExpired"


def terms(offering: Offering) -> Terms:
    return Terms(offering=offering, pool="training", platform="Linux/UNIX")


class Stage(Protocol):
    """An EC2 in which a test says what there is, and the ports on it."""

    offerings: Offerings
    purchases: Purchases
    candidates: Candidates
    tags: ReservationTags

    def sells(self, *offerings: Offering) -> None: ...
    def does_not_offer(self, instance_type: str) -> None: ...
    def throttles_a_search(self) -> None: ...
    def is_out_of_reach(self, method: str) -> None: ...
    def can_no_longer_sell(self, offering: Offering) -> None: ...
    def will_make(self, offering: Offering, ids: tuple[str, ...]) -> None: ...
    def holds(self, *candidates: Candidate) -> None: ...
    def lacks(self, reservation_id: str) -> None: ...
    def is_asked_for_a_dry_run(self) -> None: ...


class FakeStage:
    def __init__(self) -> None:
        self.market = FakeMarket(clock=FakeClock(NOW))
        self.offerings: Offerings = self.market
        self.purchases: Purchases = self.market
        self.candidates: Candidates = self.market
        self.tags: ReservationTags = self.market

    def sells(self, *offerings: Offering) -> None:
        self.market.sell(*offerings)

    def does_not_offer(self, instance_type: str) -> None:
        self.market.not_offered.add(instance_type)

    def throttles_a_search(self) -> None:
        self.market.throttles = 1

    def is_out_of_reach(self, method: str) -> None:
        operation = {"search": "DescribeCapacityBlockOfferings", "candidates": "DescribeCapacityReservations"}[method]
        self.market.errors[method] = AwsError(operation, "InternalError", "told so", definite=False)

    def can_no_longer_sell(self, offering: Offering) -> None:
        self.market.on_sale.pop(offering.offering_id, None)

    def will_make(self, offering: Offering, ids: tuple[str, ...]) -> None:
        self.market.sell(offering)

    def holds(self, *candidates: Candidate) -> None:
        for each in candidates:
            self.market.reservations.hold(each.reservation)
            if each.created_at is not None:
                self.market.created_at[each.reservation.reservation_id] = each.created_at
            if each.block_tags is not None:
                self.market.block_tags[each.reservation.reservation_id] = each.block_tags

    def lacks(self, reservation_id: str) -> None:
        self.market.reservations.held.pop(reservation_id, None)

    def is_asked_for_a_dry_run(self) -> None:
        pass


class StubbedStage:
    def __init__(self, stub: Stubber) -> None:
        client = asks_once()
        self.stub = stub
        self.offerings: Offerings = Ec2Offerings(client, REGION)
        self.purchases: Purchases = Ec2Purchases(client)
        self.candidates: Candidates = Ec2Candidates(client, REGION, ACCOUNT)
        self.tags: ReservationTags = Ec2Tags(client)

    def sells(self, *offerings: Offering) -> None:
        items = [_offering_item(each) for each in offerings]
        self.stub.add_response("describe_capacity_block_offerings", {"CapacityBlockOfferings": items})

    def does_not_offer(self, instance_type: str) -> None:
        words = f"The instance type '{instance_type}' is not supported for Capacity Blocks in '{REGION}'."
        self.stub.add_client_error("describe_capacity_block_offerings", "InvalidParameterValue", words, 400)

    def throttles_a_search(self) -> None:
        self.stub.add_client_error(
            "describe_capacity_block_offerings", "CapacityBlockDescribeLimitExceeded", "Request limit exceeded.", 503
        )

    def is_out_of_reach(self, method: str) -> None:
        called = {"search": "describe_capacity_block_offerings", "candidates": "describe_capacity_reservations"}
        self.stub.add_client_error(called[method], "InternalError", "told so", 500)

    def can_no_longer_sell(self, offering: Offering) -> None:
        self.stub.add_client_error("purchase_capacity_block", GONE, http_status_code=400)

    def will_make(self, offering: Offering, ids: tuple[str, ...]) -> None:
        made = [{"CapacityReservationId": each} for each in ids]
        self.stub.add_response(
            "purchase_capacity_block", {"CapacityReservation": made[0], "CapacityReservations": made}
        )

    def holds(self, *candidates: Candidate) -> None:
        items = [_candidate_item(each) for each in candidates]
        self.stub.add_response("describe_capacity_reservations", {"CapacityReservations": items}, {"MaxResults": ANY})
        if items:
            blocks = [_block_item(each) for each in candidates if each.block_tags is not None]
            self.stub.add_response("describe_capacity_blocks", {"CapacityBlocks": blocks}, {"MaxResults": ANY})

    def lacks(self, reservation_id: str) -> None:
        self.stub.add_client_error("create_tags", "InvalidCapacityReservationId.NotFound", http_status_code=400)

    def is_asked_for_a_dry_run(self) -> None:
        asked = dict.fromkeys(("CapacityBlockOfferingId", "InstancePlatform", "TagSpecifications"), ANY)
        self.stub.add_client_error(
            "purchase_capacity_block",
            "DryRunOperation",
            "Request would have succeeded.",
            http_status_code=412,
            expected_params={**asked, "DryRun": True},
        )


def _offering_item(offering: Offering) -> dict[str, Any]:
    segments = [_segment_item(each) for each in offering.segments]
    ultraservers = {"UltraserverType": offering.ultraserver_type, "UltraserverCount": offering.ultraserver_count}
    return {
        **_segment_item(offering.whole),
        "CapacityBlockOfferingId": offering.offering_id,
        "Tenancy": offering.tenancy,
        **({"CapacityBlockOfferingSegments": segments} if segments else {}),
        **(ultraservers if offering.is_ultraserver else {}),
    }


def _segment_item(segment: Segment) -> dict[str, Any]:
    item = {
        "InstanceType": segment.instance_type,
        "InstanceCount": segment.instance_count,
        "AvailabilityZone": segment.availability_zone,
        "StartDate": segment.start,
        "EndDate": segment.end,
        "CurrencyCode": segment.currency,
    }
    return item if segment.upfront_fee is None else {**item, "UpfrontFee": str(segment.upfront_fee)}


def _candidate_item(candidate: Candidate) -> dict[str, Any]:
    held = candidate.reservation
    item = {
        "CapacityReservationId": held.reservation_id,
        "OwnerId": ACCOUNT,
        "ReservationType": "capacity-block",
        "InstanceType": held.instance_type,
        "InstancePlatform": held.platform,
        "Tenancy": held.tenancy,
        "TotalInstanceCount": held.instance_count,
        "AvailableInstanceCount": held.available_count,
        "State": held.state.value,
        "StartDate": held.start,
        "EndDate": held.end,
        "AvailabilityZone": held.availability_zone,
        "AvailabilityZoneId": held.availability_zone_id,
        "Tags": [{"Key": k, "Value": v} for k, v in held.tags.items()],
    }
    return item if candidate.created_at is None else {**item, "CreateDate": candidate.created_at}


def _block_item(candidate: Candidate) -> dict[str, Any]:
    tags = candidate.block_tags or {}
    return {
        "UltraserverType": "u-p6e-gb200x72",
        "CapacityReservationIds": [candidate.reservation.reservation_id],
        "Tags": [{"Key": k, "Value": v} for k, v in tags.items()],
    }


@pytest.fixture(params=["fake", "ec2"])
def ec2(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "fake":
        yield FakeStage()
        return
    with Stubber(asks_once()) as stub:
        yield StubbedStage(stub)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("query", "offering"),
    [
        (QUERY, an_offering()),
        (replace(QUERY, not_before=None), an_offering()),
        (replace(QUERY, subject=replace(SUBJECT, by_preference=True)), IN_HALVES),
        (replace(QUERY, subject=OF_ULTRASERVERS, count=2), ULTRASERVERS),
    ],
    ids=["whole", "as soon as can be", "segments", "UltraServers"],
)
def test_what_is_on_sale_is_returned_as_it_is(ec2: Stage, query: Query, offering: Offering) -> None:
    ec2.sells(offering)

    assert ec2.offerings.search(query, NOW) == Answer(
        query=query, outcome=Outcome.ON_SALE, at=NOW, offerings=(offering,)
    )


def test_no_offerings_are_sold_out(ec2: Stage) -> None:
    ec2.sells()

    assert ec2.offerings.search(QUERY, NOW) == Answer(query=QUERY, outcome=Outcome.SOLD_OUT, at=NOW)


def test_a_type_that_is_not_offered_is_told_in_ec2s_words(ec2: Stage) -> None:
    ec2.does_not_offer("p5.48xlarge")

    words = "The instance type 'p5.48xlarge' is not supported for Capacity Blocks in 'us-east-2'."
    assert ec2.offerings.search(QUERY, NOW) == Answer(
        query=QUERY, outcome=Outcome.NOT_OFFERED, at=NOW, message=f"InvalidParameterValue: {words}"
    )


def test_too_many_searches_are_throttled(ec2: Stage) -> None:
    ec2.throttles_a_search()

    words = "CapacityBlockDescribeLimitExceeded: Request limit exceeded."
    assert ec2.offerings.search(QUERY, NOW) == Answer(query=QUERY, outcome=Outcome.THROTTLED, at=NOW, message=words)


def test_a_search_that_fails_is_an_answer(ec2: Stage) -> None:
    ec2.is_out_of_reach("search")

    assert ec2.offerings.search(QUERY, NOW) == Answer(
        query=QUERY, outcome=Outcome.FAILED, at=NOW, message="InternalError: told so"
    )


@pytest.mark.parametrize(
    ("offering", "ids"),
    [
        (an_offering(), ("cr-0001",)),
        (IN_HALVES, ("cr-0001", "cr-0002")),
        (ULTRASERVERS, ("cr-0001", "cr-0002")),
    ],
    ids=["whole", "segments", "UltraServers"],
)
def test_a_purchase_returns_all_that_it_made(ec2: Stage, offering: Offering, ids: tuple[str, ...]) -> None:
    ec2.will_make(offering, ids)

    assert ec2.purchases.purchase(terms(offering), TAGS) == ids


def test_what_is_gone_is_refused_for_certain(ec2: Stage) -> None:
    ec2.can_no_longer_sell(an_offering())

    with pytest.raises(AwsError) as caught:
        ec2.purchases.purchase(terms(an_offering()), TAGS)

    assert (caught.value.operation, caught.value.code, caught.value.definite) == ("PurchaseCapacityBlock", GONE, True)


def test_a_dry_run_returns_the_code_of_one_that_would_succeed(ec2: Stage) -> None:
    ec2.is_asked_for_a_dry_run()

    assert ec2.purchases.dry_run(terms(an_offering()), TAGS) == (
        attempt.WOULD_HAVE_SUCCEEDED,
        "Request would have succeeded.",
    )


def test_every_block_is_a_candidate_as_it_is(ec2: Stage) -> None:
    held = [
        Candidate(reservation=a_reservation(), created_at=NOW),
        Candidate(reservation=a_reservation(reservation_id="cr-0b", state=ReservationState.EXPIRED), created_at=None),
        Candidate(
            reservation=a_reservation(reservation_id="cr-0c", ultraserver=True, tags={}),
            created_at=NOW,
            block_tags=TAGS,
        ),
        Candidate(reservation=a_reservation(reservation_id="cr-0d", ultraserver=True), created_at=NOW, block_tags={}),
    ]
    ec2.holds(*held)

    assert ec2.candidates.candidates() == held


def test_no_blocks_are_no_candidates(ec2: Stage) -> None:
    ec2.holds()

    assert ec2.candidates.candidates() == []


def test_candidates_that_could_not_be_listed_are_not_none(ec2: Stage) -> None:
    ec2.is_out_of_reach("candidates")

    with pytest.raises(AwsError, match="DescribeCapacityReservations: InternalError: told so"):
        ec2.candidates.candidates()


def test_a_reservation_that_is_not_there_cannot_be_tagged(ec2: Stage) -> None:
    ec2.lacks("cr-0a")

    with pytest.raises(AwsError) as caught:
        ec2.tags.add(["cr-0a"], TAGS)

    assert (caught.value.code, caught.value.definite) == ("InvalidCapacityReservationId.NotFound", True)


def test_what_was_bought_is_a_candidate_once_it_is_listed_and_ours_once_it_is_tagged() -> None:
    """The fake alone, whose time passes: shell tests rest on it."""
    clock = FakeClock(NOW)
    market = FakeMarket(clock=clock, listed_after=timedelta(minutes=1), tagged_after=timedelta(minutes=5))
    market.sell(an_offering())
    market.lost["purchase"] = unclear("PurchaseCapacityBlock")

    with pytest.raises(AwsError):
        market.purchase(terms(an_offering()), TAGS)
    assert (list(market.bought), market.candidates()) == (["cr-0001"], [])

    clock.sleep_until(NOW + timedelta(minutes=1))
    [untagged] = market.candidates()
    assert (untagged.created_at, untagged.intent_id) == (NOW, None)

    market.settle()
    clock.sleep_until(NOW + timedelta(minutes=5))
    [found] = market.candidates()
    assert found.intent_id == TAGS[tag.INTENT]
    assert found.reservation == replace(market.bought["cr-0001"], state=ReservationState.SCHEDULED)
    assert found.reservation == Reservation(
        reservation_id="cr-0001",
        region=REGION,
        instance_type="p5.48xlarge",
        instance_count=8,
        state=ReservationState.SCHEDULED,
        start=START,
        end=END,
        availability_zone="us-east-2a",
        tags=TAGS,
    )
