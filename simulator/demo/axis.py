"""Time from left to right: where an instant stands, and which ones are written below it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

# From fine to coarse; the finest that leaves room between labels is taken.
_STEPS = (
    *(timedelta(seconds=s) for s in (10, 30)),
    *(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=h) for h in (1, 2, 3, 6, 12)),
    *(timedelta(days=d) for d in (1, 2, 7, 14, 28)),
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """`start` stands at `left`, `end` at `right`."""

    start: datetime
    end: datetime
    left: float
    right: float

    def x(self, instant: datetime) -> float:
        """Say where an instant stands; what lies outside is drawn at the rim."""
        inside = min(max(instant, self.start), self.end)
        return self.left + (self.right - self.left) * ((inside - self.start) / (self.end - self.start))

    def ticks(self, apart: float) -> Iterator[datetime]:
        """Yield round instants that stand at least `apart` from each other."""
        room = (self.end - self.start) * (apart / (self.right - self.left))
        step = next((each for each in _STEPS if each >= room), _STEPS[-1])
        midnight = datetime.combine(self.start.astimezone(UTC).date(), time(), UTC)
        tick = midnight + step * -(-(self.start - midnight) // step)
        while tick <= self.end:
            yield tick
            tick += step


def day(instant: datetime) -> str:
    return f"{instant:%a} {instant.day} {instant:%b}"


def clock(instant: datetime) -> str:
    return f"{instant:%H:%M}"


def moment(instant: datetime) -> str:
    """Write an instant to the second, with its day."""
    return f"{day(instant)} {instant:%H:%M:%S}"


def duration(span: timedelta) -> str:
    """Write a span as people say it: seconds below two minutes, then minutes, hours and days."""
    seconds = span.total_seconds()
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.2f} min"
    return f"{seconds / 3600:.1f} h" if span < 2 * _DAY else f"{span / _DAY:.1f} days"
