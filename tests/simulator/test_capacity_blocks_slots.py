"""Who may run in a block, when a place is free again, and how EC2 takes the places back before the end."""

from datetime import timedelta
from typing import Any

import pytest

from simulator.assumptions import minutes
from simulator.capacity_blocks import CapacityBlockError
from tests.simulator.capacity_block_stage import ACCOUNT, MINUTE, REGION, SECOND, Stage, at, stage


def active(count: int = 2, **assumed: Any) -> tuple[Stage, str]:
    """A block of `count` that is active from 3 March, 11:30, to 4 March, 11:30."""
    here = stage(**assumed)
    bought = here.buy(24, count, StartDateRange=at("03 00:00"), EndDateRange=at("04 11:30"))
    here.run("03 11:30")
    return here, bought


def test_an_instance_takes_a_place_and_gives_it_back_after_the_clean_up() -> None:
    here, block = active()
    instance_id = here.place(block)
    shown = here.reservation(block)
    assert (shown["TotalInstanceCount"], shown["AvailableInstanceCount"]) == (2, 1)
    assert shown["CapacityAllocations"] == [{"AllocationType": "used", "Count": 1}]
    assert here.engine.release(instance_id)
    here.run(at("03 11:34") - SECOND)
    assert here.reservation(block)["AvailableInstanceCount"] == 1
    assert here.engine.reservation_of(instance_id) == block
    here.run("03 11:34")
    assert here.reservation(block)["AvailableInstanceCount"] == 2
    assert here.engine.reservation_of(instance_id) is None


def test_a_release_happens_once_and_only_for_who_holds_a_place() -> None:
    here, block = active()
    instance_id = here.place(block)
    assert not here.engine.release("i-00000000000000bad")
    assert here.engine.release(instance_id)
    assert not here.engine.release(instance_id)
    here.run("03 12:00")
    assert not here.engine.release(instance_id)
    assert here.reservation(block)["AvailableInstanceCount"] == 2


def test_a_full_block_takes_no_more_until_a_place_is_clean() -> None:
    here, block = active(1)
    first = here.place(block)
    assert here.launch_refusal(block) == "ReservationCapacityExceeded"
    here.engine.release(first)
    assert here.launch_refusal(block) == "ReservationCapacityExceeded"
    here.run("03 11:34")
    assert here.launch_refusal(block) == ""


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({}, ""),
        ({"market_type": None}, "InvalidParameterValue"),
        ({"market_type": "on-demand"}, "InvalidParameterValue"),
        ({"market_type": "spot"}, "InvalidParameterValue"),
        ({"instance_type": "p5en.48xlarge"}, "ReservationCapacityExceeded"),
        ({"availability_zone": "us-east-2c"}, "ReservationCapacityExceeded"),
        ({"platform": "Linux/UNIX"}, ""),
        ({"platform": "SUSE Linux"}, "ReservationCapacityExceeded"),
        ({"tenancy": "dedicated"}, "ReservationCapacityExceeded"),
    ],
)
def test_a_launch_must_fit_the_block(different: dict[str, Any], code: str) -> None:
    here, block = active()
    assert here.launch_refusal(block, **different) == code
    assert here.reservation(block)["AvailableInstanceCount"] == (2 if code else 1)


def test_a_launch_before_the_block_is_active_is_refused_as_pending_activation() -> None:
    here = stage(delivery=minutes(2))
    block = here.buy(24, 2, StartDateRange=at("03 00:00"), EndDateRange=at("04 11:30"))
    pending = "InvalidCapacityReservationState.PendingActivation"
    assert here.launch_refusal(block) == pending
    here.run("03 11:31")
    assert here.launch_refusal(block) == pending
    here.run("03 11:32")
    assert here.launch_refusal(block) == ""


def test_an_id_that_is_not_there_is_refused_by_kind() -> None:
    here, _ = active()
    launch: dict[str, Any] = {
        "instance_id": "i-1",
        "instance_type": "p5.48xlarge",
        "availability_zone": "us-east-2a",
        "market_type": "capacity-block",
    }
    with pytest.raises(CapacityBlockError, match=r"InvalidCapacityReservationId\.NotFound"):
        here.engine.place("cr-0ddddddddddddddddd", **launch)
    with pytest.raises(CapacityBlockError, match=r"InvalidCapacityReservationId\.Malformed"):
        here.engine.place("training", **launch)


def test_an_instance_is_in_one_place_only() -> None:
    here, block = active()
    instance_id = here.place(block)
    with pytest.raises(ValueError, match="is already in"):
        here.place(block, instance_id=instance_id)


def test_launches_are_refused_from_half_an_hour_before_the_end() -> None:
    here, block = active()
    here.run(at("04 11:00") - SECOND)
    assert here.launch_refusal(block) == ""
    here.run("04 11:00")
    assert here.launch_refusal(block) == "InvalidCapacityReservationState.Unavailable"
    here.run("04 11:30")
    assert here.launch_refusal(block) == "InvalidCapacityReservationState.Unavailable"


