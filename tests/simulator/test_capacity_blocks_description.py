"""What describe calls show: filters, pages, tags, and refusals of what cannot be done with a block."""

from datetime import timedelta
from typing import Any

import pytest

from simulator.capacity_blocks import CapacityBlockError
from tests.simulator.capacity_block_stage import ACCOUNT, MORNING, Stage, at, bought_elsewhere, stage

DESCRIBE = "DescribeCapacityReservations"


def three() -> tuple[Stage, list[str]]:
    """One active block of p5, one scheduled p5en with a tag, one payment-pending p4d."""
    here = stage()
    tags = [{"ResourceType": "capacity-reservation", "Tags": [{"Key": "capacity-blocks:pool", "Value": "training"}]}]
    first = here.buy(24, 2, StartDateRange=at("03 00:00"), EndDateRange=at("04 11:30"))
    offering = here.offerings(24, 4, InstanceType="p5en.48xlarge", StartDateRange=at("05 00:00"))[0]
    second = here.purchase(offering, TagSpecifications=tags)["CapacityReservation"]["CapacityReservationId"]
    here.run("03 11:30")
    third = here.buy(24, 1, InstanceType="p4d.24xlarge", StartDateRange=at("06 00:00"))
    return here, [first, second, third]


def found(here: Stage, name: str, *values: str) -> list[str]:
    answer = here.call(DESCRIBE, Filters=[{"Name": name, "Values": list(values)}])
    return [each["CapacityReservationId"] for each in answer["CapacityReservations"]]


@pytest.mark.parametrize(
    ("name", "values", "positions"),
    [
        ("state", ("active",), [0]),
        ("state", ("active", "payment-pending"), [0, 2]),
        ("state", ("expired",), []),
        ("instance-type", ("p5*",), [0, 1]),
        ("instance-type", ("p5.48xlarge",), [0]),
        ("instance-type", ("p?d.24xlarge",), [2]),
        ("availability-zone", ("us-east-2a",), [0, 1, 2]),
        ("availability-zone", ("us-east-2b",), []),
        ("availability-zone-id", ("use2-az1",), [0, 1, 2]),
        ("owner-id", (ACCOUNT,), [0, 1, 2]),
        ("owner-id", ("444455556666",), []),
        ("instance-platform", ("Linux/UNIX",), [0, 1, 2]),
        ("tenancy", ("dedicated",), []),
        ("end-date-type", ("limited",), [0, 1, 2]),
        ("instance-match-criteria", ("targeted",), [0, 1, 2]),
        ("outpost-arn", ("*",), []),
        ("placement-group-arn", ("*",), []),
        ("start-date", ("2026-03-03T11:30:00.000Z",), [0]),
        ("end-date", ("2026-03-06*",), [1]),
        ("tag:capacity-blocks:pool", ("training",), [1]),
        ("tag:capacity-blocks:pool", ("*",), [1]),
        ("tag:capacity-blocks:pool", ("inference",), []),
        ("tag-key", ("capacity-blocks:*",), [1]),
        ("tag-key", ("pool",), []),
    ],
)
def test_a_filter_keeps_what_matches(name: str, values: tuple[str, ...], positions: list[int]) -> None:
    here, ids = three()
    assert found(here, name, *values) == [ids[each] for each in positions]


def test_filters_are_joined_by_and() -> None:
    here, ids = three()
    filters = [{"Name": "instance-type", "Values": ["p5*"]}, {"Name": "state", "Values": ["scheduled"]}]
    answer = here.call(DESCRIBE, Filters=filters)
    assert [each["CapacityReservationId"] for each in answer["CapacityReservations"]] == [ids[1]]


@pytest.mark.parametrize("name", ["reservation-type", "ReservationType", "tags", "nonsense"])
def test_a_filter_that_ec2_does_not_have_is_refused(name: str) -> None:
    here, _ = three()
    assert here.refusal(DESCRIBE, Filters=[{"Name": name, "Values": ["x"]}]) == "InvalidParameterValue"


def test_pages_hold_everything_once_and_in_order() -> None:
    here, ids = three()
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        answer = here.call(DESCRIBE, MaxResults=2, **token)
        pages.append([each["CapacityReservationId"] for each in answer["CapacityReservations"]])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == [ids[:2], ids[2:]]


