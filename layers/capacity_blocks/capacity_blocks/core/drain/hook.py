"""The lifecycle hook that holds an instance while its work moves, and what the hooks of others do to the deadline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from capacity_blocks.core.drain.deadline import IN_HAND
from capacity_blocks.core.timeline import Timeline

HOOK = "capacity-blocks-drain"
# PutLifecycleHookType$HeartbeatTimeout
SHORTEST = timedelta(seconds=30)
LONGEST = timedelta(hours=2)
SECOND = timedelta(seconds=1)
# "The scheduled action might be delayed by up to two minutes."
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
NATIVE_DELAY = timedelta(minutes=2)
ALLOWANCE = NATIVE_DELAY + IN_HAND  # what of the time from a drain to the reclaim is not the hook's


class HookResult(StrEnum):
    """What becomes of an instance whose time is up. One that terminates goes either way."""

    CONTINUE = "CONTINUE"
    ABANDON = "ABANDON"  # ends the wait for all other hooks too

    @classmethod
    def _missing_(cls, _value: object) -> "HookResult":
        return cls.ABANDON


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleHook:
    """A hook on the termination of a group's instances, ours or somebody else's."""

    name: str
    heartbeat: timedelta
    default_result: HookResult = HookResult.CONTINUE

    def __str__(self) -> str:
        return f"{self.name} ({self.heartbeat // SECOND} s, then {self.default_result})"


def ours(heartbeat: timedelta) -> LifecycleHook:
    return LifecycleHook(name=HOOK, heartbeat=heartbeat)


def heartbeat(timeline: Timeline) -> timedelta | None:
    """Return how long our hook may wait for a word of ours; None where that would be too short for any hook.

    Should this application be gone at the drain, the native action still scales to zero, up to two minutes late, and
    each instance goes when its hook runs out: all that comes a minute before EC2 terminates what is left.
    """
    time = (timeline.reclaim_at - timeline.drain_at - ALLOWANCE) // SECOND * SECOND
    return min(time, LONGEST) if time >= SHORTEST else None


def too_long(others: Iterable[LifecycleHook], timeline: Timeline) -> tuple[LifecycleHook, ...]:
    """Return the hooks that can hold an instance until EC2 terminates it: of those side by side the longest counts."""
    time = timeline.reclaim_at - timeline.drain_at - ALLOWANCE
    return tuple(hook for hook in others if hook.heartbeat > time)


def cut_short(others: Iterable[LifecycleHook], timeline: Timeline) -> tuple[LifecycleHook, ...]:
    """Return the hooks that end the wait for ours too, before the drain need be over."""
    time = timeline.reclaim_at - timeline.drain_at - ALLOWANCE
    return tuple(h for h in others if h.default_result is HookResult.ABANDON and h.heartbeat < time)