def test_what_is_left_is_warned_and_terminated_from_half_an_hour_before_the_end() -> None:
    here, block = active(3, reclaim=minutes(0, 5))
    placed = [here.place(block) for _ in range(3)]
    here.run("04 11:30")
    assert sorted(instance_id for _, instance_id in here.terminated) == sorted(placed)
    instants = {instance_id: instant for instant, instance_id in here.terminated}
    assert all(at("04 11:00") <= each <= at("04 11:05") for each in instants.values())
    assert len(set(instants.values())) == 3
    warnings = [each for each in here.told if each.detail_type.endswith("Instance Interruption Warning")]
    assert {each.detail["instance-id"]: each.at for each in warnings} == {
        instance_id: instant - 2 * MINUTE for instance_id, instant in instants.items()
    }


def test_the_instance_warning_looks_as_documented() -> None:
    here, block = active(1)
    instance_id = here.place(block)
    here.run("04 11:00")
    warning = next(each for each in here.told if each.detail_type.endswith("Instance Interruption Warning"))
    assert warning.resources == (f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance_id}",)
    assert warning.detail == {
        "instance-id": instance_id,
        "instance-action": "terminate",
        "instance-termination-time": "2026-03-04T11:00:00Z",
        "availability-zone-id": "use2-az1",
        "instance-lifecycle": "capacity-block",
    }


def test_the_reclaim_is_recorded_with_the_instances_it_ends() -> None:
    here, block = active()
    placed = [here.place(block), here.place(block)]
    here.run("04 11:00")
    record = next(each for each in here.told if each.detail.get("eventName") == "TerminateCapacityBlockInstances")
    assert record.at == at("04 11:00")
    assert [each["ARN"].rpartition("/")[2] for each in record.detail["resources"]] == placed


def test_an_instance_that_left_in_time_is_neither_warned_nor_terminated() -> None:
    here, block = active()
    here.engine.release(here.place(block))
    here.run("05 00:00")
    assert here.terminated == []
    assert [each for each in here.events() if "Terminate" in each[1] or "Interruption" in each[1]] == []


def test_an_instance_that_comes_in_the_last_two_minutes_is_terminated_like_the_others() -> None:
    here, block = active()
    here.run("04 10:59")
    late = here.place(block)
    here.run("04 11:00")
    assert here.terminated == [(at("04 11:00"), late)]
    assert [each[0] for each in here.events("EC2 Capacity Reservation Instance Interruption Warning")] == [
        at("04 10:59")
    ]


@pytest.mark.parametrize("spread", [minutes(0), minutes(29), minutes(45)])
def test_nothing_runs_at_the_end_however_slow_the_reclaim(spread: Any) -> None:
    here, block = active(2, reclaim=spread)
    for _ in range(2):
        here.place(block)
    here.run("04 11:30")
    assert len(here.terminated) == 2
    assert max(instant for instant, _ in here.terminated) < at("04 11:30")
    assert here.reservation(block)["CapacityAllocations"] == []


def test_ultraservers_are_reclaimed_an_hour_before_the_end() -> None:
    here = stage()
    offering = here.call(
        "DescribeCapacityBlockOfferings",
        UltraserverType="u-trn2x64",
        UltraserverCount=1,
        CapacityDurationHours=24,
        StartDateRange=at("03 00:00"),
    )["CapacityBlockOfferings"][0]
    block = here.purchase(offering)["CapacityReservation"]["CapacityReservationId"]
    here.run("03 11:30")
    instance_id = here.place(block)
    here.run("04 10:30")
    assert here.terminated == [(at("04 10:30"), instance_id)]


def test_the_owner_sees_who_uses_a_shared_block_and_hears_nothing_of_their_instances() -> None:
    here, block = active(3)
    here.place(block)
    here.place(block, account="444455556666")
    usage = here.call("GetCapacityReservationUsage", CapacityReservationId=block)
    assert usage["InstanceUsages"] == [
        {"AccountId": ACCOUNT, "UsedInstanceCount": 1},
        {"AccountId": "444455556666", "UsedInstanceCount": 1},
    ]
    here.run("04 11:30")
    assert len(here.terminated) == 1
    assert len(here.events("EC2 Capacity Reservation Instance Interruption Warning")) == 1


def test_a_place_stays_taken_for_the_assumed_time() -> None:
    here, block = active(1, slot_cleanup=minutes(6))
    here.engine.release(here.place(block))
    here.run(at("03 11:36") - SECOND)
    assert here.reservation(block)["AvailableInstanceCount"] == 0
    here.run("03 11:36")
    assert here.reservation(block)["AvailableInstanceCount"] == 1


def test_a_launch_and_the_end_of_a_clean_up_are_changes() -> None:
    here, block = active()
    before = here.engine.version
    instance_id = here.place(block)
    launched = here.engine.version
    here.engine.release(instance_id)
    here.run("03 11:34")
    assert before < launched < here.engine.version


def test_launches_go_on_for_as_long_as_places_come_free() -> None:
    here, block = active(1)
    for _ in range(3):
        here.engine.release(here.place(block))
        here.run(here.clock.now() + 4 * MINUTE)
    assert here.clock.now() - at("03 11:30") == timedelta(minutes=12)
    assert here.reservation(block)["AvailableInstanceCount"] == 1