def test_a_page_that_is_just_full_has_no_next_one() -> None:
    here, ids = three()
    answer = here.call(DESCRIBE, MaxResults=3)
    assert ([each["CapacityReservationId"] for each in answer["CapacityReservations"]], "NextToken" in answer) == (
        ids,
        False,
    )


def test_a_page_goes_on_where_it_stopped_though_the_last_item_is_gone() -> None:
    here, ids = three()
    token = here.call(DESCRIBE, MaxResults=1)["NextToken"]
    here.run("05 11:30")
    answer = here.call(DESCRIBE, MaxResults=1, NextToken=token)
    assert [each["CapacityReservationId"] for each in answer["CapacityReservations"]] == [ids[1]]


@pytest.mark.parametrize(
    ("most", "code"), [(0, "InvalidParameterValue"), (1, ""), (1000, ""), (1001, "InvalidParameterValue")]
)
def test_a_page_has_from_1_to_1000_items(most: int, code: str) -> None:
    here, _ = three()
    assert here.refusal(DESCRIBE, MaxResults=most) == code


def test_ids_and_a_page_size_exclude_each_other() -> None:
    here, ids = three()
    assert here.refusal(DESCRIBE, CapacityReservationIds=ids, MaxResults=5) == "InvalidParameterCombination"


@pytest.mark.parametrize("token", ["nonsense", "YmVmb3JlOjE=", "💥"])
def test_a_made_up_token_is_refused(token: str) -> None:
    here, _ = three()
    assert here.refusal(DESCRIBE, NextToken=token) == "InvalidNextToken"


def test_one_dead_id_refuses_the_whole_batch() -> None:
    here, ids = three()
    dead = [*ids, "cr-0ddddddddddddddddd"]
    assert here.refusal(DESCRIBE, CapacityReservationIds=dead) == "InvalidCapacityReservationId.NotFound"
    assert here.refusal(DESCRIBE, CapacityReservationIds=[*ids, "r-1"]) == "InvalidCapacityReservationId.Malformed"
    assert here.refusal(DESCRIBE, CapacityReservationIds=ids) == ""


def test_more_than_a_thousand_come_in_pages_even_without_a_size() -> None:
    here = stage()
    for number in range(1001):
        here.engine.adopt(bought_elsewhere(CapacityReservationId=f"cr-{number:017x}"))
    first = here.call(DESCRIBE)
    second = here.call(DESCRIBE, NextToken=first["NextToken"])
    assert (len(first["CapacityReservations"]), len(second["CapacityReservations"])) == (1000, 1)


def test_blocks_are_found_by_their_own_filters() -> None:
    here, ids = three()

    def blocks(name: str, value: str) -> list[str]:
        answer = here.call("DescribeCapacityBlocks", Filters=[{"Name": name, "Values": [value]}])
        return [each["CapacityReservationIds"][0] for each in answer["CapacityBlocks"]]

    assert blocks("state", "scheduled") == [ids[1]]
    assert blocks("ultraserver-type", "instances") == ids
    assert blocks("ultraserver-type", "ultraservers") == []
    assert blocks("start-date", "2026-03-03T11:30:00.000Z") == [ids[0]]
    assert blocks("create-date", MORNING.strftime("%Y-%m-%dT%H:%M:%SZ")) == ids[:2]
    assert (
        here.refusal("DescribeCapacityBlocks", Filters=[{"Name": "owner-id", "Values": ["x"]}])
        == "InvalidParameterValue"
    )


def test_blocks_are_found_by_id_and_an_unknown_id_is_refused() -> None:
    here, ids = three()
    block_id = here.reservation(ids[1])["CapacityBlockId"]
    answer = here.call("DescribeCapacityBlocks", CapacityBlockIds=[block_id])
    assert [each["CapacityReservationIds"] for each in answer["CapacityBlocks"]] == [[ids[1]]]
    assert here.refusal("DescribeCapacityBlocks", CapacityBlockIds=["cb-0"]) == "InvalidCapacityBlockId.NotFound"
    status = here.call("DescribeCapacityBlockStatus", CapacityBlockIds=[block_id])["CapacityBlockStatuses"][0]
    assert "InterconnectStatus" not in status


def test_tags_of_a_purchase_go_to_what_they_were_meant_for() -> None:
    here = stage()
    specifications = [
        {"ResourceType": "capacity-reservation", "Tags": [{"Key": "on", "Value": "reservation"}]},
        {"ResourceType": "capacity-block", "Tags": [{"Key": "on", "Value": "block"}]},
    ]
    bought = here.purchase(here.offerings()[0], TagSpecifications=specifications)
    assert {"Key": "on", "Value": "reservation"} in bought["CapacityReservation"]["Tags"]
    assert bought["CapacityBlocks"][0]["Tags"] == [{"Key": "on", "Value": "block"}]


