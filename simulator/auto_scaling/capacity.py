"""The rules between a group's minimum, maximum and desired capacity."""

from .journal import Capacity
from .surroundings import invalid


def created(minimum: int, maximum: int, desired: int | None) -> Capacity:
    """The numbers of a new group; without a desired capacity it is the minimum (CreateAutoScalingGroup)."""
    return _checked(Capacity(minimum=minimum, maximum=maximum, desired=minimum if desired is None else desired))


def updated(now: Capacity, minimum: int | None, maximum: int | None, desired: int | None) -> Capacity:
    """The numbers after an update, each absolute.

    UpdateAutoScalingGroup: a new minimum above the desired capacity raises it, a new maximum below lowers it, unless a
    desired capacity is given too.
    """
    least = now.minimum if minimum is None else minimum
    most = now.maximum if maximum is None else maximum
    if least > most:
        raise invalid(f"Max bound, {most}, must be greater than or equal to min bound, {least}")
    wanted = desired
    if wanted is None:
        wanted = now.desired
        if minimum is not None:
            wanted = max(wanted, least)
        if maximum is not None:
            wanted = min(wanted, most)
    return _checked(Capacity(minimum=least, maximum=most, desired=wanted))


def set_to(now: Capacity, desired: int) -> Capacity:
    """The numbers after SetDesiredCapacity."""
    if desired > now.maximum:
        raise invalid(
            f"New SetDesiredCapacity value {desired} is above max value {now.maximum} for the AutoScalingGroup."
        )
    if desired < now.minimum:
        raise invalid(
            f"New SetDesiredCapacity value {desired} is below min value {now.minimum} for the AutoScalingGroup."
        )
    return Capacity(minimum=now.minimum, maximum=now.maximum, desired=desired)


def less(now: Capacity, count: int, name: str) -> Capacity:
    """The numbers after `count` instances left and were not to be replaced."""
    if now.desired - count < now.minimum:
        raise invalid(f"{name}: the desired capacity would go below the minimum size of {now.minimum}")
    return Capacity(minimum=now.minimum, maximum=now.maximum, desired=now.desired - count)


def more(now: Capacity, count: int, name: str) -> Capacity:
    """The numbers after `count` instances came in."""
    if now.desired + count > now.maximum:
        raise invalid(f"{name}: the desired capacity would go above the maximum size of {now.maximum}")
    return Capacity(minimum=now.minimum, maximum=now.maximum, desired=now.desired + count)


def _checked(capacity: Capacity) -> Capacity:
    least, most = capacity.minimum, capacity.maximum
    if not 0 <= least <= most:
        raise invalid(f"Max bound, {most}, must be greater than or equal to min bound, {least}")
    if not least <= capacity.desired <= most:
        raise invalid(
            f"Desired capacity:{capacity.desired} must be between the specified min size:{least} and max size:{most}"
        )
    return capacity
