"""What an hour of a block costs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core import tag
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.price import PUBLISHED, Price, cost_per_hour, price_of
from capacity_blocks.core.reservation import Reservation
from tests.factories import a_reservation

SET = Policy(price_per_instance_hour={"p5.48xlarge": Decimal("31.46")})
FEE = a_reservation(tags={tag.UPFRONT_FEE: "6000.00"})
RARE = a_reservation(instance_type="p9.48xlarge")

PRICES = {
    "the fee in the tag, over all instances and hours": (
        FEE, SET, Price(per_instance_hour=Decimal("31.25"), source="tag capacity-blocks:upfront-fee")
    ),
    "the pool's settings, without a fee": (
        a_reservation(), SET, Price(per_instance_hour=Decimal("31.46"), source="the pool's settings")
    ),
    "the published list, without either": (
        a_reservation(), Policy(),
        Price(per_instance_hour=PUBLISHED["p5.48xlarge"], source="AWS's price list of late 2024, an estimate"),
    ),
    "nothing, for a type on no list": (RARE, SET, None),
    "a size that is not known": (
        a_reservation(tags={tag.UPFRONT_FEE: "6000"}, instance_count=0), SET,
        Price(per_instance_hour=Decimal("31.46"), source="the pool's settings"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("block", "policy", "expected"), PRICES.values(), ids=PRICES.keys())
def test_the_best_figure_is_taken(block: Reservation, policy: Policy, expected: Price | None) -> None:
    assert price_of(block, policy) == expected


@pytest.mark.parametrize("fee", ["", "a lot", "-1", "0", "NaN", "Infinity", "1e30", "1000000000"])
def test_a_fee_that_is_none_is_not_believed(fee: str) -> None:
    assert price_of(a_reservation(tags={tag.UPFRONT_FEE: fee}), SET) == price_of(a_reservation(), SET)


def test_a_cost_is_the_price_times_instances_and_hours_in_whole_dollars() -> None:
    price = Price(per_instance_hour=Decimal("31.46"), source="a test")

    assert price.of(8, timedelta(minutes=90)) == Decimal(378)


def test_people_are_told_the_cost_and_where_it_is_from() -> None:
    block = a_reservation(instance_count=64, tags={})

    assert cost_per_hour(block, 64, SET) == "about $2,013 an hour (by the pool's settings)"


def test_people_are_told_how_to_make_an_unknown_cost_known() -> None:
    assert cost_per_hour(RARE, 8, SET) == (
        "an amount per hour that is not known here (tag the block capacity-blocks:upfront-fee with its fee in dollars)"
    )


@given(fee=st.text(max_size=40), minutes=st.integers(1, 10**6), count=st.integers(0, 64))
def test_whatever_a_tag_says_a_cost_can_be_told(fee: str, minutes: int, count: int) -> None:
    short = a_reservation(tags={tag.UPFRONT_FEE: fee})
    block = a_reservation(
        tags={tag.UPFRONT_FEE: fee}, end=short.start + timedelta(minutes=minutes), instance_count=count
    )

    assert cost_per_hour(block, count, Policy())
