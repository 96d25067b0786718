"""Instances that turn out unhealthy, or that ended without their group: found by the health check, and replaced."""

from simulator import changes
from simulator.plug import iso

from .departure import Departures
from .group import Group, Member, Process
from .membership import Membership
from .surroundings import Surroundings

ENDED = (
    "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or "
    "stopped."
)
REPLACEMENT = "an instance was launched in response to an unhealthy instance needing to be replaced."


class Health:
    """The health check of all groups of one Region."""

    def __init__(self, surroundings: Surroundings, membership: Membership, departures: Departures) -> None:
        self._at = surroundings
        self._membership = membership
        self._departures = departures
        surroundings.instances.on_stopping.append(self._stopping)

    def replace(self, group: Group, member: Member, cause: str) -> None:
        """Take an unhealthy instance out, and want another if it counted. One that leaves already leaves as it does."""
        member.healthy = False
        changes.bump()
        if member.leaving or not (group.runs(Process.REPLACE_UNHEALTHY) and group.runs(Process.TERMINATE)):
            return
        group.cause = f"At {iso(self._at.clock.now())} {REPLACEMENT}"
        self._departures.take_out(group, member, cause, past_hooks=group.deleting)
        self._membership.tell_loss(group)

    def check(self, group: Group) -> None:
        """Look for instances that ended while nobody looked, because a process was suspended."""
        for member in list(group.members.values()):
            if self._at.instances.is_leaving(member.instance_id) or not member.healthy:
                self._found_dead(group, member)

    def _stopping(self, instance_id: str, _reason: str) -> None:
        """When somebody else than the group ended it, let the health check find that out later."""
        group = self._membership.group_of(instance_id)
        if group is not None and not (member := group.members[instance_id]).leaving:
            delay = self._at.assumptions.health_check.draw(self._at.rng)
            self._at.clock.call_in(delay, lambda: self._found_dead(group, member), f"auto scaling: {instance_id} ended")

    def _found_dead(self, group: Group, member: Member) -> None:
        gone_from_group = self._membership.group_of(member.instance_id) is not group
        if gone_from_group or member.leaving or not group.runs(Process.HEALTH_CHECK):
            return
        self.replace(group, member, ENDED)
