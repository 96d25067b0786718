"""A clock that stands until somebody sleeps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class FakeClock:
    """`events` happen on the way: each is called when the clock, by sleeping or ticking, has come to its instant.

    `tick` passes at each look at the clock: work takes time.
    """

    instant: datetime
    tick: timedelta = timedelta()
    events: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> datetime:
        seen = self.instant
        self._move_to(seen + self.tick)
        return seen

    def sleep_until(self, instant: datetime) -> None:
        self._move_to(max(instant, self.instant))

    def _move_to(self, instant: datetime) -> None:
        while due := sorted((e for e in self.events if e[0] <= instant), key=lambda e: e[0]):
            self.events.remove(due[0])
            self.instant = max(self.instant, due[0][0])
            due[0][1]()
        self.instant = max(self.instant, instant)
