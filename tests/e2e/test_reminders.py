"""Reminders from the template to the topic: each rung once, silence where a paid block follows, all moved by an end."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.capacity_blocks import Payment, State
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
SEARCHES = {"DescribeCapacityBlockOfferings", "DescribeCapacityBlockExtensionOfferings"}
# Six hours say as much as a day, but where the first rungs are what it is about.
BEGIN = END - 6 * HOUR
SHOWN = ("4h", "2h")
# A delivery of the schedule within its minute, and what a run itself takes.
LATE = timedelta(minutes=6)


def reminding(**options: Any) -> Any:
    given: dict[str, Any] = {"without": (), "start": BEGIN - HOUR / 2}
    return staged(**(given | options))


def begun(stage: Stage, *, start: datetime = BEGIN, runs: bool = True, **reminders: Any) -> str:
    """Have a block of six hours, with a group that runs in it, and a pool that may spend."""
    stage.settings("training", json.dumps({"money": MONEY, "reminders": reminders}))
    block = stage.block(StartDate=start)
    if runs:
        stage.group()
    return block


def rungs(stage: Stage, end: datetime = END) -> list[str]:
    """The rungs that were said of an end, in order."""
    keys = [notice["key"].split(":") for notice in stage.notices("reminder")]
    return [rung for _, _, rung, of_end in keys if of_end == f"{end:%Y%m%dT%H%MZ}"]


def said_at(stage: Stage) -> list[datetime]:
    return [notice.at for notice in stage.world.notices if notice.facts["kind"] == "reminder"]


def test_each_rung_is_said_once_and_on_time_with_what_is_needed_to_decide() -> None:
    with reminding(start=START - HOUR / 2) as stage:
        block = begun(stage, start=START)
        stage.run_until(END + HOUR)

        assert rungs(stage) == ["24h", "14h", *SHOWN]
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
        assert [choice["value"].get("buy_after") for choice in told["choices"][2:]] == [block, block]
        searches = [call.at for call in stage.world.calls.of(GATHER) if call.operation in SEARCHES]
        assert searches
        for first in searches:  # a quarter of 0.15 a second, over any five minutes
            assert sum(first <= at < first + 5 * MINUTE for at in searches) <= 12


def test_a_block_that_nobody_uses_is_not_recommended() -> None:
    with reminding() as stage:
        begun(stage, runs=False)
        stage.run_until(END - HOUR)

        last = stage.notices("reminder")[-1]
        assert "It is hardly used (0 % of its instances in use; the limit is 20 %)" in last["text"]
        assert "Recommended" not in last["text"]


def test_without_figures_of_cloudwatch_nothing_is_called_idle() -> None:
    with reminding() as stage:
        begun(stage, runs=False)
        stage.world.regions[stage.world.home].metrics.is_counting = False
        stage.run_until(END - 3 * HOUR)

        last = stage.notices("reminder")[-1]
        assert "how much it was used is not known" in last["text"]
        assert "hardly used" not in last["text"]


def test_accelerators_that_rest_in_full_instances_are_seen_where_the_pool_names_their_metric() -> None:
    with reminding() as stage:
        dimensions = {"AutoScalingGroupName": "train-a"}
        begun(stage, accelerator_metric={"namespace": "CWAgent", "name": "gpu", "dimensions": dimensions})
        stage.world.regions[stage.world.home].metrics.tell("CWAgent", "gpu", dimensions, lambda _at: 1.5)
        stage.run_until(END - 3 * HOUR)

        last = stage.notices("reminder")[-1]
        assert "its accelerators were 1.5 % busy" in last["text"]
        assert "It is hardly used (1.5 % accelerators busy; the limit is 20 %)" in last["text"]


@pytest.mark.parametrize(("gap", "said"), [(timedelta(0), []), (HOUR, ["2h"])], ids=["without a gap", "gap"])
def test_a_paid_block_that_follows_silences_the_rest_unless_there_is_a_gap(gap: timedelta, said: list[str]) -> None:
    with reminding() as stage:
        begun(stage)
        stage.run_until(END - 3 * HOUR)
        stage.block(2, StartDate=END + gap, EndDate=END + gap + DAY)
        stage.run_until(END)

        assert rungs(stage) == ["4h", *said]
        if said:
            assert "a gap of 60 minutes" in stage.notices("reminder")[-1]["text"]


def test_one_that_is_not_paid_silences_nothing_and_is_named() -> None:
    with reminding() as stage:
        begun(stage)
        stage.engine().plan_payment(Payment(after=11 * HOUR))
        stage.block(2, StartDate=END, EndDate=END + DAY, State=State.PAYMENT_PENDING)
        stage.run_until(END - 3 * HOUR)

        assert stage.state("cr-0123456789abcdef2") == "payment-pending"
        assert rungs(stage) == ["4h"]
        assert "which is not paid yet" in stage.notices("reminder")[0]["text"]


def test_an_extension_moves_all_reminders() -> None:
    with reminding() as stage:
        block = begun(stage)
        stage.run_until(END - 5 * HOUR)
        stage.extend(block, 24, paid_after=2 * HOUR)  # that is, three hours before the old end
        stage.run_until(END + DAY)

        assert rungs(stage) == ["4h"]
        assert f"An extension to {END + DAY:%Y-%m-%d %H:%M} UTC is being paid" in stage.notices("reminder")[0]["text"]
        assert rungs(stage, END + DAY) == ["24h", "14h", *SHOWN]


def test_a_crash_after_a_reminder_was_sent_repeats_it_once_under_the_same_key() -> None:
    sent = Strike(fault=Fault.CRASH_AFTER, at="sns.Publish", caller=REMIND, mutating=True)
    with reminding(faults=Faults(sent)) as stage:
        begun(stage)
        stage.run_until(END)

        assert rungs(stage) == ["4h", *SHOWN]


def test_a_stack_that_was_switched_off_for_hours_says_the_latest_rung_alone() -> None:
    with reminding() as stage:
        begun(stage, hours_before_end=[5, 4, 3, 2])
        stage.run_until(END - 5 * HOUR + LATE)
        scheduler = stage.client("scheduler")
        [found] = [each for each in scheduler.list_schedules()["Schedules"] if REMIND in each["Name"]]
        named = {part: found[part] for part in ("Name", "GroupName")}
        schedule = scheduler.get_schedule(**named)
        scheduler.delete_schedule(**named)
        stage.run_until(END - 2.5 * HOUR)
        assert rungs(stage) == ["5h"]
        kept = ("ScheduleExpression", "FlexibleTimeWindow", "Target")
        scheduler.create_schedule(**named, **{part: schedule[part] for part in kept})
        stage.run_until(END)

        assert rungs(stage) == ["5h", "3h", "2h"]
