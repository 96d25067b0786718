"""Until when an instance that terminates may be drained."""

from datetime import datetime, timedelta

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import Timeline

IN_HAND = timedelta(minutes=1)  # between the last that we let go by ourselves and the first that EC2 terminates


def deadline(began: datetime, timeline: Timeline, policy: Policy) -> datetime:
    """Return when an instance is let go whose termination began at `began`, drained or not.

    Once its block drains it has what is left of that time; before, somebody waits for its replacement.
    """
    last = timeline.reclaim_at - IN_HAND
    return last if began >= timeline.drain_at else min(last, began + policy.drain_at_most)
