"""How instants, hours and lists are written for people."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


def when(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def hours(duration: timedelta) -> str:
    text = f"{duration / HOUR:,.2f}"
    return text.rstrip("0").rstrip(".")


def listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
