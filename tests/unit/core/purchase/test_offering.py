"""What an offering holds, for how long, and what an hour of it costs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.purchase.offering import Offering, Unit
from tests.factories import at
from tests.unit.core.purchase.shapes import END, START, a_segment, an_offering

DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)


def figures(offering: Offering) -> tuple[timedelta, timedelta, Decimal | None, Unit]:
    return offering.duration, offering.usable_duration, offering.fee_per_unit_hour, offering.unit


FIGURES: dict[str, tuple[Offering, tuple[timedelta, timedelta, Decimal | None, Unit]]] = {
    "a day of 8 with 8 GPUs each": (
        an_offering(end=START + DAY, upfront_fee=Decimal(6016)),
        (DAY, DAY - HALF_HOUR, Decimal(4), Unit.ACCELERATOR),
    ),
    "43 hours although 24 were asked for": (
        an_offering(start=at("2025-02-14T16:13"), end=at("2025-02-16T11:30"), upfront_fee=Decimal(511)),
        (
            timedelta(hours=43, minutes=17), timedelta(hours=42, minutes=47), Decimal(511) * 60 / (2567 * 64),
            Unit.ACCELERATOR,
        ),
    ),
    "a type that is on no list counts per instance": (
        an_offering(instance_type="p9.48xlarge", end=START + DAY, upfront_fee=Decimal(376)),
        (DAY, DAY - HALF_HOUR, Decimal(2), Unit.INSTANCE),
    ),
    "an UltraServer is taken back an hour before the end": (
        an_offering(
            instance_type="p6e-gb200.36xlarge", instance_count=18, ultraserver_type="u-p6e-gb200x72",
            ultraserver_count=1, end=START + DAY, upfront_fee=Decimal(16560),
        ),
        (DAY, timedelta(hours=23), Decimal(10), Unit.ACCELERATOR),
    ),
    "an UltraServer type that is on no list counts as one": (
        an_offering(ultraserver_type="u-p9x8", ultraserver_count=2, end=START + DAY, upfront_fee=Decimal(460)),
        (DAY, timedelta(hours=23), Decimal(10), Unit.ULTRASERVER),
    ),
    "a type sold in UltraServers only is one, whatever EC2 leaves out": (
        an_offering(instance_type="trn2u.48xlarge", instance_count=1, end=START + DAY, upfront_fee=Decimal(368)),
        (DAY, timedelta(hours=23), Decimal(1), Unit.ACCELERATOR),
    ),
    "no fee, no price per hour": (
        an_offering(end=START + DAY, upfront_fee=None), (DAY, DAY - HALF_HOUR, None, Unit.ACCELERATOR)
    ),
    "shorter than the time in which EC2 takes it back": (
        an_offering(end=START + HALF_HOUR), (HALF_HOUR, timedelta(0), None, Unit.ACCELERATOR)
    ),
    "segments one after the other, with a gap between": (
        an_offering(segments=(
            a_segment(end=START + DAY, upfront_fee=Decimal(3008)),
            a_segment(start=START + 3 * DAY, end=START + 4 * DAY, upfront_fee=Decimal(3008)),
        ), end=START + 4 * DAY, upfront_fee=Decimal(6016)),
        (2 * DAY, 2 * (DAY - HALF_HOUR), Decimal(2), Unit.ACCELERATOR),
    ),
    "segments side by side, one on no list": (
        an_offering(segments=(
            a_segment(instance_count=4, end=START + DAY, upfront_fee=Decimal(94)),
            a_segment(instance_count=4, instance_type="p9.48xlarge", end=START + DAY, upfront_fee=Decimal(94)),
        ), end=START + DAY, upfront_fee=Decimal(188)),
        (DAY, DAY - HALF_HOUR, Decimal(1), Unit.INSTANCE),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("offering", "expected"), FIGURES.values(), ids=FIGURES.keys())
def test_hours_and_price_follow_from_start_and_end(offering: Offering, expected: tuple[Any, ...]) -> None:
    assert figures(offering) == expected


SIDE_BY_SIDE = (
    a_segment(instance_count=3, upfront_fee=Decimal(10)),
    a_segment(instance_count=5, upfront_fee=Decimal(20)),
)


@pytest.mark.parametrize(
    ("whole", "expected"), [(Decimal(30), 30), (Decimal(10), 30), (Decimal(50), 50), (None, None)], ids=str
)
def test_the_fee_is_never_less_than_what_might_be_charged(whole: Decimal | None, expected: int | None) -> None:
    assert an_offering(segments=SIDE_BY_SIDE, upfront_fee=whole).upfront_fee == expected


def test_a_segment_without_a_fee_makes_the_whole_fee_unknown() -> None:
    segments = (SIDE_BY_SIDE[0], replace(SIDE_BY_SIDE[1], upfront_fee=None))

    assert an_offering(segments=segments).upfront_fee is None


COUNTS = {
    "one": ((), {8}),
    "side by side": (SIDE_BY_SIDE, {8}),
    "overlapping": (
        (a_segment(instance_count=3), a_segment(instance_count=5, start=START + DAY, end=END + DAY)), {3, 5, 8}
    ),
    "in a row": ((a_segment(end=START + DAY), a_segment(instance_count=4, start=START + DAY)), {8, 4}),
}  # fmt: skip


@pytest.mark.parametrize(("segments", "expected"), COUNTS.values(), ids=COUNTS.keys())
def test_segments_are_counted_by_what_is_held_at_once(segments: tuple[Any, ...], expected: set[int]) -> None:
    assert an_offering(segments=segments).counts == expected


def test_several_segments_are_flagged() -> None:
    one = an_offering(segments=(a_segment(),))

    assert (one.has_several_segments, an_offering(segments=SIDE_BY_SIDE).has_several_segments) == (False, True)


@pytest.mark.parametrize(
    "change",
    [
        {"instance_count": 4},
        {"end": START + DAY},
        {"availability_zone": "us-east-2b"},
        {"instance_type": "p5e.48xlarge"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_offering_that_differs_from_its_only_segment_is_contradictory(change: dict[str, Any]) -> None:
    assert an_offering(segments=(a_segment(**change),)).is_contradictory


def test_an_offering_that_is_like_its_only_segment_is_not() -> None:
    assert not an_offering(segments=(a_segment(availability_zone_id="use2-az1"),)).is_contradictory


def test_an_end_before_the_start_is_contradictory() -> None:
    assert an_offering(end=START).is_contradictory


def test_a_price_is_compared_to_the_last_digit() -> None:
    third = an_offering(instance_count=3, instance_type="p9", end=START + HALF_HOUR * 3, upfront_fee=Decimal(1))

    assert third.costs_more_an_hour_than(Decimal("0.333333"))
    assert not third.costs_more_an_hour_than(Decimal("0.333334"))
    assert not an_offering(end=START + DAY, upfront_fee=Decimal(6016)).costs_more_an_hour_than(Decimal(4))


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        a_segment(start=START.replace(tzinfo=None))
