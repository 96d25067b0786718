"""Hooks, drains and warnings in whole runs: what fails of them holds up no deadline."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import Say
from capacity_blocks.core.drain.hook import LifecycleHook, ours
from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Extension
from capacity_blocks.core.target import Instance
from capacity_blocks.executor import ObservingExecutor
from capacity_blocks.reconciler import Report
from capacity_blocks.request import Request
from tests.factories import END, REGION, a_group, a_reservation
from tests.fakes import refused, unclear
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, drain_action, instances
from tests.unit.shell.stage import Stage, a_stage

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
TAGS = {tag.POOL: "training", tag.BOUND_TO: "cr-0a", tag.DRAIN: "eks", tag.HOOK: "420"}
RUNNING = a_group(tags=TAGS, desired=8, instances=instances(8))
HOLDS = Policy(hold_for_extension=True)


def staged(now: datetime = DRAIN_AT, **changes: Any) -> Stage:
    """Return a stage with a group that runs, its hook and native drain action in place."""
    stage = Stage(**changes)
    stage.clock.instant = now
    stage.region.groups.add(RUNNING)
    stage.region.groups.put_hook("train", ours(7 * MINUTE))
    stage.region.groups.put_scheduled_action("train", drain_action())
    stage.region.reservations.hold(ACTIVE)
    return stage


def wait(stage: Stage, *instance_ids: str) -> None:
    """Leave the group with instances that wait for our hook."""
    held = tuple(Instance(instance_id=i, lifecycle_state="Terminating:Wait") for i in instance_ids)
    stage.region.groups.add(replace(stage.group, minimum=0, maximum=0, desired=0, instances=held))


def did(report: Report) -> list[tuple[str, str]]:
    return [(type(s.action).__name__, s.outcome) for s in report.steps if not isinstance(s.action, Say)]


def started(stage: Stage) -> list[str]:
    return [event["instance_id"] for function, event in stage.invocations.started if function == "drain"]


def kinds(stage: Stage) -> list[str]:
    return [n.kind for n in stage.notifier.sent]


def a_record(instance_id: str, **changes: Any) -> DrainRecord:
    given: dict[str, Any] = {
        "reservation_id": "cr-0a",
        "instance_id": instance_id,
        "region": REGION,
        "group": "train",
        "pool": "training",
        "run": "other",
        "until": DRAIN_AT + 2 * MINUTE,
        "started": DRAIN_AT + SECOND,
    }
    return DrainRecord(**(given | changes))


# --- hooks ---------------------------------------------------------------------


def test_a_group_that_is_bound_has_its_hook_a_run_later_beside_those_of_others() -> None:
    stage = a_stage()
    archive = LifecycleHook(name="archive", heartbeat=timedelta(hours=1))
    stage.region.groups.add(replace(stage.group, tags={**stage.group.tags, tag.DRAIN: "eks"}))
    stage.region.groups.put_hook("train", archive)
    stage.region.reservations.hold(a_reservation())
    stage.reconcile()

    report = stage.reconcile()

    assert ("PutHook", "done") in did(report)
    assert stage.region.groups.hooks("train") == (archive, ours(7 * MINUTE))
    assert "foreign-hooks" in kinds(stage)
    assert did(stage.reconcile()) == []


def test_a_hook_that_cannot_be_put_keeps_up_no_drain() -> None:
    stage = staged()
    stage.region.groups.add(replace(RUNNING, tags={k: v for k, v in TAGS.items() if k != tag.HOOK}))
    stage.region.groups.errors["put_hook"] = refused("PutLifecycleHook")

    report = stage.reconcile()

    assert did(report) == [
        ("PutHook", "failed: PutLifecycleHook: AccessDenied: not allowed"),
        ("Scale", "done"),
    ]
    assert stage.group.desired == 0


def test_hooks_that_cannot_be_read_are_put_all_the_same_and_that_is_told() -> None:
    stage = staged(DRAIN_AT - 2 * MINUTE)
    stage.region.groups.add(replace(RUNNING, tags={k: v for k, v in TAGS.items() if k != tag.HOOK}))
    stage.region.groups.errors["hooks"] = refused("DescribeLifecycleHooks")

    report = stage.reconcile()

    assert ("PutHook", "done") in did(report)
    assert "DescribeLifecycleHooks" in report.errors[0]


# --- a block whose kind EC2 does not tell -------------------------------------------


@pytest.mark.parametrize(("minutes", "desired"), [(40, 8), (70, 0)])
def test_the_native_drain_action_tells_it(minutes: int, desired: int) -> None:
    stage = staged(END - 70 * MINUTE)
    stage.region.groups.put_scheduled_action("train", drain_action(END - minutes * MINUTE))
    stage.region.reservations.hold(replace(ACTIVE, ultraserver=None))

    stage.reconcile()

    assert stage.group.desired == desired
    assert stage.region.groups.scheduled_actions() == {"train": (drain_action(END - minutes * MINUTE),)}
    assert ("kind-unknown" in kinds(stage)) is (desired == 0)


# --- drains --------------------------------------------------------------------


def test_drains_are_started_that_nobody_is_at() -> None:
    stage = staged(DRAIN_AT + MINUTE)
    wait(stage, "i-a", "i-b", "i-c", "i-d")
    stage.drains.add(
        a_record("i-a"),
        a_record("i-b", until=DRAIN_AT + MINUTE),  # its run has ended
        a_record("i-c", verdict=Verdict.DRAINED, ended=DRAIN_AT + 30 * SECOND),  # not let go yet, whyever
    )

    stage.reconcile()

    assert started(stage) == ["i-b", "i-c", "i-d"]


def test_without_the_ledger_all_that_wait_are_started() -> None:
    stage = staged(DRAIN_AT + MINUTE)
    wait(stage, "i-a", "i-b")
    stage.drains.add(a_record("i-a"))
    stage.drains.errors["under_way"] = unclear("Query")
    stage.ledger.errors["said"] = unclear("Query")

    stage.reconcile()

    assert started(stage) == ["i-a", "i-b"]


def test_a_drain_that_cannot_be_started_keeps_up_nothing_else() -> None:
    stage = staged(DRAIN_AT + MINUTE)
    wait(stage, "i-a", "i-b")
    stage.region.groups.add(replace(stage.group, desired=1, maximum=1))
    stage.invocations.errors["invoke"] = refused("Invoke", "TooManyRequestsException")

    report = stage.reconcile()

    failed = "failed: Invoke: TooManyRequestsException: not allowed"
    assert did(report) == [
        ("Scale", "done"),
        ("StartDrain", failed),
        ("StartDrain", failed),
    ]


def test_drains_are_started_after_all_sizes_and_before_the_rest() -> None:
    stage = staged(DRAIN_AT + MINUTE)
    wait(stage, "i-a")
    stage.region.groups.put_scheduled_action("train", drain_action(DRAIN_AT + 5 * MINUTE))  # too late, and goes
    stage.region.groups.add(replace(RUNNING, name="late"))

    report = stage.reconcile()

    assert [name for name, _ in did(report)] == ["Scale", "StartDrain", "DeleteScheduledAction"]


def test_while_only_observing_nothing_is_started() -> None:
    stage = staged(DRAIN_AT + MINUTE)
    wait(stage, "i-a")
    report = stage.reconciler(ObservingExecutor(speaker=stage.speaker())).reconcile(Request())

    assert ("StartDrain", "only observed") in did(report)
    assert stage.invocations.started == []


# --- warnings ------------------------------------------------------------------


def warned(stage: Stage) -> list[str]:
    return [event["step"] for function, event in stage.invocations.started if function == "warn"]


def test_nodes_are_marked_once_and_the_mark_is_taken_back_when_the_end_moves() -> None:
    stage = staged(DRAIN_AT - 50 * MINUTE)
    stage.reconcile()
    stage.reconcile()
    assert warned(stage) == ["mark"]

    stage.region.reservations.hold(replace(ACTIVE, end=END + timedelta(days=1)))
    stage.reconcile()
    stage.reconcile()
    assert warned(stage) == ["mark", "unmark"]

    stage.clock.instant = DRAIN_AT + timedelta(days=1) - 50 * MINUTE
    stage.reconcile()
    assert warned(stage) == ["mark", "unmark", "mark"]


def test_without_the_ledger_nobody_is_warned_and_no_hooks_are_looked_at() -> None:
    stage = staged(DRAIN_AT - 50 * MINUTE)
    stage.ledger.errors["said"] = unclear("Query")
    stage.region.groups.errors["hooks"] = refused("DescribeLifecycleHooks")

    report = stage.reconcile()

    assert warned(stage) == []
    assert not any("DescribeLifecycleHooks" in error for error in report.errors)


# --- extensions ----------------------------------------------------------------


def paying(now: datetime = DRAIN_AT - 20 * MINUTE, policy: Policy = HOLDS) -> Stage:
    stage = staged(now, policy=policy)
    stage.region.reservations.paying["cr-0a"] = Extension(reservation_id="cr-0a", end=END + timedelta(days=1))
    stage.drains.measure("training", "cr-00", 2 * MINUTE, now - timedelta(days=3))
    return stage


UNTIL = RECLAIM_AT - 6 * MINUTE


def test_a_drain_is_held_with_the_native_action_moved_first_and_ends_with_it() -> None:
    stage = paying()
    stage.reconcile()
    stage.reconcile()
    assert stage.region.groups.hooks("train") == (ours(3 * MINUTE),)
    assert stage.region.groups.scheduled_actions() == {"train": (drain_action(UNTIL),)}

    stage.clock.instant = DRAIN_AT
    report = stage.reconcile()
    assert did(report) == []
    assert report.look_again_at == DRAIN_AT + 15 * SECOND
    assert "draining" not in kinds(stage)

    stage.clock.instant = UNTIL
    assert did(stage.reconcile()) == [("Scale", "done")]
    assert [k for k in kinds(stage) if k in {"drain-held", "draining"}] == ["drain-held", "draining"]


@pytest.mark.parametrize("failing", ["put_hook", "put_scheduled_action"])
def test_nothing_is_held_when_hook_or_native_action_cannot_be_moved(failing: str) -> None:
    stage = paying()
    stage.region.groups.errors[failing] = refused()
    stage.reconcile()
    stage.reconcile()

    stage.clock.instant = DRAIN_AT
    stage.reconcile()

    assert stage.group.desired == 0


def silence(stage: Stage, port: str) -> None:
    if port == "drains":
        stage.drains.errors["longest"] = unclear("Query")
    else:
        stage.region.reservations.errors["pending_extensions"] = unclear()


@pytest.mark.parametrize("port", ["drains", "reservations"])
def test_a_hold_stands_when_it_cannot_be_asked_about_and_ends_in_time(port: str) -> None:
    stage = paying()
    stage.reconcile()
    stage.reconcile()
    silence(stage, port)

    stage.clock.instant = DRAIN_AT + MINUTE
    assert did(stage.reconcile()) == []
    stage.clock.instant = UNTIL
    assert did(stage.reconcile()) == [("Scale", "done")]


@pytest.mark.parametrize("port", ["drains", "reservations"])
def test_no_hold_begins_that_cannot_be_asked_about(port: str) -> None:
    stage = paying()
    silence(stage, port)
    stage.reconcile()
    stage.reconcile()
    stage.clock.instant = DRAIN_AT

    assert did(stage.reconcile()) == [("Scale", "done")]


def test_a_hold_ends_when_nothing_is_being_paid_any_more() -> None:
    stage = paying()
    stage.reconcile()
    stage.reconcile()
    stage.region.reservations.paying.clear()
    stage.clock.instant = DRAIN_AT + MINUTE
    stage.reconcile()

    assert stage.group.desired == 0


def test_a_drain_that_is_held_goes_on_being_used_once_the_payment_settles() -> None:
    stage = paying()
    stage.reconcile()
    stage.reconcile()
    stage.clock.instant = DRAIN_AT + 2 * MINUTE
    stage.reconcile()

    stage.region.reservations.paying.clear()
    stage.region.reservations.hold(replace(ACTIVE, end=END + timedelta(days=1)))
    stage.reconcile()

    assert (stage.group.desired, stage.seen().hook) == (8, 7 * MINUTE)
    assert stage.region.groups.scheduled_actions() == {"train": (drain_action(DRAIN_AT + timedelta(days=1)),)}


def test_by_default_a_drain_goes_ahead_and_once_the_payment_settles_the_group_is_scaled_out_again() -> None:
    stage = paying(DRAIN_AT, policy=Policy())
    stage.reconcile()
    assert stage.group.desired == 0
    assert "extension-pending" in kinds(stage)

    stage.region.groups.add(replace(stage.group, instances=()))
    stage.region.reservations.paying.clear()
    stage.region.reservations.hold(replace(ACTIVE, end=END + timedelta(days=1)))
    stage.clock.instant = DRAIN_AT + 4 * MINUTE
    stage.reconcile()

    assert stage.group.desired == 8


# --- closing -------------------------------------------------------------------


def test_once_all_are_gone_it_is_told_how_they_went_and_kept_in_the_history() -> None:
    stage = staged()
    stage.reconcile()
    wait(stage, "i-a")
    stage.drains.add(a_record("i-a", verdict=Verdict.DRAINED, ended=DRAIN_AT + 3 * MINUTE, evicted=("ml/a",)))
    stage.clock.instant = DRAIN_AT + 3 * MINUTE
    stage.reconcile()
    assert "drained" not in kinds(stage)

    wait(stage)
    stage.clock.instant = DRAIN_AT + 4 * MINUTE
    stage.reconcile()
    stage.reconcile()

    [closing] = [n for n in stage.notifier.sent if n.kind == "drained"]
    assert closing.title == "cr-0a is empty: 1 of 1 nodes were drained"
    [line] = [line for line in stage.ledger.history["cr-0a"] if line["did"] == "Say"]
    assert line["text"] == closing.text
    assert "10 minutes of paid time were given up" in closing.text


def test_how_they_went_is_told_later_when_it_cannot_be_read() -> None:
    stage = staged()
    stage.reconcile()
    wait(stage)
    stage.drains.errors["results"] = unclear("Query")
    stage.clock.instant = RECLAIM_AT
    stage.reconcile()
    assert "drained" not in kinds(stage)
    assert stage.seen().bound_to is None

    del stage.drains.errors["results"]
    stage.clock.instant = RECLAIM_AT + MINUTE
    stage.reconcile()
    assert "drained" in kinds(stage)
