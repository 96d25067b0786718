"""What `threading` offers, as tasks of the virtual clock: no two of them ever run at once, and none in real time."""

import contextvars
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace, TracebackType
from typing import Any

from simulator.clock import VirtualClock
from simulator.waiting import Signal


class VirtualThread:
    """A thread that is a task. It starts once whoever started it waits, sleeps or ends."""

    native_id = 0

    def __init__(
        self,
        clock: VirtualClock,
        target: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        name: str = "thread",
        **_options: Any,
    ) -> None:
        self._clock = clock
        self._ended = Signal(clock)
        self._run = lambda: target(*args, **(kwargs or {}))
        self._context = contextvars.copy_context()
        self._started = False
        self.name = name

    def start(self) -> None:
        self._started = True
        self._clock.call_in(timedelta(), self._main, self.name)

    def join(self, timeout: float | None = None) -> None:
        self._ended.wait(_span(timeout))

    def is_alive(self) -> bool:
        return self._started and not self._ended.is_set()

    def _main(self) -> None:
        try:
            self._context.run(self._run)
        finally:
            self._ended.set()


class VirtualEvent:
    """An event whose waiters wait in virtual time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._signal = Signal(clock)

    def is_set(self) -> bool:
        return self._signal.is_set()

    def set(self) -> None:
        self._signal.set()

    def clear(self) -> None:
        self._signal.clear()

    def wait(self, timeout: float | None = None) -> bool:
        return self._signal.wait(_span(timeout))


class VirtualLock:
    """A lock, and a condition on it. Tasks take turns only where they wait, so that there is nothing to lock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._signal = Signal(clock)

    def acquire(self, *_how: Any) -> bool:
        return True

    def release(self) -> None:
        """Nothing was taken."""

    def __enter__(self) -> bool:
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing was taken."""

    def wait(self, timeout: float | None = None) -> bool:
        return self._signal.wait(_span(timeout))

    def notify_all(self) -> None:
        self._signal.notify()


def namespace(clock: VirtualClock) -> SimpleNamespace:
    """Stand in for the module `threading`."""
    return SimpleNamespace(
        Thread=lambda **options: VirtualThread(clock, **options),
        Event=lambda: VirtualEvent(clock),
        Lock=lambda: VirtualLock(clock),
        RLock=lambda: VirtualLock(clock),
        Condition=lambda: VirtualLock(clock),
    )


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
