"""How Step Functions writes instants: as text in what a workflow sees, as milliseconds in events."""

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(value: Any) -> str:
    """Write an instant in a workflow's data: answers of the SDK have datetimes, the States Language knows only text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    raise TypeError(f"{value!r} has no place in a workflow")


def context_text(value: Any) -> str:
    """Write an instant of the context object: "Accessing execution data" shows it with milliseconds."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return text(value)


def milliseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // timedelta(milliseconds=1)


def parsed(value: Any) -> datetime | None:
    """Read a Timestamp: RFC 3339 with an upper-case T, and a Z or a numeric offset. None: it is none."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if instant.tzinfo is None else instant.astimezone(UTC)
