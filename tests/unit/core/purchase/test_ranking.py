"""Which offering comes first, and why."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.ranking import ORDER, Ranking, Verdict, rank
from capacity_blocks.core.purchase.refusal import Refusal, Rule
from capacity_blocks.core.purchase.request import Instances
from tests.unit.core.purchase.shapes import END, NOW, PLACE, START, a_request, a_segment, an_offering, some_settings

DAY = timedelta(days=1)
REQUEST = a_request(wanted=Instances(types=("p5en.48xlarge", "p5.48xlarge"), least=4, most=8), several_segments=True)
HALVES = tuple(a_segment(instance_count=4, upfront_fee=Decimal(21000)) for _ in range(2))

# Each is better than the one after it, by the rule of its name.
IN_ORDER = {
    "type": an_offering("cb-z9", instance_type="p5en.48xlarge", instance_count=4, upfront_fee=Decimal(59000)),
    "instances": an_offering("cb-z8", upfront_fee=Decimal(50000), start=START + DAY, end=END + DAY),
    "fee per GPU-hour": an_offering(
        "cb-z7", instance_count=4, upfront_fee=Decimal(20999), start=START + DAY, end=END + DAY
    ),
    "start": an_offering("cb-z6", instance_count=4, upfront_fee=Decimal(21000)),
    "id": an_offering("cb-z1", instance_count=4, upfront_fee=Decimal(21000), start=START + DAY, end=END + DAY),
    "last": an_offering("cb-z2", instance_count=4, upfront_fee=Decimal(21000), start=START + DAY, end=END + DAY),
}


def test_the_stated_order_holds() -> None:
    ranking = rank(NOW, REQUEST, IN_ORDER.values(), (PLACE,))

    assert [each.offering for each in ranking.kept] == list(IN_ORDER.values())
    assert ranking.refused == ()
    assert ranking.best == IN_ORDER["type"]


SOONER = "per usable GPU-hour, starts at 2026-05-04 11:30 UTC"
LATER = "per usable GPU-hour, starts at 2026-05-05 11:30 UTC"


def test_each_place_is_explained() -> None:
    ranking = rank(NOW, REQUEST, IN_ORDER.values(), (PLACE,))

    assert [each.why for each in ranking.kept] == [
        f"$11.0075 {SOONER}; the best by this order: {ORDER}",
        f"$4.6642 {LATER}; after cb-z9, of which holds: its type is preferred",
        f"$3.9178 {LATER}; after cb-z8, of which holds: it has more instances",
        f"$3.918 {SOONER}; after cb-z7, of which holds: it costs less per usable GPU-hour",
        f"$3.918 {LATER}; after cb-z6, of which holds: it starts earlier",
        f"$3.918 {LATER}; after cb-z1, of which holds: its id comes first",
    ]


def test_fewer_segments_are_better_at_the_same_price() -> None:
    split = an_offering("cb-00", segments=HALVES)

    assert rank(NOW, REQUEST, [split, an_offering("cb-0f")], (PLACE,)).best == an_offering("cb-0f")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_offerings_came_makes_no_difference(seed: int) -> None:
    shuffled = [*IN_ORDER.values(), *IN_ORDER.values(), an_offering("cb-dear", upfront_fee=Decimal(70000))]
    expected = rank(NOW, REQUEST, shuffled, (PLACE,))
    Random(seed).shuffle(shuffled)

    assert rank(NOW, REQUEST, shuffled, (PLACE,)) == expected


def test_it_is_never_the_first_at_any_price() -> None:
    dear = an_offering("cb-dear", upfront_fee=Decimal("60000.01"))

    assert rank(NOW, a_request(), [dear], (PLACE,)) == Ranking(
        refused=(
            Verdict(
                offering=dear,
                refusals=(Refusal(rule=Rule.TOTAL_CAP, reason="its fee of $60,000.01 is over the request's $60,000"),),
            ),
        )
    )


def test_what_the_pool_may_not_spend_does_not_stand_before_what_it_may() -> None:
    dear, cheap = an_offering("cb-0a", instance_type="p5en.48xlarge", upfront_fee=Decimal(59000)), an_offering("cb-0b")

    assert rank(NOW, REQUEST, [dear, cheap], (PLACE,)).best == dear
    assert rank(NOW, REQUEST, [dear, cheap], (PLACE,), some_settings(most_per_purchase=Decimal(50000))).best == cheap


def test_nothing_on_sale_is_nothing_to_buy() -> None:
    assert rank(NOW, a_request(), [], (PLACE,)).best is None


def strange() -> list[Offering]:
    whole = an_offering().whole
    return [
        an_offering("cb-01", upfront_fee=None),
        an_offering("cb-02", end=START - DAY),
        an_offering("cb-03", instance_count=0),
        an_offering("cb-04", ultraserver_type="u-x", ultraserver_count=None),
        replace(an_offering("cb-05"), segments=(replace(whole, instance_count=-1),)),
    ]


def test_offerings_that_make_no_sense_are_refused_and_not_fatal() -> None:
    ranking = rank(NOW, a_request(), strange(), (PLACE,))

    assert (ranking.best, len(ranking.refused)) == (None, 5)
