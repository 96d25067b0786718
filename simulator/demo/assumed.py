"""What was taken for granted of AWS, in words that people read."""

from dataclasses import fields
from datetime import timedelta

from simulator.assumptions import Assumptions, Delay


def assumed(assumptions: Assumptions) -> dict[str, str]:
    """Return each assumption by its name, delays in the unit that suits them."""
    return {each.name: _words(getattr(assumptions, each.name)) for each in fields(assumptions)}


def _words(value: object) -> str:
    match value:
        case Delay(least=least, most=most) if least == most:
            return _span(least)
        case Delay(least=least, most=most):
            return f"{_span(least)} to {_span(most)}"
        case timedelta():
            return _span(value)
        case tuple():
            return ", ".join(map(_words, value))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _span(span: timedelta) -> str:
    """Write a round span shortly: the largest unit that leaves a number of one or more."""
    seconds = span.total_seconds()
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size * (2 if unit == "days" else 1):
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
