"""Scheduled actions: kept per group, run up to two minutes late, in their order, and gone once they have run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simulator import changes
from simulator.clock import Timer

from .group import Group, Process
from .journal import ScheduledActionRan
from .recurrence import Recurrence
from .surroundings import AutoScalingError, Surroundings, invalid

# "Scheduled scaling": a maximum of 125 scheduled actions per group.
MOST_PER_GROUP = 125
SUSPENDED = "scheduled actions are suspended"


@dataclass(slots=True, kw_only=True)
class ScheduledAction:
    """A scheduled action, and when it is next due."""

    name: str
    group: str
    arn: str
    due: datetime
    end: datetime | None
    recurrence: Recurrence | None
    recurrence_text: str | None
    time_zone: str | None
    minimum: int | None
    maximum: int | None
    desired: int | None
    timer: Timer | None = None

    def shown(self) -> dict[str, object]:
        return {
            "AutoScalingGroupName": self.group,
            "ScheduledActionName": self.name,
            "ScheduledActionARN": self.arn,
            "Time": self.due,
            "StartTime": self.due,
            "EndTime": self.end,
            "Recurrence": self.recurrence_text,
            "TimeZone": self.time_zone,
            "MinSize": self.minimum,
            "MaxSize": self.maximum,
            "DesiredCapacity": self.desired,
        }


class Schedule:
    """The scheduled actions of one Region. `apply` sets a group's numbers, or raises why it cannot."""

    def __init__(
        self,
        surroundings: Surroundings,
        groups: dict[str, Group],
        apply: Callable[[Group, ScheduledAction], None],
    ) -> None:
        self._at = surroundings
        self._groups = groups
        self._apply = apply
        self._actions: dict[tuple[str, str], ScheduledAction] = {}
        self.before_look: list[Callable[[], None]] = []  # lets whoever keeps an action in step set it right first

    def all(self) -> list[ScheduledAction]:
        for prepare in self.before_look:
            prepare()
        return self.kept()

    def kept(self) -> list[ScheduledAction]:
        return list(self._actions.values())

    def put(self, action: ScheduledAction) -> None:
        """Keep an action, in place of one of the same name; two of a group may not start at one instant."""
        others = [other for other in self._of(action.group) if other.name != action.name]
        if any(other.due == action.due for other in others):
            # PutScheduledUpdateGroupAction answers AlreadyExists; the wording is assumed.
            raise AutoScalingError("AlreadyExists", f"{action.group}: another scheduled action has this start time")
        if len(others) >= MOST_PER_GROUP:
            raise AutoScalingError("LimitExceeded", f"{action.group}: at most {MOST_PER_GROUP} scheduled actions")
        if (replaced := self._actions.get((action.group, action.name))) is not None:
            _stop(replaced)
        self._actions[action.group, action.name] = action
        self._set(action)

    def delete(self, group: str, name: str) -> None:
        if (action := self._actions.pop((group, name), None)) is None:
            raise invalid("Scheduled action name not found")
        _stop(action)

    def drop(self, group: str) -> None:
        """Forget all actions of a group that is deleted."""
        for action in self._of(group):
            self.delete(group, action.name)

    def _of(self, group: str) -> list[ScheduledAction]:
        return [action for action in self._actions.values() if action.group == group]

    def _set(self, action: ScheduledAction) -> None:
        late = self._at.assumptions.scheduled_action.draw(self._at.rng)
        name = f"auto scaling: {action.group}: {action.name}"
        action.timer = self._at.clock.call_at(action.due + late, lambda: self._run_in_order(action), name)

    def _run_in_order(self, action: ScheduledAction) -> None:
        """Run what is due earlier first: the order is guaranteed within a group ("Scheduled scaling")."""
        self.all()
        if self._actions.get((action.group, action.name)) is not action:
            return
        earlier = [other for other in self._of(action.group) if other.due < action.due]
        for one in [*sorted(earlier, key=lambda other: other.due), action]:
            self._run(one)

    def _run(self, action: ScheduledAction) -> None:
        _stop(action)
        due = action.due
        refused = self._try(action)
        self._at.journal.add(
            ScheduledActionRan(
                at=self._at.clock.now(),
                region=self._at.region,
                group=action.group,
                action=action.name,
                due=due,
                refused=refused,
            )
        )
        following = action.recurrence.after(max(due, self._at.clock.now())) if action.recurrence else None
        if following is None or (action.end is not None and following > action.end):
            self._actions.pop((action.group, action.name), None)
        else:
            action.due = following
            self._set(action)
        changes.bump()

    def _try(self, action: ScheduledAction) -> str | None:
        """Say why an action changed nothing. One whose time comes while suspended is missed for good (assumed)."""
        group = self._groups[action.group]
        if not group.runs(Process.SCHEDULED_ACTIONS):
            return SUSPENDED
        try:
            self._apply(group, action)
        except AutoScalingError as error:
            return str(error.message)
        return None


def _stop(action: ScheduledAction) -> None:
    if action.timer is not None:
        action.timer.cancel()
