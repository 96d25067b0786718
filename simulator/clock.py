"""Virtual time: a queue of timers, and tasks that may sleep in it, one at a time and always in the same order."""

import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from unittest import mock

import time_machine
from greenlet import GreenletExit, getcurrent, greenlet


@dataclass(order=True, slots=True)
class Timer:
    """Something that is due. Timers due at one instant run in the order in which they were set."""

    due: datetime
    order: int
    callback: Callable[[], None] = field(compare=False)
    name: str = field(compare=False)
    in_task: bool = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock:
    """A clock that jumps from one due timer to the next.

    Each callback runs as a task of its own (a greenlet): it may call `sleep`, or `time.sleep` while `installed`,
    and then other timers run until its time has come. Only one task runs at any moment, so a run is repeatable.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError(f"start {start.isoformat()} must be timezone-aware")
        self._now = start.astimezone(UTC)
        self._timers: list[Timer] = []
        self._order = count()
        self._tasks: dict[greenlet, None] = {}  # a dict keeps their order, a set would not
        self._parked: dict[greenlet, int] = {}  # where each sleeping task stands: no two of its stops are alike
        self._running = False
        self._travel: Callable[[timedelta], None] | None = None
        self.on_park: list[Callable[[], None]] = []  # called in a task that is about to let others run
        self.on_switch: list[Callable[[], None]] = []  # called after another task may have run, in the resumed task

    def now(self) -> datetime:
        return self._now

    def call_at(self, due: datetime, callback: Callable[[], None], name: str = "") -> Timer:
        """Run `callback` as a task at `due`, or at once (after what is due already) when `due` has passed."""
        return self._push(due, callback, name, in_task=True)

    def call_in(self, delay: timedelta, callback: Callable[[], None], name: str = "") -> Timer:
        return self.call_at(self._now + delay, callback, name)

    def in_task(self) -> bool:
        """Say whether the caller runs as a task of this clock, and so may sleep and wait."""
        return getcurrent() in self._tasks

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass for the calling task, while other tasks run."""
        self.park(timedelta(seconds=max(0.0, seconds)))

    def current_task(self) -> greenlet:
        task = getcurrent()
        if task not in self._tasks:
            raise RuntimeError("only a task of this clock can sleep in virtual time")
        return task

    def park(self, at_most: timedelta | None = None) -> None:
        """Let others run until somebody resumes the calling task, or until `at_most` has passed."""
        task = self.current_task()
        for notify in self.on_park:
            notify()
        self._parked[task] = next(self._order)
        if at_most is not None:
            self._resume_at(self._now + at_most, task, None)
        try:
            self._hub(task).switch()
        finally:
            for notify in self.on_switch:
                notify()

    def resume(self, task: greenlet, error: BaseException | None = None) -> None:
        """Let a parked task go on at this instant, after what is due already; with `error`, by raising it there."""
        if task in self._parked:
            self._resume_at(self._now, task, error)

    def next_due(self) -> datetime | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0].due if self._timers else None

    def run_until(self, end: datetime) -> None:
        """Run all that is due up to and including `end`, then stand at `end`. What a task raises ends the run."""
        self.run_while(lambda: True, end)
        self._move_to(max(end, self._now))

    def run_while(self, condition: Callable[[], bool], end: datetime | None = None) -> None:
        """Run what is due, in order, as long as `condition` holds and anything is left before or at `end`."""
        if self._running:
            raise RuntimeError("the clock is running already: a task sleeps or waits instead")
        self._running = True
        try:
            while condition() and (due := self.next_due()) is not None and (end is None or due <= end):
                timer = heapq.heappop(self._timers)
                self._move_to(timer.due)
                if timer.in_task:
                    self._switch_to(greenlet(timer.callback))
                else:
                    timer.callback()
        finally:
            self._running = False

    def close(self) -> None:
        """Drop all timers and end every parked task where it stands, so that none is left behind half-way."""
        self._timers.clear()
        while self._tasks:
            task = next(iter(self._tasks))
            self._switch_to(task, GreenletExit())
            self._tasks.pop(task, None)
        self._timers.clear()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Make this the process's time: `datetime.now`, `time.time` and, inside tasks, `time.sleep`."""
        really_sleep = time.sleep

        def sleep(seconds: float) -> None:
            if self.in_task():
                self.sleep(seconds)
            else:
                really_sleep(seconds)

        # The standing start also sets the zone to UTC; `shift` then moves to the nanosecond and leaves the zone alone.
        with time_machine.travel(self._now, tick=False) as traveller, mock.patch("time.sleep", sleep):
            self._travel = traveller.shift
            try:
                yield
            finally:
                self._travel = None

    @staticmethod
    def _hub(task: greenlet) -> greenlet:
        if task.parent is None:
            raise RuntimeError("a task always runs below the clock's own loop")
        return task.parent

    def _resume_at(self, due: datetime, task: greenlet, error: BaseException | None) -> None:
        parking = self._parked[task]

        def resume() -> None:
            if self._parked.get(task) == parking:  # else somebody was faster, and it may stand elsewhere by now
                self._switch_to(task, error)

        self._push(due, resume, "wake")

    def _push(self, due: datetime, callback: Callable[[], None], name: str, *, in_task: bool = False) -> Timer:
        timer = Timer(max(due, self._now), next(self._order), callback, name, in_task)
        heapq.heappush(self._timers, timer)
        return timer

    def _move_to(self, instant: datetime) -> None:
        if self._travel is not None and instant != self._now:
            self._travel(instant - self._now)
        self._now = instant

    def _switch_to(self, task: greenlet, error: BaseException | None = None) -> None:
        task.parent = getcurrent()
        self._parked.pop(task, None)
        self._tasks[task] = None
        try:
            if error is None:
                task.switch()
            else:
                task.throw(error)
        finally:
            if task.dead:
                self._tasks.pop(task, None)