@pytest.mark.parametrize(
    ("specification", "code"),
    [
        ({"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}, "InvalidParameterValue"),
        ({"ResourceType": "capacity-reservation", "Tags": [{"Key": "aws:a", "Value": "b"}]}, "InvalidParameterValue"),
        ({"ResourceType": "capacity-reservation", "Tags": [{"Key": "a" * 129, "Value": "b"}]}, "InvalidParameterValue"),
        (
            {"ResourceType": "capacity-reservation", "Tags": [{"Key": f"k{each}", "Value": ""} for each in range(51)]},
            "TagLimitExceeded",
        ),
    ],
)
def test_tags_that_cannot_be_set_buy_nothing(specification: dict[str, Any], code: str) -> None:
    here = stage()
    offering_id = here.offerings()[0]["CapacityBlockOfferingId"]
    wanted: dict[str, Any] = {"CapacityBlockOfferingId": offering_id, "InstancePlatform": "Linux/UNIX"}
    assert here.refusal("PurchaseCapacityBlock", **wanted, TagSpecifications=[specification]) == code
    assert here.call(DESCRIBE) == {"CapacityReservations": []}


def test_tags_are_set_replaced_and_removed_later() -> None:
    here, ids = three()

    def own() -> dict[str, str]:
        tags = here.reservation(ids[0])["Tags"]
        return {each["Key"]: each["Value"] for each in tags if not each["Key"].startswith("aws:")}

    here.engine.create_tags([ids[0]], {"pool": "a", "owner": "ml"})
    here.engine.create_tags([ids[0]], {"pool": "b"})
    assert own() == {"pool": "b", "owner": "ml"}
    here.engine.delete_tags([ids[0]], {"pool": "a", "owner": None})
    assert own() == {"pool": "b"}
    here.engine.delete_tags([ids[0]], None)
    assert own() == {}
    assert len(here.reservation(ids[0])["Tags"]) == 2


def test_tags_are_set_on_all_or_none() -> None:
    here, ids = three()
    before = here.reservation(ids[0])["Tags"]
    with pytest.raises(CapacityBlockError, match=r"InvalidCapacityReservationId\.NotFound"):
        here.engine.create_tags([ids[0], "cr-0ddddddddddddddddd"], {"pool": "a"})
    with pytest.raises(CapacityBlockError, match="reserved"):
        here.engine.create_tags([ids[0]], {"aws:pool": "a"})
    assert here.reservation(ids[0])["Tags"] == before


def test_fifty_tags_fit_beside_those_that_aws_sets_itself() -> None:
    here, ids = three()
    here.engine.create_tags([ids[0]], {f"k{each}": "" for each in range(50)})
    with pytest.raises(CapacityBlockError, match="TagLimitExceeded"):
        here.engine.create_tags([ids[0]], {"one-more": ""})


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [
        ("ModifyCapacityReservation", "CapacityReservationId"),
        ("CancelCapacityReservation", "CapacityReservationId"),
        ("CreateCapacityReservationBySplitting", "SourceCapacityReservationId"),
        ("MoveCapacityReservationInstances", "SourceCapacityReservationId"),
    ],
)
def test_a_block_can_be_neither_modified_nor_cancelled_nor_split_nor_moved(operation: str, parameter: str) -> None:
    here, ids = three()
    assert here.refusal(operation, **{parameter: ids[0]}) == "OperationNotPermitted"
    assert here.refusal(operation, **{parameter: "cr-0ddddddddddddddddd"}) == "InvalidCapacityReservationId.NotFound"
    assert here.state(ids[0]) == "active"


def test_the_101st_describe_at_once_is_throttled_as_any_other_call_is() -> None:
    here = stage()
    for _ in range(100):
        here.call(DESCRIBE)
    assert here.refusal(DESCRIBE) == "RequestLimitExceeded"
    assert here.engine.look(DESCRIBE) == {"CapacityReservations": []}
    here.run(MORNING + timedelta(milliseconds=49))
    assert here.refusal(DESCRIBE) == "RequestLimitExceeded"
    here.run(MORNING + timedelta(milliseconds=50))
    assert here.refusal(DESCRIBE) == ""
