"""The search for offerings: as a step it is sure of what it read, by hand it says what it could not read."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.purchase.request import PurchaseRequestError
from capacity_blocks.purchase_ports import Quota
from capacity_blocks.purchasing.survey import UnreadError
from tests.fakes import refused, unclear
from tests.unit.core.purchase.shapes import a_segment, an_offering
from tests.unit.shell.purchasing.stage import Stage, a_document, a_stage, minutes

BY_HAND = {name: value for name, value in a_document().items() if name not in {"request_id", "most_upfront_fee"}}


def search(stage: Stage, **changes: Any) -> dict[str, Any]:
    return stage.steps().search({"request": a_document(**changes)})


def ids(offerings: list[dict[str, Any]]) -> list[str]:
    return [each["offering"] for each in offerings]


def test_what_fits_is_a_candidate_with_the_query_that_found_it() -> None:
    found = search(a_stage())

    assert [(each["terms"]["offering_id"], each["terms"]["pool"]) for each in found["candidates"]] == [
        ("cb-0a", "training")
    ]
    assert found["candidates"][0]["query"] == {
        "region": "us-east-2",
        "types": ["p5.48xlarge"],
        "duration_seconds": 604800,
        "by_preference": False,
        "is_ultraserver": False,
        "count": 8,
        "not_before": "2026-05-01T00:00:00Z",
        "not_after": "2026-05-16T00:00:00Z",
    }
    assert (found["failed"], found["sold_out"], found["warnings"], found["search_again_at"]) == ([], [], [], None)
    assert "cb-0a" in found["table"]


def test_what_breaks_a_rule_is_shown_and_no_candidate() -> None:
    found = search(a_stage(an_offering(upfront_fee=a_segment().upfront_fee * 2)))  # type: ignore[operator]  # it has one

    assert (found["candidates"], ids(found["on_sale"]), ids(found["refused"])) == ([], [], ["cb-0a"])


def test_sold_out_not_offered_and_failed_are_kept_apart() -> None:
    sold_out, not_offered, failed = Stage(), Stage(), Stage()
    not_offered.market.not_offered.add("p5.48xlarge")
    failed.market.errors["search"] = refused("DescribeCapacityBlockOfferings", "UnauthorizedOperation")

    kinds = ("sold_out", "not_offered", "failed")
    found = [[kind for kind in kinds if search(stage)[kind]] for stage in (sold_out, not_offered, failed)]

    assert found == [["sold_out"], ["not_offered"], ["failed"]]


def test_a_throttled_search_waits_and_asks_again() -> None:
    stage = a_stage()
    stage.market.throttles = 1

    assert ids(search(stage)["on_sale"]) == ["cb-0a"]
    assert stage.clock.instant == minutes(0.25)


def test_no_call_is_begun_that_could_end_too_late() -> None:
    stage = a_stage()
    stage.market.throttles = 100

    found = search(stage)

    assert [each["message"] for each in found["failed"]] == [
        "CapacityBlockDescribeLimitExceeded: Request limit exceeded."
    ]
    assert stage.clock.instant < minutes(4)


@pytest.mark.parametrize("port", ["groups", "node_groups", "subnets", "reservations"])
def test_a_step_that_cannot_read_the_pool_can_be_tried_again(port: str) -> None:
    stage = a_stage()
    method = {"subnets": "subnets", "reservations": "capacity_blocks"}.get(port, "tagged")
    getattr(stage.region, port).errors[method] = unclear(port)

    for changes in ({}, {"regions": ["us-east-2"]}):
        with pytest.raises(UnreadError, match=port):
            search(stage, **changes)


def test_a_step_that_cannot_read_the_settings_can_be_tried_again() -> None:
    stage = a_stage()
    stage.settings.errors["texts"] = unclear("GetParametersByPath")

    with pytest.raises(UnreadError, match="GetParametersByPath"):
        search(stage)


def test_by_hand_what_cannot_be_read_is_a_warning() -> None:
    stage = a_stage()
    stage.region.subnets.errors["subnets"] = refused("DescribeSubnets")

    found = stage.steps().search(BY_HAND | {"regions": ["us-east-2"]})

    assert found["warnings"] == ["DescribeSubnets: AccessDenied: not allowed"]
    assert (found["candidates"], ids(found["refused"])) == ([], ["cb-0a"])


def test_by_hand_without_regions_it_must_know_where_the_pool_is() -> None:
    stage = a_stage()
    stage.region.subnets.errors["subnets"] = refused("DescribeSubnets")

    with pytest.raises(UnreadError, match="DescribeSubnets"):
        stage.steps().search(BY_HAND)


def test_by_hand_it_needs_neither_a_name_nor_a_cap() -> None:
    assert ids(a_stage().steps().search(BY_HAND)["on_sale"]) == ["cb-0a"]


def test_a_pool_without_targets_is_searched_for_where_the_request_says() -> None:
    stage = a_stage()
    stage.region.groups.groups.clear()

    with pytest.raises(PurchaseRequestError, match="pool training has no target with a subnet in us-east-2; allowed"):
        search(stage)
    assert ids(search(stage, regions=["us-east-2"])["refused"]) == ["cb-0a"]


def test_a_region_that_nobody_looks_after_is_refused() -> None:
    with pytest.raises(PurchaseRequestError, match="A block in eu-west-1 would never be bound"):
        search(a_stage(), regions=["eu-west-1"])


def test_a_quota_that_is_too_small_warns_and_blocks_nothing() -> None:
    stage = a_stage()
    stage.quotas.held["p5.48xlarge"] = Quota(name="P5 Capacity Blocks", code="L-0A", value=0)

    found = search(stage)

    assert found["warnings"] == [
        (
            "us-east-2: the quota P5 Capacity Blocks (L-0A) is 0, and 8 are wanted. EC2 may answer "
            "CapacityBlockDescribeLimitExceeded for that; ask for more in Service Quotas"
        )
    ]
    assert ids(found["on_sale"]) == ["cb-0a"]


def test_a_quota_that_is_enough_says_nothing() -> None:
    stage = a_stage()
    stage.quotas.held["p5.48xlarge"] = Quota(name="P5 Capacity Blocks", code="L-0A", value=8)

    assert search(stage)["warnings"] == []


def test_a_quota_that_cannot_be_read_warns_too() -> None:
    stage = a_stage()
    stage.quotas.errors["quota"] = refused("GetServiceQuota")

    assert search(stage)["warnings"] == [
        "us-east-2: the quota of p5.48xlarge could not be read: GetServiceQuota: AccessDenied: not allowed"
    ]


def test_a_request_that_keeps_looking_is_told_when() -> None:
    again = search(Stage(), look_until="2026-05-01T00:00:00Z")["search_again_at"]

    assert again == "2026-04-20T09:10:00+00:00"


def test_more_than_a_workflow_can_carry_is_counted_and_left_out() -> None:
    late = timedelta(minutes=1)
    offerings = [an_offering(f"cb-{n:03}", start=a_segment().start + n * late, end=a_segment().end + n * late)
                 for n in range(70)]  # fmt: skip

    found = search(a_stage(*offerings))

    assert (len(found["candidates"]), len(found["on_sale"])) == (10, 60)
    assert found["table"].endswith("10 more are not shown.\n")
    assert replace(offerings[0]).offering_id == found["candidates"][0]["terms"]["offering_id"]
