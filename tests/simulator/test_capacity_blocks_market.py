"""A market that moves: by what a story says, and by what the seed draws."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.simulator.capacity_block_stage import HOUR, MINUTE, MORNING, Stage, at, stage

EXPIRED = "InvalidCapacityBlockOfferingIdExpired"
P5 = "p5.48xlarge"


def refusal(here: Stage, offering: dict[str, Any]) -> str:
    asked = {"CapacityBlockOfferingId": offering["CapacityBlockOfferingId"], "InstancePlatform": "Linux/UNIX"}
    return here.refusal("PurchaseCapacityBlock", **asked)


def days(here: Stage) -> list[Any]:
    return [each["StartDate"] for each in here.offerings() if each["CapacityBlockDurationHours"] == 24]


def test_a_fee_changes_at_its_instant_and_what_was_shown_keeps_its_own() -> None:
    here = stage()
    (before, *_) = here.offerings()
    here.engine.market.set_fee(P5, Decimal(50), since=MORNING + HOUR)
    assert here.offerings()[0]["UpfrontFee"] == before["UpfrontFee"]
    here.run(MORNING + HOUR)
    assert here.offerings()[0]["UpfrontFee"] == "2400"
    here.purchase(before)
    assert [str(sale.fee) for sale in here.engine.sales] == [before["UpfrontFee"]]


def test_where_a_fee_is_not_kept_the_old_offering_is_gone() -> None:
    here = stage(offering_keeps_fee=False)
    offering = here.offerings()[0]
    here.engine.market.set_fee(P5, Decimal(50))
    assert refusal(here, offering) == EXPIRED
    assert refusal(here, here.offerings()[0]) == ""


def test_an_offering_sells_out_and_may_come_back() -> None:
    here = stage()
    offering = here.offerings()[0]
    here.engine.market.sell_out(offering["CapacityBlockOfferingId"], since=at("02 10:00"), until=at("02 11:00"))
    here.run("02 10:00")
    assert refusal(here, offering) == EXPIRED
    assert (offering["AvailabilityZone"], offering["StartDate"]) not in [
        (each["AvailabilityZone"], each["StartDate"]) for each in here.offerings()
    ]
    here.run("02 11:00")
    assert refusal(here, offering) == ""


def test_what_others_take_is_not_offered_while_they_hold_it() -> None:
    here = stage()
    here.engine.market.take(P5, zone="us-east-2a", until=at("02 10:00"))
    assert {each["AvailabilityZone"] for each in here.offerings()} == {"us-east-2c"}
    here.engine.market.take(P5)
    assert here.offerings() == []
    here.run("02 10:00")
    assert here.offerings() == []


def test_fees_and_stock_move_with_the_seed_and_stand_within_a_period() -> None:
    def story(seed: int) -> list[tuple[str, Any]]:
        here = stage(seed=seed, fee_moves=0.2, stock_moves=True, stock_taken_by_others=1.0, market_period=HOUR)
        found = []
        for _ in range(12):
            offers = here.offerings(count=60)
            assert [each["UpfrontFee"] for each in here.offerings(count=60)] == [each["UpfrontFee"] for each in offers]
            found += [(each["UpfrontFee"], each["StartDate"]) for each in offers]
            here.run(here.clock.now() + HOUR)
        return found

    first = story(1)
    assert first == story(1) != story(2)
    fees = {int(fee) for fee, _ in first}
    assert len(fees) > 3
    starts = {start for _, start in first}
    assert len(starts) > 3


def test_a_story_may_show_what_nobody_asked_for() -> None:
    here = stage()
    start, end = at("04 11:30"), at("05 11:30")
    odd = here.engine.market.segment("p4d.24xlarge", "us-east-2a", 1, start, end, fee=Decimal("0.01"))
    here.engine.market.show(odd, until=MORNING + MINUTE)
    (first, *_) = here.offerings()
    assert (first["InstanceType"], first["InstanceCount"], first["UpfrontFee"]) == ("p4d.24xlarge", 1, "0.01")
    assert "CapacityBlockOfferingSegments" not in first
    here.run(MORNING + MINUTE)
    assert {each["InstanceType"] for each in here.offerings()} == {P5}


def test_segments_with_a_gap_between_them_are_bought_as_one() -> None:
    here = stage()
    market = here.engine.market
    first = market.segment(P5, "us-east-2a", 2, at("04 11:30"), at("05 11:30"))
    second = market.segment(P5, "us-east-2c", 2, at("07 11:30"), at("08 11:30"))
    market.show(first, second)
    offering = here.offerings()[0]
    assert [each["AvailabilityZone"] for each in offering["CapacityBlockOfferingSegments"]] == [
        "us-east-2a",
        "us-east-2c",
    ]
    bought = here.purchase(offering)["CapacityReservations"]
    assert [each["EndDate"] - each["StartDate"] for each in bought] == [timedelta(days=1)] * 2
    (sale,) = here.engine.sales
    assert sale.reservation_ids == tuple(each["CapacityReservationId"] for each in bought)
    assert str(sale.fee) == offering["UpfrontFee"]
