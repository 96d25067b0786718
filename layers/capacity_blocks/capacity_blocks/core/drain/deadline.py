"""Until when an instance that terminates may be drained."""

from datetime import datetime, timedelta

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import Timeline

EARLY = timedelta(minutes=2)
IN_HAND = timedelta(minutes=1)  # between the last that we let go by ourselves and the first that EC2 terminates


def deadline(began: datetime, timeline: Timeline, policy: Policy) -> datetime:
    """Return when an instance is let go whose termination began at `began`, drained or not.

    Once its block drains it has what is left of that time; before, somebody waits for its replacement. A native action
    that gave way to somebody else's drains a little earlier; and where settings cannot be read nobody knows from when
    on the block drains: an instance that is given too long is better off than one whose work is lost.
    """
    last = timeline.reclaim_at - IN_HAND
    is_draining = policy.broken is not None or began >= timeline.drain_at - EARLY
    return last if is_draining else min(last, began + policy.drain_at_most)
