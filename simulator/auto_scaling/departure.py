"""Instances of groups on their way out, whoever ends them, with the wait for termination hooks."""

from simulator.plug import iso

from .activity import Activities, Activity, Direction, Status
from .group import Group, Lifecycle, Member
from .hook import Result, Transition
from .journal import InstanceTerminating
from .lifecycle_action import LifecycleActions
from .membership import Membership, details
from .surroundings import Surroundings

_ENDING = frozenset({Lifecycle.TERMINATING, Lifecycle.TERMINATING_PROCEED})
_HELD = frozenset({Lifecycle.TERMINATING_WAIT, Lifecycle.TERMINATING_PROCEED})


class Departures:
    """Takes instances out of groups. EC2 itself asks nobody: what it ends is gone, whatever hooks there are."""

    def __init__(
        self,
        surroundings: Surroundings,
        activities: Activities,
        lifecycle_actions: LifecycleActions,
        membership: Membership,
    ) -> None:
        self._at = surroundings
        self._activities = activities
        self._lifecycle_actions = lifecycle_actions
        self._membership = membership
        surroundings.instances.on_stopping.append(self._stopping)
        surroundings.instances.on_gone.append(self._gone)

    def take_out(self, group: Group, member: Member, cause: str, *, past_hooks: bool = False) -> Activity:
        """Terminate one instance of the group, once its hooks let it go."""
        self._membership.give_up(member)
        member.lifecycle = Lifecycle.TERMINATING
        activity = self._activities.begin(
            group,
            f"Terminating EC2 instance: {member.instance_id}",
            f"At {iso(self._at.clock.now())} {cause}",
            member.instance_id,
            details(member),
        )
        self._membership.set_under_way(member, activity)
        if not past_hooks and self._waits(group, member, cause):
            member.lifecycle, activity.status = Lifecycle.TERMINATING_WAIT, Status.MID_LIFECYCLE_ACTION
        else:
            self._terminate(member, cause)
        return activity

    def force_out(self, group: Group, member: Member, cause: str) -> None:
        """Terminate one instance whatever it waits for (DeleteAutoScalingGroup: deletes outstanding actions too).

        "Lifecycle hook availability": hooks do not apply when a group is deleted by force.
        """
        if member.lifecycle in _HELD:
            self._lifecycle_actions.drop(member.instance_id)
            member.lifecycle = Lifecycle.TERMINATING
            self._terminate(member, cause)
        elif not self._at.instances.is_leaving(member.instance_id):
            self.take_out(group, member, cause, past_hooks=True)

    def _waits(self, group: Group, member: Member, cause: str) -> bool:
        if self._at.instances.is_leaving(member.instance_id) and not self._at.assumptions.terminated_instances_wait:
            return False

        def proceed(result: Result, why: str) -> None:
            self._proceed(group, member, cause, result, why)

        return self._lifecycle_actions.begin(group, member, Transition.TERMINATING, proceed)

    def _proceed(self, group: Group, member: Member, cause: str, result: Result, why: str) -> None:
        if result is Result.ABANDON and _retains(group):
            member.lifecycle = Lifecycle.TERMINATING_RETAINED
            self._activities.settle(self._membership.take_off(member), Status.CANCELLED, why)
            return
        member.lifecycle = Lifecycle.TERMINATING_PROCEED
        self._membership.under_way(member).status = Status.IN_PROGRESS
        self._membership.go_on_soon(group, member, lambda: self._terminate(member, cause))

    def _terminate(self, member: Member, cause: str) -> None:
        if self._at.instances.knows(member.instance_id):
            self._at.instances.terminate(member.instance_id, cause)
        else:
            self._gone(member.instance_id)

    def _stopping(self, instance_id: str, reason: str) -> None:
        group = self._membership.group_of(instance_id)
        instance = self._at.instances.backend.get_instance(instance_id)
        self._at.journal.add(
            InstanceTerminating(
                at=self._at.clock.now(),
                region=self._at.region,
                group=group.name if group is not None else None,
                instance_id=instance_id,
                reservation_id=instance.capacity_reservation_id,
                reason=reason,
            )
        )

    def _gone(self, instance_id: str) -> None:
        """Let go of an instance that was on its way out. One that still waits for a hook stays until the wait ends.

        "Lifecycle hooks" of Spot Instances: when one terminates, the lifecycle action must still be completed.
        """
        group = self._membership.group_of(instance_id)
        if group is None or (member := group.members[instance_id]).lifecycle not in _ENDING:
            return
        activity = self._membership.take_off(member)
        self._membership.let_go(group, member)
        self._activities.finish(activity, Direction.TERMINATE, Status.SUCCESSFUL)
        if group.deleting:
            self._membership.tell_loss(group)


def _retains(group: Group) -> bool:
    """Whether an instance is kept whose termination hook was abandoned ("instance lifecycle policies")."""
    triggers = group.settings.get("InstanceLifecyclePolicy", {}).get("RetentionTriggers", {})
    return bool(triggers.get("TerminateHookAbandon") == "retain")
