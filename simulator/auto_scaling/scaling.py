"""What a group does to reach its desired capacity: launch, try again, give up, scale in."""

from datetime import timedelta

from simulator.plug import iso

from . import failure
from .activity import Activities, Status
from .departure import Departures
from .group import Group, Member, Process
from .launching import Refused, attempt
from .membership import Membership, details
from .surroundings import Surroundings

# The wording is what the activity history shows ("Use instance scale-in protection").
PROTECTED = "Could not scale to desired capacity because all remaining instances are protected from scale-in."


class Scaling:
    """Moves the groups of one Region towards what is desired of them, on timers of the clock."""

    def __init__(
        self, surroundings: Surroundings, activities: Activities, membership: Membership, departures: Departures
    ) -> None:
        self._at = surroundings
        self._activities = activities
        self._membership = membership
        self._departures = departures
        self._order = 0
        membership.on_loss.append(self._look_soon)

    def wake(self, group: Group) -> None:
        """Look at the group at once, whatever pause it is in. That any call that sets it does so is assumed."""
        group.failures = 0
        self._look_soon(group)

    def next_order(self) -> int:
        self._order += 1
        return self._order

    def _look_soon(self, group: Group) -> None:
        """Look after the usual reaction, or earlier where that is due anyhow: to ask again puts nothing off."""
        delay = self._at.assumptions.scaling_reaction.draw(self._at.rng)
        if group.work is None or group.work.due > self._at.clock.now() + delay:
            self._look_in(group, delay)

    def _look_in(self, group: Group, delay: timedelta) -> None:
        if group.work is not None:
            group.work.cancel()
        group.work = self._at.clock.call_in(delay, lambda: self._look(group), f"auto scaling: {group.name}")

    def _look(self, group: Group) -> None:
        group.work = None
        missing = group.capacity.desired - len(group.counted)
        if missing > 0 and not group.deleting:
            self._launch(group, missing)
            return
        group.failing_since = None
        if missing < 0:
            self._scale_in(group, -missing)

    def _launch(self, group: Group, missing: int) -> None:
        if not group.runs(Process.LAUNCH):
            return
        for launched in range(missing):
            outcome = attempt(self._at, group, self.next_order())
            if isinstance(outcome, Member):
                group.failing_since, group.failures = None, 0
                self._begin_launch(group, outcome)
            else:
                self._failed(group, outcome, missing - launched)
                return

    def _begin_launch(self, group: Group, member: Member) -> None:
        before = len(group.counted)
        launch = self._activities.begin(
            group,
            f"Launching a new EC2 instance: {member.instance_id}",
            self._cause(group, before, before + 1),
            member.instance_id,
            details(member),
        )
        self._membership.adopt(group, member, launch)

    def _failed(self, group: Group, refusals: list[Refused], missing: int) -> None:
        now = self._at.clock.now()
        group.failing_since = group.failing_since or now
        group.failures += 1
        before = len(group.counted)
        for refused in refusals:
            cause = self._cause(group, before, before + missing)
            failure.record(self._at, self._activities, group, refused, missing, cause)
        if now - group.failing_since >= self._at.assumptions.administrative_suspension:
            failure.suspend(self._at, group)
        else:
            self._look_in(group, failure.pause(self._at.assumptions.launch_retry, group.failures, self._at.rng))

    def _cause(self, group: Group, before: int, after: int) -> str:
        difference = (
            "an instance was started in response to a difference between desired and actual capacity, "
            f"increasing the capacity from {before} to {after}."
        )
        return f"{group.cause}  At {iso(self._at.clock.now())} {difference}".strip()

    def _scale_in(self, group: Group, surplus: int) -> None:
        """End the oldest template version first, then the oldest instance; the protected ones stay."""
        if not group.runs(Process.TERMINATE):
            return
        free = [member for member in group.counted if not member.protected]
        free.sort(key=lambda member: (int((member.template or {}).get("Version", 0)), member.order))
        for member in free[:surplus]:
            before = len(group.counted)
            now = iso(self._at.clock.now())
            self._departures.take_out(
                group,
                member,
                "an instance was taken out of service in response to a difference between desired and actual "
                f"capacity, shrinking the capacity from {before} to {before - 1}.  At {now} instance "
                f"{member.instance_id} was selected for termination.",
            )
        if len(free) < surplus:
            activity = self._activities.begin(group, PROTECTED, group.cause or PROTECTED)
            self._activities.settle(activity, Status.CANCELLED, PROTECTED)
