"""Our lifecycle hook is put where something is drained, kept in step, and taken away."""

from datetime import timedelta

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import DeleteHook, PutHook
from capacity_blocks.core.drain.hook import HookResult, LifecycleHook, ours
from capacity_blocks.core.drain.hooking import steps
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Target
from tests.factories import END, START, a_node_group
from tests.unit.core.drain.shapes import HEARTBEAT, MINUTE, SECOND, TRAIN, active, drained_by, in_service

BARE = drained_by(hook=None)
PLAIN = drained_by("none")
MISTAKEN = wishes({tag.DRAIN: "ekss"})
UNREAD = Policy(drain_lead=60 * MINUTE, broken="x", unread=True)
BRIEF = Policy(drain_lead=33 * MINUTE)
FOREIGN = LifecycleHook(name="a", heartbeat=MINUTE, default_result=HookResult.ABANDON)
CHANGED = "the time for its drain changed"


def put(reason: str, heartbeat: timedelta = HEARTBEAT) -> list[PutHook | DeleteHook]:
    return [PutHook(target=TRAIN, reservation_id="cr-0a", heartbeat=heartbeat, reason=reason)]


def delete(reason: str) -> list[PutHook | DeleteHook]:
    return [DeleteHook(target=TRAIN, reservation_id="cr-0a", reason=reason)]


NOTHING: list[PutHook | DeleteHook] = []
STEPS: dict[str, tuple[Target, Pool, list[PutHook | DeleteHook]]] = {
    "it is put where pods are drained": (BARE, active(), put("its work is drained by eks")),
    "where tasks are": (drained_by("ecs", hook=None), active(), put("its work is drained by ecs")),
    "where a document is run": (
        drained_by("ssm:drain", hook=None), active(), put("its work is drained by ssm:drain")
    ),
    "not where nothing is": (drained_by("none", hook=None), active(), NOTHING),
    "it is left when it is in step": (drained_by(), active(), NOTHING),
    "it follows the lead": (
        drained_by(), active(policy=Policy(drain_lead=60 * MINUTE)), put(CHANGED, 27 * MINUTE)
    ),
    "and the lead of the group": (
        drained_by(wishes=wishes({tag.DRAIN: "eks", tag.DRAIN_LEAD: "45"})), active(), put(CHANGED, 12 * MINUTE)
    ),
    "a tag that is no number is written anew": (drained_by(hook=timedelta()), active(), put(CHANGED)),
    "it is deleted when nothing is drained any more": (
        PLAIN, active(), delete("nothing on it is to be drained")
    ),
    "and when the lead leaves no time": (
        drained_by(), active(policy=BRIEF), delete("its drain leaves no time for a hook")
    ),
    "where the lead leaves no time none is put": (BARE, active(policy=BRIEF), NOTHING),
    "it stands while the settings cannot be read": (drained_by(), active(policy=UNREAD), NOTHING),
    "it stands where a tag is wrong": (drained_by(wishes=MISTAKEN), active(), NOTHING),
    "none is put where a tag is wrong": (drained_by(wishes=MISTAKEN, hook=None), active(), NOTHING),
    "one that somebody has deleted is put again": (
        drained_by(), active(hooks={TRAIN: (FOREIGN,)}), put(CHANGED)
    ),
    "one that somebody has changed is put again": (
        drained_by(), active(hooks={TRAIN: (ours(HEARTBEAT + SECOND),)}), put(CHANGED)
    ),
    "hooks of others are left": (drained_by(), active(hooks={TRAIN: (FOREIGN, ours(HEARTBEAT))}), NOTHING),
    "hooks of others on a group that is not drained are left": (
        drained_by("none", hook=None), active(hooks={TRAIN: (FOREIGN,)}), NOTHING
    ),
}  # fmt: skip


@pytest.mark.parametrize(("target", "pool", "expected"), STEPS.values(), ids=STEPS.keys())
def test_the_hook(target: Target, pool: Pool, expected: list[PutHook | DeleteHook]) -> None:
    assert list(steps(pool, in_service(target))) == expected


def test_a_managed_node_group_gets_none() -> None:
    gpu = a_node_group(bound_to="cr-0a", wishes=wishes({tag.DRAIN: "eks"}))

    assert list(steps(active(), in_service(gpu))) == []


def test_an_ultraserver_is_held_as_long_in_its_own_time() -> None:
    assert list(steps(active(), in_service(drained_by(), ultraserver=True))) == []
    assert list(steps(active(), in_service(drained_by(), ultraserver=None))) == []


def test_an_extension_changes_nothing() -> None:
    assert list(steps(active(), in_service(drained_by(), end=END + 3 * (END - START)))) == []


def test_a_drain_that_is_put_off_leaves_less_time() -> None:
    until = END - 36 * MINUTE  # six minutes before the reclaim

    assert list(steps(active(), in_service(drained_by()), until)) == put(
        "an extension is being paid, and a later drain leaves less time", 3 * MINUTE
    )
    assert list(steps(active(), in_service(drained_by(hook=3 * MINUTE)), until)) == []
    assert list(steps(active(), in_service(drained_by(hook=3 * MINUTE)))) == put(CHANGED)
