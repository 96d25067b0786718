"""How large groups are, each for itself or together, at any instant."""

from collections.abc import Sequence
from datetime import datetime

from simulator.demo.recording import Group
from simulator.measure import Size


def at(group: Group, instant: datetime) -> Size:
    """Return the size of a group at an instant."""
    nothing = Size(at=instant, desired=0, in_service=0)
    return next((size for size in reversed(group.sizes) if size.at <= instant), nothing)


def together(groups: Sequence[Group]) -> tuple[Size, ...]:
    """Return the size of all groups together, an entry for each change of any of them."""
    instants = sorted({size.at for group in groups for size in group.sizes})
    return tuple(_sum(groups, instant) for instant in instants)


def _sum(groups: Sequence[Group], instant: datetime) -> Size:
    now = [at(group, instant) for group in groups]
    return Size(at=instant, desired=sum(s.desired for s in now), in_service=sum(s.in_service for s in now))
