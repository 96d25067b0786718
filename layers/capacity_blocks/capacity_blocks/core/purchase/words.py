"""How instants and hours are written for people."""

from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


def when(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def hours(duration: timedelta) -> str:
    text = f"{duration / HOUR:,.2f}"
    return text.rstrip("0").rstrip(".")
