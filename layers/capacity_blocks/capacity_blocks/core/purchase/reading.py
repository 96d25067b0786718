"""Reads the fields of a JSON object that people wrote, and says of each what is wrong with it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase import money

MOST_SHOWN = 100


class NotAllowedError(ValueError):
    """A value is none of those that are allowed, which the message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where a field goes, and what reads its value or raises NotAllowedError."""

    attribute: str
    read: Callable[[Any], Any]
    required: bool = False


def read_fields(
    document: Mapping[str, Any], fields: Mapping[str, Field], prefix: str = ""
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what each field that is given says, by attribute, and every mistake there is, not only the first.

    A field that is null counts as not given: workflows pass nulls on for what nobody filled in.
    """
    values: dict[str, Any] = {}
    mistakes = [
        f"{shown(prefix + name)} is not a field; allowed: {', '.join(prefix + known for known in fields)}"
        for name in sorted(set(document) - set(fields), key=str)
    ]
    for name, field in fields.items():
        given = document.get(name)
        if given is None and not field.required:
            continue
        try:
            values[field.attribute] = field.read(given)
        except NotAllowedError as error:
            written = "missing" if given is None else shown(given)
            mistakes.append(f"{prefix}{name} is {written}; allowed: {error}")
    return values, tuple(mistakes)


def shown(value: object) -> str:
    """Show a value as JSON in plain ASCII, cut short: it ends up in a log line and in a mail."""
    try:
        text = json.dumps(value, default=str)
    except (RecursionError, ValueError, TypeError):  # too deep, a circle, or a key that is no key
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise NotAllowedError("true, false")
    return value


def matching(pattern: str, allowed: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise NotAllowedError(allowed)
        return value

    return read


def one_of(*allowed: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise NotAllowedError(", ".join(allowed))
        return value

    return read


def whole(least: int, most: int, what: str = "a whole number") -> Callable[[object], int]:
    def read(value: object) -> int:
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        if not is_number or not least <= value <= most or value % 1:  # type: ignore[operator]  # numbers by now
            raise NotAllowedError(f"{what} from {least} to {most}")
        return int(value)  # type: ignore[call-overload,no-any-return]  # 8.0 is whole, as JSON has it

    return read


def dollars(least: Decimal = Decimal(0)) -> Callable[[object], Decimal]:
    def read(value: object) -> Decimal:
        amount = money.amount(value)
        if amount is None or amount < least:
            raise NotAllowedError(f'dollars as a string, {money.canonical(least)} or more, e.g. "60000" or "3.95"')
        return amount

    return read


def instant(value: object) -> datetime:
    """Read an instant with its offset: where money hangs on it, nobody should have to guess the time zone."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not 2000 <= read.year < 3000:
        raise NotAllowedError("an instant with its offset, such as 2026-05-01T00:00:00Z")
    return read


def hours(least: int, most: int) -> Callable[[object], timedelta]:
    read = whole(least, most, "whole hours")
    return lambda value: timedelta(hours=read(value))


def listed(read: Callable[[Any], Any], most: int) -> Callable[[object], tuple[Any, ...]]:
    """Read a list, or a single value that stands for a list of one; each value once."""

    def read_all(value: object) -> tuple[Any, ...]:
        values = value if isinstance(value, list) else [value]
        if not 1 <= len(values) <= most:
            raise NotAllowedError(f"a list of 1 to {most}")
        return tuple(dict.fromkeys(read(each) for each in values))

    return read_all
