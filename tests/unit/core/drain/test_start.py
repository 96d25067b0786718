"""Drains that nobody is at are started."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import DeleteHook, StartDrain
from capacity_blocks.core.drain.start import steps, waits_for_us
from capacity_blocks.core.inquiry import inquiries
from capacity_blocks.core.planner import plan
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Target
from tests.factories import END, START, a_node_group
from tests.unit.core.drain.shapes import MINUTE, TRAIN, active, drained_by, in_service, waiting
from tests.unit.shapes import DRAIN_AT, RECLAIM_AT, instances

LAST = RECLAIM_AT - MINUTE
TWO = drained_by(instances=(*instances(2), *waiting("i-a", "i-b")))


def started(*instance_ids: str, deadline: datetime = LAST, method: str = "eks") -> list[StartDrain]:
    return [
        StartDrain(
            target=TRAIN,
            reservation_id="cr-0a",
            instance_id=instance_id,
            method=method,
            deadline=deadline,
            reason="it waits, and nobody is draining it",
        )
        for instance_id in instance_ids
    ]


STARTED: dict[str, tuple[datetime, Target, Pool, list[StartDrain]]] = {
    "each that waits": (DRAIN_AT, TWO, active(), started("i-a", "i-b")),
    "none that somebody is at": (DRAIN_AT, TWO, active(under_way=frozenset({"i-a"})), started("i-b")),
    "none that runs": (DRAIN_AT, drained_by(), active(), []),
    "one that goes for another reason, with the most that its drain may take": (
        START, TWO, active(), started("i-a", "i-b", deadline=START + 10 * MINUTE)
    ),
    "one that still waits while EC2 reclaims": (RECLAIM_AT, TWO, active(), started("i-a", "i-b")),
    "one that still waits after the end": (END, TWO, active(), started("i-a", "i-b")),
    "tasks": (DRAIN_AT, drained_by("ecs", instances=waiting("i-a")), active(), started("i-a", method="ecs")),
    "nothing for the hooks of others where nothing is to be drained": (
        DRAIN_AT, drained_by("none", hook=None, instances=waiting("i-a")), active(), []
    ),
    "what waits for our hook, though the tag was removed since": (
        DRAIN_AT, drained_by("none", instances=waiting("i-a")), active(), started("i-a", method="none")
    ),
    "what waits for our hook, though the tag has become wrong since": (
        DRAIN_AT, drained_by(wishes=wishes({tag.DRAIN: "?"}), instances=waiting("i-a")), active(),
        started("i-a", method="none"),
    ),
    "what waits for others, where there was no time for a hook of ours": (
        DRAIN_AT, drained_by(hook=None, instances=waiting("i-a")), active(), started("i-a")
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "target", "pool", "expected"), STARTED.values(), ids=STARTED.keys())
def test_there_is_started(now: datetime, target: Target, pool: Pool, expected: list[StartDrain]) -> None:
    assert list(steps(now, pool, in_service(target))) == expected


@pytest.mark.parametrize("state", ["InService", "Terminating", "Terminating:Proceed", "Pending:Wait", "Standby"])
def test_only_an_instance_that_waits_to_be_terminated_is(state: str) -> None:
    target = drained_by(instances=instances(2, lifecycle_state=state))

    assert list(steps(DRAIN_AT, active(), in_service(target))) == []
    assert not waits_for_us(target)


def test_a_managed_node_group_is_left_to_eks() -> None:
    gpu = a_node_group(bound_to="cr-0a", wishes=wishes({tag.DRAIN: "eks"}), instances=waiting("i-a"))

    assert list(steps(DRAIN_AT, active(), in_service(gpu))) == []


STRAY = START + 10 * MINUTE
ADRIFT = drained_by(bound_to="cr-gone", instances=waiting("i-a"))
UNBOUND = drained_by(bound_to=None, desired=0, scheduled_actions=(), instances=waiting("i-a"))
STRAYS: dict[str, tuple[Target, dict[str, Any], list[str | None]]] = {
    "what waits on a block that EC2 does not list": (ADRIFT, {}, ["cr-gone"]),
    "what waits there for others, where no hook of ours is known": (replace(ADRIFT, hook=None), {}, ["cr-gone"]),
    "what waits for our hook on a group that serves no block": (UNBOUND, {}, [None]),
    "not what waits there for others": (replace(UNBOUND, hook=None), {}, []),
    "not what somebody is at": (UNBOUND, {"under_way": frozenset({"i-a"})}, []),
    "not what runs": (drained_by(bound_to=None), {}, []),
}


@pytest.mark.parametrize(("target", "changes", "expected"), STRAYS.values(), ids=STRAYS.keys())
def test_of_a_stray_group_there_is_started(target: Target, changes: dict[str, Any], expected: list[str | None]) -> None:
    found = [a for a in plan(START, active(target, **changes)).actions if isinstance(a, StartDrain)]

    assert found == [replace(started("i-a", deadline=STRAY)[0], reservation_id=each) for each in expected]


def test_the_hook_of_a_stray_group_is_left_while_instances_wait_for_it() -> None:
    """To delete a hook completes what waits for it (API reference of Auto Scaling, DeleteLifecycleHook)."""
    empty = replace(UNBOUND, instances=())

    assert [a for a in plan(START, active(UNBOUND)).actions if isinstance(a, DeleteHook)] == []
    assert [a.target for a in plan(START, active(empty)).actions if isinstance(a, DeleteHook)] == [TRAIN]


def test_the_drains_of_stray_groups_are_asked_about() -> None:
    assert inquiries(START, active(ADRIFT)).under_way == ("cr-gone",)
    assert inquiries(START, active(UNBOUND)).under_way == ("", "cr-0a")
    assert inquiries(START, active(replace(UNBOUND, instances=()))).under_way == ()
