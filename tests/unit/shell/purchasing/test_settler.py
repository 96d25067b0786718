"""After the purchase: tags that are complete, a payment that settles, and a budget that follows EC2's word."""

from dataclasses import replace
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import AwsError
from tests.fakes import refused, unclear
from tests.unit.shell.purchasing.scenario import SEGMENTS
from tests.unit.shell.purchasing.stage import Stage, a_stage, bought, minutes

S, R = IntentState, ReservationState


def follow(stage: Stage) -> dict[str, Any]:
    return stage.steps(f"follow-{stage.clock.instant}").follow({"intent": stage.named})


def test_a_payment_is_awaited_often_at_first_and_seldom_later() -> None:
    stage = a_stage()
    bought(stage)
    waits = []

    for hours in (0, 0.99, 1, 12.9, 13, 24):
        stage.clock.sleep_until(minutes(60 * hours))
        answer = follow(stage)
        waits.append((answer["outcome"], answer["wait_until"][11:19]))

    assert waits == [
        ("look_again", "09:02:00"),
        ("look_again", "10:01:24"),
        ("look_again", "10:10:00"),
        ("look_again", "22:04:00"),
        ("look_again", "23:00:00"),
        ("look_again", "10:00:00"),
    ]
    assert (stage.intent.state, stage.money) == (S.PAYMENT_PENDING, {"1": "reserved"})


@pytest.mark.parametrize("state", [R.SCHEDULED, R.ACTIVE])
def test_a_paid_block_commits_its_money_and_is_told_once(state: ReservationState) -> None:
    stage = a_stage()
    bought(stage)
    stage.market.settle(state)

    follow(stage)
    answer = follow(stage)

    assert (answer["outcome"], answer["told"]) == ("paid", "EC2 has taken the fee")
    assert (stage.intent.state, stage.money) == (S.PAID, {"1": "committed"})
    assert stage.kinds.count("paid") == 1


@pytest.mark.parametrize("state", [R.PAYMENT_FAILED, R.FAILED, R.CANCELLED])
def test_a_payment_that_failed_releases_its_money_and_is_told_once(state: ReservationState) -> None:
    stage = a_stage()
    bought(stage)
    stage.market.settle(state)

    follow(stage)
    answer = follow(stage)

    assert (answer["outcome"], stage.intent.state, stage.money) == ("failed", S.PAYMENT_FAILED, {"1": "released"})
    assert stage.kinds.count("payment-failed") == 1


def test_of_two_segments_one_that_was_paid_is_money_spent() -> None:
    stage = a_stage(SEGMENTS)
    bought(stage, several_segments=True)
    held = stage.region.reservations.held
    stage.region.reservations.hold(
        replace(held["cr-0001"], state=R.SCHEDULED), replace(held["cr-0002"], state=R.PAYMENT_FAILED)
    )

    assert follow(stage)["outcome"] == "paid"
    assert stage.money == {"1": "committed"}
    (notice,) = (each for each in stage.notifier.sent if each.kind == "purchase-paid")
    assert (notice.severity, "cr-0002" in notice.text) == (Severity.CRITICAL, True)


def test_one_that_is_not_listed_yet_may_be_the_one_that_was_paid() -> None:
    stage = a_stage(SEGMENTS)
    bought(stage, several_segments=True)
    stage.market.settle(R.PAYMENT_FAILED)
    del stage.region.reservations.held["cr-0002"]

    assert follow(stage)["outcome"] == "look_again"
    assert stage.money == {"1": "reserved"}


def test_a_segment_that_shows_up_later_is_learned() -> None:
    stage = a_stage(SEGMENTS)
    stage.market.named = 1
    bought(stage, several_segments=True)
    first = stage.intent

    follow(stage)

    assert (first.reservation_ids, stage.intent.reservation_ids) == (("cr-0001",), ("cr-0001", "cr-0002"))


def test_a_listing_that_fails_is_an_error_and_changes_nothing() -> None:
    stage = a_stage()
    intent = bought(stage)
    stage.market.errors["candidates"] = unclear("DescribeCapacityReservations")

    with pytest.raises(AwsError):
        follow(stage)
    assert stage.intent == intent


def test_past_its_deadline_a_payment_is_told_and_still_only_ec2_ends_it() -> None:
    stage = a_stage()
    bought(stage)
    stage.clock.sleep_until(minutes(12 * 60))
    assert follow(stage)["outcome"] == "look_again"
    assert "payment-overdue" not in stage.kinds

    stage.clock.sleep_until(minutes(12 * 60 + 1))

    assert follow(stage)["outcome"] == "look_again"
    assert stage.kinds.count("payment-overdue") == 1


def test_a_day_past_its_deadline_nothing_waits_any_more_and_a_late_payment_still_counts() -> None:
    stage = a_stage()
    bought(stage)
    stage.clock.sleep_until(minutes(36 * 60 + 1))
    assert follow(stage)["outcome"] == "asked a person"

    stage.market.settle()

    assert follow(stage)["outcome"] == "paid"
    assert stage.money == {"1": "committed"}


def test_money_that_was_given_back_by_mistake_is_reserved_again() -> None:
    stage = a_stage()
    bought(stage)
    stage.steps().bookkeeper.release(stage.clock.instant, stage.intent)
    assert stage.money == {"1": "released"}

    follow(stage)

    assert stage.money == {"1": "reserved"}


def test_tags_that_lack_are_put_back_once_they_had_time_to_show() -> None:
    stage = a_stage()
    bought(stage, tags={"deployment": "prod-adaptive"})
    whole = stage.region.reservations.held["cr-0001"]
    stage.region.reservations.hold(replace(whole, tags={tag.POOL: "training"}))
    stage.clock.sleep_until(minutes(4.9))
    follow(stage)
    assert stage.region.reservations.held["cr-0001"].tags == {tag.POOL: "training"}

    stage.clock.sleep_until(minutes(5))
    follow(stage)

    assert stage.region.reservations.held["cr-0001"] == whole
    assert whole.tags["deployment"] == "prod-adaptive"
    assert stage.kinds.count("tags-repaired") == 1


def test_tags_that_people_changed_are_theirs() -> None:
    stage = a_stage()
    bought(stage)
    held = stage.region.reservations.held["cr-0001"]
    changed = replace(held, tags={**held.tags, "Name": "mine", tag.POOL: "other"})
    stage.region.reservations.hold(changed)
    stage.clock.sleep_until(minutes(10))

    follow(stage)

    assert stage.region.reservations.held["cr-0001"] == changed
    assert "tags-repaired" not in stage.kinds


def test_tags_that_cannot_be_put_back_are_told_and_stop_nothing() -> None:
    stage = a_stage()
    bought(stage)
    stage.region.reservations.hold(replace(stage.region.reservations.held["cr-0001"], tags={}))
    stage.market.errors["add"] = refused("CreateTags", "UnauthorizedOperation")
    stage.market.settle()
    stage.clock.sleep_until(minutes(10))

    assert follow(stage)["outcome"] == "paid"
    assert (stage.kinds.count("tags-not-repaired"), stage.money) == (1, {"1": "committed"})
