"""More time for a block: who may ask, what it costs, and what moves once it is paid."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.capacity_blocks import Payment, Shelf
from tests.simulator.capacity_block_stage import HOUR, MINUTE, SECOND, Stage, at, bought_elsewhere, stage

SEARCH, PURCHASE = "DescribeCapacityBlockExtensionOfferings", "PurchaseCapacityBlockExtension"


def active(count: int = 2, **assumed: Any) -> tuple[Stage, str]:
    here = stage(**assumed)
    bought = here.buy(24, count, StartDateRange=at("03 00:00"), EndDateRange=at("04 11:30"))
    here.run("03 11:30")
    return here, bought


def offers(here: Stage, block: str, hours: int = 24) -> list[dict[str, Any]]:
    answer = here.call(SEARCH, CapacityReservationId=block, CapacityBlockExtensionDurationHours=hours)
    return list(answer["CapacityBlockExtensionOfferings"])


def extend(here: Stage, block: str, hours: int = 24) -> dict[str, Any]:
    offering_id = offers(here, block, hours)[0]["CapacityBlockExtensionOfferingId"]
    bought = here.call(PURCHASE, CapacityBlockExtensionOfferingId=offering_id, CapacityReservationId=block)
    return dict(bought["CapacityBlockExtensions"][0])


def search_refusal(here: Stage, block: str, hours: int = 24) -> str:
    return here.refusal(SEARCH, CapacityReservationId=block, CapacityBlockExtensionDurationHours=hours)


def test_an_offer_begins_where_the_block_ends_and_has_all_of_its_instances() -> None:
    here, block = active()
    offer = offers(here, block, 48)[0]
    assert offer["CapacityBlockExtensionOfferingId"].startswith("cbe-")
    assert {**offer, "CapacityBlockExtensionOfferingId": ""} == {
        "CapacityBlockExtensionOfferingId": "",
        "InstanceType": "p5.48xlarge",
        "InstanceCount": 2,
        "AvailabilityZone": "us-east-2a",
        "AvailabilityZoneId": "use2-az1",
        "StartDate": at("03 11:30"),
        "CapacityBlockExtensionStartDate": at("04 11:30"),
        "CapacityBlockExtensionEndDate": at("06 11:30"),
        "CapacityBlockExtensionDurationHours": 48,
        "UpfrontFee": "3021",
        "CurrencyCode": "USD",
        "Tenancy": "default",
        "ZoneType": "availability-zone",
    }


def test_the_end_moves_only_when_the_extension_is_paid() -> None:
    here, block = active()
    here.engine.plan_payment(Payment(after=2 * HOUR))
    bought = extend(here, block)
    assert bought["CapacityBlockExtensionStatus"] == "payment-pending"
    here.run(at("03 13:30") - SECOND)
    assert here.reservation(block)["EndDate"] == at("04 11:30")
    here.run("03 13:30")
    assert here.reservation(block)["EndDate"] == at("05 11:30")
    history = here.call("DescribeCapacityBlockExtensionHistory", CapacityReservationIds=[block])
    assert [each["CapacityBlockExtensionStatus"] for each in history["CapacityBlockExtensions"]] == [
        "payment-succeeded"
    ]
    assert history["CapacityBlockExtensions"][0]["CapacityBlockExtensionPurchaseDate"] == at("03 11:30")
    assert here.call("DescribeCapacityBlocks")["CapacityBlocks"][0]["EndDate"] == at("05 11:30")


def test_a_moved_end_moves_warning_reclaim_and_expiry() -> None:
    here, block = active()
    instance_id = here.place(block)
    extend(here, block)
    here.run("06 00:00")
    assert here.terminated == [(at("05 11:00"), instance_id)]
    assert here.events("Capacity Block Expiration Warning", "CapacityBlockExpired") == [
        (at("05 10:50"), "Capacity Block Expiration Warning"),
        (at("05 11:30"), "CapacityBlockExpired"),
    ]


def test_an_extension_that_settles_after_the_warning_is_followed_by_a_second_warning() -> None:
    here, block = active()
    instance_id = here.place(block)
    here.run("04 10:20")
    here.engine.plan_payment(Payment(after=35 * MINUTE))
    extend(here, block)
    here.run("04 12:00")
    assert (here.state(block), here.terminated) == ("active", [])
    here.run("06 00:00")
    assert [instant for instant, _ in here.events("Capacity Block Expiration Warning")] == [
        at("04 10:50"),
        at("05 10:50"),
    ]
    assert here.terminated == [(at("05 11:00"), instance_id)]


@pytest.mark.parametrize(
    ("after", "settled", "status", "end"),
    [
        (35 * MINUTE, at("04 10:55"), "payment-succeeded", at("05 11:30")),
        (35 * MINUTE + SECOND, at("04 10:55"), "payment-failed", at("04 11:30")),
    ],
)
def test_an_extension_must_be_paid_35_minutes_before_the_end(
    after: timedelta, settled: datetime, status: str, end: datetime
) -> None:
    here, block = active()
    here.run("04 10:20")
    here.engine.plan_payment(Payment(after=after))
    extend(here, block)
    here.run(settled)
    history = here.call("DescribeCapacityBlockExtensionHistory")["CapacityBlockExtensions"]
    assert [each["CapacityBlockExtensionStatus"] for each in history] == [status]
    assert here.reservation(block)["EndDate"] == end


def test_an_extension_must_be_paid_within_12_hours() -> None:
    here, block = active()
    here.engine.plan_payment(Payment(after=12 * HOUR + SECOND))
    extend(here, block)
    here.run("03 23:30")
    assert here.reservation(block)["EndDate"] == at("04 11:30")
    assert search_refusal(here, block) == ""


def test_a_failed_extension_lets_the_block_end_as_it_would_have() -> None:
    here, block = active()
    here.engine.plan_payment(Payment(succeeds=False))
    extend(here, block)
    here.run("04 11:30")
    assert here.state(block) == "expired"
    assert here.events("CapacityBlockPaymentFailed") == []


def test_a_pending_extension_refuses_a_second_one() -> None:
    here, block = active()
    offering_id = offers(here, block)[0]["CapacityBlockExtensionOfferingId"]
    extend(here, block)
    assert search_refusal(here, block) == "InvalidCapacityReservationState"
    bought: dict[str, Any] = {"CapacityBlockExtensionOfferingId": offering_id, "CapacityReservationId": block}
    assert here.refusal(PURCHASE, **bought) == "InvalidCapacityReservationState"
    here.run("03 11:35")
    assert search_refusal(here, block) == ""
    # The block ends later by now, so what was offered before does not fit it any more.
    assert here.refusal(PURCHASE, **bought) == "InvalidCapacityBlockExtensionOfferingIdExpired"


def test_there_is_no_limit_to_the_number_of_extensions() -> None:
    here, block = active()
    for _ in range(3):
        extend(here, block)
        here.run(here.clock.now() + 5 * MINUTE)
    assert here.reservation(block)["EndDate"] == at("07 11:30")
    assert len(here.call("DescribeCapacityBlockExtensionHistory")["CapacityBlockExtensions"]) == 3


def test_a_block_can_be_extended_until_an_hour_before_its_end() -> None:
    here, block = active()
    here.run("04 10:30")
    assert search_refusal(here, block) == ""
    here.run(at("04 10:30") + SECOND)
    assert search_refusal(here, block) == "InvalidParameterValue"


def test_a_block_can_be_extended_from_56_days_before_its_end() -> None:
    here = stage()
    block = here.buy(1512, 1, StartDateRange=at("03 00:00"))
    end = here.reservation(block)["EndDate"]
    here.run(end - timedelta(days=56) - SECOND)
    assert search_refusal(here, block) == "InvalidParameterValue"
    here.run(end - timedelta(days=56))
    assert search_refusal(here, block) == ""


def test_a_block_lasts_182_days_at_most_with_all_its_extensions() -> None:
    here = stage()
    block = here.buy(4200, 1, StartDateRange=at("03 00:00"))
    here.run(here.reservation(block)["EndDate"] - 2 * HOUR)
    assert search_refusal(here, block, 168) == ""
    assert search_refusal(here, block, 192) == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("hours", "code"), [(24, ""), (36, "InvalidParameterValue"), (336, ""), (360, "InvalidParameterValue")]
)
def test_an_extension_has_a_legal_duration(hours: int, code: str) -> None:
    here, block = active()
    assert search_refusal(here, block, hours) == code


def test_only_active_and_scheduled_blocks_are_extended() -> None:
    here = stage()
    here.engine.plan_payment(Payment(after=10 * MINUTE))
    block = here.buy(24, 1, StartDateRange=at("03 00:00"))
    assert search_refusal(here, block) == "InvalidCapacityReservationState"
    here.run("02 09:10")
    assert search_refusal(here, block) == ""
    here.run("04 11:30")
    assert search_refusal(here, block) == "InvalidCapacityReservationState"


def test_a_scheduled_block_that_was_extended_lives_to_its_new_end() -> None:
    here = stage()
    block = here.buy(24, 1, StartDateRange=at("03 00:00"))
    here.run("02 09:10")
    extend(here, block)
    here.run("04 12:00")
    assert here.state(block) == "active"
    here.run("05 11:30")
    assert here.state(block) == "expired"


def test_nothing_is_offered_without_stock_and_a_failed_payment_gives_it_back() -> None:
    shelf = Shelf(
        instance_type="p5.48xlarge",
        availability_zone="us-east-2a",
        availability_zone_id="use2-az1",
        instances=2,
        hourly_fee=Decimal("31.464"),
    )
    here = stage(inventory=[shelf])
    block = here.buy(24, 2, StartDateRange=at("03 00:00"), EndDateRange=at("04 11:30"))
    rival: dict[str, Any] = {"StartDateRange": at("04 00:00"), "EndDateRange": at("05 11:30")}
    here.engine.plan_payment(Payment(after=HOUR, succeeds=False))
    here.run("02 09:10")
    here.buy(24, 1, **rival)
    assert offers(here, block) == []
    here.run("02 10:10")
    assert len(offers(here, block)) == 1
    here.engine.plan_payment(Payment(after=HOUR, succeeds=False))
    extend(here, block)
    assert here.offerings(24, 1, **rival) == []
    version = here.engine.version
    here.run("02 11:10")
    assert here.offerings(24, 2, **rival) != []
    assert here.engine.version > version


def test_only_the_owner_extends() -> None:
    here = stage()
    shared = here.engine.adopt(bought_elsewhere(OwnerId="444455556666"))
    assert search_refusal(here, shared) == "OperationNotPermitted"


def test_an_offer_is_for_one_block() -> None:
    here, block = active()
    other = here.engine.adopt(bought_elsewhere(EndDate="2026-03-05T11:30:00Z"))
    offering_id = offers(here, block)[0]["CapacityBlockExtensionOfferingId"]
    bought: dict[str, Any] = {"CapacityBlockExtensionOfferingId": offering_id, "CapacityReservationId": other}
    assert here.refusal(PURCHASE, **bought) == "InvalidCapacityBlockExtensionOfferingIdNotFound"


def test_a_dry_run_extends_nothing() -> None:
    here, block = active()
    offering_id = offers(here, block)[0]["CapacityBlockExtensionOfferingId"]
    bought: dict[str, Any] = {"CapacityBlockExtensionOfferingId": offering_id, "CapacityReservationId": block}
    assert here.refusal(PURCHASE, **bought, DryRun=True) == "DryRunOperation"
    assert here.call("DescribeCapacityBlockExtensionHistory") == {"CapacityBlockExtensions": []}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("capacity-block-extension-status", "payment-pending", 1),
        ("capacity-block-extension-status", "payment-failed", 0),
        ("instance-type", "p5.*", 1),
        ("availability-zone", "us-east-2c", 0),
        ("availability-zone-id", "use2-az1", 1),
    ],
)
def test_the_history_can_be_filtered(name: str, value: str, found: int) -> None:
    here, block = active()
    extend(here, block)
    answer = here.call("DescribeCapacityBlockExtensionHistory", Filters=[{"Name": name, "Values": [value]}])
    assert len(answer["CapacityBlockExtensions"]) == found
