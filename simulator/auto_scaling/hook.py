"""Lifecycle hooks: what is kept of them, and how long one may hold an instance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from .surroundings import AutoScalingError, invalid

SHORTEST, LONGEST = 30, 7200  # seconds; botocore: PutLifecycleHookType.HeartbeatTimeout
LONGEST_WAIT = timedelta(hours=48)
HEARTBEATS = 100
MOST_PER_GROUP = 50  # botocore: PutLifecycleHook


class Transition(StrEnum):
    """The transitions that a hook may hold up (botocore: PutLifecycleHookType.LifecycleTransition)."""

    LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
    TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


class Result(StrEnum):
    """How a lifecycle action may end."""

    CONTINUE = "CONTINUE"
    ABANDON = "ABANDON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One hook of one group. Its notification target is shown and told nothing: whoever listens takes the event."""

    group: str
    name: str
    transition: Transition
    heartbeat: timedelta
    default_result: Result
    notification: Mapping[str, str]

    @property
    def longest_wait(self) -> timedelta:
        """LifecycleHook.GlobalTimeout: 48 hours or 100 times the heartbeat, whichever is smaller."""
        return min(LONGEST_WAIT, HEARTBEATS * self.heartbeat)

    def shown(self) -> dict[str, object]:
        return {
            "LifecycleHookName": self.name,
            "AutoScalingGroupName": self.group,
            "LifecycleTransition": str(self.transition),
            "HeartbeatTimeout": int(self.heartbeat.total_seconds()),
            "GlobalTimeout": int(self.longest_wait.total_seconds()),
            "DefaultResult": str(self.default_result),
            **self.notification,
        }


class Hooks:
    """The hooks of all groups of one Region."""

    def __init__(self) -> None:
        self._hooks: dict[tuple[str, str], Hook] = {}

    def of(self, group: str) -> list[Hook]:
        return [hook for (named, _), hook in self._hooks.items() if named == group]

    def find(self, group: str, name: str) -> Hook | None:
        return self._hooks.get((group, name))

    def put(self, hook: Hook) -> None:
        """Keep a hook, in place of one of the same name."""
        key = hook.group, hook.name
        if key not in self._hooks and len(self.of(hook.group)) >= MOST_PER_GROUP:
            raise AutoScalingError("LimitExceeded", f"{hook.group}: at most {MOST_PER_GROUP} lifecycle hooks")
        self._hooks[key] = hook

    def pop(self, group: str, name: str) -> Hook:
        if (hook := self._hooks.pop((group, name), None)) is None:
            raise invalid(f"No Lifecycle Hook found with name {name}")
        return hook

    def forget(self, group: str) -> None:
        """Drop all hooks of a group that is gone."""
        for hook in self.of(group):
            del self._hooks[group, hook.name]


def read(group: str, params: Mapping[str, Any], before: Hook | None) -> Hook:
    """Read a hook, on top of what it said before: what is not given stays ("Creates or updates")."""
    given = {key: value for key, value in params.items() if value is not None}
    was = before.shown() if before is not None else {"HeartbeatTimeout": 3600, "DefaultResult": Result.ABANDON}
    said = {**was, **given}
    if "LifecycleTransition" not in said:
        raise invalid("Lifecycle Transition is required for new lifecycle hooks")
    heartbeat = int(said["HeartbeatTimeout"])
    if not SHORTEST <= heartbeat <= LONGEST:
        raise invalid(f"Heartbeat Timeout must be between {SHORTEST} and {LONGEST} seconds")
    notification = ("NotificationTargetARN", "RoleARN", "NotificationMetadata")
    return Hook(
        group=group,
        name=params["LifecycleHookName"],
        transition=_transition(said["LifecycleTransition"]),
        heartbeat=timedelta(seconds=heartbeat),
        default_result=result(said["DefaultResult"]),
        notification={name: str(said[name]) for name in notification if said.get(name)},
    )


def result(word: str) -> Result:
    if word not in set(Result):
        raise invalid(f"Lifecycle action result {word} is invalid: it is CONTINUE or ABANDON")
    return Result(word)


def _transition(word: str) -> Transition:
    if word not in set(Transition):
        raise invalid(f"Lifecycle Transition {word} is invalid")
    return Transition(word)
