"""Instances of groups from their boot to their service, with the wait for launch hooks."""

from .activity import Activities, Direction, Status
from .departure import Departures
from .group import Group, Lifecycle, Member
from .hook import Result, Transition
from .lifecycle_action import LifecycleActions
from .membership import Membership
from .surroundings import Surroundings

ABANDONED = "an instance was taken out of service in response to an abandoned lifecycle action."


class Arrivals:
    """Puts instances that have booted into service, or ends and replaces those that a hook abandons."""

    def __init__(
        self,
        surroundings: Surroundings,
        activities: Activities,
        lifecycle_actions: LifecycleActions,
        membership: Membership,
        departures: Departures,
    ) -> None:
        self._activities = activities
        self._lifecycle_actions = lifecycle_actions
        self._membership = membership
        self._departures = departures
        surroundings.instances.on_running.append(self._booted)

    def _booted(self, instance_id: str) -> None:
        group = self._membership.group_of(instance_id)
        if group is None or (member := group.members[instance_id]).lifecycle is not Lifecycle.PENDING:
            return

        def proceed(result: Result, why: str) -> None:
            self._proceed(group, member, result, why)

        if self._lifecycle_actions.begin(group, member, Transition.LAUNCHING, proceed):
            member.lifecycle = Lifecycle.PENDING_WAIT
            self._membership.under_way(member).status = Status.MID_LIFECYCLE_ACTION
        else:
            self._enter_service(group, member)

    def _proceed(self, group: Group, member: Member, result: Result, why: str) -> None:
        if result is Result.ABANDON:
            self._abandon(group, member, why)
            return
        member.lifecycle = Lifecycle.PENDING_PROCEED
        self._membership.under_way(member).status = Status.IN_PROGRESS
        self._membership.go_on_soon(group, member, lambda: self._enter_service(group, member))

    def _abandon(self, group: Group, member: Member, why: str) -> None:
        """Terminate and replace it. The message is as seen in activity histories, the status is assumed."""
        launch = self._membership.take_off(member)
        message = f"Instance failed to complete user's Lifecycle Action: {why}"
        launch.description += f".  Status Reason: {message}"
        self._activities.finish(launch, Direction.LAUNCH, Status.CANCELLED, message)
        self._departures.take_out(group, member, ABANDONED)
        self._membership.tell_loss(group)

    def _enter_service(self, group: Group, member: Member) -> None:
        self._membership.serve(group, member)
        self._activities.finish(self._membership.take_off(member), Direction.LAUNCH, Status.SUCCESSFUL)
