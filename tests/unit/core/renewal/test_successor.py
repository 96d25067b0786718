"""The request for a block that follows: what it asks for, and whose it is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.request import parse
from capacity_blocks.core.renewal.successor import document, follows, request_id
from tests.factories import at
from tests.unit.core.reminder.shapes import DAY, END, HOUR, a_block

BLOCK = a_block(
    platform="Ubuntu Pro",
    tags={tag.POOL: "training", "aws:cloudformation:stack-name": "x", "deployment": "prod", "Capacity-Blocks:x": "y"},
)
FEE = Decimal("6080.50")


def test_it_asks_for_the_same_again_with_the_tags_of_its_owner() -> None:
    assert document(BLOCK, "training", start=END - HOUR, end=END + 7 * DAY, most_fee=FEE) == {
        "request_id": "next-cr-0a-20260615t1130",
        "pool": "training",
        "instance_types": ["p5.48xlarge"],
        "instance_count": 8,
        "duration_days": [7],
        "least_hours": 168,
        "most_hours": 169,
        "earliest_start": "2026-06-15T10:30:00Z",
        "latest_end": "2026-06-22T11:30:00Z",
        "regions": ["us-east-2"],
        "most_upfront_fee": "6080.5",
        "platform": "Ubuntu Pro",
        "tags": {"deployment": "prod"},
        "may_overlap": True,
    }


def test_one_that_starts_at_the_end_does_not_overlap_and_may_be_looked_for() -> None:
    asked = document(BLOCK, "training", start=END, end=END + DAY, most_fee=FEE, look_until=END - HOUR)

    assert (asked["may_overlap"], asked["look_until"], "automatic" in asked) == (False, "2026-06-15T10:30:00Z", False)


def test_one_that_nobody_asks_for_says_so() -> None:
    asked = document(BLOCK, "training", start=END, end=END + DAY, most_fee=FEE, automatic=True)

    assert (asked["automatic"], parse(asked).automatic) == (True, True)


@given(hours=st.integers(24, 182 * 24))
def test_whatever_is_on_sale_can_be_asked_for(hours: int) -> None:
    request = parse(document(BLOCK, "training", start=END, end=END + timedelta(hours=hours), most_fee=FEE))

    assert request.notes == ()
    assert request.least_duration <= timedelta(hours=hours) == request.most_duration


@pytest.mark.parametrize("changes", [{"ultraserver": True}, {"ultraserver": None}, {"instance_count": 0}])
def test_what_cannot_be_named_is_not_asked_for(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cr-0a"):
        document(a_block(**changes), "training", start=END, end=END + DAY, most_fee=FEE)


def test_a_request_says_which_block_it_follows() -> None:
    longest = "cr-0123456789abcdef0"

    assert follows(request_id(longest, END)) == (longest, END)
    assert len(request_id(longest, END)) <= 40
    assert request_id(longest, at("2026-06-15T11:30")) != request_id(longest, at("2026-06-16T11:30"))


@pytest.mark.parametrize(
    "name",
    [
        "may-training",
        "next-cr-0a",
        "next-cr-0a-20261340t1130",
        "next-cr-0a-20260615t1130-2",
        "xnext-cr-0a-20260615t1130",
    ],
)
def test_other_requests_follow_nothing(name: str) -> None:
    assert follows(name) is None
