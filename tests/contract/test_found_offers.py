"""What was looked up ahead, faked and in DynamoDB, is kept by the same promises."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from capacity_blocks.adapters.dynamodb_offers import DynamoDbOffers
from capacity_blocks.core.reminder.found import UNREADABLE, Found, Want
from capacity_blocks.core.reminder.offer import OfferKind
from capacity_blocks.renewal_ports import FoundOffers
from tests import aws
from tests.factories import REGION
from tests.fakes.renewal import FakeFoundOffers
from tests.unit.core.reminder.shapes import DAY, END, HOUR, NOW, a_new_block, an_extension

WANT = Want(reservation_id="cr-0a", end=END, kind=OfferKind.EXTENSION, duration=7 * DAY)
FOUND = Found(want=WANT, at=NOW, offerings=(an_extension(7),))
NEW_BLOCKS = Found(
    want=replace(WANT, kind=OfferKind.NEW_BLOCK), at=NOW + HOUR, offerings=(a_new_block(-HOUR), a_new_block())
)


@pytest.fixture(params=["fake", "dynamodb"])
def offers(request: pytest.FixtureRequest) -> Iterator[FoundOffers]:
    if request.param == "fake":
        yield FakeFoundOffers()
        return
    with aws.moto():
        yield DynamoDbOffers(aws.ledger_table("ledger"), "ledger")


def test_nothing_is_there_before_the_first_look(offers: FoundOffers) -> None:
    assert offers.instants(REGION) == {}
    assert offers.of(REGION, "cr-0a") == ()


def test_what_was_found_is_read_as_it_was(offers: FoundOffers) -> None:
    offers.put(FOUND, REGION)
    offers.put(NEW_BLOCKS, REGION)

    assert offers.of(REGION, "cr-0a") == (FOUND, NEW_BLOCKS)
    assert offers.instants(REGION) == {FOUND.want.key: NOW, NEW_BLOCKS.want.key: NOW + HOUR}


def test_a_later_look_takes_the_place_of_an_earlier_one(offers: FoundOffers) -> None:
    later = Found(want=WANT, at=NOW + HOUR)
    offers.put(FOUND, REGION)
    offers.put(later, REGION)

    assert offers.of(REGION, "cr-0a") == (later,)


def test_one_that_failed_takes_the_place_of_none_but_another_that_failed(offers: FoundOffers) -> None:
    failed = [Found(want=WANT, at=NOW + number * HOUR, trouble="EC2 said no") for number in range(4)]
    offers.put(failed[0], REGION)
    offers.put(failed[1], REGION)
    assert offers.of(REGION, "cr-0a") == (failed[1],)

    found = replace(FOUND, at=NOW + 2 * HOUR)
    offers.put(found, REGION)
    offers.put(failed[3], REGION)

    assert offers.of(REGION, "cr-0a") == (found,)
    assert offers.instants(REGION) == {WANT.key: NOW + 2 * HOUR}


@pytest.mark.parametrize("document", ["{}", "[]", "no JSON", '{"reservation_id": 7, "end": "2026-06-15T11:30:00Z"}'])
def test_a_row_that_cannot_be_read_says_so_and_hides_no_other(document: str) -> None:
    with aws.moto():
        client = aws.ledger_table("ledger")
        offers = DynamoDbOffers(client, "ledger")
        offers.put(FOUND, REGION)
        offers.put(NEW_BLOCKS, REGION)
        client.update_item(
            TableName="ledger",
            Key={"kind": {"S": f"offers#{REGION}"}, "key": {"S": WANT.key}},
            UpdateExpression="SET document = :document",
            ExpressionAttributeValues={":document": {"S": document}},
        )

        assert offers.of(REGION, "cr-0a") == (Found(want=WANT, at=NOW, trouble=UNREADABLE), NEW_BLOCKS)


def test_blocks_and_regions_are_kept_apart(offers: FoundOffers) -> None:
    offers.put(FOUND, REGION)
    offers.put(replace(FOUND, want=replace(WANT, reservation_id="cr-0ab")), REGION)

    assert offers.of(REGION, "cr-0a") == (FOUND,)
    assert offers.of("us-west-2", "cr-0a") == ()
    assert offers.instants("us-west-2") == {}
