"""A wish for more time: read as a whole, and one request for each block and end."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.extension import request
from capacity_blocks.core.extension.request import ExtensionWish, claimed_for, parse
from capacity_blocks.core.purchase.duration import is_sold
from capacity_blocks.core.purchase.intent import request_of
from capacity_blocks.core.purchase.request import PurchaseRequestError
from tests.factories import at
from tests.unit.core.extension.extending import a_wish, an_extension, an_extension_request
from tests.unit.core.purchase.shapes import END, WEEK

WISH = {"reservation_id": "cr-0a", "region": "us-east-2", "hours": 168}
DAY = timedelta(days=1)


def test_a_wish_needs_a_block_its_region_and_hours() -> None:
    assert parse(WISH) == a_wish()


def test_a_wish_may_say_more() -> None:
    full = {**WISH, "why": "asked in Slack", "automatic": True, "most_fee": "42000", "end": "2026-05-11T11:30:00Z"}

    assert parse(full) == ExtensionWish(
        reservation_id="cr-0a",
        region="us-east-2",
        duration=WEEK,
        why="asked in Slack",
        automatic=True,
        most_fee=Decimal(42000),
        end=END,
    )


@pytest.mark.parametrize("hours", ["168", 168, 168.0])
def test_hours_are_a_number_or_digits(hours: object) -> None:
    assert parse({**WISH, "hours": hours}).duration == WEEK


def test_what_a_workflow_passes_on_as_null_is_not_given() -> None:
    assert parse({**WISH, "most_fee": None, "end": None}) == a_wish()


MALFORMED: dict[str, tuple[Any, str]] = {
    "no object": ("cr-0a", 'extend is "cr-0a"; allowed: a JSON object'),
    "no block": ({**WISH, "reservation_id": None}, "extend.reservation_id is missing"),
    "another id": ({**WISH, "reservation_id": "i-0a"}, 'extend.reservation_id is "i-0a"'),
    "no region": ({**WISH, "region": ""}, 'extend.region is ""'),
    "no hours": ({**WISH, "hours": None}, "extend.hours is missing"),
    "hours that EC2 does not sell": ({**WISH, "hours": 360}, "extend.hours is 360; allowed: hours that EC2 sells"),
    "hours in words": ({**WISH, "hours": "a week"}, 'extend.hours is "a week"'),
    "too many digits": ({**WISH, "hours": "1" * 5000}, "extend.hours is"),
    "a fee that is no sum": ({**WISH, "most_fee": "a lot"}, 'extend.most_fee is "a lot"'),
    "no fee at all": ({**WISH, "most_fee": "0"}, 'extend.most_fee is "0"'),
    "an end without an offset": ({**WISH, "end": "2026-05-11T11:30:00"}, "extend.end is"),
    "several lines": ({**WISH, "why": "a\nb"}, "extend.why is"),
    "what is no field": ({**WISH, "hour": 1}, '"extend.hour" is not a field'),
}


@pytest.mark.parametrize(("document", "words"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_wish_is_told_what_is_wrong(document: Any, words: str) -> None:
    with pytest.raises(PurchaseRequestError) as caught:
        parse(document)

    assert words in str(caught.value)


def test_ec2_sells_days_to_two_weeks_and_then_weeks() -> None:
    sold = [days for days in range(400) if is_sold(days * DAY)]

    assert sold == [*range(1, 15), *range(21, 183, 7)]
    assert not is_sold(DAY + timedelta(hours=1))


def test_a_request_is_named_by_its_block_and_end_alone() -> None:
    wishes = (a_wish(), a_wish(duration=DAY, why="other", automatic=True, most_fee=Decimal(1)))

    assert {claimed_for(wish, "training", END).request_id for wish in wishes} == {"extend-cr-0a-20260511t1130z"}
    assert claimed_for(a_wish(), "training", at("2026-05-11T11:31")).request_id == "extend-cr-0a-20260511t1131z"


def test_the_name_of_a_request_is_found_again_in_that_of_its_intent_which_names_an_execution() -> None:
    intent = an_extension()

    assert request_of(intent.intent_id) == intent.request_id
    assert len(claimed_for(a_wish(reservation_id=f"cr-{'0' * 17}"), "p", END).request_id) + 20 <= 80


@given(st.sampled_from([DAY, 14 * DAY, 182 * DAY]), st.booleans(), st.none() | st.decimals(1, 10**6, places=2))
def test_a_request_survives_being_stored(duration: timedelta, automatic: bool, most_fee: Decimal | None) -> None:
    made = an_extension_request(duration=duration, automatic=automatic, most_fee=most_fee, why="why")

    assert request.from_document(json.loads(json.dumps(request.to_document(made)))) == made


def test_a_stored_request_that_is_not_what_it_is_named_is_not_read() -> None:
    document = request.to_document(an_extension_request())

    for wrong in ({"request_id": "extend-cr-0b-20260511t1130z"}, {"extend": {**document["extend"], "end": None}}):
        with pytest.raises(PurchaseRequestError):
            request.from_document(document | wrong)
