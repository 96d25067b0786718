"""How a block lives: paid or not, delivered, warned about, expired; and what the bus hears of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.assumptions import minutes
from simulator.capacity_blocks import SIZE_TAG, TYPE_TAG, Payment
from tests.simulator.capacity_block_stage import ACCOUNT, HOUR, MINUTE, MORNING, REGION, SECOND, Stage, at, stage

TOMORROW: dict[str, Any] = {"StartDateRange": at("03 00:00"), "EndDateRange": at("04 11:30")}


def test_a_purchase_answers_with_a_reservation_that_awaits_its_payment() -> None:
    here = stage()
    offering = here.offerings(24, 2, **TOMORROW)[0]
    bought = here.purchase(offering)
    reservation_id = bought["CapacityReservation"]["CapacityReservationId"]
    block_id = bought["CapacityReservation"]["CapacityBlockId"]
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:capacity-reservation/{reservation_id}"
    assert bought["CapacityReservation"] == {
        "CapacityReservationId": reservation_id,
        "OwnerId": ACCOUNT,
        "CapacityReservationArn": arn,
        "AvailabilityZoneId": "use2-az1",
        "InstanceType": "p5.48xlarge",
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": "us-east-2a",
        "Tenancy": "default",
        "TotalInstanceCount": 0,
        "AvailableInstanceCount": 0,
        "EbsOptimized": False,
        "EphemeralStorage": False,
        "State": "payment-pending",
        "StartDate": at("03 11:30"),
        "EndDate": at("04 11:30"),
        "EndDateType": "limited",
        "InstanceMatchCriteria": "targeted",
        "CreateDate": MORNING,
        "Tags": [{"Key": SIZE_TAG, "Value": "2"}, {"Key": TYPE_TAG, "Value": "capacity-block"}],
        "CapacityAllocations": [],
        "ReservationType": "capacity-block",
        "CapacityBlockId": block_id,
    }
    assert bought["CapacityReservations"] == [bought["CapacityReservation"]]
    assert [each["CapacityBlockId"] for each in bought["CapacityBlocks"]] == [block_id]


def test_a_life_from_purchase_to_oblivion() -> None:
    here = stage(delivery=minutes(3))
    bought = here.buy(24, 2, **TOMORROW)
    states = []
    for moment in ("02 09:04", "02 09:05", "03 11:32", "03 11:33", "04 11:29", "04 11:30", "05 11:29"):
        here.run(moment)
        shown = here.reservation(bought)
        states.append((moment, shown["State"], shown["TotalInstanceCount"], shown["AvailableInstanceCount"]))
    assert states == [
        ("02 09:04", "payment-pending", 0, 0),
        ("02 09:05", "scheduled", 0, 0),
        ("03 11:32", "scheduled", 0, 0),
        ("03 11:33", "active", 2, 2),
        ("04 11:29", "active", 2, 2),
        ("04 11:30", "expired", 2, 0),
        ("05 11:29", "expired", 2, 0),
    ]
    here.run("05 11:30")
    gone = here.refusal("DescribeCapacityReservations", CapacityReservationIds=[bought])
    assert gone == "InvalidCapacityReservationId.NotFound"
    assert here.call("DescribeCapacityReservations") == {"CapacityReservations": []}
    assert here.call("DescribeCapacityBlocks") == {"CapacityBlocks": []}


def test_the_bus_hears_of_each_step() -> None:
    here = stage(delivery=minutes(3))
    here.buy(24, 2, **TOMORROW)
    here.run("05 12:00")
    assert here.events() == [
        (MORNING, "PurchaseCapacityBlock"),
        (at("02 09:05"), "CapacityBlockScheduled"),
        (at("03 11:33"), "CapacityBlockActive"),
        (at("03 11:33"), "Capacity Block Delivered"),
        (at("04 10:50"), "Capacity Block Expiration Warning"),
        (at("04 11:30"), "CapacityBlockExpired"),
    ]


def test_the_two_block_events_look_as_documented() -> None:
    here = stage()
    bought = here.buy(24, 2, **TOMORROW)
    arn = here.reservation(bought)["CapacityReservationArn"]
    here.run("04 11:00")
    told = {each.detail_type: each for each in here.told}
    for name in ("Capacity Block Delivered", "Capacity Block Expiration Warning"):
        assert told[name].resources == (arn,)
        assert told[name].detail == {"capacity-reservation-id": bought, "end-date": "2026-03-04T11:30:00Z"}


def test_cloudtrail_records_name_the_new_state() -> None:
    here = stage()
    bought = here.buy(24, 2, **TOMORROW)
    arn = here.reservation(bought)["CapacityReservationArn"]
    here.run("03 12:00")
    active = next(each for each in here.told if each.detail.get("eventName") == "CapacityBlockActive")
    assert active.detail_type == "AWS Service Event via CloudTrail"
    assert active.detail["eventType"] == "AwsServiceEvent"
    assert active.detail["resources"] == [{"ARN": arn, "accountId": ACCOUNT, "type": "AWS::EC2::CapacityReservation"}]
    assert active.detail["serviceEventDetails"] == {
        "capacityReservationId": bought,
        "capacityReservationState": "active",
    }


@pytest.mark.parametrize(
    ("current", "former", "names"),
    [
        (True, False, ["Capacity Block Delivered"]),
        (False, True, ["Capacity Block Reservation Delivered"]),
        (True, True, ["Capacity Block Delivered", "Capacity Block Reservation Delivered"]),
        (False, False, []),
    ],
)
def test_events_come_under_the_names_that_are_assumed(current: bool, former: bool, names: list[str]) -> None:
    here = stage(current_event_names=current, former_event_names=former)
    here.buy(24, 2, **TOMORROW)
    here.run("03 12:00")
    assert [each.detail_type for each in here.told if "Delivered" in each.detail_type] == names


def test_the_delivery_event_may_come_before_the_block_is_active() -> None:
    here = stage(delivered_before_active=True, delivery=minutes(4))
    here.buy(24, 2, **TOMORROW)
    here.run("03 12:00")
    assert here.events("Capacity Block Delivered", "CapacityBlockActive") == [
        (at("03 11:30"), "Capacity Block Delivered"),
        (at("03 11:34"), "CapacityBlockActive"),
    ]


def test_who_asks_at_the_instant_before_the_timer_of_that_instant_is_told_the_truth() -> None:
    here = stage()
    seen: list[str] = []
    # These timers are older than those of the block, so the clock runs them first at their instants.
    bought: list[str] = []
    for instant in (at("02 09:05"), at("03 11:30"), at("04 11:30")):
        here.clock.call_at(instant, lambda: seen.append(here.state(bought[0])))
    bought.append(here.buy(24, 2, **TOMORROW))
    here.run("04 12:00")
    assert seen == ["scheduled", "active", "expired"]


def test_a_payment_that_fails_ends_the_block_and_is_recorded() -> None:
    here = stage()
    here.engine.plan_payment(Payment(after=2 * HOUR, succeeds=False))
    bought = here.buy(24, 2, **TOMORROW)
    here.run(MORNING + 2 * HOUR - SECOND)
    assert here.state(bought) == "payment-pending"
    here.run("05 00:00")
    assert here.events() == [
        (MORNING, "PurchaseCapacityBlock"),
        (MORNING + 2 * HOUR, "CapacityBlockPaymentFailed"),
    ]


@pytest.mark.parametrize(
    ("start", "after", "settled", "state"),
    [
        ("03 11:30", 12 * HOUR, MORNING + 12 * HOUR, "scheduled"),
        ("03 11:30", 12 * HOUR + SECOND, MORNING + 12 * HOUR, "payment-failed"),
        ("02 11:30", 145 * MINUTE, at("02 11:25"), "scheduled"),
        ("02 11:30", 145 * MINUTE + SECOND, at("02 11:25"), "payment-failed"),
    ],
)
def test_a_payment_has_12_hours_and_must_be_in_5_minutes_before_the_start(
    start: str, after: timedelta, settled: Any, state: str
) -> None:
    here = stage()
    here.engine.plan_payment(Payment(after=after))
    bought = here.buy(24, 2, StartDateRange=at(start), EndDateRange=at(start) + 24 * HOUR)
    here.run(settled - SECOND)
    assert here.state(bought) == "payment-pending"
    here.run(settled)
    assert here.state(bought) == state


def test_drawn_payments_settle_in_time_even_for_a_block_that_starts_soon() -> None:
    for seed in range(20):
        here = stage(seed=seed, payment=minutes(5, 720))
        soonest = min(here.offerings(), key=lambda each: each["StartDate"])
        bought = here.purchase(soonest)["CapacityReservation"]
        here.run(bought["StartDate"] - 5 * MINUTE)
        assert here.state(bought["CapacityReservationId"]) == "scheduled"


def test_a_share_of_payments_fails_when_that_is_assumed() -> None:
    here = stage(payment_failures=1.0)
    bought = here.buy(24, 2, **TOMORROW)
    here.run("03 00:00")
    assert here.state(bought) == "payment-failed"


def test_a_delivery_can_be_said_for_one_block() -> None:
    here = stage()
    bought = here.buy(24, 2, **TOMORROW)
    here.engine.plan_delivery(bought, 5 * MINUTE)
    here.run("03 11:34")
    assert here.state(bought) == "scheduled"
    here.run("03 11:35")
    assert here.state(bought) == "active"


def test_a_block_that_is_not_delivered_fails_at_its_start() -> None:
    here = stage()
    bought = here.buy(24, 2, **TOMORROW)
    here.engine.plan_delivery(bought, None)
    here.run("03 11:30")
    assert here.state(bought) == "failed"
    assert here.events("CapacityBlockFailed", "Capacity Block Delivered") == [(at("03 11:30"), "CapacityBlockFailed")]


def test_deliveries_are_drawn_from_what_is_assumed() -> None:
    starts: set[datetime] = set()
    for seed in range(12):
        here = stage(seed=seed, delivery=minutes(0, 5))
        here.buy(24, 2, **TOMORROW)
        here.run("03 11:36")
        starts.update(instant for instant, _ in here.events("CapacityBlockActive"))
    assert len(starts) > 6
    assert at("03 11:30") <= min(starts)
    assert max(starts) <= at("03 11:35")


def test_a_seed_tells_one_story() -> None:
    def story(seed: int) -> list[Any]:
        here = stage(seed=seed, payment=minutes(5, 720), delivery=minutes(0, 5), reclaim=minutes(0, 5))
        bought = here.buy(24, 8, **TOMORROW)
        here.run("03 11:40")
        for _ in range(8):
            here.place(bought)
        here.run("06 00:00")
        return [here.told, here.terminated]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_questions_do_not_change_what_happens_later() -> None:
    def story(questions: int) -> list[Any]:
        here = stage(payment=minutes(5, 720), delivery=minutes(0, 5))
        for _ in range(questions):
            here.offerings()
        here.buy(24, 8, **TOMORROW)
        here.run("06 00:00")
        return [each for each in here.events() if each[1] != "PurchaseCapacityBlock"]

    assert story(0) == story(5)


def test_the_version_stands_still_while_nothing_changes_and_moves_with_every_step() -> None:
    here = stage()
    before = here.engine.version
    here.offerings()
    here.call("DescribeCapacityReservations")
    assert here.engine.version == before
    bought = here.buy(24, 2, **TOMORROW)
    seen = [before, here.engine.version]
    for moment in ("02 09:05", "03 11:30", "04 11:00", "04 11:30", "05 11:30"):
        here.run(at(moment) - SECOND)
        assert here.engine.version == seen[-1]
        here.run(moment)
        seen.append(here.engine.version)
    assert seen == sorted(set(seen))
    assert bought not in str(here.call("DescribeCapacityReservations"))


def test_ultraservers_are_a_block_each_and_are_shown_with_their_health() -> None:
    here = _with_ultraservers(2)
    blocks = here.call("DescribeCapacityBlocks")["CapacityBlocks"]
    reservations = here.call("DescribeCapacityReservations")["CapacityReservations"]
    assert [each["UltraserverType"] for each in blocks] == ["u-trn2x64"] * 2
    assert [each["CapacityReservationIds"] for each in blocks] == [
        [each["CapacityReservationId"]] for each in reservations
    ]
    assert [each["TotalInstanceCount"] for each in reservations] == [4, 4]
    assert [each["LaunchStatus"] for each in reservations] == ["launchable"] * 2
    here.engine.impair(blocks[0]["CapacityBlockId"], "impaired", 1)
    statuses = here.call("DescribeCapacityBlockStatus")["CapacityBlockStatuses"]
    assert [(each["InterconnectStatus"], each["TotalAvailableCapacity"]) for each in statuses] == [
        ("impaired", 3),
        ("ok", 4),
    ]
    filtered = here.call("DescribeCapacityBlockStatus", Filters=[{"Name": "interconnect-status", "Values": ["ok"]}])
    assert filtered["CapacityBlockStatuses"] == statuses[1:]


def test_an_ultraserver_is_unlaunchable_from_an_hour_before_its_end() -> None:
    here = _with_ultraservers(1)
    bought = here.call("DescribeCapacityReservations")["CapacityReservations"][0]["CapacityReservationId"]
    here.run(at("04 10:30") - SECOND)
    assert here.reservation(bought)["LaunchStatus"] == "launchable"
    here.run("04 10:30")
    assert here.reservation(bought)["LaunchStatus"] == "unlaunchable"


@pytest.mark.parametrize(("lead", "warned"), [(minutes(40), "04 10:50"), (minutes(70), "04 10:20")])
def test_the_lead_of_an_ultraservers_warning_is_an_assumption(lead: Any, warned: str) -> None:
    here = _with_ultraservers(1, ultraserver_expiration_warning=lead.least)
    here.run("04 11:00")
    assert here.events("Capacity Block Expiration Warning") == [(at(warned), "Capacity Block Expiration Warning")]


def test_whether_blocks_of_instances_are_listed_is_an_assumption() -> None:
    here = stage(instance_blocks_listed=False)
    bought = here.purchase(here.offerings(24, 2, **TOMORROW)[0])
    assert bought["CapacityBlocks"] == []
    assert "CapacityBlockId" not in bought["CapacityReservation"]
    assert here.call("DescribeCapacityBlocks") == {"CapacityBlocks": []}


def _with_ultraservers(count: int, **assumed: Any) -> Stage:
    here = stage(**assumed)
    offering = here.call(
        "DescribeCapacityBlockOfferings",
        UltraserverType="u-trn2x64",
        UltraserverCount=count,
        CapacityDurationHours=24,
        **TOMORROW,
    )["CapacityBlockOfferings"][0]
    assert len(here.purchase(offering)["CapacityReservations"]) == count
    here.run("03 12:00")
    return here
