"""When the drain of a block is over, and how it is summed up."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core.drain.closing import Closing, closing, is_due
from capacity_blocks.core.drain.verdict import Report, Verdict
from capacity_blocks.core.inquiry import inquiries
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.target import Target, TargetKind
from tests.factories import END, a_node_group, a_reservation
from tests.unit.core.drain.shapes import DAY, MINUTE, MOMENT, SECOND, active, drained_by, waiting
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, a_pool, notices

BEGAN = DRAIN_AT + SECOND
DRAINING = {"cr-0a:train:draining:20260302T1130": BEGAN}
CLOSED = "cr-0a:drained:20260302T1130"
EMPTY = drained_by(desired=0, maximum=0, instances=())
FREE = drained_by(desired=0, maximum=0, instances=(), bound_to=None, hook=None, scheduled_actions=())
PLAIN = drained_by("none", hook=None, desired=0, maximum=0, instances=())
OTHER = drained_by(name="other", desired=0, maximum=0)
LATER = a_reservation(end=END + DAY)

DUE: dict[str, tuple[datetime, Pool, bool]] = {
    "once all is gone": (DRAIN_AT + MINUTE, active(EMPTY, said=DRAINING), True),
    "not while an instance is left": (
        DRAIN_AT + MINUTE, active(drained_by(desired=0, instances=waiting("i-a")), said=DRAINING), False
    ),
    "not while another target of the block runs": (DRAIN_AT + MINUTE, active(EMPTY, OTHER, said=DRAINING), False),
    "not before anything was drained": (DRAIN_AT + MINUTE, active(EMPTY), False),
    "though its target has been set free": (RECLAIM_AT, active(FREE, said=DRAINING), True),
    "though its target serves another block": (
        RECLAIM_AT, active(drained_by(bound_to="cr-0b"), said=DRAINING), True
    ),
    "once": (RECLAIM_AT, active(EMPTY, said={**DRAINING, CLOSED: RECLAIM_AT}), False),
    "not where nothing was to be drained": (RECLAIM_AT, active(PLAIN, said=DRAINING), False),
    "not of an end that has moved on": (RECLAIM_AT, a_pool(EMPTY, blocks=(LATER,), said=DRAINING), False),
    "until a day after the end": (END + DAY - MOMENT, active(FREE, said=DRAINING), True),
    "no later": (END + DAY, active(FREE, said=DRAINING), False),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), DUE.values(), ids=DUE.keys())
def test_it_is_told(now: datetime, pool: Pool, expected: bool) -> None:
    assert is_due(now, pool, pool.reservations[0]) is expected
    assert inquiries(now, pool).reports == (("cr-0a",) if expected else ())


def report(name: str, verdict: Verdict = Verdict.DRAINED, **changes: Any) -> Report:
    given: dict[str, Any] = {
        "instance_id": f"i-{name}",
        "verdict": verdict,
        "started": BEGAN + 4 * SECOND,
        "ended": BEGAN + 64 * SECOND,
        "evicted": ("ml/a", "ml/b"),
    }
    return Report(**(given | changes))


CLEAN = report("a"), report("b", ended=BEGAN + 194 * SECOND)
HELD_BACK = report(
    "c",
    Verdict.LET_GO,
    ended=RECLAIM_AT - MINUTE,
    reasons=("ml/c is held back by PodDisruptionBudget ml/keep",),
    evicted=(),
)
BEFORE = report("old", started=DRAIN_AT - 20 * MINUTE, ended=DRAIN_AT - MOMENT)


def test_drains_that_ended_before_the_drain_of_the_block_do_not_count() -> None:
    at_once = report("new", started=DRAIN_AT - MINUTE, ended=DRAIN_AT)
    pool = active(EMPTY, said=DRAINING, reports={"cr-0a": (*CLEAN, HELD_BACK, BEFORE, at_once)})

    assert closing(pool, ACTIVE) == Closing(
        began=BEGAN, given_up=10 * MINUTE - SECOND, drained=(*CLEAN, at_once), let_go=(HELD_BACK,)
    )


def test_a_drain_that_began_at_the_reclaim_gave_nothing_up() -> None:
    late = {"cr-0a:train:draining:20260302T1130": RECLAIM_AT + SECOND}

    assert closing(active(EMPTY, said=late, reports={"cr-0a": ()}), ACTIVE).given_up == timedelta()


def test_the_first_target_that_drained_counts() -> None:
    said = {**DRAINING, "cr-0a:other:draining:20260302T1130": DRAIN_AT - 20 * MINUTE}
    pool = active(EMPTY, drained_by(name="other", instances=(), desired=0), said=said, reports={"cr-0a": ()})

    assert closing(pool, ACTIVE).given_up == 30 * MINUTE


COST = "8 instances cost about $315 an hour (by AWS's price list of late 2024, an estimate)."
GIVEN_UP = (
    "It went to zero from 2026-03-02 10:50 UTC on and ends at 2026-03-02 11:30 UTC: 10 minutes of paid time were given "
    f"up before EC2 would have begun to terminate. {COST}"
)
TOLD: dict[str, tuple[tuple[Report, ...], str, str, str]] = {
    "all of them drained": (
        CLEAN,
        "info",
        "cr-0a is empty: 2 of 2 nodes were drained",
        f"{GIVEN_UP} 4 pods or tasks were moved; the longest drain took 3 min 10 s.",
    ),
    "one let go": (
        (*CLEAN, HELD_BACK),
        "warning",
        "cr-0a is empty: 2 of 3 nodes were drained, 1 let go with work on them",
        (f"{GIVEN_UP} 4 pods or tasks were moved; the longest drain took 8 min 55 s. "
        "Let go at the deadline: i-c (ml/c is held back by PodDisruptionBudget ml/keep)."),
    ),
    "none of them drained": (
        (), "warning", "cr-0a is empty; none of its nodes was drained by this application", GIVEN_UP
    ),
}  # fmt: skip


@pytest.mark.parametrize(("reports", "severity", "title", "text"), TOLD.values(), ids=TOLD.keys())
def test_people_are_told(reports: tuple[Report, ...], severity: str, title: str, text: str) -> None:
    said = {"cr-0a:train:draining:20260302T1130": DRAIN_AT}
    pool = active(EMPTY, said=said, reports={"cr-0a": reports})

    [say] = [n for n in notices(DRAIN_AT + 5 * MINUTE, pool) if n.notice.kind == "drained"]

    assert (say.notice.severity, say.notice.title, say.notice.text) == (severity, title, text)
    assert say.notice.key == CLOSED
    assert say.into_history


@pytest.mark.parametrize(
    ("reports", "begins"), [(CLEAN, "Nothing to do."), ((HELD_BACK,), "See what"), ((), "Nothing, if none ran. Else")]
)
def test_what_is_to_be_done_is_said(reports: tuple[Report, ...], begins: str) -> None:
    pool = active(EMPTY, said=DRAINING, reports={"cr-0a": reports})

    [say] = [n for n in notices(DRAIN_AT + 5 * MINUTE, pool) if n.notice.kind == "drained"]

    assert say.notice.next_step.startswith(begins)


def test_of_many_that_were_let_go_ten_are_named() -> None:
    many = tuple(report(f"{n:02}", Verdict.LET_GO) for n in range(12))
    pool = active(EMPTY, said=DRAINING, reports={"cr-0a": many})

    [say] = [n for n in notices(DRAIN_AT + 5 * MINUTE, pool) if n.notice.kind == "drained"]

    assert "i-09 (no reason is known), and 2 more." in say.notice.text


def test_nothing_is_told_before_it_is_known_how_it_went() -> None:
    pool = active(EMPTY, said=DRAINING)

    assert "drained" not in [n.notice.kind for n in notices(DRAIN_AT + 5 * MINUTE, pool)]


def test_a_managed_node_group_drains_by_itself_and_is_not_summed_up() -> None:
    gpu: Target = a_node_group(bound_to="cr-0a", wishes=drained_by().wishes)
    pool = active(gpu, said={"cr-0a:ml/gpu:draining:20260302T1130": BEGAN})

    assert gpu.id.kind is TargetKind.NODE_GROUP
    assert not is_due(RECLAIM_AT, pool, ACTIVE)
