"""What is still to happen and when: timers on the clock that are never seen late by somebody who asks."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Protocol


class Cancellable(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The part of the virtual clock that the engine uses."""

    def now(self) -> datetime: ...

    def call_at(self, due: datetime, callback: Callable[[], None], name: str = "") -> Cancellable: ...


@dataclass(order=True, slots=True)
class Appointment:
    """Something that will happen at `due`, once, unless it is cancelled."""

    due: datetime
    order: int
    act: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)
    timer: Cancellable | None = field(default=None, compare=False)

    def cancel(self) -> None:
        self.cancelled = True
        if self.timer is not None:
            self.timer.cancel()


class Agenda:
    """Run each appointment at its time, or earlier within that instant when somebody asks first.

    The clock runs what is due at one instant in the order in which it was set, so a caller may ask at 11:30:00 before
    the timer of 11:30:00 has run. `catch_up` at each question makes the answer right all the same.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._appointments: list[Appointment] = []
        self._order = count()

    def at(self, due: datetime, act: Callable[[], None], name: str) -> Appointment:
        appointment = Appointment(due, next(self._order), act)
        heapq.heappush(self._appointments, appointment)
        appointment.timer = self._clock.call_at(due, self.catch_up, f"capacity blocks: {name}")
        return appointment

    def catch_up(self) -> None:
        """Run all that is due. Each is taken off before it runs, so that it may itself ask or appoint."""
        while self._appointments and self._appointments[0].due <= self._clock.now():
            appointment = heapq.heappop(self._appointments)
            if not appointment.cancelled:
                appointment.act()
