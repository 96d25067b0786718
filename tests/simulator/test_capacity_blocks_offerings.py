"""What EC2 offers, at which price, and when it stops selling."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.capacity_blocks import Shelf
from tests.simulator.capacity_block_stage import MINUTE, MORNING, Stage, at, stage

SMALL = Shelf(
    instance_type="p5.48xlarge",
    availability_zone="us-east-2a",
    availability_zone_id="use2-az1",
    instances=4,
    hourly_fee=Decimal("31.464"),
)


def test_a_search_answers_as_a_public_sample_of_ec2_did() -> None:
    here = stage(now=datetime(2025, 2, 14, 15, 42, 10, tzinfo=UTC))
    found = here.offerings(24, 1, InstanceType="p4d.24xlarge")
    shown = ("AvailabilityZone", "StartDate", "CapacityBlockDurationHours", "UpfrontFee")
    assert [tuple(each[name] for name in shown) for each in found] == [
        ("us-east-2a", datetime(2025, 2, 15, 11, 30, tzinfo=UTC), 24, "283"),
        ("us-east-2a", datetime(2025, 2, 14, 16, 13, tzinfo=UTC), 19, "228"),
        ("us-east-2a", datetime(2025, 2, 14, 16, 13, tzinfo=UTC), 43, "511"),
    ]


def test_hours_are_floored_and_the_minutes_stand_beside_them() -> None:
    here = stage(now=datetime(2025, 2, 14, 15, 42, 10, tzinfo=UTC))
    soon = here.offerings(24, 1, InstanceType="p4d.24xlarge")[1]
    assert (soon["CapacityBlockDurationHours"], soon["CapacityBlockDurationMinutes"]) == (19, 17)
    assert soon["EndDate"] - soon["StartDate"] == timedelta(hours=19, minutes=17)


def test_all_blocks_end_at_half_past_eleven_and_at_most_six_are_offered() -> None:
    found = stage(region="us-east-1").offerings(
        InstanceTypePreferences=[{"InstanceType": "p5.48xlarge"}], InstanceType=""
    )
    assert len(found) <= 6
    many = stage().offerings(48, 1)
    assert len(many) == 6
    assert {(each["EndDate"].hour, each["EndDate"].minute) for each in [*found, *many]} == {(11, 30)}


@pytest.mark.parametrize(
    ("hours", "legal"),
    [
        (24, True),
        (25, False),
        (0, False),
        (-24, False),
        (336, True),
        (360, False),
        (504, True),
        (505, False),
        (4368, True),
        (4536, False),
    ],
)
def test_a_duration_is_whole_days_up_to_14_then_whole_weeks_up_to_26(hours: int, legal: bool) -> None:
    asked: dict[str, Any] = {"InstanceType": "p5.48xlarge", "InstanceCount": 1, "CapacityDurationHours": hours}
    assert stage().refusal("DescribeCapacityBlockOfferings", **asked) == ("" if legal else "InvalidParameterValue")


@pytest.mark.parametrize(("count", "legal"), [(0, False), (1, True), (64, True), (65, False)])
def test_a_block_has_from_1_to_64_instances(count: int, legal: bool) -> None:
    asked: dict[str, Any] = {"InstanceType": "p5.48xlarge", "InstanceCount": count, "CapacityDurationHours": 24}
    assert stage().refusal("DescribeCapacityBlockOfferings", **asked) == ("" if legal else "InvalidParameterValue")


def test_a_type_that_is_not_sold_as_a_block_is_refused() -> None:
    asked: dict[str, Any] = {"InstanceType": "t3.micro", "InstanceCount": 1, "CapacityDurationHours": 24}
    assert stage().refusal("DescribeCapacityBlockOfferings", **asked) == "InvalidParameterValue"


def test_no_start_is_before_the_asked_one_and_no_end_after() -> None:
    found = stage().offerings(48, 1, StartDateRange=at("05 00:00"), EndDateRange=at("07 11:30"))
    assert {(each["StartDate"], each["EndDate"]) for each in found} == {(at("05 11:30"), at("07 11:30"))}
    assert stage().offerings(48, 1, StartDateRange=at("05 00:00"), EndDateRange=at("07 11:29")) == []


def test_a_naive_date_is_read_as_utc() -> None:
    naive = at("05 00:00").replace(tzinfo=None)
    assert stage().offerings(24, 1, StartDateRange=naive)[0]["StartDate"] == at("05 11:30")


def test_yesterday_is_no_start_and_an_end_before_the_start_is_no_range() -> None:
    asked: dict[str, Any] = {"InstanceType": "p5.48xlarge", "CapacityDurationHours": 24}
    here = stage()
    search = "DescribeCapacityBlockOfferings"
    assert here.refusal(search, **asked, StartDateRange=at("01 23:59")) == "InvalidParameterValue"
    assert here.refusal(search, **asked, StartDateRange=at("02 00:00")) == ""
    assert here.refusal(search, **asked, EndDateRange=MORNING) == "InvalidParameterValue"


def test_the_soonest_start_is_thirty_minutes_ahead_at_an_odd_minute() -> None:
    here = stage(now=MORNING + timedelta(minutes=7, seconds=1))
    assert min(each["StartDate"] for each in here.offerings()) == MORNING + timedelta(minutes=38)


def test_the_furthest_start_is_eight_weeks_ahead() -> None:
    here = stage()
    just = here.offerings(24, 1, StartDateRange=MORNING + timedelta(weeks=8, days=-1))
    beyond = here.offerings(24, 1, StartDateRange=MORNING + timedelta(weeks=8))
    assert [each["StartDate"] for each in just[:1]] == [MORNING + timedelta(weeks=8, days=-1, hours=2, minutes=30)]
    assert beyond == []


def test_a_zone_that_was_not_opted_into_is_offered_only_when_asked_for() -> None:
    here = stage(region="us-east-1")
    zones = {each["AvailabilityZone"] for each in here.offerings(24, 1)}
    everywhere = here.offerings(24, 1, AllAvailabilityZones=True)
    local = [each for each in everywhere if each["ZoneType"] == "local-zone"]
    assert "us-east-1-atl-2a" not in zones
    assert {each["AvailabilityZone"] for each in local} == {"us-east-1-atl-2a"}


def test_an_ultraserver_is_offered_by_its_own_type_and_count() -> None:
    found = stage().call(
        "DescribeCapacityBlockOfferings", UltraserverType="u-trn2x64", UltraserverCount=2, CapacityDurationHours=24
    )["CapacityBlockOfferings"]
    shown = [(each["UltraserverType"], each["UltraserverCount"], each["InstanceCount"]) for each in found]
    assert set(shown) == {("u-trn2x64", 2, 8)}
    asked: dict[str, Any] = {"InstanceType": "trn2u.48xlarge", "CapacityDurationHours": 24}
    assert stage().refusal("DescribeCapacityBlockOfferings", **asked) == "InvalidParameterValue"


def test_preferences_come_back_with_segments_and_a_plain_search_without() -> None:
    here = stage(inventory=[SMALL])
    preferred = here.call(
        "DescribeCapacityBlockOfferings",
        InstanceTypePreferences=[{"InstanceType": "p5.48xlarge"}],
        InstanceCount=4,
        CapacityDurationHours=24,
    )["CapacityBlockOfferings"][0]
    assert [each["InstanceCount"] for each in preferred["CapacityBlockOfferingSegments"]] == [4]
    assert "CapacityBlockOfferingSegments" not in here.offerings(24, 4)[0]


def test_a_preference_search_may_be_split_and_is_bought_as_several_reservations() -> None:
    other = Shelf(
        instance_type="p5en.48xlarge",
        availability_zone="us-east-2c",
        availability_zone_id="use2-az3",
        instances=3,
        hourly_fee=Decimal("41.612"),
    )
    here = stage(inventory=[SMALL, other])
    preferences = [{"InstanceType": "p5.48xlarge"}, {"InstanceType": "p5en.48xlarge"}]
    offering = here.call(
        "DescribeCapacityBlockOfferings", InstanceTypePreferences=preferences, InstanceCount=6, CapacityDurationHours=24
    )["CapacityBlockOfferings"][0]
    segments = offering["CapacityBlockOfferingSegments"]
    assert [(each["InstanceType"], each["InstanceCount"], each["UpfrontFee"]) for each in segments] == [
        ("p5.48xlarge", 4, "3021"),
        ("p5en.48xlarge", 2, "1997"),
    ]
    assert offering["UpfrontFee"] == "5018"
    bought = here.purchase(offering)
    assert [each["InstanceType"] for each in bought["CapacityReservations"]] == ["p5.48xlarge", "p5en.48xlarge"]
    assert bought["CapacityReservation"] == bought["CapacityReservations"][0]


def test_a_search_names_exactly_one_kind_of_thing() -> None:
    search, here = "DescribeCapacityBlockOfferings", stage()
    assert here.refusal(search, CapacityDurationHours=24) == "InvalidParameterCombination"
    both: dict[str, Any] = {"InstanceType": "p5.48xlarge", "UltraserverType": "u-trn2x64"}
    assert here.refusal(search, CapacityDurationHours=24, **both) == "InvalidParameterCombination"
    assert here.refusal(search, InstanceType="p5.48xlarge") == "MissingParameter"


def test_fees_are_strings_with_the_decimals_that_are_assumed() -> None:
    assert stage().offerings(24, 1)[0]["UpfrontFee"] == "755"
    assert stage(fee_decimals=2).offerings(24, 1)[0]["UpfrontFee"] == "755.14"


def test_the_same_seed_offers_the_same_and_another_seed_something_else() -> None:
    def first(seed: int) -> list[dict[str, Any]]:
        return stage(seed=seed, stock_taken_by_others=1.0).offerings(24, 32)

    assert first(1) == first(1)
    assert [each["CapacityBlockOfferingId"] for each in first(1)] != [
        each["CapacityBlockOfferingId"] for each in first(2)
    ]


def test_the_same_search_gives_new_ids_that_buy_the_same_stock() -> None:
    here = stage(inventory=[SMALL])
    first, second = here.offerings(24, 4)[0], here.offerings(24, 4)[0]
    assert first["CapacityBlockOfferingId"] != second["CapacityBlockOfferingId"]
    here.purchase(first)
    assert _refusal(here, second) == "InvalidCapacityBlockOfferingIdExpired"


def test_who_buys_twice_has_bought_twice_as_long_as_there_is_stock() -> None:
    here = stage(inventory=[SMALL])
    offering = here.offerings(24, 2)[0]
    bought = [here.purchase(offering)["CapacityReservation"]["CapacityReservationId"] for _ in range(2)]
    assert len(set(bought)) == 2
    assert _refusal(here, offering) == "InvalidCapacityBlockOfferingIdExpired"
    assert len(here.call("DescribeCapacityReservations")["CapacityReservations"]) == 2


def test_stock_is_sold_for_its_time_alone() -> None:
    here = stage(inventory=[SMALL])
    here.buy(24, 4)
    assert [each["StartDate"] for each in here.offerings(24, 1)[:1]] == [at("03 11:30")]


def test_a_failed_payment_gives_the_stock_back() -> None:
    from simulator.capacity_blocks import Payment

    here = stage(inventory=[SMALL])
    here.engine.plan_payment(Payment(after=timedelta(minutes=20), succeeds=False))
    bought = here.buy(24, 4, StartDateRange=at("04 00:00"), EndDateRange=at("05 11:30"))
    window: dict[str, Any] = {"StartDateRange": at("04 00:00"), "EndDateRange": at("05 11:30")}
    assert here.offerings(24, 1, **window) == []
    here.run(MORNING + timedelta(minutes=20))
    assert here.state(bought) == "payment-failed"
    assert len(here.offerings(24, 4, **window)) == 1


def test_an_offering_lapses_ten_minutes_before_its_start() -> None:
    def refusal_after(wait: timedelta) -> str:
        here = stage()
        soonest = min(here.offerings(), key=lambda each: each["StartDate"])
        here.run(soonest["StartDate"] - timedelta(minutes=10) + wait)
        return _refusal(here, soonest)

    assert refusal_after(timedelta()) == ""
    assert refusal_after(MINUTE) == "InvalidCapacityBlockOfferingIdExpired"


@pytest.mark.parametrize(
    ("offering_id", "code"),
    [
        ("cb-0123456789abcdef0", "InvalidCapacityBlockOfferingIdNotFound"),
        ("cb-nonsense", "InvalidCapacityBlockOfferingIdMalformed"),
        ("cr-0123456789abcdef0", "InvalidCapacityBlockOfferingIdMalformed"),
    ],
)
def test_an_offering_that_never_was_is_refused_by_kind(offering_id: str, code: str) -> None:
    assert _refusal(stage(), {"CapacityBlockOfferingId": offering_id}) == code


def test_a_dry_run_buys_nothing_and_does_not_look_at_the_offering() -> None:
    here = stage()
    asked: dict[str, Any] = {"CapacityBlockOfferingId": "cb-nonsense", "InstancePlatform": "Linux/UNIX", "DryRun": True}
    assert here.refusal("PurchaseCapacityBlock", **asked) == "DryRunOperation"
    assert here.call("DescribeCapacityReservations") == {"CapacityReservations": []}


def test_a_platform_that_blocks_do_not_run_is_refused_before_anything_is_bought() -> None:
    here = stage()
    offering = here.offerings()[0]
    asked: dict[str, Any] = {
        "CapacityBlockOfferingId": offering["CapacityBlockOfferingId"],
        "InstancePlatform": "Windows",
    }
    assert here.refusal("PurchaseCapacityBlock", **asked) == "InvalidParameterValue"
    assert here.call("DescribeCapacityReservations") == {"CapacityReservations": []}


def test_the_eleventh_search_at_once_is_throttled_and_one_more_is_answered_seven_seconds_later() -> None:
    here = stage()
    for _ in range(10):
        here.offerings()
    assert _search_refusal(here) == "CapacityBlockDescribeLimitExceeded"
    here.run(MORNING + timedelta(seconds=6))
    assert _search_refusal(here) == "CapacityBlockDescribeLimitExceeded"
    here.run(MORNING + timedelta(seconds=7))
    assert _search_refusal(here) == ""
    assert _search_refusal(here) == "CapacityBlockDescribeLimitExceeded"


def test_a_quota_of_nothing_answers_as_a_throttle_for_its_family_alone() -> None:
    here = stage()
    here.engine.quotas["p5"] = 0
    assert _search_refusal(here) == "CapacityBlockDescribeLimitExceeded"
    assert here.offerings(24, 1, InstanceType="p4d.24xlarge") != []


def test_a_quota_limits_what_runs_at_one_time_not_what_is_bought() -> None:
    here = stage()
    here.engine.quotas["p5"] = 4
    here.buy(24, 4, StartDateRange=at("04 00:00"))
    same_day = here.offerings(24, 1, StartDateRange=at("04 00:00"), EndDateRange=at("05 11:30"))[0]
    next_day = here.offerings(24, 4, StartDateRange=at("05 00:00"), EndDateRange=at("06 11:30"))[0]
    assert _refusal(here, same_day) == "InstanceLimitExceeded"
    assert _refusal(here, next_day) == ""


def _refusal(here: Stage, offering: dict[str, Any]) -> str:
    asked = {"CapacityBlockOfferingId": offering["CapacityBlockOfferingId"], "InstancePlatform": "Linux/UNIX"}
    return here.refusal("PurchaseCapacityBlock", **asked)


def _search_refusal(here: Stage) -> str:
    asked: dict[str, Any] = {"InstanceType": "p5.48xlarge", "InstanceCount": 1, "CapacityDurationHours": 24}
    return here.refusal("DescribeCapacityBlockOfferings", **asked)
