"""Which nodes are to be looked at, and what may be told of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class CheckRequestError(ValueError):
    """The event is none that this function takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """`group` is the Auto Scaling group behind the target.

    `life` is the target's, under which each thing is told once; empty by hand: then nothing is told but in the answer.
    Without `wanted` the instances in service are all that there should be.
    """

    group: str
    region: str
    life: str = ""
    wanted: int | None = None
    alarm_at: datetime | None = None


def parse(event: object, regions: Collection[str], home: str) -> CheckRequest:
    """Read a Lambda event; `home` is the region of an event that names none."""
    if not isinstance(event, Mapping):
        raise CheckRequestError(f"{event!r} is {type(event).__name__}; allowed: a JSON object")
    region = _text(event, "region") if "region" in event else home
    if region not in regions:
        raise CheckRequestError(f"region is {region!r}; allowed: {', '.join(regions)}")
    return CheckRequest(
        group=_text(event, "group"),
        region=region,
        life=_text(event, "life") if "life" in event else "",
        wanted=_count(event, "wanted") if "wanted" in event else None,
        alarm_at=_instant(event, "alarm_at") if "alarm_at" in event else None,
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise CheckRequestError(f"{name} is {value!r}; allowed: a string")
    return value


def _count(fields: Mapping[str, Any], name: str) -> int:
    value = fields[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CheckRequestError(f"{name} is {value!r}; allowed: a whole number from 1 on")
    return value


def _instant(fields: Mapping[str, Any], name: str) -> datetime:
    text = _text(fields, name)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise CheckRequestError(f"{name} is {text!r}; allowed: an instant such as 2026-03-02T10:50:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
