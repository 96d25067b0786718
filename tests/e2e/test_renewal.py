"""Renewal without a question: a block that is used goes on by itself, within its pool's cap, once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from simulator.faults import Fault, Faults, Strike
from tests.e2e.purchase_stage import MONEY, QUICK, SANDBOXES, Buyer
from tests.e2e.stage import END, MINUTE, Stage, staged

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Six hours say as much as a day.
BEGIN, LEAD = END - 6 * HOUR, 4 * HOUR
RENEWS = {"mode": "extend", "hours": 24, "most_fee": "2000", "lead_hours": 4}
REMIND = "RemindFunction"


@contextmanager
def renewing(*, runs: bool = True, spends: bool = True, **options: Any) -> Iterator[tuple[Stage, str]]:
    """Have a block whose pool renews it four hours before its end, if it is used."""
    renewal = RENEWS | options.pop("renewal", {})
    own: dict[str, Any] = {
        "assumptions": QUICK,
        "sandboxes": SANDBOXES,
        "without": (),
        "start": BEGIN - MINUTE,
        **options,
    }
    with staged(parameters={"EnablePurchases": "true" if spends else "false"}, **own) as stage:
        Buyer(stage=stage).put("/capacity-blocks/spending", "on")
        stage.settings("training", json.dumps({"money": MONEY, "renewal": renewal}))
        block = stage.block(StartDate=BEGIN)
        if runs:
            stage.group("train-a")
            stage.group("train-b")
        yield stage, block


def sold(stage: Stage) -> int:
    return len(stage.engine().extensions)


def titles(stage: Stage, kind: str) -> list[str]:
    return [each["title"] for each in stage.notices(kind)]


def ends_at(stage: Stage, block: str) -> Any:
    answer = stage.engine().look("DescribeCapacityReservations", CapacityReservationIds=[block])
    return answer["CapacityReservations"][0]["EndDate"]


def test_a_used_block_is_extended_unasked_and_paid_before_its_old_end() -> None:
    with renewing() as (stage, block):
        stage.run_until(END - LEAD - MINUTE)
        assert titles(stage, "renewal") == []
        stage.run_until(END - LEAD + HOUR)

        assert titles(stage, "renewal") == [f"{block} is to be extended without a question"]
        assert titles(stage, "extension-asked") == titles(stage, "purchase-asked") == []
        assert (sold(stage), ends_at(stage, block)) == (1, END + DAY)
        assert [t.split(":")[0] for t in titles(stage, "extension-approved")] == ["Renewed without a question"]

        # At the new end it is decided anew, and once more.
        stage.run_until(END + DAY - LEAD + HOUR)
        assert (sold(stage), ends_at(stage, block)) == (2, END + 2 * DAY)


def test_a_block_that_nobody_uses_is_not_and_people_are_told_why_once() -> None:
    with renewing(runs=False) as (stage, block):
        stage.run_until(END)

        assert sold(stage) == 0
        [told] = stage.notices("not-renewed")
        assert told["title"] == f"{block} is not extended by itself"
        assert "0 % of it was in use over the last day, and the pool's settings ask for 50 %" in told["text"]


def test_unknown_use_renews_nothing() -> None:
    with renewing() as (stage, _):
        stage.world.regions[stage.world.home].metrics.is_counting = False
        stage.run_until(END)

        assert sold(stage) == 0
        assert "how much it is used is not known" in stage.notices("not-renewed")[0]["text"]


def test_what_costs_more_than_the_cap_is_not_bought() -> None:
    with renewing(renewal={"most_fee": "100"}) as (stage, _):
        stage.run_until(END)

        assert sold(stage) == 0
        assert len(titles(stage, "renewal")) == 1


def test_without_the_deployers_word_nothing_is_bought() -> None:
    with renewing(spends=False) as (stage, _):
        stage.run_until(END)

        assert sold(stage) == 0


@pytest.mark.parametrize(
    "strike",
    [
        Strike(fault=Fault.CRASH_AFTER, at="stepfunctions.StartExecution", caller=REMIND, mutating=True),
        Strike(fault=Fault.CRASH_BEFORE, at="stepfunctions.StartExecution", caller=REMIND, mutating=True),
        Strike(fault=Fault.REPLY_LOST, at="stepfunctions.StartExecution", caller=REMIND, mutating=True),
        Strike(fault=Fault.CRASH_AFTER, at="sns.Publish", caller=REMIND, mutating=True),
    ],
    ids=["crash after the start", "crash before it", "lost reply", "crash after the word"],
)
def test_a_renewal_that_is_struck_is_one_renewal(strike: Strike) -> None:
    with renewing(faults=Faults(strike)) as (stage, block):
        stage.run_until(END - LEAD + HOUR)

        assert (sold(stage), ends_at(stage, block)) == (1, END + DAY)


def test_a_block_that_follows_is_bought_unasked_and_bound_to_the_free_group() -> None:
    with renewing(renewal={"mode": "buy_successor"}) as (stage, block):
        stage.run_until(END - LEAD + HOUR)

        assert titles(stage, "renewal") == [f"{block} is to be followed by a new block without a question"]
        assert titles(stage, "purchase-asked") == []
        [following] = [
            each["CapacityReservationId"]
            for each in stage.engine().look("DescribeCapacityReservations")["CapacityReservations"]
            if each["CapacityReservationId"] != block
        ]
        assert (stage.state(following), ends_at(stage, following)) == ("scheduled", END + DAY)
        assert {stage.bound_to("train-a"), stage.bound_to("train-b")} == {block, following}
        reminders = len(stage.notices("reminder"))
        stage.run_until(END - MINUTE)
        assert len(stage.notices("reminder")) == reminders  # of the first one nobody need be reminded any more


def test_what_is_sold_out_at_the_lead_is_bought_once_it_is_on_sale() -> None:
    with renewing() as (stage, block):
        market = stage.engine()._holdings.market
        free, market.free = market.free, lambda *_: 0  # type: ignore[method-assign]  # nothing is left for a while
        stage.run_until(END - LEAD + HOUR + 30 * MINUTE)
        assert (sold(stage), len(titles(stage, "extension-unasked"))) == (0, 1)  # of two attempts

        market.free = free  # type: ignore[method-assign]
        stage.run_until(END - LEAD + 2 * HOUR + 30 * MINUTE)
        assert (sold(stage), ends_at(stage, block)) == (1, END + DAY)


def test_two_blocks_side_by_side_are_each_extended() -> None:
    with renewing(renewal={"min_utilization_percent": 5}) as (stage, block):
        other = stage.block(2)
        stage.run_until(END - LEAD + 2 * HOUR)

        assert (sold(stage), ends_at(stage, block), ends_at(stage, other)) == (2, END + DAY, END + DAY)


def test_what_somebody_bought_by_hand_meanwhile_is_enough() -> None:
    with renewing() as (stage, block):
        stage.run_until(END - LEAD - HOUR)
        stage.extend(block, 24, paid_after=2 * HOUR)  # still being paid when it is due
        stage.run_until(END)

        assert sold(stage) == 1
        assert titles(stage, "not-renewed") == []
