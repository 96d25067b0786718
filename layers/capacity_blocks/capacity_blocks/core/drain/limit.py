"""Until when the drain of an instance may go on, from all that is known of its end."""

from dataclasses import replace
from datetime import datetime, timedelta

from capacity_blocks.core.drain.deadline import deadline
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.timeline import Timeline

# The documented sample of an interruption warning has the time of the event as that of the termination ("Monitor
# interruptible Capacity Reservations with EventBridge" gives two minutes): so much is taken as given.
LEAST_WARNING = timedelta(minutes=2)
UNREAD = timedelta(minutes=5)  # while EC2 does not say when a block ends, its instances have always so much left


def limit(
    began: datetime,
    block: Reservation | None,
    policy: Policy,
    lead: timedelta | None = None,
    termination: datetime | None = None,
) -> datetime:
    """Return when an instance is let go whose drain began at `began`; `lead` is what its group's tag asks for.

    Whether a block is an UltraServer may be unknown. Then the earlier of its two deadlines stands, unless it had passed
    before: to let go of every instance at once for a describe call that failed would lose their work.
    """
    if block is None:
        last = began + policy.drain_at_most
    else:
        kinds = (True, False) if block.ultraserver is None else (block.ultraserver,)
        timelines = [Timeline.of(replace(block, ultraserver=kind), policy, lead) for kind in kinds]
        deadlines = [deadline(began, timeline, policy) for timeline in timelines]
        last = next((each for each in deadlines if each > began), deadlines[-1])
    return sooner(last, began, termination)


def sooner(last: datetime, began: datetime, termination: datetime | None) -> datetime:
    """Return the deadline of an instance that EC2 may end before."""
    return last if termination is None else min(last, max(termination, began + LEAST_WARNING))
