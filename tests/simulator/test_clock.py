"""The virtual clock: order, sleeping tasks, waiting, interruption."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from greenlet import greenlet

from simulator.clock import VirtualClock
from simulator.waiting import Signal

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


def test_timers_run_in_order_of_time_and_then_of_setting(clock: VirtualClock) -> None:
    ran: list[str] = []
    clock.call_in(2 * SECOND, lambda: ran.append("late"))
    clock.call_in(SECOND, lambda: ran.append("first"))
    clock.call_in(SECOND, lambda: ran.append("second"))
    clock.run_until(NINE + 2 * SECOND)
    assert ran == ["first", "second", "late"]


def test_what_is_due_after_the_end_stays_due(clock: VirtualClock) -> None:
    ran: list[datetime] = []
    clock.call_in(3 * SECOND, lambda: ran.append(clock.now()))
    clock.run_until(NINE + 2 * SECOND)
    assert (ran, clock.now(), clock.next_due()) == ([], NINE + 2 * SECOND, NINE + 3 * SECOND)


def test_a_timer_in_the_past_runs_now(clock: VirtualClock) -> None:
    ran: list[datetime] = []
    clock.call_at(NINE - SECOND, lambda: ran.append(clock.now()))
    clock.run_until(NINE)
    assert ran == [NINE]


def test_a_cancelled_timer_never_runs(clock: VirtualClock) -> None:
    ran: list[str] = []
    clock.call_in(SECOND, lambda: ran.append("no")).cancel()
    assert clock.next_due() is None
    clock.run_until(NINE + SECOND)
    assert ran == []


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        VirtualClock(datetime(2027, 3, 1, 9))  # noqa: DTZ001  # the very mistake


def test_the_process_time_follows_to_the_microsecond(clock: VirtualClock) -> None:
    seen: list[datetime] = []
    odd = timedelta(microseconds=123_457)
    for step in range(1, 200):
        clock.call_in(step * odd, lambda: seen.append(datetime.now(UTC)))
    with clock.installed():
        clock.run_until(NINE + 200 * odd)
    assert seen == [NINE + step * odd for step in range(1, 200)]


def test_others_run_while_a_task_sleeps(clock: VirtualClock) -> None:
    ran: list[tuple[str, datetime]] = []

    def sleeper() -> None:
        ran.append(("falls asleep", datetime.now(UTC)))
        time.sleep(10)
        ran.append(("wakes", datetime.now(UTC)))

    clock.call_in(SECOND, sleeper)
    clock.call_in(5 * SECOND, lambda: ran.append(("meanwhile", datetime.now(UTC))))
    with clock.installed():
        clock.run_until(NINE + 60 * SECOND)
    assert ran == [
        ("falls asleep", NINE + SECOND),
        ("meanwhile", NINE + 5 * SECOND),
        ("wakes", NINE + 11 * SECOND),
    ]


def test_a_sleeping_task_goes_on_in_a_later_run(clock: VirtualClock) -> None:
    ran: list[datetime] = []

    def sleeper() -> None:
        clock.sleep(10)
        ran.append(clock.now())

    clock.call_in(SECOND, sleeper)
    clock.run_until(NINE + 2 * SECOND)
    assert ran == []
    clock.run_until(NINE + 60 * SECOND)
    assert ran == [NINE + 11 * SECOND]


def test_only_a_task_can_sleep(clock: VirtualClock) -> None:
    with pytest.raises(RuntimeError, match="only a task"):
        clock.sleep(1)


def test_a_task_cannot_drive_the_clock(clock: VirtualClock) -> None:
    clock.call_in(SECOND, lambda: clock.run_until(NINE + 9 * SECOND))
    with pytest.raises(RuntimeError, match="running already"):
        clock.run_until(NINE + SECOND)


def test_what_a_task_raises_ends_the_run_and_the_rest_stays_due(clock: VirtualClock) -> None:
    ran: list[str] = []

    def fails() -> None:
        clock.sleep(1)
        raise LookupError("gone")

    clock.call_in(SECOND, fails)
    clock.call_in(3 * SECOND, lambda: ran.append("after"))
    with pytest.raises(LookupError, match="gone"):
        clock.run_until(NINE + 9 * SECOND)
    clock.run_until(NINE + 9 * SECOND)
    assert ran == ["after"]


def test_a_parked_task_can_be_interrupted_and_its_old_alarm_is_void(clock: VirtualClock) -> None:
    ran: list[tuple[str, datetime]] = []
    tasks: list[greenlet] = []

    def stubborn() -> None:
        tasks.append(clock.current_task())
        try:
            clock.sleep(10)
        except TimeoutError:
            ran.append(("interrupted", clock.now()))
            clock.sleep(20)  # must not be cut short by the alarm of the sleep before
            ran.append(("slept", clock.now()))

    clock.call_in(SECOND, stubborn)
    clock.call_in(5 * SECOND, lambda: clock.resume(tasks[0], TimeoutError()))
    clock.run_until(NINE + 60 * SECOND)
    assert ran == [("interrupted", NINE + 5 * SECOND), ("slept", NINE + 25 * SECOND)]


def test_a_signal_wakes_all_who_wait_in_their_order(clock: VirtualClock) -> None:
    signal, ran = Signal(clock), list[tuple[str, bool, datetime]]()
    clock.call_in(SECOND, lambda: ran.append(("a", signal.wait(), clock.now())))
    clock.call_in(SECOND, lambda: ran.append(("b", signal.wait(), clock.now())))
    clock.call_in(3 * SECOND, signal.set)
    clock.run_until(NINE + 9 * SECOND)
    assert ran == [("a", True, NINE + 3 * SECOND), ("b", True, NINE + 3 * SECOND)]


def test_waiting_for_a_signal_ends_at_its_time_out(clock: VirtualClock) -> None:
    signal, ran = Signal(clock), list[tuple[bool, datetime]]()
    clock.call_in(SECOND, lambda: ran.append((signal.wait(2 * SECOND), clock.now())))
    clock.call_in(9 * SECOND, signal.set)
    clock.run_until(NINE + 20 * SECOND)
    assert ran == [(False, NINE + 3 * SECOND)]


def test_outside_any_task_waiting_lets_time_run(clock: VirtualClock) -> None:
    signal = Signal(clock)
    clock.call_in(3 * SECOND, signal.set)
    clock.call_in(4 * SECOND, lambda: pytest.fail("ran past the signal"))
    assert (signal.wait(), clock.now()) == (True, NINE + 3 * SECOND)


def test_waiting_for_what_can_never_come_is_an_error(clock: VirtualClock) -> None:
    with pytest.raises(RuntimeError, match="nothing left to run"):
        Signal(clock).wait()


def test_closing_ends_sleeping_tasks_where_they_stand(clock: VirtualClock) -> None:
    ran: list[str] = []

    def sleeper() -> None:
        try:
            clock.sleep(100)
            ran.append("never")
        finally:
            ran.append("let go")

    clock.call_in(SECOND, sleeper)
    clock.run_until(NINE + SECOND)
    clock.close()
    assert (ran, clock.next_due()) == (["let go"], None)
