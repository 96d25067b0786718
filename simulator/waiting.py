"""What a task can wait for, besides the passing of time."""

from collections.abc import Callable
from datetime import timedelta

from simulator.clock import Timer, VirtualClock


class Signal:
    """Something to wait for. Once set, whoever waits goes on at that instant, in the order of arrival."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._set = False
        self._waiters: list[tuple[Callable[[bool], None], Timer | None]] = []

    def is_set(self) -> bool:
        return self._set

    def clear(self) -> None:
        self._set = False

    def set(self) -> None:
        self._set = True
        self.notify()

    def notify(self) -> None:
        """Let those who wait now go on, without staying set for those who come later."""
        waiters, self._waiters = self._waiters, []
        for waiter, timer in waiters:
            if timer is not None:
                timer.cancel()
            waiter(True)

    def wait(self, timeout: timedelta | None = None) -> bool:
        """Wait until set, at most for `timeout`, and say whether it was. Outside any task, time runs meanwhile."""
        if self._set:
            return True
        clock = self._clock
        outcome: list[bool] = []
        task = clock.current_task() if clock.in_task() else None

        def go_on(was_set: bool) -> None:
            if not outcome:
                outcome.append(was_set)
                if task is not None:
                    clock.resume(task)

        timer = None if timeout is None else clock.call_in(timeout, lambda: go_on(False), "time-out")
        self._waiters.append((go_on, timer))
        if task is not None:
            clock.park()
        else:
            clock.run_while(lambda: not outcome)
            if not outcome:
                raise RuntimeError("waited for something that nothing left to run can bring about")
        return outcome[0]
