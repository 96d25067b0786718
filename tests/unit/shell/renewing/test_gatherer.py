"""The runs that look up offers: a few calls, well apart, for what a reminder will show; nothing waits for them."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from capacity_blocks.core.pool import Extension
from capacity_blocks.core.purchase import pace
from capacity_blocks.core.purchase.query import Answer, Query
from capacity_blocks.core.reminder.gathering import CALLS
from capacity_blocks.core.reminder.offer import OfferKind
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import AwsError
from tests.factories import REGION
from tests.fakes import FakeMarket, refused, unclear
from tests.fakes.ec2 import FakeReservations
from tests.unit.core.reminder.shapes import DAY, END, HOUR, MINUTE, NOW, a_block, a_new_block, an_extension
from tests.unit.shell.renewing.stage import Stage

BLOCK = a_block()
SECOND = timedelta(seconds=1)
RUNG = NOW  # three days before the end
BEFORE = RUNG - HOUR


@pytest.fixture
def stage() -> Stage:
    held = Stage()
    held.hold(BLOCK)
    held.clock.instant = BEFORE
    held.pool(reminders={"days": [1]})
    held.extensions.on_sale["cr-0a"] = (an_extension(),)
    held.market.sell(a_new_block(-HOUR), a_new_block(HOUR))
    return held


def found(stage: Stage) -> dict[str, tuple[str, ...]]:
    return {key: tuple(each.offering_id for each in row.offerings) for (_, key), row in stage.offers.held.items()}


EXTENSIONS, NEW_BLOCKS = "cr-0a#20260615T1130Z#extension#24", "cr-0a#20260615T1130Z#new_block#24"


def test_extensions_and_new_blocks_are_looked_up_before_a_rung(stage: Stage) -> None:
    answer = stage.gather()

    assert found(stage) == {EXTENSIONS: ("cbe-1",), NEW_BLOCKS: ("cb--60-1",)}
    assert answer == {"outcome": "gathered", "looked": 2, "errors": [], "look_again_at": BEFORE.isoformat()}
    assert {row.at for row in stage.offers.held.values()} == {BEFORE, BEFORE + pace.EVERY}


def test_what_was_looked_up_is_not_looked_up_again_until_it_is_due(stage: Stage) -> None:
    stage.gather()
    answer = stage.gather()

    assert (answer["looked"], len(stage.extensions.asked)) == (0, 1)
    assert answer["look_again_at"] == RUNG.isoformat()


def test_nothing_is_looked_up_long_before_a_rung(stage: Stage) -> None:
    stage.clock.instant = RUNG - 6 * HOUR - SECOND

    assert stage.gather()["look_again_at"] == (RUNG - 6 * HOUR).isoformat()
    assert found(stage) == {}


def test_calls_come_no_faster_than_the_bucket_fills(stage: Stage) -> None:
    asked_at: list[datetime] = []
    search = stage.market.search

    def watched(query: Query, now: datetime) -> Answer:
        asked_at.append(stage.clock.instant)
        return search(query, now)

    stage.market.search = watched  # type: ignore[method-assign]  # to see when it is called
    for number in range(20):
        stage.hold(replace(BLOCK, reservation_id=f"cr-{number:02}", instance_count=number + 1, owned=False))

    answer = stage.gather()

    assert answer["looked"] == CALLS == 11
    assert [later - sooner for sooner, later in pairwise(asked_at)] == [pace.EVERY] * (len(asked_at) - 1)


def test_no_call_begins_after_the_time_of_the_run(stage: Stage) -> None:
    assert stage.gather(until=BEFORE + pace.EVERY)["looked"] == 1
    assert stage.gather(until=stage.clock.instant)["looked"] == 0


def test_one_search_is_kept_for_each_block_that_it_answers_for(stage: Stage) -> None:
    stage.hold(replace(BLOCK, reservation_id="cr-0b"))

    assert stage.gather()["looked"] == 3
    assert NEW_BLOCKS.replace("cr-0a", "cr-0b") in found(stage)


def test_nothing_on_sale_is_kept_as_such(stage: Stage) -> None:
    stage.extensions.on_sale.clear()
    stage.market.on_sale.clear()

    stage.gather()

    assert found(stage) == {EXTENSIONS: (), NEW_BLOCKS: ()}
    assert {row.trouble for row in stage.offers.held.values()} == {""}


def test_a_throttle_ends_the_run_in_its_region_and_keeps_nothing(stage: Stage) -> None:
    stage.extensions.errors["offers"] = refused("DescribeCapacityBlockExtensionOfferings", "RequestLimitExceeded")

    answer = stage.gather()

    assert (answer["looked"], answer["errors"], found(stage)) == (0, [], {})


def test_a_throttled_search_does_as_well(stage: Stage) -> None:
    stage.market.throttles = 1
    stage.reservations.held["cr-0a"] = replace(BLOCK, owned=False)

    assert stage.gather()["looked"] == 0
    assert stage.gather()["looked"] == 1


def test_what_ec2_refuses_is_kept_with_its_words_and_not_asked_at_once_again(stage: Stage) -> None:
    stage.extensions.errors["offers"] = refused("DescribeCapacityBlockExtensionOfferings", "InvalidParameterValue")

    stage.gather()

    row = stage.offers.held[REGION, EXTENSIONS]
    assert row.trouble == "DescribeCapacityBlockExtensionOfferings: InvalidParameterValue: not allowed"
    assert stage.gather()["looked"] == 0


def test_a_second_look_that_fails_leaves_what_the_first_found_and_is_made_again(stage: Stage) -> None:
    stage.clock.instant = first = RUNG - 6 * HOUR
    stage.gather()
    stage.clock.instant = RUNG - HOUR
    stage.extensions.errors["offers"] = unclear("DescribeCapacityBlockExtensionOfferings")
    stage.gather()

    row = stage.offers.held[REGION, EXTENSIONS]
    assert (row.at, row.trouble, found(stage)[EXTENSIONS]) == (first, "", ("cbe-1",))
    del stage.extensions.errors["offers"]
    assert stage.gather()["looked"] == 1
    assert stage.offers.held[REGION, EXTENSIONS].at > RUNG - HOUR


def test_a_type_that_is_not_offered_says_so(stage: Stage) -> None:
    stage.market.not_offered.add("p5.48xlarge")

    stage.gather()

    assert stage.offers.held[REGION, NEW_BLOCKS].trouble


@pytest.mark.parametrize("changes", [{"state": ReservationState.PAYMENT_PENDING}, {"state": ReservationState.EXPIRED}])
def test_what_is_not_held_is_not_looked_up(stage: Stage, changes: dict[str, Any]) -> None:
    stage.hold(replace(BLOCK, **changes))

    assert stage.gather() == {"outcome": "gathered", "looked": 0, "errors": [], "look_again_at": None}


def test_a_block_that_a_paid_one_follows_needs_nothing(stage: Stage) -> None:
    stage.hold(a_block(reservation_id="cr-0b", start=END, end=END + 60 * DAY, state=ReservationState.SCHEDULED))

    stage.gather()

    assert not any(key.startswith("cr-0a") for key in found(stage))


def test_no_extension_is_looked_up_while_one_is_being_paid(stage: Stage) -> None:
    stage.reservations.paying["cr-0a"] = Extension(reservation_id="cr-0a", end=END + DAY)

    stage.gather()

    assert stage.extensions.asked == []
    assert list(found(stage)) == [NEW_BLOCKS]


def test_one_region_that_cannot_be_read_stops_no_other(stage: Stage) -> None:
    stage.regions["us-west-2"] = FakeReservations(errors={"capacity_blocks": refused("DescribeCapacityReservations")})

    answer = stage.gather()

    assert answer["errors"] == ["us-west-2: DescribeCapacityReservations: AccessDenied: not allowed"]
    assert len(found(stage)) == 2


def test_one_row_that_cannot_be_written_stops_no_other(stage: Stage) -> None:
    stage.offers.errors["put"] = refused("PutItem")

    answer = stage.gather()

    assert answer["errors"] == [f"{REGION}: PutItem: AccessDenied: not allowed"] * 2


def test_rows_that_cannot_be_read_are_an_error(stage: Stage) -> None:
    stage.offers.errors["instants"] = refused("Query")

    with pytest.raises(AwsError):
        stage.gather()


def test_regions_are_asked_side_by_side(stage: Stage) -> None:
    elsewhere = FakeReservations()
    elsewhere.hold(replace(BLOCK, reservation_id="cr-0w", region="us-west-2"))
    stage.regions["us-west-2"] = elsewhere
    stage.market = FakeMarket(stage.clock)

    assert stage.gather()["looked"] == 4
    assert stage.clock.instant == BEFORE + pace.EVERY
    assert {where for where, _ in stage.offers.held} == {REGION, "us-west-2"}
    assert {row.want.kind for row in stage.offers.held.values()} == set(OfferKind)
    assert stage.clock.instant < BEFORE + MINUTE
