"""How reminders say spans of time and shares."""

from datetime import timedelta
from decimal import ROUND_UP, Decimal

from capacity_blocks.core.purchase import money

MINUTE = timedelta(minutes=1)
STEP = 5 * MINUTE
UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", MINUTE))


def span(duration: timedelta) -> str:
    """Say a span in its two largest units: 2 days 5 hours. What is left of a minute counts as nothing."""
    parts, rest = list[str](), max(duration, timedelta(0))
    for name, unit in UNITS:
        count, rest = divmod(rest, unit)
        if count or parts:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part) or "less than a minute"


def ahead(duration: timedelta) -> str:
    """Say how far ahead something is, as people say it: a reminder that comes a minute late still says 3 days."""
    return span(-(-duration // STEP) * STEP)


def rate(fee: Decimal) -> str:
    """Say what an hour costs, to the cent; never less than it is."""
    return money.shown(fee.quantize(Decimal("0.01"), ROUND_UP))


def offered(gap: timedelta) -> str:
    """Say in minutes how a start lies to an end."""
    count = abs(round(gap / MINUTE))
    minutes = f"{count:,} minute{'' if count == 1 else 's'}"
    if gap > timedelta(0):
        return f"a gap of {minutes}"
    return "as it ends" if not count else f"an overlap of {minutes}"


def percent(share: Decimal) -> str:
    return f"{money.canonical(share)} %"
