"""What people are told of hooks, of the drain to come, of node groups that do not drain, and of Karpenter."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from capacity_blocks.core.drain.checkpoint import RunDocument
from capacity_blocks.core.drain.hook import HookResult, LifecycleHook, ours
from capacity_blocks.core.inquiry import inquiries
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.planner import plan
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.target import Target
from tests.factories import END, START, a_node_group, a_reservation
from tests.unit.core.drain.shapes import DAY, HEARTBEAT, MINUTE, MOMENT, PAYING, TRAIN, active, drained_by
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, a_pool, instances, notices, quiet

LONG = replace(ACTIVE, end=END + 7 * DAY)
LONG_DRAIN = DRAIN_AT + 7 * DAY
ULTRA = replace(ACTIVE, ultraserver=True)
HOUR_LONG = LifecycleHook(name="archive", heartbeat=60 * MINUTE)
ABANDONS = LifecycleHook(name="notify", heartbeat=MINUTE, default_result=HookResult.ABANDON)
SHORT = LifecycleHook(name="log", heartbeat=MINUTE)


def told(now: datetime, pool: Pool, kind: str) -> list[Notice]:
    return [n.notice for n in notices(now, pool) if n.notice.kind == kind]


# --- hooks -------------------------------------------------------------------

HOOKS: dict[str, tuple[tuple[LifecycleHook, ...], Severity, str, str]] = {
    "one that fits in": (
        (SHORT,), Severity.INFO,
        "log (60 s, then CONTINUE). They wait side by side with ours: the longest counts.",
        "Nothing to do.",
    ),
    "one that is too long": (
        (HOUR_LONG, SHORT), Severity.WARNING,
        ("archive (3600 s, then CONTINUE), log (60 s, then CONTINUE). They wait side by side with ours: the longest "
        "counts. Unless they are completed in time, archive hold instances until EC2 terminates them, from 2026-03-02 "
        "11:00 UTC, 10 minutes after the drain begins."),
        "Shorten them, complete their actions in time, or set a longer drain lead.",
    ),
    "one that ends the wait for ours": (
        (ABANDONS,), Severity.WARNING,
        ("notify (60 s, then ABANDON). They wait side by side with ours: the longest counts. Where they run out, "
        "notify end the wait for ours too (result ABANDON), drained or not."),
        "Let their default result be CONTINUE.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("others", "severity", "text", "next_step"), HOOKS.values(), ids=HOOKS.keys())
def test_hooks_of_others_are_told_with_their_effect(
    others: tuple[LifecycleHook, ...], severity: Severity, text: str, next_step: str
) -> None:
    pool = active(drained_by(), hooks={TRAIN: (ours(HEARTBEAT), *others)})

    [notice] = told(START, pool, "foreign-hooks")

    assert (notice.severity, notice.text, notice.next_step) == (severity, text, next_step)


def test_our_own_hook_is_none_of_others() -> None:
    assert told(START, active(drained_by(), hooks={TRAIN: (ours(HEARTBEAT),)}), "foreign-hooks") == []


def test_a_hook_of_somebody_else_is_told_anew_when_it_changes() -> None:
    pool = quiet(START, active(drained_by(), hooks={TRAIN: (ours(HEARTBEAT), SHORT)}))
    changed = replace(pool, hooks={TRAIN: (ours(HEARTBEAT), replace(SHORT, heartbeat=2 * MINUTE))})

    assert told(START, pool, "foreign-hooks") == []
    assert len(told(START, changed, "foreign-hooks")) == 1


LOOKED_AT: dict[str, tuple[datetime, Pool, bool]] = {
    "when a group was bound": (START, active(drained_by()), True),
    "also one that asks for no drain": (START, active(drained_by("none", hook=None)), True),
    "not when its timeline was told and its hook is in step": (START, quiet(START, active(drained_by())), False),
    "when a hook is to be put": (START, quiet(START, active(drained_by(hook=None))), True),
    "when its end has moved": (
        START, replace(quiet(START, active(drained_by())), reservations=(LONG,)), True
    ),
    "a moment before its drain": (DRAIN_AT - MOMENT, active(drained_by()), True),
    "not from its drain on": (DRAIN_AT, active(drained_by()), False),
    "not of a node group": (START, active(a_node_group(bound_to="cr-0a")), False),
    "not of a block that is dead": (
        START, a_pool(drained_by(), blocks=(a_reservation(state=ReservationState.FAILED),)), False
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), LOOKED_AT.values(), ids=LOOKED_AT.keys())
def test_the_hooks_of_a_group_are_looked_at(now: datetime, pool: Pool, expected: bool) -> None:
    assert bool(inquiries(now, pool).hooks) is expected


@pytest.mark.parametrize(("lead", "expected"), [(33, 1), (34, 0), (40, 0)])
def test_a_lead_that_leaves_no_time_for_a_hook_is_told(lead: int, expected: int) -> None:
    pool = active(drained_by(hook=None), policy=Policy(drain_lead=lead * MINUTE))

    assert len(told(START, pool, "no-hook")) == expected


def test_it_is_told_how_long_a_lead_must_be() -> None:
    [notice] = told(START, active(drained_by(hook=None), policy=Policy(drain_lead=31 * MINUTE)), "no-hook")

    assert notice.text == (
        "EC2 terminates what is left 1 minute after its drain begins, at 2026-03-02 10:59 UTC; a lifecycle hook that "
        "is safe without this application needs 3.5 minutes."
    )


def test_no_hook_is_missed_where_nothing_is_to_be_drained() -> None:
    pool = active(drained_by("none", hook=None), policy=Policy(drain_lead=31 * MINUTE))

    assert told(START, pool, "no-hook") == []


# --- the drain to come -------------------------------------------------------

AHEAD: dict[str, tuple[Target, Policy, str, str]] = {
    "pods": (
        drained_by(), Policy(),
        ("Its nodes are cordoned, and their pods evicted as PodDisruptionBudgets allow. Its nodes are marked at "
        "2026-03-09 10:00 UTC."),
        "Nothing to do, if its work may move then; else extend the block.",
    ),
    "pods, saved before": (
        drained_by(), Policy(checkpoint=RunDocument(name="save")),
        ("Its nodes are cordoned, and their pods evicted as PodDisruptionBudgets allow. Its nodes are marked at "
        "2026-03-09 10:00 UTC. The checkpoint is asked for at 2026-03-09 10:30 UTC."),
        "Nothing to do, if its work may move then; else extend the block.",
    ),
    "pods, unmarked": (
        drained_by(), Policy(mark_lead=0 * MINUTE),
        "Its nodes are cordoned, and their pods evicted as PodDisruptionBudgets allow.",
        "Nothing to do, if its work may move then; else extend the block.",
    ),
    "tasks": (
        drained_by("ecs"), Policy(),
        "Its container instances are set to DRAINING, and their tasks waited for.",
        "Nothing to do, if its work may move then; else extend the block.",
    ),
    "a document": (
        drained_by("ssm:stop-work"), Policy(),
        "SSM document stop-work runs on its instances.",
        "Nothing to do, if its work may move then; else extend the block.",
    ),
    "nothing": (
        drained_by("none"), Policy(),
        "Nothing on it is drained: its instances are terminated at once.",
        "If work on it must be moved first, set the tag capacity-blocks:drain to eks, ecs, none or ssm:<document>.",
    ),
}  # fmt: skip
BLOCK = "cr-0a ends at 2026-03-09 11:30 UTC; EC2 terminates what is left from 2026-03-09 11:00 UTC."


@pytest.mark.parametrize(("target", "policy", "how", "next_step"), AHEAD.values(), ids=AHEAD.keys())
def test_it_is_told_when_and_how_a_target_drains(target: Target, policy: Policy, how: str, next_step: str) -> None:
    pool = a_pool(target, blocks=(LONG,), policy=policy)

    [notice] = told(LONG_DRAIN - DAY, pool, "drain-ahead")

    assert notice.title == "train is drained at 2026-03-09 10:50 UTC"
    assert (notice.text, notice.next_step) == (f"{BLOCK} {how}", next_step)
    assert notice.key == "cr-0a:train:notice:20260309T1130"
    assert told(LONG_DRAIN - DAY - MOMENT, pool, "drain-ahead") == []
    assert told(LONG_DRAIN, pool, "drain-ahead") == []


def test_of_a_node_group_it_is_told_that_eks_drains_it() -> None:
    [notice] = told(LONG_DRAIN - DAY, a_pool(a_node_group(bound_to="cr-0a"), blocks=(LONG,)), "drain-ahead")

    assert notice.text == f"{BLOCK} EKS itself drains the nodes of a managed node group."


# --- node groups ---------------------------------------------------------------

LATE_AT = RECLAIM_AT - 5 * MINUTE


def a_gpu(count: int = 2) -> Target:
    return a_node_group(bound_to="cr-0a", desired=0, instances=instances(count, lifecycle_state="Terminating:Wait"))


@pytest.mark.parametrize(
    ("now", "target", "expected"),
    [
        (LATE_AT - MOMENT, a_gpu(), 0),
        (LATE_AT, a_gpu(), 1),
        (END - MOMENT, a_gpu(), 1),
        (END, a_gpu(), 0),
        (LATE_AT, a_gpu(0), 0),
        (LATE_AT, drained_by(), 0),
    ],
)
def test_a_node_group_that_eks_has_not_drained_is_told(now: datetime, target: Target, expected: int) -> None:
    found = told(now, active(target), "node-group-late")

    assert len(found) == expected
    for notice in found:
        assert notice.severity is Severity.CRITICAL
        assert notice.title == "EKS has not drained 2 nodes of ml/gpu"
        assert notice.text == "EC2 terminates them from 2026-03-02 11:00 UTC: i-00, i-01."


def test_with_a_lead_that_is_shorter_it_is_not_told_before_the_drain() -> None:
    pool = active(a_gpu(), policy=Policy(drain_lead=32 * MINUTE))

    assert told(RECLAIM_AT - 2 * MINUTE - MOMENT, pool, "node-group-late") == []
    assert len(told(RECLAIM_AT - 2 * MINUTE, pool, "node-group-late")) == 1


# --- Karpenter -----------------------------------------------------------------


def karpenter(now: datetime, block: Reservation, **changes: Any) -> list[Notice]:
    return told(now, a_pool(blocks=(block,), **changes), "karpenter-too-late")


def test_karpenter_drains_ultraservers_too_late_and_what_to_do_is_told_with_the_start_of_a_short_block() -> None:
    [notice] = karpenter(START, ULTRA)

    assert notice.severity is Severity.INFO
    assert notice.text == (
        "Karpenter begins 40 minutes before the end, at 2026-03-02 10:50 UTC; of an UltraServer EC2 terminates all "
        "from 2026-03-02 10:30 UTC. It replaces nodes that others drain, as long as its EC2NodeClass selects the block."
    )
    assert notice.next_step == (
        "If Karpenter uses the block: shortly before 2026-03-02 10:20 UTC, take it out of "
        "capacityReservationSelectorTerms, or the tag that they select off it, then kubectl delete nodeclaims -l "
        "karpenter.k8s.aws/capacity-reservation-id=cr-0a; else nothing."
    )


ULTRA_DRAIN = END - 70 * MINUTE


@pytest.mark.parametrize(
    ("now", "block", "policy", "expected"),
    [
        (START - MOMENT, replace(ULTRA, state=ReservationState.SCHEDULED), Policy(), 0),
        (ULTRA_DRAIN - MOMENT, ULTRA, Policy(), 1),
        (ULTRA_DRAIN, ULTRA, Policy(), 0),
        (START, ACTIVE, Policy(), 0),
        (START, replace(ACTIVE, ultraserver=None), Policy(), 0),
        (START, ULTRA, Policy(notice_lead=0 * MINUTE), 0),
        (START, replace(ULTRA, state=ReservationState.FAILED), Policy(), 0),
        (ULTRA_DRAIN + 6 * DAY - MOMENT, replace(ULTRA, end=END + 7 * DAY), Policy(), 0),
        (ULTRA_DRAIN + 6 * DAY, replace(ULTRA, end=END + 7 * DAY), Policy(), 1),
    ],
)
def test_it_is_told_of_ultraservers_from_a_day_before_their_drain(
    now: datetime, block: Reservation, policy: Policy, expected: int
) -> None:
    assert len(karpenter(now, block, policy=policy)) == expected


# --- extensions ------------------------------------------------------------------


def test_a_drain_that_goes_ahead_is_told_with_its_cost() -> None:
    [notice] = told(DRAIN_AT - MINUTE, active(drained_by(), extensions=PAYING), "extension-pending")

    assert notice.title == "train is drained at 2026-03-02 10:50 UTC though an extension is being paid"
    assert notice.text == (
        "Until its payment settles, cr-0a ends at 2026-03-02 11:30 UTC rather than at 2026-03-03 11:30 UTC. Once it "
        "has, the group is scaled out again; until then 8 idle instances cost about $315 an hour (by AWS's price list "
        "of late 2024, an estimate)."
    )


# --- looks -----------------------------------------------------------------------


def test_lost_events_are_looked_for_soon_after_a_drain_began() -> None:
    pool = quiet(DRAIN_AT, active(drained_by()))

    assert plan(DRAIN_AT, pool).look_again_at == DRAIN_AT + 15 * MINUTE / 60
    assert plan(DRAIN_AT, quiet(DRAIN_AT, active(drained_by("none")))).look_again_at == RECLAIM_AT
    assert plan(DRAIN_AT + 15 * MINUTE / 60, pool).look_again_at == RECLAIM_AT


def test_the_steps_before_a_drain_are_looked_at() -> None:
    pool = a_pool(drained_by(), blocks=(LONG,))

    assert plan(LONG_DRAIN - 2 * DAY, quiet(LONG_DRAIN - 2 * DAY, pool)).look_again_at == LONG_DRAIN - DAY
    assert plan(LONG_DRAIN - DAY, quiet(LONG_DRAIN - DAY, pool)).look_again_at == LONG_DRAIN - 50 * MINUTE
