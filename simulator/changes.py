"""One growing number for the whole local AWS: while it stands still, nothing that a describe call shows has changed."""

from itertools import count

_numbers = count(1)
_now = 0


def bump() -> None:
    """Say that something changed: by a call, or because its time had come."""
    global _now  # noqa: PLW0603  # one counter for all, so that one look tells whether anything changed anywhere
    _now = next(_numbers)


def current() -> int:
    return _now
