"""Schedules fire in their minute, once or again and again, and are refused when they make no sense."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.faults import Fault, Faults, Strike
from simulator.schedule_expression import parse
from simulator.world import World
from tests.simulator.stage import deployed, messages

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def schedule(world: World, expression: str, name: str = "s", target: str | None = None, **options: Any) -> None:
    arn = world.functions.find("ProbeFunction").arn if target is None else target
    world.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn,
            "RoleArn": "arn:aws:iam::123456789012:role/r",
            "Input": '{"at": "<aws.scheduler.scheduled-time>"}',
        },
        **options,
    )


def starts(world: World) -> list[datetime]:
    return [one.started for one in world.functions.invocations if one.started is not None]


def names(world: World) -> list[str]:
    return sorted(one["Name"] for one in world.client("scheduler").list_schedules()["Schedules"])


def test_a_one_time_schedule_fires_once_within_its_minute_and_is_gone() -> None:
    with deployed() as world:
        schedule(world, "at(2027-03-01T09:30:00)", ActionAfterCompletion="DELETE")
        world.run_for(timedelta(hours=3))
        (start,) = starts(world)
        assert NINE + 30 * MINUTE <= start < NINE + 31 * MINUTE + timedelta(seconds=2)  # and a cold start
        assert json.loads(world.functions.invocations[0].payload) == {"at": "2027-03-01T09:30:00Z"}
        assert names(world) == ["ProbeFunctionSweep"]


def test_without_the_wish_to_delete_a_schedule_stays_and_never_fires_again() -> None:
    with deployed() as world:
        schedule(world, "at(2027-03-01T09:30:00)")
        world.run_for(timedelta(hours=3))
        assert len(starts(world)) == 1
        assert names(world) == ["ProbeFunctionSweep", "s"]


def test_seeds_choose_the_second() -> None:
    seconds = set()
    for seed in range(5):
        with deployed(seed=seed) as world:
            schedule(world, "at(2027-03-01T09:30:00)")
            world.run_for(timedelta(hours=1))
            seconds.add(starts(world)[0].second)
    assert len(seconds) > 2


def test_a_time_is_meant_in_the_zone_of_the_schedule() -> None:
    with deployed() as world:
        schedule(world, "at(2027-03-01T10:30:00)", ScheduleExpressionTimezone="Europe/Stockholm")
        world.run_for(timedelta(hours=1))
        assert len(starts(world)) == 1


def test_a_rate_begins_at_once_and_keeps_its_pace() -> None:
    with deployed() as world:
        schedule(world, "rate(5 minutes)")
        world.run_for(timedelta(minutes=16))
        found = starts(world)
    assert found[0] - NINE < MINUTE + timedelta(seconds=2)
    pauses = [round((later - earlier) / MINUTE) for earlier, later in pairwise(found)]
    assert pauses == [5, 5, 5]


def test_a_disabled_schedule_does_not_fire() -> None:
    with deployed() as world:
        schedule(world, "rate(1 minute)", State="DISABLED")
        world.run_for(timedelta(minutes=5))
        assert starts(world) == []


def test_an_update_moves_the_time_and_a_deletion_stops_it() -> None:
    with deployed() as world:
        client = world.client("scheduler")
        for name in ("moved", "deleted"):
            schedule(world, "at(2027-03-01T09:30:00)", name)
        kept = {key: client.get_schedule(Name="moved")[key] for key in ("FlexibleTimeWindow", "Target")}
        client.update_schedule(
            Name="moved", ScheduleExpression="at(2027-03-01T10:00:00)", ActionAfterCompletion="DELETE", **kept
        )
        client.delete_schedule(Name="deleted")
        world.run_for(timedelta(hours=3))
        (start,) = starts(world)
        assert start >= NINE + timedelta(hours=1)
        assert names(world) == ["ProbeFunctionSweep"]


@pytest.mark.parametrize(
    "expression",
    [
        "at(nonsense)",
        "at(2027-03-01)",
        "at(2027-03-01T09:30:00Z)",
        "at(2027-03-01T08:59:00)",
        "rate(0 minutes)",
        "often",
    ],
)
def test_nonsense_is_refused(expression: str) -> None:
    with deployed() as world, pytest.raises(ClientError) as refused:
        schedule(world, expression)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_name_is_given_once_but_a_repeated_call_is_answered_as_before() -> None:
    with deployed() as world:
        schedule(world, "at(2027-03-01T09:30:00)", ClientToken="one")
        schedule(world, "at(2027-03-01T09:30:00)", ClientToken="one")
        with pytest.raises(ClientError, match="ConflictException"):
            schedule(world, "at(2027-03-01T09:30:00)", ClientToken="two")
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            schedule(world, "at(2027-03-01T09:30:00)", GroupName="nowhere")


def test_handlers_make_schedules_in_the_run() -> None:
    with deployed() as world:
        asked = {
            "Name": "again",
            "ScheduleExpression": "at(2027-03-01T09:30:00)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": world.functions.find("SerialFunction").arn,
                "RoleArn": "arn:aws:iam::123456789012:role/r",
            },
        }
        world.invoke("ProbeFunction", {"do": "schedule", "with": asked})
        world.run_for(timedelta(hours=1))
        assert [one.function.logical_id for one in world.functions.invocations] == ["ProbeFunction", "SerialFunction"]


def test_what_cannot_be_delivered_is_a_dead_letter() -> None:
    with deployed() as world:
        queue = world.client("sqs").get_queue_attributes(
            QueueUrl=world.physical_id("DeadLetters"), AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        world.client("scheduler").create_schedule(
            Name="s",
            ScheduleExpression="at(2027-03-01T09:30:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:lambda:us-east-2:123456789012:function:nowhere",
                "RoleArn": "arn:aws:iam::123456789012:role/r",
                "DeadLetterConfig": {"Arn": queue},
                "Input": "{}",
            },
        )
        world.run_for(timedelta(hours=1))
        (letter,) = messages(world, "DeadLetters")
    assert letter["attributes"]["ERROR_CODE"] == "RESOURCE_NOT_FOUND"
    assert letter["attributes"]["SCHEDULE_ARN"].endswith("schedule/default/s")


def test_a_universal_target_calls_any_api() -> None:
    with deployed() as world:
        schedule_input = {"QueueName": "made"}
        world.client("scheduler").create_schedule(
            Name="s",
            ScheduleExpression="at(2027-03-01T09:30:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:sqs:createQueue",
                "RoleArn": "arn:aws:iam::123456789012:role/r",
                "Input": json.dumps(schedule_input),
            },
        )
        world.run_for(timedelta(hours=1))
        assert any(url.endswith("/made") for url in world.client("sqs").list_queues()["QueueUrls"])


@pytest.mark.parametrize(("fault", "runs"), [(Fault.SCHEDULE_LOST, 0), (Fault.SCHEDULE_DUPLICATED, 2)])
def test_schedules_may_be_lost_or_come_twice(fault: Fault, runs: int) -> None:
    with deployed(faults=Faults(Strike(fault=fault, at="s"))) as world:
        schedule(world, "at(2027-03-01T09:30:00)")
        world.run_for(timedelta(hours=1))
        assert len(starts(world)) == runs


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 9 * * ? *)", "2027-03-01T09:00", "2027-03-02T09:00"),
        ("cron(0/15 * * * ? *)", "2027-03-01T09:01", "2027-03-01T09:15"),
        ("cron(30 11 ? * MON-FRI *)", "2027-03-05T12:00", "2027-03-08T11:30"),
        ("cron(0 0 1 JAN ? 2028)", "2027-03-05T12:00", "2028-01-01T00:00"),
    ],
)
def test_cron_expressions_name_their_next_minute(expression: str, after: str, expected: str) -> None:
    found = parse(expression, None).next(NINE, datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
