"""Shapes that the tests of core and shell share: pools, and targets in the service of a block."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from capacity_blocks.core.action import Say
from capacity_blocks.core.planner import Plan, plan
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.service import DRAIN_ACTION, START_ACTION, Service
from capacity_blocks.core.target import Instance, ScheduledAction, Target
from tests.factories import END, REGION, START, a_reservation, a_target, at

DRAIN_AT = at("2026-03-02T10:50")
RECLAIM_AT = at("2026-03-02T11:00")

ACTIVE = a_reservation(state=ReservationState.ACTIVE, available_count=8)


def a_pool(*targets: Target, blocks: tuple[Reservation, ...] | None = None, **changes: Any) -> Pool:
    """Return pool `training` with one paid block, unless told which."""
    blocks = (a_reservation(),) if blocks is None else blocks
    return Pool(name="training", region=REGION, reservations=blocks, targets=targets, **changes)


def instances(count: int, **changes: Any) -> tuple[Instance, ...]:
    return tuple(Instance(instance_id=f"i-{n:02}", **changes) for n in range(count))


def start_action(at: datetime = START, share: int = 8) -> ScheduledAction:
    return ScheduledAction(name=START_ACTION, start=at, minimum=0, maximum=share, desired=share)


def drain_action(at: datetime = DRAIN_AT) -> ScheduledAction:
    return ScheduledAction(name=DRAIN_ACTION, start=at, minimum=0, maximum=0, desired=0)


def bound(name: str = "train", **changes: Any) -> Target:
    """Return an empty group that serves `a_reservation()`, with both of its native actions."""
    given: dict[str, Any] = {"bound_to": "cr-0a", "scheduled_actions": (start_action(), drain_action())}
    return a_target(name, **(given | changes))


def running(name: str = "train", count: int = 8, **changes: Any) -> Target:
    """Return a group that runs its share of a block that has started."""
    given: dict[str, Any] = {
        "desired": count,
        "instances": instances(count),
        "scheduled_actions": (drain_action(),),
    }
    return bound(name, **(given | changes))


def a_service(target: Target | None = None, share: int = 8, **block: Any) -> Service:
    return Service(target=target or bound(), reservation=a_reservation(**block), share=share)


def notices(now: datetime, pool: Pool) -> list[Say]:
    return [a for a in plan(now, pool).actions if isinstance(a, Say)]


def kinds(now: datetime, pool: Pool) -> list[str]:
    return [say.notice.kind for say in notices(now, pool)]


def quiet(now: datetime, pool: Pool) -> Pool:
    """Return the pool after all that there is to say at `now` was said at `now`."""
    while says := notices(now, pool):
        pool = replace(pool, said={**pool.said, **{say.notice.key: now for say in says}})
    return pool


def quiet_plan(now: datetime, pool: Pool) -> Plan:
    """Return what there is to do beside speaking."""
    return plan(now, quiet(now, pool))


__all__ = ["END", "START"]
