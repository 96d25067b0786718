"""A drain waits for an extension that is being paid: where it was asked for, and as long as the last drains allow."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import PutHook, PutScheduledAction, Scale, TargetAction
from capacity_blocks.core.assignment import bound_services
from capacity_blocks.core.drain.hold import held_until, hold_until, is_held, native_until
from capacity_blocks.core.inquiry import inquiries
from capacity_blocks.core.planner import plan
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.status import statuses
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Target
from tests.factories import END, START, a_node_group, a_reservation
from tests.unit.core.drain.shapes import DAY, MINUTE, MOMENT, PAYING, SECOND, TRAIN, drained_by
from tests.unit.core.model import applied
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, a_pool, drain_action, instances, kinds, quiet_plan

HOLDS = Policy(hold_for_extension=True)
UNTIL = RECLAIM_AT - 6 * MINUTE
SHORT = 3 * MINUTE  # time-out of the hook, and longest drain, that fit in from there
READY = drained_by("ecs", hook=SHORT, scheduled_actions=(drain_action(UNTIL),))
DRAINING = "cr-0a:train:draining:20260302T1130"


def pool(*targets: Target, block: Reservation = ACTIVE, **changes: Any) -> Pool:
    """Return a pool that holds, whose extension is being paid and whose last drains were short."""
    given: dict[str, Any] = {"policy": HOLDS, "extensions": PAYING, "longest_drain": 2 * MINUTE}
    return a_pool(*(targets or (drained_by("ecs"),)), blocks=(block,), **(given | changes))


UNTILS: dict[str, tuple[Pool, datetime | None]] = {
    "until 6 minutes before the reclaim": (pool(), UNTIL),
    "so long after drains of 3 minutes": (pool(longest_drain=3 * MINUTE), UNTIL),
    "a minute less after drains of a second more, as native actions keep minutes": (
        pool(longest_drain=3 * MINUTE + SECOND), UNTIL - MINUTE
    ),
    "less after longer drains": (pool(longest_drain=5 * MINUTE), RECLAIM_AT - 8 * MINUTE),
    "a minute after drains of 6 minutes": (pool(longest_drain=6 * MINUTE), DRAIN_AT + MINUTE),
    "not after drains of 7 minutes": (pool(longest_drain=7 * MINUTE), None),
    "not before any was measured": (pool(longest_drain=None), None),
    "not unless the pool asks for it": (pool(policy=Policy()), None),
    "not while its settings are broken": (pool(policy=replace(HOLDS, broken="x")), None),
    "not where nothing is being paid": (pool(extensions={}), None),
    "not for another block": (pool(extensions={"cr-0b": PAYING["cr-0a"]}), None),
    "not where a tag is wrong": (pool(drained_by(wishes=wishes({tag.INSTANCES: "?"}))), None),
    "not on an UltraServer": (pool(block=replace(ACTIVE, ultraserver=True)), None),
    "not on what may be one": (pool(block=replace(ACTIVE, ultraserver=None)), None),
    "not for a managed node group": (pool(a_node_group(bound_to="cr-0a", instances=instances(8))), None),
    "not once the drain has begun": (pool(said={DRAINING: DRAIN_AT}), None),
    "on again before another end": (
        pool(block=replace(ACTIVE, end=END + DAY), said={DRAINING: DRAIN_AT}), UNTIL + DAY
    ),
    "a group that asks for no drain": (pool(drained_by("none", hook=None)), UNTIL),
    "not past a lead that is as short": (pool(policy=replace(HOLDS, drain_lead=36 * MINUTE)), None),
    "past a lead that is a minute longer": (pool(policy=replace(HOLDS, drain_lead=37 * MINUTE)), UNTIL),
}  # fmt: skip


@pytest.mark.parametrize(("pool", "expected"), UNTILS.values(), ids=UNTILS.keys())
def test_it_may_be_held(pool: Pool, expected: datetime | None) -> None:
    [service] = bound_services(pool)

    assert hold_until(pool, service) == expected


HELD: dict[str, tuple[Target, datetime, bool]] = {
    "with hook and native action in step": (READY, DRAIN_AT, True),
    "not before it is due": (READY, DRAIN_AT - MOMENT, False),
    "until a moment before": (READY, UNTIL - MOMENT, True),
    "not from then on": (READY, UNTIL, False),
    "not with the native action where it was": (replace(READY, scheduled_actions=(drain_action(),)), DRAIN_AT, False),
    "not without a native action": (replace(READY, scheduled_actions=()), DRAIN_AT, False),
    "not with one that is too late": (
        replace(READY, scheduled_actions=(drain_action(UNTIL + MINUTE),)), DRAIN_AT, False
    ),
    "with one moved off another, until then": (
        replace(READY, scheduled_actions=(drain_action(UNTIL - MINUTE),)), UNTIL - MINUTE - MOMENT, True
    ),
    "and no longer": (replace(READY, scheduled_actions=(drain_action(UNTIL - MINUTE),)), UNTIL - MINUTE, False),
    "not with a hook that is too long": (replace(READY, hook=SHORT + SECOND), DRAIN_AT, False),
    "not without a hook": (replace(READY, hook=None), DRAIN_AT, False),
}  # fmt: skip


@pytest.mark.parametrize(("target", "now", "expected"), HELD.values(), ids=HELD.keys())
def test_it_is_held(target: Target, now: datetime, expected: bool) -> None:
    [service] = bound_services(pool(target))

    assert is_held(now, pool(target), service) is expected


AWAY: dict[str, Any] = {"hold_unread": True, "extensions": {}, "longest_drain": None}
STANDS: dict[str, tuple[Target, datetime | None]] = {
    "what is put off": (READY, UNTIL),
    "what was moved off another": (
        replace(READY, scheduled_actions=(drain_action(UNTIL - MINUTE),)), UNTIL - MINUTE
    ),
    "not what is put off too far": (replace(READY, scheduled_actions=(drain_action(UNTIL + MINUTE),)), None),
    "not what is not put off": (replace(READY, scheduled_actions=(drain_action(),)), None),
    "not without a native action": (replace(READY, scheduled_actions=()), None),
    "not with a hook that is too long": (replace(READY, hook=SHORT + SECOND), None),
    "with a shorter one": (replace(READY, hook=SHORT - SECOND), UNTIL),
    "not without a hook": (replace(READY, hook=None), None),
    "without a hook where nothing is drained": (
        drained_by("none", hook=None, scheduled_actions=(drain_action(UNTIL),)), UNTIL
    ),
    "not where a tag is wrong": (replace(READY, wishes=wishes({tag.INSTANCES: "?"})), None),
}  # fmt: skip


@pytest.mark.parametrize(("target", "expected"), STANDS.values(), ids=STANDS.keys())
def test_while_nobody_answers_there_stands(target: Target, expected: datetime | None) -> None:
    away = pool(target, **AWAY)
    [service] = bound_services(away)

    assert hold_until(away, service) == held_until(away, service) == expected
    assert {native_until(now, away, service) for now in (DRAIN_AT - MINUTE, DRAIN_AT)} == {expected}


def test_a_hook_that_somebody_removed_or_a_drain_that_has_begun_ends_it() -> None:
    for changes in ({"hooks": {TRAIN: ()}}, {"said": {DRAINING: DRAIN_AT}}, {"policy": Policy()}):
        away = pool(READY, **(AWAY | changes))
        [service] = bound_services(away)
        assert held_until(away, service) is None


@pytest.mark.parametrize("now", [DRAIN_AT - MINUTE, DRAIN_AT, UNTIL - MOMENT])
def test_what_stands_is_left_as_it_is_while_nobody_answers(now: datetime) -> None:
    moved_off = replace(READY, scheduled_actions=(drain_action(UNTIL - MINUTE),))

    assert quiet_plan(now, pool(READY, **AWAY)).actions == ()
    if now < UNTIL - MINUTE:
        assert quiet_plan(now, pool(moved_off, **AWAY)).actions == ()


def sizes(now: datetime, pool: Pool) -> list[int]:
    return [a.desired for a in quiet_plan(now, pool).actions if isinstance(a, Scale)]


def test_first_the_hook_then_the_native_action_is_moved_and_then_the_drain_waits() -> None:
    now, held = DRAIN_AT - 20 * MINUTE, pool()
    hook = PutHook(
        target=TRAIN,
        reservation_id="cr-0a",
        heartbeat=SHORT,
        reason="an extension is being paid, and a later drain leaves less time",
    )
    native = PutScheduledAction(
        target=TRAIN, reservation_id="cr-0a", scheduled=drain_action(UNTIL), reason="an extension is being paid"
    )
    seen: list[tuple[TargetAction, ...]] = []
    for _ in range(3):
        step = quiet_plan(now, held)
        seen.append(step.actions)  # type: ignore[arg-type]  # all that is said was said
        held = applied(now, held, step)

    assert seen == [(hook,), (native,), ()]
    assert sizes(DRAIN_AT, held) == []
    assert sizes(UNTIL - MOMENT, held) == []
    assert sizes(UNTIL, held) == [0]


def test_moving_the_native_action_comes_before_anything_else() -> None:
    target = drained_by("ecs", hook=SHORT, desired=4, instances=instances(4))

    actions = quiet_plan(DRAIN_AT - MINUTE, pool(target)).actions

    assert [type(a).__name__ for a in actions] == ["PutScheduledAction", "Scale"]


def test_nothing_is_put_off_any_more_once_the_drain_is_due() -> None:
    late = pool(drained_by(hook=SHORT, scheduled_actions=(drain_action(),)))
    [service] = bound_services(late)

    assert native_until(DRAIN_AT - MOMENT, late, service) == UNTIL
    assert native_until(DRAIN_AT, late, service) is None
    assert sizes(DRAIN_AT, late) == [0]


def test_what_is_held_is_not_scaled_out() -> None:
    short = replace(READY, desired=6, instances=instances(6))

    assert sizes(DRAIN_AT - MOMENT, pool(short)) == [8]
    assert sizes(DRAIN_AT, pool(short)) == []


@pytest.mark.parametrize("changes", [{"extensions": {}}, {"longest_drain": None}, {"policy": Policy()}])
def test_what_ends_a_hold_drains_at_once(changes: dict[str, Any]) -> None:
    now = DRAIN_AT + MINUTE

    assert sizes(now, pool(READY)) == []
    assert sizes(now, pool(READY, **changes)) == [0]
    assert "draining" in kinds(now, pool(READY, **changes))
    assert "draining" not in kinds(now, pool(READY))


def test_a_payment_that_settles_brings_hook_and_native_action_back_in_step_and_drains_nothing() -> None:
    paid = pool(READY, block=replace(ACTIVE, end=END + DAY), extensions={})
    step = quiet_plan(DRAIN_AT + 3 * MINUTE, paid)

    assert [a for a in step.actions if isinstance(a, Scale)] == []
    after = applied(DRAIN_AT + 3 * MINUTE, paid, step)
    assert after.targets[0].hook == 7 * MINUTE
    assert after.targets[0].scheduled_actions == (drain_action(DRAIN_AT + DAY),)


def test_a_payment_that_settles_after_the_drain_scales_out_again() -> None:
    drained = drained_by(hook=7 * MINUTE, desired=0, maximum=0, instances=())
    told = {"cr-0a:train:scaled-out:first": START, DRAINING: DRAIN_AT}
    settled = pool(drained, block=replace(ACTIVE, end=END + DAY), extensions={}, said=told)

    assert sizes(DRAIN_AT + 4 * MINUTE, settled) == [8]
    assert "scaled-out" in kinds(DRAIN_AT + 4 * MINUTE, settled)


TOLD: dict[str, tuple[datetime, Pool, list[str]]] = {
    "that the drain goes ahead": (DRAIN_AT - MINUTE, pool(policy=Policy()), ["extension-pending"]),
    "that it does when it is due": (DRAIN_AT, pool(policy=Policy()), ["extension-pending"]),
    "nothing before hook and native action are moved": (DRAIN_AT - MINUTE, pool(), []),
    "that it goes ahead when they could not be": (DRAIN_AT, pool(), ["extension-pending"]),
    "that it waits": (DRAIN_AT - MINUTE, pool(READY), ["drain-held"]),
    "that it waits when it is due": (DRAIN_AT, pool(READY), ["drain-held"]),
    "that it goes ahead when it can wait no longer": (UNTIL, pool(READY), ["extension-pending"]),
    "nothing where nothing is being paid": (DRAIN_AT, pool(extensions={}), []),
    "nothing from the reclaim on": (RECLAIM_AT, pool(), []),
}


@pytest.mark.parametrize(("now", "pool", "expected"), TOLD.values(), ids=TOLD.keys())
def test_people_are_told(now: datetime, pool: Pool, expected: list[str]) -> None:
    assert [k for k in kinds(now, pool) if k in {"extension-pending", "drain-held"}] == expected


PENDING = "cr-0a:train:extension-pending:20260302T1130"
ASKED: dict[str, tuple[datetime, Pool, tuple[str, ...]]] = {
    "not a moment before 45 minutes before the drain": (DRAIN_AT - 45 * MINUTE - MOMENT, pool(), ()),
    "from then on": (DRAIN_AT - 45 * MINUTE, pool(), ("cr-0a",)),
    "at the drain": (DRAIN_AT, pool(), ("cr-0a",)),
    "while it is held": (UNTIL - MOMENT, pool(READY), ("cr-0a",)),
    "not from the reclaim on": (RECLAIM_AT, pool(), ()),
    "not once the drain has begun": (DRAIN_AT, pool(said={DRAINING: DRAIN_AT}), ()),
    "not once it was told that the drain goes ahead": (
        DRAIN_AT, pool(policy=Policy(), said={PENDING: DRAIN_AT}), ()
    ),
    "again where it may still be held": (DRAIN_AT, pool(said={PENDING: DRAIN_AT}), ("cr-0a",)),
    "of an UltraServer before its own drain": (
        END - 115 * MINUTE, pool(block=replace(ACTIVE, ultraserver=True)), ("cr-0a",)
    ),
    "not of a block that is dead": (
        DRAIN_AT, pool(block=a_reservation(state=ReservationState.FAILED)), ()
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), ASKED.values(), ids=ASKED.keys())
def test_it_is_asked_whether_one_is_being_paid(now: datetime, pool: Pool, expected: tuple[str, ...]) -> None:
    assert inquiries(now, pool).extensions == expected


def test_the_end_of_a_hold_is_looked_at() -> None:
    [service] = bound_services(pool(READY))

    assert held_until(pool(READY), service) == UNTIL
    assert plan(DRAIN_AT + 20 * SECOND, pool(READY)).look_again_at == UNTIL


def test_a_drain_that_is_held_leaves_time_for_a_late_native_action_and_the_longest_drain() -> None:
    for seconds in range(0, 500, 7):
        longest = timedelta(seconds=seconds)
        measured = pool(longest_drain=longest)
        until = hold_until(measured, bound_services(measured)[0])
        assert until is None or until + 2 * MINUTE + longest <= RECLAIM_AT - MINUTE
        assert until is None or until <= UNTIL


@pytest.mark.parametrize("now", [DRAIN_AT - MINUTE, DRAIN_AT, UNTIL - MOMENT])
def test_whoever_looks_sees_that_a_drain_is_put_off(now: datetime) -> None:
    [held] = statuses(now, pool(READY))
    [away] = statuses(now, pool(READY, **AWAY))

    assert held.next == "scales to zero at 2026-03-02 10:54 UTC, put off while an extension is being paid"
    assert away.next == held.next


def test_nobody_sees_what_is_not_put_off() -> None:
    drains, ends = "scales to zero at 2026-03-02 10:50 UTC", "ends at 2026-03-02 11:30 UTC"

    assert [s.next for s in statuses(DRAIN_AT - MINUTE, pool(READY, extensions={}))] == [drains]
    assert [s.next for s in statuses(UNTIL, pool(READY))] == [ends]
