"""Scheduler's expressions: at(), rate() and cron(), parsed as strictly as AWS does."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moto.scheduler.exceptions import ValidationException

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_RATE = re.compile(r"rate\(([1-9]\d*) (minutes?|hours?|days?)\)")
_CRON = re.compile(r"cron\(([^)]+)\)")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """at(yyyy-mm-ddThh:mm:ss), in the zone of the schedule."""

    at: datetime

    def refuse_past(self, now: datetime) -> None:
        """Refuse what can never fire. Assumed: the page does not say what AWS does with it."""
        if self.at < now:
            raise ValidationException("The one-time schedule expression you specify cannot be in the past.")

    def next(self, _start: datetime, after: datetime | None) -> datetime | None:
        # Assumed: its minute counts, as AWS promises no more than 60-second precision.
        return None if after is not None else self.at.replace(second=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """rate(value unit). "Without a StartDate, the schedule starts invoking its target immediately"."""

    every: timedelta

    def refuse_past(self, now: datetime) -> None:
        """A rate has no past."""

    def next(self, start: datetime, after: datetime | None) -> datetime:
        return start if after is None else after + self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """cron(minutes hours day-of-month month day-of-week year)."""

    fields: tuple[frozenset[int] | None, ...]  # None stands for * and ?
    zone: ZoneInfo

    def refuse_past(self, now: datetime) -> None:
        """A cron expression of years gone by never fires, and AWS takes it all the same (assumed)."""

    def next(self, start: datetime, after: datetime | None) -> datetime | None:
        since = start if after is None else after
        local = (since.replace(second=0, microsecond=0) + _MINUTE).astimezone(self.zone)
        latest = local + timedelta(days=366 * 4)
        while local < latest:
            if not self._is_day(local):
                local = (local + timedelta(days=1)).replace(hour=0, minute=0)
            elif not _in(self.fields[1], local.hour):
                local = (local + timedelta(hours=1)).replace(minute=0)
            elif not _in(self.fields[0], local.minute):
                local += _MINUTE
            else:
                return local.astimezone(UTC)
        return None

    def _is_day(self, local: datetime) -> bool:
        _, _, day, month, weekday, year = self.fields
        # AWS counts week days from 1, Sunday.
        is_weekday = _in(weekday, local.isoweekday() % 7 + 1)
        return _in(day, local.day) and _in(month, local.month) and is_weekday and _in(year, local.year)


Expression = Once | Rate | Cron

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_NAMES: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS, {})


def parse(text: str, zone: str | None) -> Expression:
    """Parse an expression, or refuse it with AWS's own error."""
    tz = _zone(zone)
    try:
        if match := _AT.fullmatch(text):
            return Once(at=datetime.fromisoformat(match[1]).replace(tzinfo=tz).astimezone(UTC))
        if match := _RATE.fullmatch(text):
            return Rate(every=timedelta(**{f"{match[2].rstrip('s')}s": int(match[1])}))
        if (match := _CRON.fullmatch(text)) and len(match[1].split()) == len(_BOUNDS):
            return Cron(fields=tuple(map(_field, match[1].upper().split(), _BOUNDS, _NAMES)), zone=tz)
    except (ValueError, KeyError) as malformed:
        raise ValidationException(f"Invalid Schedule Expression {text}.") from malformed
    raise ValidationException(f"Invalid Schedule Expression {text}.")


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise ValidationException(f"Invalid Schedule Expression Timezone {name}.") from unknown


def _field(text: str, bounds: tuple[int, int], names: dict[str, int]) -> frozenset[int] | None:
    if text in {"*", "?"}:
        return None
    return frozenset(number for part in text.split(",") for number in _part(part, bounds, names))


def _part(text: str, bounds: tuple[int, int], names: dict[str, int]) -> range:
    span, _, step = text.partition("/")
    first, _, last = span.partition("-")
    low = bounds[0] if first == "*" else names.get(first) or int(first)
    high = names.get(last) or int(last) if last else (bounds[1] if step or first == "*" else low)
    if not bounds[0] <= low <= high <= bounds[1]:
        raise ValueError(f"{text} is out of its bounds")
    return range(low, high + 1, int(step or 1))


def _in(allowed: frozenset[int] | None, value: int) -> bool:
    return allowed is None or value in allowed
