"""Nodes are marked, and work is asked to save itself, each once before an end; a mark is taken back when it moves."""

from datetime import datetime
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import WarnNodes
from capacity_blocks.core.drain.checkpoint import RunDocument
from capacity_blocks.core.drain.step import Step
from capacity_blocks.core.drain.warning import instants, steps
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Target
from tests.factories import END, START, a_node_group, a_reservation
from tests.unit.core.drain.shapes import DAY, MINUTE, MOMENT, TRAIN, active, drained_by, in_service
from tests.unit.shapes import ACTIVE, DRAIN_AT, a_pool, instances, notices

SAVING = Policy(checkpoint=RunDocument(name="save"))
MARK_AT, SAVE_AT = DRAIN_AT - 50 * MINUTE, DRAIN_AT - 20 * MINUTE
MARKED, SAVED = "cr-0a:train:mark:20260302T1130", "cr-0a:train:checkpoint:20260302T1130"
LATER: dict[str, Any] = {"end": END + DAY}


def said(*keys: str) -> dict[str, datetime]:
    return dict.fromkeys(keys, START)


def warn(step: Step, key: str, reason: str = "its drain is near") -> WarnNodes:
    return WarnNodes(target=TRAIN, reservation_id="cr-0a", step=step, key=key, reason=reason)


MARK, SAVE = warn(Step.MARK, MARKED), warn(Step.CHECKPOINT, SAVED)
AGAIN = [warn(Step.MARK, f"cr-0a:train:{n}:mark:20260302T1130", "nodes may have joined since") for n in range(5)]
UNMARK = warn(Step.UNMARK, "cr-0a:train:unmark:20260303T1130", "the end has moved on")
WARNED: dict[str, tuple[datetime, Target, dict[str, Any], Pool, list[WarnNodes]]] = {
    "nothing a moment before the mark": (MARK_AT - MOMENT, drained_by(), {}, active(policy=SAVING), []),
    "the mark": (MARK_AT, drained_by(), {}, active(policy=SAVING), [MARK]),
    "the mark once": (MARK_AT, drained_by(), {}, active(policy=SAVING, said=said(MARKED)), []),
    "the mark alone a moment before the checkpoint": (
        SAVE_AT - MOMENT, drained_by(), {}, active(policy=SAVING), [MARK]
    ),
    "both, when the first was missed": (SAVE_AT, drained_by(), {}, active(policy=SAVING), [MARK, SAVE]),
    "the mark not again a moment before ten minutes": (
        MARK_AT + 10 * MINUTE - MOMENT, drained_by(), {}, active(said=said(MARKED)), []
    ),
    "the mark again from then on, for what has joined since": (
        MARK_AT + 10 * MINUTE, drained_by(), {}, active(said=said(MARKED)), [AGAIN[1]]
    ),
    "that once": (MARK_AT + 19 * MINUTE, drained_by(), {}, active(said=said(MARKED, AGAIN[1].key)), []),
    "and again": (MARK_AT + 20 * MINUTE, drained_by(), {}, active(said=said(MARKED, AGAIN[1].key)), [AGAIN[2]]),
    "no mark is taken back for one that was set again": (
        MARK_AT + 10 * MINUTE, drained_by(), {}, active(said=said(MARKED, AGAIN[1].key)), []
    ),
    "the checkpoint": (SAVE_AT, drained_by(), {}, active(policy=SAVING, said=said(MARKED)), [AGAIN[3], SAVE]),
    "the checkpoint a moment before the drain": (
        DRAIN_AT - MOMENT, drained_by(), {}, active(policy=SAVING, said=said(MARKED)), [AGAIN[4], SAVE]
    ),
    "nothing from the drain on": (DRAIN_AT, drained_by(), {}, active(policy=SAVING), []),
    "the checkpoint once": (SAVE_AT, drained_by("ecs"), {}, active(policy=SAVING, said=said(SAVED)), []),
    "no checkpoint where the pool has none": (SAVE_AT, drained_by("ecs"), {}, active(), []),
    "no mark where there are no nodes of Kubernetes": (MARK_AT, drained_by("ecs"), {}, active(policy=SAVING), []),
    "the checkpoint there all the same": (SAVE_AT, drained_by("none"), {}, active(policy=SAVING), [SAVE]),
    "nothing where nothing runs": (SAVE_AT, drained_by(instances=()), {}, active(policy=SAVING), []),
    "no mark that is not wanted": (MARK_AT, drained_by(), {}, active(policy=Policy(mark_lead=0 * MINUTE)), []),
    "the mark again before an end that has moved": (
        MARK_AT + DAY, drained_by(), LATER, active(said=said(MARKED)),
        [warn(Step.MARK, "cr-0a:train:mark:20260303T1130")],
    ),
    "until then it is taken back": (MARK_AT, drained_by(), LATER, active(said=said(MARKED)), [UNMARK]),
    "once": (MARK_AT, drained_by(), LATER, active(said=said(MARKED, UNMARK.key)), []),
    "though marks are not wanted any more": (
        MARK_AT, drained_by(), LATER, active(policy=Policy(mark_lead=0 * MINUTE), said=said(MARKED)), [UNMARK]
    ),
    "no mark is taken back that never was": (MARK_AT, drained_by(), LATER, active(said=said(SAVED)), []),
    "no mark is taken back for what the function writes of it": (
        MARK_AT - MOMENT, drained_by(), {}, active(said=said(MARKED, f"{MARKED}:done")), []
    ),
    "no mark of another group is taken back": (
        MARK_AT, drained_by(), LATER, active(said=said(MARKED.replace("train", "mark"))), []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "target", "block", "pool", "expected"), WARNED.values(), ids=WARNED.keys())
def test_there_is(now: datetime, target: Target, block: dict[str, Any], pool: Pool, expected: list[WarnNodes]) -> None:
    assert list(steps(now, pool, in_service(target, **block))) == expected


def test_nodes_that_eks_manages_are_marked_where_their_group_asks_for_it() -> None:
    given: dict[str, Any] = {"bound_to": "cr-0a", "instances": instances(1)}
    asks = in_service(a_node_group(wishes=wishes({tag.DRAIN: "eks"}), **given))
    silent = in_service(a_node_group(**given))

    assert [s.step for s in steps(MARK_AT, active(), asks)] == [Step.MARK]
    assert list(steps(MARK_AT, active(), silent)) == []


def test_looks_are_at_what_is_wanted() -> None:
    long: dict[str, Any] = {"end": END + DAY}
    assert list(instants(in_service(drained_by("none"), **long), Policy())) == [DRAIN_AT]
    assert list(instants(in_service(drained_by(), **long), SAVING)) == [DRAIN_AT, MARK_AT + DAY, SAVE_AT + DAY]


@pytest.mark.parametrize(
    ("now", "block", "expected"),
    [
        (DRAIN_AT + DAY - 24 * 60 * MINUTE - MOMENT, a_reservation(end=END + DAY), []),
        (DRAIN_AT + DAY - 24 * 60 * MINUTE, a_reservation(end=END + DAY), ["drain-ahead"]),
        (DRAIN_AT + DAY - MOMENT, a_reservation(end=END + DAY), ["drain-ahead"]),
        (DRAIN_AT + DAY, a_reservation(end=END + DAY), []),
        (DRAIN_AT - MOMENT, ACTIVE, []),  # a day is too short for a notice of a day before
    ],
)
def test_people_are_told_a_day_before(now: datetime, block: Reservation, expected: list[str]) -> None:
    pool = a_pool(drained_by(), blocks=(block,))

    assert [n.notice.kind for n in notices(now, pool) if n.notice.kind == "drain-ahead"] == expected
