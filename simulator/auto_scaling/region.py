"""Auto Scaling of one account in one Region: its groups, and all that acts on them."""

from collections.abc import Sequence
from typing import Any

from simulator.launch.request import LaunchRequest
from simulator.plug import iso

from . import capacity
from .activity import Activities
from .arrival import Arrivals
from .departure import Departures
from .group import Group, Member
from .health import Health
from .journal import Capacity, CapacityChanged, InstanceLaunched, Journal
from .lifecycle_action import LifecycleActions
from .membership import Membership
from .scaling import Scaling
from .schedule import Schedule, ScheduledAction
from .surroundings import Surroundings, invalid


class AutoScaling:
    """The groups and whoever moves them. The API modules beside this one are its public calls."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.at = surroundings
        self.groups: dict[str, Group] = {}
        self.activities = Activities(surroundings)
        self.lifecycle_actions = LifecycleActions(surroundings)
        self.membership = Membership(surroundings, self.activities, self.lifecycle_actions)
        coming_and_going = (surroundings, self.activities, self.lifecycle_actions, self.membership)
        self.departures = Departures(*coming_and_going)
        self.arrivals = Arrivals(*coming_and_going, self.departures)
        self.health = Health(surroundings, self.membership, self.departures)
        self.scaling = Scaling(surroundings, self.activities, self.membership, self.departures)
        self.schedule = Schedule(surroundings, self.groups, self._run_scheduled)
        surroundings.instances.on_launched.append(self._launched)
        self.membership.on_loss.append(self._finish_deletion)

    @property
    def journal(self) -> Journal:
        """All that happened to the groups and instances of this Region."""
        return self.at.journal

    def group(self, name: str) -> Group:
        if (group := self.groups.get(name)) is None:
            raise invalid("AutoScalingGroup name not found - null")
        return group

    def members(self, group: Group, instance_ids: Sequence[str]) -> list[Member]:
        """The named instances, all of which must be in the group."""
        if unknown := [one for one in instance_ids if one not in group.members]:
            raise invalid(f"The instance {unknown[0]} is not part of Auto Scaling group {group.name}.")
        return [group.members[one] for one in instance_ids]

    def resize(self, group: Group, numbers: Capacity, by: str, cause: str) -> None:
        """Set a group's numbers and let it act. `by` says who, `cause` says it in Auto Scaling's own words."""
        before = group.capacity
        if numbers != before:
            group.capacity = numbers
            group.cause = f"At {iso(self.at.clock.now())} {cause}"
            if numbers.desired != before.desired:
                group.cause += f" changing the desired capacity from {before.desired} to {numbers.desired}."
            self.at.journal.add(
                CapacityChanged(
                    at=self.at.clock.now(),
                    region=self.at.region,
                    group=group.name,
                    before=before,
                    after=numbers,
                    by=by,
                )
            )
        self.scaling.wake(group)

    def delete(self, group: Group) -> None:
        """End all instances of a group, whatever protects them, and then the group."""
        group.deleting = True
        group.capacity = Capacity(minimum=0, maximum=0, desired=0)
        self.schedule.drop(group.name)
        if group.work is not None:
            group.work.cancel()
        for member in list(group.members.values()):
            cause = "an instance was taken out of service in response to a user request to delete the group."
            self.departures.force_out(group, member, cause)
        self._finish_deletion(group)

    def _finish_deletion(self, group: Group) -> None:
        alive = [one for one in group.members if self.at.instances.knows(one)]
        if group.deleting and not alive:
            self.groups.pop(group.name, None)
            self.lifecycle_actions.hooks.forget(group.name)

    def _run_scheduled(self, group: Group, action: ScheduledAction) -> None:
        numbers = capacity.updated(group.capacity, action.minimum, action.maximum, action.desired)
        cause = f"a scheduled action update of AutoScalingGroup constraints to {_constraints(numbers)}"
        self.resize(group, numbers, f"scheduled action {action.name}", cause)

    def _launched(self, instance: Any, request: LaunchRequest) -> None:
        self.at.journal.add(
            InstanceLaunched(
                at=self.at.clock.now(),
                region=self.at.region,
                group=request.group,
                instance_id=instance.id,
                instance_type=request.instance_type,
                reservation_id=request.reservation_id,
            )
        )


def _constraints(numbers: Capacity) -> str:
    return f"min: {numbers.minimum}, max: {numbers.maximum}, desired: {numbers.desired}"


def user_update(numbers: Capacity) -> str:
    """How Auto Scaling words that a person or program set a group's numbers."""
    return f"a user request update of AutoScalingGroup constraints to {_constraints(numbers)}"
