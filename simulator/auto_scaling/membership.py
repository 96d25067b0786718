"""The instances of groups from their launch to their end, whoever ends them."""

from collections.abc import Callable

from simulator import changes
from simulator.plug import iso

from .activity import Activities, Activity, Direction, Status
from .group import Group, Lifecycle, Member, Process
from .journal import InstanceInService, InstanceTerminating
from .surroundings import Surroundings

HEALTH = (
    "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or "
    "stopped."
)
REPLACEMENT = "an instance was launched in response to an unhealthy instance needing to be replaced."


class Membership:
    """Knows the group of each instance. `on_loss` is told when a group has lost one that it may want to replace."""

    def __init__(self, surroundings: Surroundings, activities: Activities) -> None:
        self._at = surroundings
        self._activities = activities
        self._groups: dict[str, Group] = {}
        self._running: dict[str, Activity] = {}  # the activity of each instance that comes or goes
        self.on_loss: list[Callable[[Group], None]] = []
        surroundings.instances.on_running.append(self._booted)
        surroundings.instances.on_stopping.append(self._stopping)
        surroundings.instances.on_gone.append(self._gone)

    def group_of(self, instance_id: str) -> Group | None:
        return self._groups.get(instance_id)

    def adopt(self, group: Group, member: Member, launch: Activity | None = None) -> None:
        """Take an instance into the group; `launch` ends when it has booted."""
        group.members[member.instance_id] = member
        self._groups[member.instance_id] = group
        if launch is not None:
            self._running[member.instance_id] = launch

    def let_go(self, group: Group, member: Member) -> None:
        """Take an instance out of the group; it runs on."""
        del group.members[member.instance_id]
        del self._groups[member.instance_id]
        self._give_up(member)

    def take_out(self, group: Group, member: Member, cause: str) -> Activity:
        """Terminate one instance of the group."""
        self._give_up(member)
        member.lifecycle = Lifecycle.TERMINATING
        activity = self._activities.begin(
            group,
            f"Terminating EC2 instance: {member.instance_id}",
            f"At {iso(self._at.clock.now())} {cause}",
            member.instance_id,
            details(member),
        )
        self._running[member.instance_id] = activity
        if self._at.instances.knows(member.instance_id):
            self._at.instances.terminate(member.instance_id, cause)
        else:
            self._gone(member.instance_id)
        return activity

    def replace(self, group: Group, member: Member, cause: str) -> None:
        """Take an unhealthy instance out, and want another if it counted."""
        member.healthy = False
        changes.bump()
        if not (group.runs(Process.REPLACE_UNHEALTHY) and group.runs(Process.TERMINATE)):
            return
        group.cause = f"At {iso(self._at.clock.now())} {REPLACEMENT}"
        self.take_out(group, member, cause)
        for tell in self.on_loss:
            tell(group)

    def check_health(self, group: Group) -> None:
        """Look for instances that ended while nobody looked, because a process was suspended."""
        for member in list(group.members.values()):
            if self._at.instances.is_leaving(member.instance_id) or not member.healthy:
                self._found_dead(group, member)

    def _give_up(self, member: Member) -> None:
        if (launch := self._running.pop(member.instance_id, None)) is not None:
            self._activities.settle(launch, Status.CANCELLED)

    def _booted(self, instance_id: str) -> None:
        group = self._groups.get(instance_id)
        if group is None or (member := group.members[instance_id]).lifecycle is not Lifecycle.PENDING:
            return
        self.serve(group, member)
        self._activities.finish(self._running.pop(instance_id), Direction.LAUNCH, Status.SUCCESSFUL)

    def serve(self, group: Group, member: Member) -> None:
        """Put an instance into service: one that has booted, or that comes in or back."""
        member.lifecycle = Lifecycle.IN_SERVICE
        self._at.journal.add(
            InstanceInService(
                at=self._at.clock.now(),
                region=self._at.region,
                group=group.name,
                instance_id=member.instance_id,
                reservation_id=member.reservation_id,
            )
        )

    def _stopping(self, instance_id: str, reason: str) -> None:
        """Note it, and when somebody else than the group ended it, let the health check find that out later."""
        group = self._groups.get(instance_id)
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
        if group is not None and (member := group.members[instance_id]).lifecycle is not Lifecycle.TERMINATING:
            delay = self._at.assumptions.health_check.draw(self._at.rng)
            self._at.clock.call_in(delay, lambda: self._found_dead(group, member), f"auto scaling: {instance_id} ended")

    def _found_dead(self, group: Group, member: Member) -> None:
        gone_from_group = self._groups.get(member.instance_id) is not group
        if gone_from_group or member.lifecycle is Lifecycle.TERMINATING or not group.runs(Process.HEALTH_CHECK):
            return
        self.replace(group, member, HEALTH)

    def _gone(self, instance_id: str) -> None:
        group = self._groups.get(instance_id)
        if group is None or (member := group.members[instance_id]).lifecycle is not Lifecycle.TERMINATING:
            return
        activity = self._running.pop(instance_id)
        self.let_go(group, member)
        self._activities.finish(activity, Direction.TERMINATE, Status.SUCCESSFUL)
        if group.deleting:
            for tell in self.on_loss:
                tell(group)


def details(member: Member) -> dict[str, str]:
    """What an activity says of where its instance is."""
    where = {"Availability Zone": member.availability_zone}
    return where | ({"Subnet ID": member.subnet_id} if member.subnet_id else {})
