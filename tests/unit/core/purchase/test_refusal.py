"""Why an offering is refused, rule by rule, on both sides of each boundary."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.refusal import Refusal, Rule, refusals
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest, UltraServers
from tests.factories import REGION, at
from tests.unit.core.purchase.shapes import (
    END,
    FEE,
    NOW,
    PLACE,
    START,
    a_request,
    a_segment,
    an_offering,
    some_settings,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CENT = Decimal("0.01")
NO_FEE = "EC2 named no fee that is an amount above 0"
HALVES = (a_segment(instance_count=4, upfront_fee=FEE / 2), a_segment(instance_count=4, upfront_fee=FEE / 2))
ULTRASERVERS: dict[str, Any] = {
    "instance_type": "p6e-gb200.36xlarge", "instance_count": 18, "ultraserver_type": "u-p6e-gb200x72",
    "ultraserver_count": 1,
}  # fmt: skip
WANTS_ONE = a_request(wanted=UltraServers(type="u-p6e-gb200x72", count=1))

FITS: dict[str, tuple[PurchaseRequest, Offering]] = {
    "just what was asked for": (a_request(), an_offering()),
    "at the cap": (a_request(most_upfront_fee=FEE), an_offering()),
    "at the cap per GPU-hour": (a_request(most_per_gpu_hour=Decimal(4)), an_offering(upfront_fee=Decimal(42880))),
    "from the first instant to the last": (a_request(earliest_start=START, latest_end=END), an_offering()),
    "as early as can be": (a_request(earliest_start=None), an_offering()),
    "fewer hours, where they are allowed": (a_request(least_duration=163 * HOUR), an_offering(start=START + 5 * HOUR)),
    "more hours, where they are allowed": (a_request(most_duration=187 * HOUR), an_offering(end=END + 19 * HOUR)),
    "an allowed zone, by name": (a_request(zones=("us-east-2a",)), an_offering()),
    "an allowed zone, by its id": (a_request(zones=("use2-az1",)), an_offering()),
    "an allowed region": (a_request(regions=(REGION,)), an_offering()),
    "segments, where they are allowed": (a_request(several_segments=True), an_offering(segments=HALVES)),
    "UltraServers": (WANTS_ONE, an_offering(**ULTRASERVERS)),
}


@pytest.mark.parametrize(("request_", "offering"), FITS.values(), ids=FITS.keys())
def test_what_was_asked_for_is_not_refused(request_: PurchaseRequest, offering: Offering) -> None:
    assert refusals(NOW, request_, offering, (PLACE,)) == ()


REFUSED: dict[str, tuple[PurchaseRequest, Offering, Rule, str]] = {
    "a cent over the cap": (
        a_request(most_upfront_fee=FEE - CENT), an_offering(), Rule.TOTAL_CAP,
        "its fee of $42,000 is over the request's $41,999.99",
    ),
    "a cent over the cap per GPU-hour": (
        a_request(most_per_gpu_hour=Decimal(4)), an_offering(upfront_fee=Decimal("42880.01")), Rule.HOUR_CAP,
        "its $4.0001 per usable GPU-hour is over the request's $4 per usable GPU-hour",
    ),
    "no fee": (a_request(), an_offering(upfront_fee=None), Rule.FEE_UNKNOWN, NO_FEE),
    "a fee of nothing": (a_request(), an_offering(upfront_fee=Decimal(0)), Rule.FEE_UNKNOWN, NO_FEE),
    "another currency": (
        a_request(), an_offering(currency="CNY"), Rule.CURRENCY, "its fee is in CNY, and caps are in USD"
    ),
    "too early by a minute": (
        a_request(earliest_start=START + MINUTE, least_duration=HOUR), an_offering(), Rule.TOO_EARLY,
        "it starts at 2026-05-04 11:30 UTC, before 2026-05-04 11:31 UTC",
    ),
    "too late by a minute": (
        a_request(latest_end=END - MINUTE), an_offering(), Rule.TOO_LATE,
        "it ends at 2026-05-11 11:30 UTC, after 2026-05-11 11:29 UTC",
    ),
    "too few hours": (
        a_request(), an_offering(end=END - HOUR / 2), Rule.TOO_FEW_HOURS,
        "it has 167.5 hours and the least is 168; least_hours allows fewer",
    ),
    "too many hours": (
        a_request(), an_offering(end=END + HOUR), Rule.TOO_MANY_HOURS,
        "it has 169 hours and the most is 168; most_hours allows more",
    ),
    "another type": (
        a_request(), an_offering(instance_type="p5e.48xlarge"), Rule.TYPE, "it holds p5e.48xlarge and not p5.48xlarge"
    ),
    "fewer instances": (
        a_request(), an_offering(instance_count=7), Rule.COUNT, "it holds 7 instances and 8 are wanted"
    ),
    "another region": (
        a_request(regions=("us-west-2",)), an_offering(), Rule.ZONE, "it is in us-east-2 and not in us-west-2"
    ),
    "another zone": (
        a_request(zones=("us-east-2b", "use2-az3")), an_offering(), Rule.ZONE,
        "it is in us-east-2a and not in us-east-2b or use2-az3",
    ),
    "a zone without a subnet": (
        a_request(), an_offering(availability_zone="us-east-2b"), Rule.SUBNET,
        "no target of the pool has a subnet in us-east-2b",
    ),
    "a name that means another zone": (
        a_request(), an_offering(availability_zone_id="use2-az3"), Rule.SUBNET,
        "no target of the pool has a subnet in us-east-2a",
    ),
    "dedicated tenancy": (
        a_request(), an_offering(tenancy="dedicated"), Rule.TENANCY,
        "its tenancy is dedicated; Capacity Blocks are used with default tenancy",
    ),
    "several segments": (
        a_request(), an_offering(segments=HALVES), Rule.SEGMENTS,
        "it comes in 2 segments, each a reservation of its own; several_segments allows it",
    ),
    "an only segment that says something else": (
        a_request(), an_offering(segments=(a_segment(end=END + MINUTE),), end=END), Rule.UNCLEAR,
        "EC2 describes it in two ways, or with an end that is not after its start",
    ),
    "another UltraServer": (
        WANTS_ONE, an_offering(**(ULTRASERVERS | {"ultraserver_type": "u-p6e-gb200x36"})), Rule.TYPE,
        "it is made of u-p6e-gb200x36 and not of UltraServers u-p6e-gb200x72",
    ),
    "more UltraServers": (
        WANTS_ONE, an_offering(**(ULTRASERVERS | {"ultraserver_count": 2})), Rule.COUNT,
        "it holds 2 UltraServers and 1 are wanted",
    ),
    "no count of UltraServers": (
        WANTS_ONE, an_offering(**(ULTRASERVERS | {"ultraserver_count": None})), Rule.COUNT,
        "it holds 0 UltraServers and 1 are wanted",
    ),
    "UltraServers where instances are wanted": (
        a_request(), an_offering(ultraserver_type="u-trn2x64", ultraserver_count=2), Rule.TYPE,
        "it is made of UltraServers (u-trn2x64), and instances are wanted",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "offering", "rule", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_was_not_asked_for_is_refused_in_words(
    request_: PurchaseRequest, offering: Offering, rule: Rule, reason: str
) -> None:
    assert Refusal(rule=rule, reason=reason) in refusals(NOW, request_, offering, (PLACE,))


ALONE = [case for name, case in REFUSED.items() if name != "an only segment that says something else"]


@pytest.mark.parametrize(("request_", "offering", "rule", "reason"), ALONE, ids=lambda value: "")
def test_no_other_rule_is_named_beside_the_one_that_is_broken(
    request_: PurchaseRequest, offering: Offering, rule: Rule, reason: str
) -> None:
    assert {each.rule for each in refusals(NOW, request_, offering, (PLACE,))} == {rule}


def test_an_offering_that_starts_before_it_could_be_paid_is_refused() -> None:
    soon = START - timedelta(minutes=10)

    assert refusals(soon, a_request(), an_offering(), (PLACE,)) == ()
    assert refusals(soon + MINUTE, a_request(), an_offering(), (PLACE,)) == (
        Refusal(
            rule=Rule.TOO_SOON, reason="it starts at 2026-05-04 11:30 UTC, too soon for its payment to settle before"
        ),
    )


def test_subnets_that_could_not_be_read_are_not_taken_for_none_or_any() -> None:
    assert refusals(NOW, a_request(), an_offering(), None) == (
        Refusal(rule=Rule.SUBNET, reason="whether the pool has a subnet in us-east-2a could not be found out"),
    )


def test_the_pools_own_caps_count_beside_the_requests() -> None:
    settings = some_settings(most_per_purchase=Decimal(40000), most_per_gpu_hour=Decimal("3.90"))

    assert refusals(NOW, a_request(), an_offering(), (PLACE,), settings) == (
        Refusal(rule=Rule.TOTAL_CAP, reason="its fee of $42,000 is over the pool's $40,000"),
        Refusal(
            rule=Rule.HOUR_CAP, reason="its $3.918 per usable GPU-hour is over the pool's $3.90 per usable GPU-hour"
        ),
    )


def test_where_gpus_are_not_known_the_cap_holds_for_the_whole_instance() -> None:
    rare = Instances(types=("p9.48xlarge",), least=8, most=8)
    request = a_request(most_per_gpu_hour=Decimal(4), wanted=rare)

    (refusal,) = refusals(NOW, request, an_offering(instance_type="p9.48xlarge"), (PLACE,))

    assert refusal.reason == (
        "its $31.3433 per usable instance-hour (how many GPUs it has is not known here) is over the request's $4 per "
        "usable GPU-hour"
    )


def test_every_broken_rule_is_named_not_only_the_first() -> None:
    offering = an_offering(upfront_fee=Decimal(70000), instance_count=2, availability_zone="us-east-2c")

    assert [each.rule for each in refusals(NOW, a_request(), offering, (PLACE,))] == [
        Rule.TOTAL_CAP,
        Rule.COUNT,
        Rule.SUBNET,
    ]


def test_a_place_elsewhere_with_the_same_name_is_another() -> None:
    there = Place(region="us-west-2", availability_zone="us-east-2a")

    assert [each.rule for each in refusals(NOW, a_request(), an_offering(), (there,))] == [Rule.SUBNET]


def test_instants_are_shown_in_utc_whatever_their_offset() -> None:
    request = replace(a_request(), latest_end=at("2026-05-11T00:00"))

    assert refusals(NOW, request, an_offering(), (PLACE,))[0].reason == (
        "it ends at 2026-05-11 11:30 UTC, after 2026-05-11 00:00 UTC"
    )
