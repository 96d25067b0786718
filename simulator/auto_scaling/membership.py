"""Which instance is in which group, and which activity it is coming or going by."""

from collections.abc import Callable

from .activity import Activities, Activity, Status
from .group import Group, Lifecycle, Member
from .journal import InstanceInService
from .lifecycle_action import LifecycleActions
from .surroundings import Surroundings


class Membership:
    """Knows the group of each instance. `on_loss` is told when a group has lost one that it may want to replace."""

    def __init__(self, surroundings: Surroundings, activities: Activities, lifecycle_actions: LifecycleActions) -> None:
        self._at = surroundings
        self._activities = activities
        self._lifecycle_actions = lifecycle_actions
        self._groups: dict[str, Group] = {}
        self._under_way: dict[str, Activity] = {}
        self.on_loss: list[Callable[[Group], None]] = []

    def group_of(self, instance_id: str) -> Group | None:
        return self._groups.get(instance_id)

    def adopt(self, group: Group, member: Member, launch: Activity | None = None) -> None:
        """Take an instance into the group; `launch` ends when it has booted."""
        group.members[member.instance_id] = member
        self._groups[member.instance_id] = group
        if launch is not None:
            self.set_under_way(member, launch)

    def let_go(self, group: Group, member: Member) -> None:
        """Take an instance out of the group; it runs on."""
        del group.members[member.instance_id]
        del self._groups[member.instance_id]
        self.give_up(member)

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

    def tell_loss(self, group: Group) -> None:
        for tell in self.on_loss:
            tell(group)

    # --- activities ---

    def set_under_way(self, member: Member, activity: Activity) -> None:
        self._under_way[member.instance_id] = activity

    def under_way(self, member: Member) -> Activity:
        return self._under_way[member.instance_id]

    def take_off(self, member: Member) -> Activity:
        """Hand out the activity of an instance, to be ended."""
        return self._under_way.pop(member.instance_id)

    def give_up(self, member: Member) -> None:
        """Cancel what an instance is coming or going by, and forget what it waits for."""
        self._lifecycle_actions.drop(member.instance_id)
        if (activity := self._under_way.pop(member.instance_id, None)) is not None:
            self._activities.settle(activity, Status.CANCELLED)

    def go_on_soon(self, group: Group, member: Member, act: Callable[[], None]) -> None:
        """Go on after a wait, unless something else has become of the instance meanwhile."""
        stage = member.lifecycle

        def go_on() -> None:
            if self._groups.get(member.instance_id) is group and member.lifecycle is stage:
                act()

        delay = self._at.assumptions.lifecycle_action.draw(self._at.rng)
        self._at.clock.call_in(delay, go_on, f"auto scaling: {member.instance_id} leaves {stage}")


def details(member: Member) -> dict[str, str]:
    """What an activity says of where its instance is."""
    where = {"Availability Zone": member.availability_zone}
    return where | ({"Subnet ID": member.subnet_id} if member.subnet_id else {})
