"""Reminders from the template to the topic: each rung once, silence where a paid block follows, all moved by an end."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.capacity_blocks import State
from simulator.faults import Fault, Faults, Strike
from tests.e2e.stage import END, MINUTE, SIZE, START, Stage, staged

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONEY = {
    "most_per_purchase": "60000",
    "monthly_budget": "100000",
    "approvers": ["slack:T012/U045"],
    "two_approvers_above": "50000",
}
REMIND, GATHER = "RemindFunction", "GatherOffersFunction"
SHOWN = ("24h", "14h", "4h", "2h")
# A delivery of the schedule within its minute, and what a run itself takes.
LATE = timedelta(minutes=6)


def reminding(**options: Any) -> Any:
    return staged(**({"without": ()} | options))


def begun(stage: Stage, **changed: Any) -> str:
    """Have a block of a day, with a group that runs in it, and a pool that may spend."""
    stage.settings("training", json.dumps({"money": MONEY}))
    block = stage.block(**changed)
    stage.group()
    return block


def rungs(stage: Stage, end: datetime = END) -> list[str]:
    """The rungs that were said of an end, in order."""
    keys = [notice["key"].split(":") for notice in stage.notices("reminder")]
    return [rung for _, _, rung, of_end in keys if of_end == f"{end:%Y%m%dT%H%MZ}"]


def said_at(stage: Stage) -> list[datetime]:
    return [notice.at for notice in stage.world.notices if notice.facts["kind"] == "reminder"]


def test_each_rung_is_said_once_and_on_time_with_what_is_needed_to_decide() -> None:
    with reminding() as stage:
        block = begun(stage)
        stage.run_until(END + HOUR)

        assert rungs(stage) == list(SHOWN)
        for at, lead in zip(said_at(stage), (DAY, 14 * HOUR, 4 * HOUR, 2 * HOUR), strict=True):
            assert END - lead <= at <= END - lead + LATE
        assert stage.failures() == []
        told = stage.notices("reminder")[2]
        assert told["title"] == f"{block} ends in 4 hours: {SIZE} x p5.48xlarge of pool training"
        assert f"{SIZE} of {SIZE} instances are in use now; 100 % of them were over the last day" in told["text"]
        assert "To extend it, as of 1 hour ago:\n- 1 day for $" in told["text"]
        assert "New blocks, as of 1 hour ago:\n- 1 day for $" in told["text"]
        assert "Recommended: extend it by 1 day" in told["text"]
        assert [choice["value"].get("extend") for choice in told["choices"][:2]] == [block, block]
        assert [json.loads(choice["value"]["buy"])["pool"] for choice in told["choices"][2:]] == ["training"] * 2


def test_the_looks_ahead_spare_the_bucket_of_those_who_buy() -> None:
    with reminding() as stage:
        begun(stage)
        stage.run_until(END)

        searches = [
            call.at
            for call in stage.world.calls.of(GATHER)
            if call.operation in {"DescribeCapacityBlockOfferings", "DescribeCapacityBlockExtensionOfferings"}
        ]
        assert searches
        for first in searches:  # a quarter of 0.15 a second, over any five minutes
            assert sum(first <= at < first + 5 * MINUTE for at in searches) <= 12


def test_a_block_that_nobody_uses_is_not_recommended() -> None:
    with reminding() as stage:
        stage.settings("training", json.dumps({"money": MONEY}))
        stage.block()
        stage.run_until(END - HOUR)

        last = stage.notices("reminder")[-1]
        assert "It is hardly used (0 % of its instances in use; the limit is 20 %)" in last["text"]
        assert "Recommended" not in last["text"]


def test_without_figures_of_cloudwatch_nothing_is_called_idle() -> None:
    with reminding() as stage:
        stage.settings("training", json.dumps({"money": MONEY}))
        stage.block()
        stage.world.regions[stage.world.home].metrics.is_counting = False
        stage.run_until(END - HOUR)

        last = stage.notices("reminder")[-1]
        assert "how much it was used is not known" in last["text"]
        assert "hardly used" not in last["text"]


def test_accelerators_that_rest_in_full_instances_are_seen_where_the_pool_names_their_metric() -> None:
    with reminding() as stage:
        begun(stage)
        metric = {"namespace": "CWAgent", "name": "gpu", "dimensions": {"AutoScalingGroupName": "train-a"}}
        stage.settings("training", json.dumps({"money": MONEY, "reminders": {"accelerator_metric": metric}}))
        metrics = stage.world.regions[stage.world.home].metrics
        metrics.tell("CWAgent", "gpu", {"AutoScalingGroupName": "train-a"}, lambda _at: 1.5)
        stage.run_until(END - HOUR)

        last = stage.notices("reminder")[-1]
        assert "its accelerators were 1.5 % busy" in last["text"]
        assert "It is hardly used (1.5 % accelerators busy; the limit is 20 %)" in last["text"]


@pytest.mark.parametrize(("gap", "said"), [(timedelta(0), []), (HOUR, list(SHOWN[1:]))], ids=["without a gap", "gap"])
def test_a_paid_block_that_follows_silences_the_rest_unless_there_is_a_gap(gap: timedelta, said: list[str]) -> None:
    with reminding() as stage:
        begun(stage)
        stage.run_until(START + 2 * HOUR)
        stage.block(2, StartDate=END + gap, EndDate=END + gap + DAY)
        stage.run_until(END)

        assert rungs(stage) == ["24h", *said]
        if said:
            assert "a gap of 60 minutes" in stage.notices("reminder")[-1]["text"]


def test_one_that_is_not_paid_silences_nothing_until_it_is() -> None:
    with reminding() as stage:
        begun(stage)
        stage.block(2, StartDate=END, EndDate=END + DAY, State=State.PAYMENT_PENDING)
        stage.run_until(END)

        assert stage.state("cr-0123456789abcdef2") == "active"  # it was paid within half a day
        assert rungs(stage) == ["24h"]
        assert "which is not paid yet" in stage.notices("reminder")[0]["text"]


def test_an_extension_moves_all_reminders() -> None:
    with reminding() as stage:
        block = begun(stage)
        stage.run_until(END - 10 * HOUR)
        assert rungs(stage) == ["24h", "14h"]
        stage.extend(block, 24, paid_after=7 * HOUR)  # that is, three hours before the old end
        stage.run_until(END + DAY)

        assert rungs(stage) == ["24h", "14h", "4h"]
        assert f"An extension to {END + DAY:%Y-%m-%d %H:%M} UTC is being paid" in stage.notices("reminder")[2]["text"]
        assert rungs(stage, END + DAY) == list(SHOWN)


def test_a_crash_after_a_reminder_was_sent_repeats_it_once_under_the_same_key() -> None:
    sent = Strike(fault=Fault.CRASH_AFTER, at="sns.Publish", caller=REMIND)
    with reminding(faults=Faults(sent)) as stage:
        begun(stage)
        stage.run_until(START + HOUR)

        assert rungs(stage) == ["24h", "24h"]
        stage.run_until(END)
        assert rungs(stage) == ["24h", "24h", *SHOWN[1:]]


def test_a_stack_that_was_switched_off_for_hours_says_the_latest_rung_alone() -> None:
    with reminding() as stage:
        begun(stage)
        stage.run_until(START + HOUR)
        schedules = {each["Name"]: each for each in stage.client("scheduler").list_schedules()["Schedules"]}
        [name] = [each for each in schedules if "RemindFunction" in each]
        schedule = stage.client("scheduler").get_schedule(Name=name, GroupName=schedules[name]["GroupName"])
        stage.client("scheduler").delete_schedule(Name=name, GroupName=schedules[name]["GroupName"])
        stage.run_until(END - 3 * HOUR)
        assert rungs(stage) == ["24h"]
        kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
        stage.client("scheduler").create_schedule(**{part: schedule[part] for part in kept})
        stage.run_until(END)

        assert rungs(stage) == ["24h", "4h", "2h"]
