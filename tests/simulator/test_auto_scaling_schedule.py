"""Scheduled actions: when they run, what they change, and which are refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.assumptions import seconds
from simulator.auto_scaling.journal import CapacityChanged, ScheduledActionRan
from simulator.auto_scaling.recurrence import parse
from tests.simulator.groups_stage import NOW, START, Stage, refusal, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        ready.group(ready.template(ready.block()))
        yield ready


def _put(stage: Stage, name: str, **changes: Any) -> None:
    stage.client("autoscaling").put_scheduled_update_group_action(**_action(name, **changes))


def _action(name: str, **changes: Any) -> dict[str, Any]:
    usual = {"AutoScalingGroupName": "train", "ScheduledActionName": name, "StartTime": START, "DesiredCapacity": 4}
    return {key: value for key, value in {**usual, **changes}.items() if value is not None}


def _refused(stage: Stage, name: str, **changes: Any) -> str:
    return refusal(stage.client("autoscaling").put_scheduled_update_group_action, **_action(name, **changes))


def _listed(stage: Stage, **parameters: Any) -> list[str]:
    answer = stage.client("autoscaling").describe_scheduled_actions(**parameters)
    return [one["ScheduledActionName"] for one in answer["ScheduledUpdateGroupActions"]]


def test_an_action_sets_the_numbers_a_little_late_and_is_gone(stage: Stage) -> None:
    _put(stage, "up", MinSize=0, MaxSize=4)
    stage.until(START + timedelta(seconds=9))
    assert (stage.numbers(), _listed(stage)) == ((0, 8, 0), ["up"])
    stage.run(seconds=1)
    assert (stage.numbers(), _listed(stage)) == ((0, 4, 4), [])
    [changed] = stage.journal.of(CapacityChanged)
    assert (changed.at, changed.by) == (START + timedelta(seconds=10), "scheduled action up")
    [ran] = stage.journal.of(ScheduledActionRan)
    assert (ran.due, ran.refused) == (START, None)


@pytest.mark.parametrize("seed", range(4))
def test_an_action_is_never_more_than_two_minutes_late(seed: int) -> None:
    with staged(seed, scheduled_action=seconds(0, 120)) as stage:
        stage.group(stage.template(stage.block()))
        _put(stage, "up")
        stage.until(START + timedelta(minutes=2))
        [ran] = stage.journal.of(ScheduledActionRan)
        assert START <= ran.at <= START + timedelta(minutes=2)


def test_actions_of_a_group_run_in_the_order_of_their_start_times_however_late() -> None:
    for seed in range(4):
        with staged(seed, scheduled_action=seconds(0, 120)) as stage:
            stage.group(stage.template(stage.block()))
            for number, name in enumerate(("first", "second", "third")):
                _put(stage, name, StartTime=START + timedelta(seconds=5 * number), DesiredCapacity=number + 1)
            stage.until(START + timedelta(minutes=3))
            assert [ran.action for ran in stage.journal.of(ScheduledActionRan)] == ["first", "second", "third"]
            assert stage.numbers() == (0, 8, 3)


def test_an_action_may_change_one_number_alone(stage: Stage) -> None:
    stage.desire(6)
    _put(stage, "cap", DesiredCapacity=None, MaxSize=2)
    stage.until(START + timedelta(minutes=1))
    assert stage.numbers() == (0, 2, 2)


def test_an_action_that_the_group_cannot_follow_changes_nothing_and_is_gone(stage: Stage) -> None:
    _put(stage, "up", DesiredCapacity=9)
    stage.until(START + timedelta(minutes=1))
    assert (stage.numbers(), _listed(stage)) == ((0, 8, 0), [])
    [ran] = stage.journal.of(ScheduledActionRan)
    assert ran.refused == "Desired capacity:9 must be between the specified min size:0 and max size:8"


def test_an_action_whose_time_comes_while_suspended_is_missed(stage: Stage) -> None:
    _put(stage, "up")
    groups = stage.client("autoscaling")
    groups.suspend_processes(AutoScalingGroupName="train", ScalingProcesses=["ScheduledActions"])
    stage.until(START + timedelta(minutes=1))
    groups.resume_processes(AutoScalingGroupName="train", ScalingProcesses=["ScheduledActions"])
    stage.run(hours=1)
    assert (stage.numbers(), _listed(stage)) == ((0, 8, 0), [])


@pytest.mark.parametrize(
    "changes",
    [
        {"StartTime": NOW - timedelta(seconds=1)},
        {"DesiredCapacity": None},
        {"MinSize": 5},
        {"MinSize": 3, "MaxSize": 2, "DesiredCapacity": None},
        {"MaxSize": 3},
        {"StartTime": None},
        {"EndTime": START},
        {"Recurrence": "every day"},
        {"Recurrence": "0 0 30 2 *", "StartTime": None},
        {"Recurrence": "0 0 * * *", "TimeZone": "Moon/Crater"},
        {"AutoScalingGroupName": "none"},
    ],
)
def test_an_action_that_makes_no_sense_is_refused(stage: Stage, changes: dict[str, Any]) -> None:
    assert (_refused(stage, "up", **changes), _listed(stage)) == ("ValidationError", [])


def test_two_actions_of_a_group_may_not_start_at_one_instant_and_those_of_two_groups_may(stage: Stage) -> None:
    stage.group(stage.template(None, name="second"), "other")
    _put(stage, "up")
    assert _refused(stage, "also-up") == "AlreadyExists"
    _put(stage, "also-up", AutoScalingGroupName="other")
    _put(stage, "later", StartTime=START + timedelta(seconds=1))
    assert _listed(stage) == ["up", "also-up", "later"]


def test_a_name_is_put_over_and_runs_at_its_new_time_only(stage: Stage) -> None:
    _put(stage, "up")
    _put(stage, "up", DesiredCapacity=5)
    _put(stage, "up", StartTime=START + timedelta(hours=1), DesiredCapacity=2)
    stage.until(START + timedelta(minutes=30))
    assert stage.numbers() == (0, 8, 0)
    stage.run(hours=1)
    assert stage.numbers() == (0, 8, 2)


def test_a_deleted_action_does_not_run_and_is_not_deleted_twice(stage: Stage) -> None:
    _put(stage, "up")
    groups = stage.client("autoscaling")
    named = {"AutoScalingGroupName": "train", "ScheduledActionName": "up"}
    groups.delete_scheduled_action(**named)
    assert refusal(groups.delete_scheduled_action, **named) == "ValidationError"
    stage.until(START + timedelta(minutes=5))
    assert stage.numbers() == (0, 8, 0)


def test_a_batch_does_what_it_can_and_names_the_rest(stage: Stage) -> None:
    _put(stage, "taken")
    groups = stage.client("autoscaling")
    answer = groups.batch_put_scheduled_update_group_action(
        AutoScalingGroupName="train",
        ScheduledUpdateGroupActions=[
            {"ScheduledActionName": "up", "StartTime": START + timedelta(hours=1), "DesiredCapacity": 1},
            {"ScheduledActionName": "clash", "StartTime": START, "DesiredCapacity": 1},
        ],
    )
    failed = answer["FailedScheduledUpdateGroupActions"]
    assert [(one["ScheduledActionName"], one["ErrorCode"]) for one in failed] == [("clash", "AlreadyExists")]
    answer = groups.batch_delete_scheduled_action(AutoScalingGroupName="train", ScheduledActionNames=["up", "unknown"])
    failed = answer["FailedScheduledActions"]
    assert [(one["ScheduledActionName"], one["ErrorCode"]) for one in failed] == [("unknown", "ValidationError")]
    assert _listed(stage) == ["taken"]


def test_actions_of_all_groups_come_in_pages_and_can_be_narrowed(stage: Stage) -> None:
    stage.group(stage.template(None, name="second"), "other")
    for number in range(60):
        at = START + timedelta(minutes=number)
        _put(stage, f"up-{number:02}", StartTime=at)
        _put(stage, f"other-{number:02}", StartTime=at, AutoScalingGroupName="other")
    groups = stage.client("autoscaling")
    pages = groups.get_paginator("describe_scheduled_actions").paginate(PaginationConfig={"PageSize": 100})
    assert [len(page["ScheduledUpdateGroupActions"]) for page in pages] == [100, 20]
    assert len(_listed(stage, AutoScalingGroupName="other", MaxRecords=100)) == 60
    assert _listed(stage, AutoScalingGroupName="train", ScheduledActionNames=["up-03"]) == ["up-03"]
    between = {"StartTime": START + timedelta(minutes=58), "EndTime": START + timedelta(minutes=59)}
    assert _listed(stage, **between) == ["up-58", "other-58", "up-59", "other-59"]
    assert refusal(groups.describe_scheduled_actions, MaxRecords=101) == "ValidationError"


def test_a_group_has_room_for_125_actions(stage: Stage) -> None:
    for number in range(125):
        _put(stage, f"up-{number}", StartTime=START + timedelta(minutes=number))
    assert _refused(stage, "one-more", StartTime=START - timedelta(minutes=1)) == "LimitExceeded"
    _put(stage, "up-3", StartTime=START - timedelta(minutes=1))


def test_a_recurring_action_stays_until_its_end(stage: Stage) -> None:
    _put(stage, "nightly", StartTime=None, Recurrence="0 22 * * *", DesiredCapacity=0, EndTime=NOW + timedelta(days=2))
    answer = stage.client("autoscaling").describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert [(one["StartTime"], one["Recurrence"]) for one in answer] == [
        (datetime(2027, 3, 20, 22, 0, tzinfo=UTC), "0 22 * * *")
    ]
    stage.until(NOW + timedelta(days=5))
    due = [ran.due for ran in stage.journal.of(ScheduledActionRan)]
    assert due == [datetime(2027, 3, day, 22, 0, tzinfo=UTC) for day in (20, 21)]
    assert _listed(stage) == []


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("30 11 * * *", None, datetime(2027, 3, 20, 11, 30, tzinfo=UTC)),
        ("0 9 * * *", None, datetime(2027, 3, 21, 9, 0, tzinfo=UTC)),
        ("*/15 9-10 * * *", None, datetime(2027, 3, 20, 9, 15, tzinfo=UTC)),
        ("0 9 * * MON-FRI", "America/New_York", datetime(2027, 3, 22, 13, 0, tzinfo=UTC)),
        ("0 0 1 1 *", None, datetime(2028, 1, 1, 0, 0, tzinfo=UTC)),
        ("0 0 13 * 5", None, datetime(2027, 3, 26, 0, 0, tzinfo=UTC)),
        ("0 0 * * 7", None, datetime(2027, 3, 21, 0, 0, tzinfo=UTC)),
        ("5,10 9 20 3 *", None, datetime(2027, 3, 20, 9, 5, tzinfo=UTC)),
    ],
)
def test_a_recurrence_names_its_next_minute(expression: str, zone: str | None, expected: datetime) -> None:
    assert parse(expression, zone).after(NOW) == expected


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "a * * * *", "*/0 * * * *"]
)
def test_a_recurrence_that_is_none_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"is not|has"):
        parse(expression)


@given(minute=st.integers(0, 59), hour=st.integers(0, 23), past=st.integers(0, 10_000))
def test_the_next_minute_is_later_and_within_a_day(minute: int, hour: int, past: int) -> None:
    instant = NOW + timedelta(minutes=past)
    following = parse(f"{minute} {hour} * * *").after(instant)
    assert instant < following <= instant + timedelta(days=1)
    assert (following.hour, following.minute, following.second) == (hour, minute, 0)
