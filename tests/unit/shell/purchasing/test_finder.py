"""Finding out what an attempt bought: by tag, then by what it is, and never a second purchase."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.intent import IntentState
from tests.factories import a_reservation
from tests.fakes import refused, unclear
from tests.unit.core.purchase.shapes import END, START, an_offering
from tests.unit.shell.purchasing.stage import FUNCTION_TIMEOUT, Stage, a_stage, bought

S = IntentState
FIRST = FUNCTION_TIMEOUT + timedelta(seconds=30)
LAST = FIRST + timedelta(minutes=30)
NEVER = timedelta(days=100)


def unknown(*, sold: bool = True, **changes: Any) -> Stage:
    """Return a stage on which nobody knows whether the attempt bought anything."""
    stage = a_stage(*changes.pop("offerings", ()))
    errors = stage.market.lost if sold else stage.market.errors
    errors["purchase"] = unclear("PurchaseCapacityBlock")
    stage.market.listed_after = changes.pop("listed_after", timedelta())
    stage.market.tagged_after = changes.pop("tagged_after", timedelta())
    bought(stage, **changes)
    return stage


def look(stage: Stage, after: timedelta) -> dict[str, Any]:
    """Look so long after the attempt."""
    assert stage.intent.attempted_at is not None
    stage.clock.sleep_until(stage.intent.attempted_at + after)
    return stage.steps(f"look-{after}").follow({"intent": stage.named})


def test_nobody_looks_while_the_function_may_still_be_at_it() -> None:
    stage = unknown()

    answer = look(stage, FIRST - timedelta(microseconds=1))

    assert stage.intent.attempted_at is not None
    assert (answer["outcome"], answer["wait_until"]) == ("look_again", (stage.intent.attempted_at + FIRST).isoformat())
    assert (stage.intent.state, stage.intent.reservation_ids) == (S.UNKNOWN, ())


def test_what_carries_the_tag_is_adopted_at_the_first_look() -> None:
    stage = unknown()

    answer = look(stage, FIRST)

    assert (answer["outcome"], answer["reservation_ids"]) == ("look_again", ["cr-0001"])
    assert (stage.intent.state, stage.money) == (S.PAYMENT_PENDING, {"1": "reserved"})
    assert stage.kinds[-2:] == ["found", "payment-pending"]
    assert "unknown" not in stage.kinds  # what was found at once was never worth a warning


def test_an_attempt_that_crashed_is_looked_up_like_one_without_an_answer() -> None:
    stage = unknown()
    stage.ledger.kept["may-training", 1] = replace(stage.intent, state=S.ATTEMPTING)

    look(stage, FIRST)

    assert stage.intent.reservation_ids == ("cr-0001",)


def test_before_the_last_look_what_only_looks_like_it_is_left_alone() -> None:
    stage = unknown(tagged_after=NEVER)

    answer = look(stage, LAST - timedelta(seconds=1))

    assert (answer["outcome"], stage.intent.reservation_ids) == ("look_again", ())


def test_at_the_last_look_what_is_exactly_what_was_to_be_bought_is_adopted() -> None:
    stage = unknown(tagged_after=NEVER)

    look(stage, LAST)

    assert stage.intent.reservation_ids == ("cr-0001",)
    assert "found" in stage.kinds


@pytest.mark.parametrize(
    "change",
    [
        {"instance_count": 4},
        {"instance_type": "p5e.48xlarge"},
        {"availability_zone": "us-east-2b"},
        {"start": START - timedelta(days=1)},
        {"platform": "Ubuntu Pro"},
        {"owned": False},
        {"tags": {tag.INTENT: "other-1-0123456789abcdef"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_not_exactly_that_is_nobodys_and_a_person_is_asked(change: dict[str, Any]) -> None:
    stage = unknown(sold=False)
    found = a_reservation(reservation_id="cr-99", tags={}, start=START, end=END)
    stage.region.reservations.hold(replace(found, **change))
    stage.market.created_at["cr-99"] = stage.clock.instant

    answer = look(stage, LAST)

    assert (answer["outcome"], stage.intent.state, stage.intent.reservation_ids) == (
        "asked a person", S.NOT_FOUND, ()
    )  # fmt: skip


def test_what_was_there_before_the_attempt_is_not_what_it_bought() -> None:
    stage = unknown(sold=False)
    stage.region.reservations.hold(a_reservation(reservation_id="cr-99", tags={}, start=START, end=END))
    assert stage.intent.attempted_at is not None
    stage.market.created_at["cr-99"] = stage.intent.attempted_at - timedelta(minutes=2)

    look(stage, LAST)

    assert stage.intent.state is S.NOT_FOUND


def test_two_that_look_like_it_are_a_persons_decision() -> None:
    stage = unknown(tagged_after=NEVER)
    other = replace(stage.region.reservations.held["cr-0001"], reservation_id="cr-99")
    stage.region.reservations.hold(other)
    stage.market.created_at["cr-99"] = stage.clock.instant

    answer = look(stage, LAST)

    assert (answer["outcome"], stage.intent.reservation_ids) == ("asked a person", ())
    notice = stage.notifier.sent[-1]
    assert notice.kind == "purchase-not-found"
    assert "cr-0001" in notice.text
    assert "cr-99" in notice.text


def test_a_listing_that_fails_is_never_an_empty_one() -> None:
    stage = unknown()
    stage.market.errors["candidates"] = refused("DescribeCapacityReservations")

    assert look(stage, FIRST)["outcome"] == "look_again"
    assert stage.intent.state is S.UNKNOWN


def test_after_the_last_look_the_tag_still_counts() -> None:
    stage = unknown(listed_after=timedelta(hours=3))
    look(stage, LAST)
    assert stage.intent.state is S.NOT_FOUND

    look(stage, timedelta(hours=3))

    assert (stage.intent.state, stage.intent.reservation_ids) == (S.PAYMENT_PENDING, ("cr-0001",))


def test_the_person_is_asked_once() -> None:
    stage = unknown(sold=False)

    for hours in (1, 2, 3):
        look(stage, timedelta(hours=hours))

    assert stage.kinds.count("not-found") == 1


def test_an_ultraserver_is_found_by_the_tag_of_its_block() -> None:
    server = an_offering(
        instance_type="p6e-gb200.36xlarge",
        instance_count=18,
        ultraserver_type="u-p6e-gb200x72",
        ultraserver_count=1,
    )
    stage = unknown(
        offerings=(server,),
        instance_types=None,
        instance_count=None,
        ultraserver_type="u-p6e-gb200x72",
        ultraserver_count=1,
    )
    held = stage.region.reservations.held["cr-0001"]
    stage.region.reservations.hold(replace(held, tags={}))

    look(stage, FIRST)

    assert stage.intent.reservation_ids == ("cr-0001",)
