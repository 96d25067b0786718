"""Targets that ask for a drain, in the service of a block that runs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from capacity_blocks.core import tag
from capacity_blocks.core.pool import Extension, Pool
from capacity_blocks.core.service import Service
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Instance, Target
from tests.factories import END, a_target
from tests.unit.shapes import ACTIVE, a_pool, drain_action, running

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)
HEARTBEAT = 7 * MINUTE  # of the default lead
TRAIN = a_target().id
WAITING = "Terminating:Wait"


def drained_by(method: str = "eks", **changes: Any) -> Target:
    """Return a group that runs its share, with our hook and native drain action in place."""
    given: dict[str, Any] = {
        "wishes": wishes({tag.DRAIN: method}),
        "hook": HEARTBEAT,
        "scheduled_actions": (drain_action(),),
    }
    return running(**(given | changes))


def in_service(target: Target, share: int = 8, **block: Any) -> Service:
    return Service(target=target, reservation=replace(ACTIVE, **block), share=share)


def waiting(*instance_ids: str) -> tuple[Instance, ...]:
    return tuple(Instance(instance_id=i, lifecycle_state=WAITING) for i in instance_ids)


PAYING = {"cr-0a": Extension(reservation_id="cr-0a", end=END + DAY)}  # for another day


def active(*targets: Target, **changes: Any) -> Pool:
    return a_pool(*targets, blocks=(ACTIVE,), **changes)
