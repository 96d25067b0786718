import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.scheduler import SchedulerWakeups
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import at
from tests.fakes import FakeClock

NOW = at("2026-03-01T11:00:20")
FUNCTION = "arn:aws:lambda:us-east-2:123456789012:function:reconcile"
ROLE = "arn:aws:iam::123456789012:role/wake"
DEAD_LETTERS = "arn:aws:sqs:us-east-2:123456789012:dead"


@pytest.fixture
def client() -> Iterator[Any]:
    with aws.moto():
        client = aws.client("scheduler")
        client.create_schedule_group(Name="ours")
        yield client


def wakeups(client: Any, clock: FakeClock | None = None) -> SchedulerWakeups:
    return SchedulerWakeups(
        client,
        clock or FakeClock(NOW),
        group="ours",
        function_arn=FUNCTION,
        role_arn=ROLE,
        dead_letters_arn=DEAD_LETTERS,
    )


def expressions(client: Any) -> list[str]:
    listed = client.list_schedules(GroupName="ours")["Schedules"]
    return sorted(client.get_schedule(Name=s["Name"], GroupName="ours")["ScheduleExpression"] for s in listed)


def test_a_schedule_runs_the_function_a_minute_early_and_once(client: Any) -> None:
    wakeups(client).wake_at(at("2026-03-01T11:30"))

    made = client.get_schedule(Name="look-again-20260301T113000", GroupName="ours")
    assert made["ScheduleExpression"] == "at(2026-03-01T11:29:00)"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert made["ActionAfterCompletion"] == "DELETE"
    assert made["Target"] == {
        "Arn": FUNCTION,
        "RoleArn": ROLE,
        "Input": json.dumps({"trigger": "look-again", "look_again_at": "2026-03-01T11:30:00Z"}),
        "DeadLetterConfig": {"Arn": DEAD_LETTERS},
        "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300},
    }


@pytest.mark.parametrize(
    ("instant", "expression"),
    [
        ("2026-03-01T11:03:59", "at(2026-03-01T11:02:00)"),
        ("2026-03-01T11:02:00", "at(2026-03-01T11:01:00)"),
    ],
)
def test_a_schedule_is_set_to_a_whole_minute(client: Any, instant: str, expression: str) -> None:
    wakeups(client).wake_at(at(instant))

    assert expressions(client) == [expression]


@pytest.mark.parametrize(
    "instant", ["2026-03-01T11:01:59", "2026-03-01T11:01:00", "2026-03-01T11:00:20", "2026-03-01T10:00"]
)
def test_what_is_near_or_past_is_left_to_the_sweep(client: Any, instant: str) -> None:
    wakeups(client).wake_at(at(instant))

    assert expressions(client) == []


def test_another_function_may_have_asked_before(client: Any) -> None:
    wakeups(client).wake_at(at("2026-03-01T11:30"))
    wakeups(client).wake_at(at("2026-03-01T11:30"))

    assert expressions(client) == ["at(2026-03-01T11:29:00)"]


def test_a_warm_function_remembers_what_it_has_asked_for(client: Any) -> None:
    warm = wakeups(client)
    warm.wake_at(at("2026-03-01T11:30"))
    client.delete_schedule(Name="look-again-20260301T113000", GroupName="ours")
    warm.wake_at(at("2026-03-01T11:30"))

    assert expressions(client) == []


def test_what_could_not_be_asked_for_is_asked_for_again() -> None:
    client = aws.client("scheduler")
    warm = wakeups(client)
    with Stubber(client) as stub:
        stub.add_client_error("create_schedule", "ThrottlingException", http_status_code=429)
        stub.add_response("create_schedule", {"ScheduleArn": "arn:aws:scheduler:us-east-2:123456789012:schedule/a/b"})
        with pytest.raises(AwsError, match="ThrottlingException"):
            warm.wake_at(at("2026-03-01T11:30"))
        warm.wake_at(at("2026-03-01T11:30"))

        stub.assert_no_pending_responses()


def test_what_has_passed_is_forgotten(client: Any) -> None:
    clock = FakeClock(NOW)
    warm = wakeups(client, clock)
    warm.wake_at(at("2026-03-01T11:30"))
    clock.sleep_until(at("2026-03-01T11:30") + timedelta(seconds=1))
    warm.wake_at(at("2026-03-02T10:50"))

    assert warm._asked == {at("2026-03-02T10:50")}
