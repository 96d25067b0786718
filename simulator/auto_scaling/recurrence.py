"""The recurrence of a scheduled action: five cron fields, in a time zone ("Scheduled scaling")."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = {name: str(number) for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))} | {
    name: str(number)
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_FAR = timedelta(days=4 * 366)  # a date that comes at all comes within a leap year


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """The minutes at which something recurs."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool  # in cron, a day matches by either field when both are restricted
    zone: ZoneInfo

    def after(self, instant: datetime) -> datetime:
        """The first minute later than `instant` that matches."""
        local = instant.astimezone(self.zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
        last = local + _FAR
        while local < last:
            if not self._on(local):
                local = (local + timedelta(days=1)).replace(hour=0, minute=0)
            elif local.hour not in self.hours:
                local = (local + timedelta(hours=1)).replace(minute=0)
            elif local.minute not in self.minutes:
                local += timedelta(minutes=1)
            else:
                return local.astimezone(UTC)
        raise ValueError("the recurrence names a date that never comes")

    def _on(self, local: datetime) -> bool:
        by_day, by_weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        day = by_day or by_weekday if self.either_day else by_day and by_weekday
        return day and local.month in self.months


def parse(expression: str, time_zone: str | None = None) -> Recurrence:
    """Read `minute hour day month weekday`, or raise ValueError."""
    fields = expression.lower().split()
    if len(fields) != len(_RANGES):
        raise ValueError(f"{expression!r} has {len(fields)} fields instead of 5")
    try:
        zone = ZoneInfo(time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{time_zone!r} is not a time zone") from error
    minutes, hours, days, months, weekdays = (
        _field(text, least, most) for text, (least, most) in zip(fields, _RANGES, strict=True)
    )
    return Recurrence(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either_day=fields[2] != "*" and fields[4] != "*",
        zone=zone,
    )


def _field(text: str, least: int, most: int) -> frozenset[int]:
    numbers: set[int] = set()
    for name, number in _NAMES.items():
        text = text.replace(name, number)
    for part in text.split(","):
        if (match := _PART.fullmatch(part)) is None:
            raise ValueError(f"{text!r} is not understood")
        first, last, step = (int(group) if group else None for group in match.groups())
        start = least if first is None else first
        end = last if last is not None else most if first is None or step else start
        if not least <= start <= end <= most or step == 0:
            raise ValueError(f"{text!r} is not between {least} and {most}")
        numbers.update(range(start, end + 1, step or 1))
    return frozenset(numbers)
