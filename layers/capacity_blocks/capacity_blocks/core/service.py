"""A target in the service of a block: its share, and its own timeline."""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.target import Target
from capacity_blocks.core.timeline import Timeline

START_ACTION = "capacity-blocks-start"
DRAIN_ACTION = "capacity-blocks-drain"


def ending(reservation: Reservation) -> str:
    """Name the end of a block in the keys of what is done and said before it: when it moves, that is due anew."""
    return f"{reservation.end:%Y%m%dT%H%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`target` takes `share` instances of `reservation`."""

    target: Target
    reservation: Reservation
    share: int

    @property
    def key(self) -> str:
        """Begins the keys of all notices about this pair."""
        return f"{self.reservation.reservation_id}:{self.target.id}"

    def timeline(self, policy: Policy) -> Timeline:
        """Return when this target starts and drains.

        Where settings or tags cannot be read, the native drain action in place may know better than the default:
        the earlier of the two stands.
        """
        timeline = Timeline.of(self.reservation, policy, self.target.wishes.drain_lead)
        native = next((a.start for a in self.target.scheduled_actions if a.name == DRAIN_ACTION), None)
        if native is None or not (policy.broken or self.target.wishes.mistakes):
            return timeline
        return Timeline(
            start=timeline.start,
            drain_at=max(timeline.start, min(timeline.drain_at, native)),
            reclaim_at=timeline.reclaim_at,
            end=timeline.end,
        )

    @property
    def is_moved(self) -> bool:
        """Whether the block was tagged for another pool since: then it is used as long as it runs, and no further."""
        return self.reservation.pool not in {None, self.target.pool}

    def may_scale_out(self, policy: Policy) -> bool:
        return policy.may_scale_out and not self.target.wishes.mistakes and not self.is_moved


def services(reservation: Reservation, bound: Sequence[Target]) -> tuple[Service, ...]:
    """Share `reservation` out to the targets bound to it: first those that name a number, then the rest by name."""
    left, shared = reservation.instance_count, []
    for target in sorted(bound, key=lambda t: (t.wishes.instances is None, t.id)):
        share = left if target.wishes.instances is None else min(target.wishes.instances, left)
        left -= share
        shared.append(Service(target=target, reservation=reservation, share=share))
    return tuple(shared)
