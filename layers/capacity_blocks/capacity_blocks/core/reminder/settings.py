"""The settings of a pool for its reminders: its section `reminders`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.purchase.duration import of_days
from capacity_blocks.core.purchase.reading import (
    Field,
    NotAllowedError,
    hours,
    listed,
    matching,
    read_fields,
    shown,
    whole,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LADDER = tuple(each * HOUR for each in (14 * 24, 7 * 24, 3 * 24, 24, 14, 4, 2))
MOST_RUNGS = 20
MOST_HOURS_BEFORE = 56 * 24  # extensions are sold from then on: "Extend Capacity Blocks"
# AWS Health calls a reservation underutilised below 20 percent: "Monitor Capacity Reservation underutilization".
IDLE_BELOW = 20
MOST_DURATIONS = 3  # each is two calls of EC2's slowest bucket for each block
MOST_DIMENSIONS = 30  # botocore, cloudwatch, Dimensions


class ReminderSettingsError(ValueError):
    """The reminder settings of a pool are malformed; the message names each field, its value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric of CloudWatch in percent that tells how busy the pool's accelerators are. Nothing is guessed of it."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSettings:
    """When a pool is reminded that a block ends, and what it is told then."""

    ladder: tuple[timedelta, ...] = LADDER  # before the end, longest first; (): not at all
    durations: tuple[timedelta, ...] = (DAY, 7 * DAY)  # of extensions and new blocks to look for
    idle_below: int = IDLE_BELOW  # percent
    accelerator_metric: Metric | None = None


def parse(section: object) -> ReminderSettings:
    """Read the section as a whole: all of it holds, or ReminderSettingsError names everything that does not."""
    if not isinstance(section, Mapping):
        raise ReminderSettingsError(f"reminders is {shown(section)}; allowed: a JSON object")
    values, mistakes = read_fields(section, FIELDS, "reminders.")
    if mistakes:
        raise ReminderSettingsError("; ".join(mistakes))
    return ReminderSettings(**values)


def _ladder(value: object) -> tuple[timedelta, ...]:
    read = hours(1, MOST_HOURS_BEFORE)
    if not isinstance(value, list) or len(value) > MOST_RUNGS:
        raise NotAllowedError(f"a list of at most {MOST_RUNGS} whole hours from 1 to {MOST_HOURS_BEFORE}")
    return tuple(sorted({read(each) for each in value}, reverse=True))


def _metric(value: object) -> Metric:
    allowed = 'an object with "namespace", "name" and "dimensions", as CloudWatch has them'
    text = matching(r"[!-~][ -~]{0,254}", allowed)
    if not isinstance(value, Mapping) or set(value) != {"namespace", "name", "dimensions"}:
        raise NotAllowedError(allowed)
    dimensions = value["dimensions"]
    if not isinstance(dimensions, Mapping) or not 1 <= len(dimensions) <= MOST_DIMENSIONS:
        raise NotAllowedError(f"{allowed}; 1 to {MOST_DIMENSIONS} dimensions")
    pairs = tuple(sorted((text(name), text(each)) for name, each in dimensions.items()))
    return Metric(namespace=text(value["namespace"]), name=text(value["name"]), dimensions=pairs)


FIELDS = {
    "hours_before_end": Field(attribute="ladder", read=_ladder),
    "days": Field(attribute="durations", read=listed(of_days, MOST_DURATIONS)),
    "idle_below_percent": Field(attribute="idle_below", read=whole(0, 100, "a whole number of percent")),
    "accelerator_metric": Field(attribute="accelerator_metric", read=_metric),
}
