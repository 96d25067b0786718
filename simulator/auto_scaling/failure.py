"""Launches that failed: what is recorded of them, how long the pause is, and when Auto Scaling gives up."""

import random
from datetime import timedelta

from simulator.assumptions import Delay
from simulator.plug import iso

from .activity import Activities, Direction, Status
from .group import Group, Process
from .journal import LaunchFailed, ProcessSuspended
from .launching import Refused
from .surroundings import Surroundings


def record(at: Surroundings, activities: Activities, group: Group, refused: Refused, missing: int, cause: str) -> None:
    """One failed activity and one event for a refused attempt; that it stands for all that are missing is assumed."""
    message = f"{refused.message.rstrip('.')}. Launching EC2 instance failed."
    at.journal.add(
        LaunchFailed(
            at=at.clock.now(),
            region=at.region,
            group=group.name,
            reservation_id=refused.reservation_id,
            code=refused.code,
            message=refused.message,
            missing=missing,
        )
    )
    description = f"Launching a new EC2 instance.  Status Reason: {message}"
    activity = activities.begin(group, description, cause, details=refused.details)
    activities.finish(activity, Direction.LAUNCH, Status.FAILED, message)


def pause(retry: Delay, failures: int, rng: random.Random) -> timedelta:
    """A jittered pause: its upper bound doubles with each failure, up to the longest one (assumed)."""
    longest = min(retry.most, retry.least * 2 ** min(failures, 16))
    return Delay(least=min(retry.least, longest), most=longest).draw(rng)


def suspend(at: Surroundings, group: Group) -> None:
    """Suspend Launch as Auto Scaling does after a day of failures; the wording of the reason is assumed."""
    reason = f"Administrative suspension at {iso(at.clock.now())}"
    group.suspended[Process.LAUNCH] = reason
    at.journal.add(
        ProcessSuspended(at=at.clock.now(), region=at.region, group=group.name, process=Process.LAUNCH, reason=reason)
    )
