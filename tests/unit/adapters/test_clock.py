from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from capacity_blocks.adapters.clock import SystemClock
from tests.factories import START


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits


def test_it_tells_the_time_in_utc() -> None:
    with time_machine.travel(START, tick=False):
        assert SystemClock().now() == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)


def test_it_sleeps_for_what_is_left(slept: list[float]) -> None:
    with time_machine.travel(START, tick=False):
        SystemClock().sleep_until(START + timedelta(seconds=2.5))

    assert slept == [2.5]


def test_it_does_not_sleep_for_what_has_passed(slept: list[float]) -> None:
    with time_machine.travel(START, tick=False):
        SystemClock().sleep_until(START - timedelta(seconds=1))

    assert slept == [0.0]
