"""Blocks that were bought elsewhere: their documents come in as the AWS CLI prints them, and live on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.capacity_blocks import SIZE_TAG, Payment
from tests.simulator.capacity_block_stage import ACCOUNT, REGION, Stage, at, bought_elsewhere, stage

OTHER = "444455556666"


def running(**different: Any) -> dict[str, Any]:
    """The same block while it is active, with one of its four places in use."""
    return bought_elsewhere(
        State="active",
        StartDate="2026-03-01T11:30:00Z",
        EndDate="2026-03-04T11:30:00Z",
        TotalInstanceCount=4,
        AvailableInstanceCount=3,
        **different,
    )


def test_a_document_comes_out_as_it_came_in_with_real_dates() -> None:
    here = stage()
    document = bought_elsewhere()
    dates = {
        "StartDate": at("03 11:30"),
        "EndDate": at("04 11:30"),
        "CreateDate": datetime(2026, 3, 1, 12, 3, 21, 123000, tzinfo=UTC),
    }
    assert here.reservation(here.engine.adopt(document)) == {**document, **dates}


def test_a_scheduled_block_lives_its_future() -> None:
    here = stage()
    block = here.engine.adopt(bought_elsewhere())
    here.run("03 11:30")
    shown = here.reservation(block)
    assert (shown["State"], shown["TotalInstanceCount"], shown["AvailableInstanceCount"]) == ("active", 4, 4)
    here.run("04 12:00")
    assert here.events() == [
        (at("03 11:30"), "CapacityBlockActive"),
        (at("03 11:30"), "Capacity Block Delivered"),
        (at("04 10:50"), "Capacity Block Expiration Warning"),
        (at("04 11:30"), "CapacityBlockExpired"),
    ]


@pytest.mark.parametrize(("succeeds", "state"), [(True, "scheduled"), (False, "payment-failed")])
def test_a_block_that_awaits_its_payment_gets_it_or_not(succeeds: bool, state: str) -> None:
    here = stage()
    here.engine.plan_payment(Payment(succeeds=succeeds))
    block = here.engine.adopt(bought_elsewhere(State="payment-pending", CreateDate="2026-03-02T08:59:00Z"))
    assert here.state(block) == "payment-pending"
    here.run("02 09:04")
    assert here.state(block) == state


def test_places_that_nobody_names_stay_taken_until_the_reclaim() -> None:
    here = stage()
    block = here.engine.adopt(running(CapacityAllocations=[{"AllocationType": "used", "Count": 1}]))
    assert here.reservation(block)["CapacityAllocations"] == [{"AllocationType": "used", "Count": 1}]
    for _ in range(3):
        here.place(block)
    assert here.launch_refusal(block) == "ReservationCapacityExceeded"
    here.run("04 11:00")
    assert here.reservation(block)["AvailableInstanceCount"] == 1
    assert len(here.terminated) == 3


def test_instances_that_are_named_are_warned_and_terminated() -> None:
    here = stage()
    block = here.engine.adopt(running(), instances=["i-0feed"])
    assert here.engine.reservation_of("i-0feed") == block
    assert here.reservation(block)["AvailableInstanceCount"] == 3
    here.run("04 11:00")
    assert here.terminated == [(at("04 11:00"), "i-0feed")]


def test_a_warning_whose_time_has_passed_is_not_sent_again() -> None:
    here = stage(now=at("04 10:51"))
    here.engine.adopt(running())
    here.run("04 12:00")
    assert here.events("Capacity Block Expiration Warning") == []
    in_time = stage(now=at("04 10:50"))
    in_time.engine.adopt(running())
    in_time.run("04 12:00")
    assert len(in_time.events("Capacity Block Expiration Warning")) == 1


def test_a_block_whose_end_has_passed_expires_at_once() -> None:
    here = stage(now=at("09 00:00"))
    block = here.engine.adopt(bought_elsewhere())
    assert here.state(block) == "expired"


def test_instances_of_a_block_that_is_already_over_are_terminated_at_once() -> None:
    here = stage(now=at("04 11:30"))
    block = here.engine.adopt(running(), instances=["i-0feed"])
    here.run("04 11:30")
    assert here.terminated == [(at("04 11:30"), "i-0feed")]
    assert here.state(block) == "expired"


def test_an_ultraserver_is_known_by_its_block_and_reclaimed_earlier() -> None:
    here = stage()
    block = here.engine.adopt(running(), instances=["i-0feed"])
    here.engine.adopt_block(
        {
            "CapacityBlockId": "cb-0bbbbbbbbbbbbbbbbb",
            "UltraserverType": "u-p6e-gb200x72",
            "AvailabilityZone": "us-east-2a",
            "CapacityReservationIds": [block],
            "CreateDate": "2026-02-01T00:00:00Z",
            "State": "active",
            "Tags": [{"Key": "pool", "Value": "big"}],
        }
    )
    shown = here.call("DescribeCapacityBlocks")["CapacityBlocks"]
    assert [(each["UltraserverType"], each["Tags"]) for each in shown] == [
        ("u-p6e-gb200x72", [{"Key": "pool", "Value": "big"}])
    ]
    assert here.reservation(block)["CapacityBlockId"] == "cb-0bbbbbbbbbbbbbbbbb"
    here.run("04 12:00")
    assert here.terminated == [(at("04 10:30"), "i-0feed")]
    assert len(here.events("CapacityBlockExpired")) == 1


def test_a_shared_block_is_seen_used_and_reclaimed_but_its_state_is_not_told() -> None:
    here = stage()
    block = here.engine.adopt(bought_elsewhere(OwnerId=OTHER))
    assert here.reservation(block)["OwnerId"] == OTHER
    here.run("03 11:30")
    instance_id = here.place(block)
    usage = here.call("GetCapacityReservationUsage", CapacityReservationId=block)
    assert usage["InstanceUsages"] == [{"AccountId": ACCOUNT, "UsedInstanceCount": 1}]
    here.run("04 12:00")
    assert here.terminated == [(at("04 11:00"), instance_id)]
    assert here.events() == [
        (at("04 10:50"), "Capacity Block Expiration Warning"),
        (at("04 10:58"), "EC2 Capacity Reservation Instance Interruption Warning"),
    ]


def test_a_consumer_with_nothing_in_the_block_is_not_warned() -> None:
    here = stage()
    here.engine.adopt(bought_elsewhere(OwnerId=OTHER))
    here.run("04 12:00")
    assert here.events() == []


def test_an_on_demand_reservation_is_listed_and_left_alone() -> None:
    here = stage()
    document = bought_elsewhere(
        ReservationType="default",
        State="active",
        TotalInstanceCount=3,
        AvailableInstanceCount=3,
        EndDateType="unlimited",
        OriginalStartDate="2026-03-01T00:00:00Z",
        CommitmentInfo={"CommittedInstanceCount": 3, "CommitmentEndDate": "2026-04-01T00:00:00Z"},
        Tags=[],
    )
    del document["EndDate"]
    plain = here.engine.adopt(document)
    shown = here.reservation(plain)
    assert (shown["ReservationType"], shown["TotalInstanceCount"], "EndDate" in shown) == ("default", 3, False)
    assert shown["CommitmentInfo"]["CommitmentEndDate"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert here.launch_refusal(plain) == "InvalidParameterValue"
    assert here.launch_refusal(plain, market_type=None) == ""
    here.run("30 00:00")
    assert (here.state(plain), here.told, here.terminated) == ("active", [], [])


@pytest.mark.parametrize("state", ["assessing", "delayed", "unsupported", "cancelling", "unavailable"])
def test_a_state_that_blocks_are_not_documented_to_have_is_kept_until_the_end(state: str) -> None:
    here = stage()
    block = here.engine.adopt(bought_elsewhere(State=state))
    here.run("04 11:29")
    assert here.state(block) == state
    assert here.launch_refusal(block) == "InvalidCapacityReservationState.Unavailable"
    here.run("04 11:30")
    assert here.state(block) == "expired"


def test_a_pending_block_becomes_active_at_its_start() -> None:
    here = stage()
    block = here.engine.adopt(bought_elsewhere(State="pending"))
    here.run("03 11:30")
    assert here.state(block) == "active"


def test_an_ended_block_is_listed_for_a_while_without_a_size() -> None:
    here = stage()
    block = here.engine.adopt(bought_elsewhere(State="payment-failed", Tags=[]))
    assert here.state(block) == "payment-failed"
    here.run("03 09:00")
    assert here.call("DescribeCapacityReservations") == {"CapacityReservations": []}


def test_numbers_may_be_strings_as_in_public_samples() -> None:
    here = stage()
    block = here.engine.adopt(running() | {"TotalInstanceCount": "4", "AvailableInstanceCount": "4"})
    assert here.reservation(block)["AvailableInstanceCount"] == 4


def test_what_cannot_be_played_is_refused_with_its_id() -> None:
    here = stage()
    with pytest.raises(ValueError, match=SIZE_TAG):
        here.engine.adopt(bought_elsewhere(Tags=[]))
    with pytest.raises(ValueError, match=f"eu-west-1a, which is not in {REGION}"):
        here.engine.adopt(bought_elsewhere(AvailabilityZone="eu-west-1a"))
    with pytest.raises(ValueError, match="nonsense"):
        here.engine.adopt(bought_elsewhere(State="nonsense"))
    here.engine.adopt(bought_elsewhere())
    with pytest.raises(ValueError, match="is here already"):
        here.engine.adopt(bought_elsewhere())


def test_an_adopted_block_can_be_extended_and_tagged() -> None:
    here = stage()
    block = here.engine.adopt(bought_elsewhere())
    here.engine.create_tags([block], {"capacity-blocks:pool": "training"})
    assert {"Key": "capacity-blocks:pool", "Value": "training"} in here.reservation(block)["Tags"]
    _extend(here, block)
    here.run("02 09:10")
    assert here.reservation(block)["EndDate"] == at("05 11:30")


def _extend(here: Stage, block: str) -> None:
    search: dict[str, Any] = {"CapacityReservationId": block, "CapacityBlockExtensionDurationHours": 24}
    offering = here.call("DescribeCapacityBlockExtensionOfferings", **search)["CapacityBlockExtensionOfferings"][0]
    here.call(
        "PurchaseCapacityBlockExtension",
        CapacityReservationId=block,
        CapacityBlockExtensionOfferingId=offering["CapacityBlockExtensionOfferingId"],
    )
