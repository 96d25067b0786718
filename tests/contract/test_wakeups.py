"""The fake and EventBridge Scheduler keep the same promises."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from capacity_blocks.adapters.scheduler import SchedulerWakeups
from capacity_blocks.ports import Wakeups
from tests import aws
from tests.factories import ACCOUNT, REGION, at
from tests.fakes import FakeClock, FakeWakeups

NOW = at("2026-03-01T11:00")
Asked = Callable[[], set[datetime]]


@pytest.fixture(params=["fake", "scheduler"])
def wakeups(request: pytest.FixtureRequest) -> Iterator[tuple[Wakeups, Asked]]:
    """Return wakeups, and what tells for which instants they were asked."""
    if request.param == "fake":
        fake = FakeWakeups()
        yield fake, lambda: fake.instants
        return
    with aws.moto():
        client = aws.client("scheduler")
        client.create_schedule_group(Name="ours")
        wakeups = SchedulerWakeups(
            client,
            FakeClock(NOW),
            group="ours",
            function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:reconcile",
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/wake",
            dead_letters_arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead",
        )

        def asked() -> set[datetime]:
            listed = client.list_schedules(GroupName="ours")["Schedules"]
            found = [client.get_schedule(Name=each["Name"], GroupName="ours") for each in listed]
            inputs = [json.loads(each["Target"]["Input"]) for each in found]
            return {datetime.fromisoformat(each["look_again_at"]) for each in inputs}

        yield wakeups, asked


def test_it_wakes_at_each_instant_that_was_asked_for(wakeups: tuple[Wakeups, Asked]) -> None:
    port, asked = wakeups
    port.wake_at(at("2026-03-01T11:30"))
    port.wake_at(at("2026-03-02T10:50:30"))

    assert asked() == {at("2026-03-01T11:30"), at("2026-03-02T10:50:30")}


def test_asking_twice_is_asking_once(wakeups: tuple[Wakeups, Asked]) -> None:
    port, asked = wakeups
    port.wake_at(NOW + timedelta(minutes=30))
    port.wake_at(NOW + timedelta(minutes=30))

    assert asked() == {NOW + timedelta(minutes=30)}
