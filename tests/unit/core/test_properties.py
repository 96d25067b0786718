"""What holds of every plan, whatever the pool looks like."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from capacity_blocks.core import tag
from capacity_blocks.core.action import (
    Bind,
    PutHook,
    PutScheduledAction,
    Say,
    Scale,
    StartDrain,
    TargetAction,
    Unbind,
)
from capacity_blocks.core.assignment import assign, bound_services
from capacity_blocks.core.drain.checkpoint import RunDocument
from capacity_blocks.core.drain.deadline import IN_HAND
from capacity_blocks.core.drain.hold import NO_LATER, hold_until, is_held
from capacity_blocks.core.drain.hook import NATIVE_DELAY, ours
from capacity_blocks.core.fit import misfits
from capacity_blocks.core.native import EKS_ACTION
from capacity_blocks.core.planner import Plan, plan
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Extension, Pool, pools
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.service import DRAIN_ACTION, START_ACTION, Service
from capacity_blocks.core.sizing import NO_SOONER
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Instance, ScheduledAction, Suspension, Target, TargetId
from capacity_blocks.core.timeline import Timeline
from tests.factories import REGION, a_launch_template, a_reservation, a_target, at, some_details
from tests.unit.core.model import applied
from tests.unit.shapes import ACTIVE, DRAIN_AT, RECLAIM_AT, a_pool, bound, drain_action, instances, running

ORIGIN = at("2026-03-01T00:00")
MINUTE = timedelta(minutes=1)
IDS = ["cr-0a", "cr-0b", "cr-0c"]
ROUNDS = 25  # three targets that are each drained, set free, bound anew and written to

STATES = [ReservationState.ACTIVE] * 8 + [ReservationState.SCHEDULED] * 6 + list(ReservationState)
LIFECYCLES = ["InService"] * 4 + ["Pending", "Standby", "Terminating", "Terminating:Wait"]
METHODS = [*[{}] * 4, *({tag.DRAIN: method} for method in ("eks", "eks", "ecs", "ssm:stop", "none", "?"))]
POLICIES = [
    *[Policy()] * 4,
    Policy(drain_lead=90 * MINUTE, ultraserver_drain_lead=120 * MINUTE),
    Policy(hold_for_extension=True),
    Policy(hold_for_extension=True, checkpoint=RunDocument(name="save")),
    Policy(scale_out=False),
    Policy(broken="they are not JSON"),
    Policy(broken="they could not be read", unread=True),
]
HOOKS = [None, None, 7 * MINUTE, 3 * MINUTE, timedelta()]
SPOT = some_details(template=a_launch_template(market_type="spot"))


def an_instant(chance: Random) -> datetime:
    return ORIGIN + chance.randint(0, 60) * 10 * MINUTE


def a_moment(chance: Random, pool: Pool) -> datetime:
    """Return an instant at, just before or between the boundaries of one of the blocks."""
    lives = [Timeline.of(b, pool.policy) for b in pool.reservations]
    middles = [at.start + (at.drain_at - at.start) / 2 for at in lives]
    instants = [i for at in lives for i in (at.start, at.drain_at, at.reclaim_at, at.end)]
    off = chance.choice([-MINUTE, -timedelta(microseconds=1), *[timedelta()] * 4])
    return chance.choice([*instants, *middles, *middles, *middles, an_instant(chance)]) + off


def a_block(chance: Random, reservation_id: str) -> Reservation:
    start = an_instant(chance)
    return a_reservation(
        reservation_id=reservation_id,
        state=chance.choice(STATES),
        start=start,
        end=start + chance.choice([1, 5, 24, 24, 36]) * 10 * MINUTE,
        instance_count=chance.choice([0, 1, 8, 8, 8]),
        ultraserver=chance.choice([False, False, True, None]),
        tags=chance.choice([*[{tag.POOL: "training"}] * 8, {}, {tag.POOL: "research"}]),
    )


def some_instances(chance: Random, name: str) -> tuple[Instance, ...]:
    return tuple(
        Instance(
            instance_id=f"i-{name}-{n}", lifecycle_state=chance.choice(LIFECYCLES), protected=chance.random() < 0.5
        )
        for n in range(chance.choice([0, 0, 0, 1, 4, 5]))
    )


def some_actions(chance: Random) -> tuple[ScheduledAction, ...]:
    names = chance.sample([START_ACTION, DRAIN_ACTION, EKS_ACTION, "nightly"], k=chance.randint(0, 3))
    starts = [chance.choice([None, an_instant(chance)]) for _ in names]
    return tuple(
        ScheduledAction(name=name, start=start, minimum=0, maximum=chance.randint(0, 8), desired=0)
        for name, start in zip(names, starts, strict=True)
        if starts.count(start) == 1
    )


def a_sound_target(chance: Random, name: str) -> Target:
    desired = chance.choice([0, 0, 4, 8])
    return a_target(
        name,
        wishes=wishes(chance.choice([{}, {tag.INSTANCES: "4"}]) | chance.choice(METHODS)),
        hook=chance.choice(HOOKS),
        bound_to=chance.choice([None, *IDS]),
        desired=desired,
        instances=instances(desired),
        details=some_details(),
        scheduled_actions=some_actions(chance),
    )


def some_target(chance: Random, name: str) -> Target:
    if chance.random() < 0.5:
        return a_sound_target(chance, name)
    counts = [{}, {}, {}, {}, *({tag.INSTANCES: text} for text in ("1", "3", "4", "8", "many"))]
    leads = [{}, {}, {}, {}, {}, {}, *({tag.DRAIN_LEAD: text} for text in ("31", "45", "61", "90", "soon"))]
    minimum = chance.choice([0, 0, 0, 1])
    desired = minimum + chance.choice([0, 0, 3, 8])
    return a_target(
        name,
        id=TargetId(region=REGION, name=name, cluster=chance.choice(["", "", "ml"])),
        wishes=wishes(chance.choice(counts) | chance.choice(leads) | chance.choice(METHODS)),
        hook=chance.choice(HOOKS),
        bound_to=chance.choice([None, None, *IDS, IDS[0], IDS[0], "cr-gone"]),
        minimum=minimum,
        desired=desired,
        maximum=max(1, desired + chance.randint(0, 4)),
        instances=some_instances(chance, name) if desired or chance.random() < 0.1 else (),
        launch=chance.choice(list(Suspension)),
        details=chance.choice([*[some_details()] * 6, None, SPOT]),
        scheduled_actions=some_actions(chance),
    )


def some_pool(seed: int) -> tuple[datetime, Pool]:
    """Make a pool up, with an instant in its life. A seed is quicker than a strategy for each field, by far."""
    chance = Random(seed)
    if chance.random() < 0.1:
        return a_drain_put_off(chance)
    held = [a_block(chance, i) for i in IDS[: chance.choice([0, 1, 2, 2, 3, 3])]]
    serving = [some_target(chance, n) for n in ["a", "b", "c"][: chance.choice([0, 1, 2, 2, 3, 3])]]
    found, _ = pools(REGION, held, serving, {}, chance.choice(POLICIES), {})
    pool = next((p for p in found if p.name == "training"), a_pool(blocks=()))
    return a_moment(chance, pool), with_answers(chance, pool)


def a_drain_put_off(chance: Random) -> tuple[datetime, Pool]:
    """Make up a pool whose drain may be held: at an instant around that, with all in place, or nearly."""
    longest = chance.choice([timedelta(), 2 * MINUTE, 3 * MINUTE, 5 * MINUTE, None])
    until = RECLAIM_AT - chance.choice([5, 6, 6, 6, 7, 8, 9]) * MINUTE
    target = running(
        wishes=wishes(chance.choice([{tag.DRAIN: "ecs"}, {tag.DRAIN: "eks"}, {}])),
        hook=chance.choice([3 * MINUTE, 3 * MINUTE, 5 * MINUTE, 7 * MINUTE, None]),
        scheduled_actions=chance.choice([(drain_action(until),), (drain_action(until),), (drain_action(),), ()]),
        desired=chance.choice([8, 8, 6]),
    )
    extension = Extension(reservation_id="cr-0a", end=ACTIVE.end + 24 * 60 * MINUTE)
    pool = a_pool(target, blocks=(ACTIVE,), policy=Policy(hold_for_extension=True), longest_drain=longest)
    off = chance.choice([-MINUTE, -timedelta(microseconds=1), timedelta(), MINUTE, 3 * MINUTE])
    pool = replace(pool, extensions={"cr-0a": extension}, hold_unread=chance.random() < 0.2)
    return chance.choice([DRAIN_AT, DRAIN_AT, until]) + off, pool


def with_answers(chance: Random, pool: Pool) -> Pool:
    """Return the pool with what was asked of drains, or was not."""
    waiting = [i for t in pool.targets for i in t.waiting]
    paying = [r for r in pool.reservations if chance.random() < 0.5]
    return replace(
        pool,
        extensions={
            r.reservation_id: Extension(reservation_id=r.reservation_id, end=r.end + 24 * 60 * MINUTE) for r in paying
        },
        longest_drain=chance.choice([None, timedelta(), 2 * MINUTE, 5 * MINUTE, 20 * MINUTE]),
        under_way=frozenset(chance.sample(waiting, k=chance.randint(0, len(waiting)))),
        hooks={t.id: (ours(7 * MINUTE),) for t in pool.targets if chance.random() < 0.2},
        reports={r.reservation_id: () for r in pool.reservations if chance.random() < 0.5},
    )


Situation = tuple[datetime, Pool]
situations = st.integers(0, 2**32 - 1).map(some_pool)


def services(pool: Pool) -> dict[TargetId, Service]:
    return {s.target.id: s for s in bound_services(pool)}


def deeds(plan: Plan) -> list[TargetAction]:
    return [a for a in plan.actions if not isinstance(a, Say)]


@given(situation=situations)
@settings(max_examples=400)
def test_plans_that_are_carried_out_come_to_rest(situation: Situation) -> None:
    now, pool = situation
    step, rounds = plan(now, pool), 0
    while step.actions and rounds < ROUNDS:
        pool = applied(now, pool, step)
        step, rounds = plan(now, pool), rounds + 1

    assert step.actions == ()


@given(situation=situations)
@settings(max_examples=400)
@example(situation=(DRAIN_AT, a_pool(running(), blocks=(ACTIVE,))))
def test_nothing_scales_out_but_an_active_block_between_its_start_and_its_drain(situation: Situation) -> None:
    now, pool = situation
    for action in deeds(plan(now, pool)):
        if not isinstance(action, Scale):
            continue
        service = services(pool)[action.target]
        target, timeline = service.target, service.timeline(pool.policy)
        if action.desired > target.desired or action.desired > 0:
            assert service.reservation.state is ReservationState.ACTIVE
            assert timeline.start <= now < timeline.drain_at == action.before
            assert action.desired == max(target.desired, service.share)


@given(situation=situations)
@settings(max_examples=400)
@example(situation=(DRAIN_AT - MINUTE, a_pool(running(), blocks=(ACTIVE,))))
def test_nothing_scales_in_between_the_last_minute_before_the_start_and_the_drain(situation: Situation) -> None:
    now, pool = situation
    for action in deeds(plan(now, pool)):
        service = services(pool).get(action.target)
        if isinstance(action, Scale) and service is not None and not service.reservation.is_dead:
            timeline = service.timeline(pool.policy)
            if timeline.start - NO_SOONER <= now < timeline.drain_at:
                assert action.desired >= service.target.desired
                assert action.maximum >= service.target.maximum


@given(situation=situations)
@settings(max_examples=400)
def test_from_the_drain_on_a_target_goes_to_zero_and_is_set_free_unless_its_drain_is_held(
    situation: Situation,
) -> None:
    now, pool = situation
    asked = {a.target for a in deeds(plan(now, pool)) if isinstance(a, Scale | Unbind)}

    for service in bound_services(pool):
        target, timeline = service.target, service.timeline(pool.policy)
        if is_held(now, pool, service) and not service.reservation.is_dead:
            assert now < timeline.reclaim_at - NO_LATER
            assert target.id not in asked or (service.is_moved and target.is_empty)
            continue
        is_over = target.is_empty and now >= timeline.reclaim_at
        if now >= timeline.drain_at and (target.desired > 0 or target.minimum > 0 or is_over):
            assert target.id in asked


@given(situation=situations)
@settings(max_examples=400)
def test_native_actions_lie_ahead_inside_the_block_and_never_at_one_instant_with_another(situation: Situation) -> None:
    now, pool = situation
    for action in deeds(plan(now, pool)):
        if isinstance(action, PutScheduledAction):
            service = services(pool)[action.target]
            timeline, start = service.timeline(pool.policy), action.scheduled.start
            assert start is not None
            held_until = hold_until(pool, service)
            assert now < start <= max(timeline.drain_at, held_until or timeline.drain_at)
            foreign = {a.start for a in service.target.scheduled_actions if a.name not in {START_ACTION, DRAIN_ACTION}}
            assert start not in foreign
            if action.scheduled.name == START_ACTION:
                assert timeline.start <= start < timeline.drain_at
                assert service.reservation.is_paid
                assert pool.policy.may_scale_out
            else:
                assert (action.scheduled.maximum, action.scheduled.desired) == (0, 0)


@given(situation=situations)
@settings(max_examples=400)
def test_a_plan_looks_again_later_than_now(situation: Situation) -> None:
    now, pool = situation
    look_again_at = plan(now, pool).look_again_at

    assert look_again_at is None or look_again_at > now


@given(situation=situations, seed=st.integers(0, 1000))
@settings(max_examples=400)
def test_the_order_of_blocks_and_targets_does_not_matter(situation: Situation, seed: int) -> None:
    now, pool = situation
    held, serving = list(pool.reservations), list(pool.targets)
    Random(seed).shuffle(held)
    Random(seed).shuffle(serving)
    found, _ = pools(REGION, held, serving, {"training": pool.policy}, Policy(), {})
    assume(found)

    sorted_anew = next(p for p in found if p.name == "training")
    shuffled = replace(pool, reservations=sorted_anew.reservations, targets=sorted_anew.targets)

    assert plan(now, shuffled) == plan(now, pool)


@given(situation=situations)
@settings(max_examples=400)
def test_a_plan_names_given_targets_and_their_own_blocks_alone(situation: Situation) -> None:
    now, pool = situation
    known = {t.id: t for t in pool.targets}

    for action in deeds(plan(now, pool)):
        target = known[action.target]
        if isinstance(action, Bind):
            assert target.bound_to is None
            assert action.reservation_id in {r.reservation_id for r in pool.reservations}
        else:
            assert action.reservation_id == target.bound_to


@given(situation=situations)
@settings(max_examples=400)
def test_each_target_serves_one_block_at_most_and_shares_never_exceed_a_block(situation: Situation) -> None:
    now, pool = situation
    found = assign(now, pool)
    taken: Counter[str] = Counter()
    for service in (*found.bound, *found.to_bind):
        taken[service.reservation.reservation_id] += service.share

    served = [s.target.id for s in (*found.bound, *found.to_bind)]
    assert len(served) == len(set(served))
    assert all(taken[r.reservation_id] <= r.instance_count for r in pool.reservations)


@given(situation=situations)
@settings(max_examples=400)
def test_only_free_targets_that_fit_are_bound_and_only_to_paid_blocks_that_still_run(situation: Situation) -> None:
    now, pool = situation
    for service in assign(now, pool).to_bind:
        timeline = service.timeline(pool.policy)
        assert service.target.bound_to is None
        assert service.target.is_empty
        assert misfits(service.reservation, service.target, service.reservation.instance_count) == ()
        assert service.reservation.is_paid
        assert now < timeline.drain_at


@given(
    native=st.integers(0, 60).map(lambda n: ORIGIN + n * 10 * MINUTE),
    end=st.integers(1, 100),
    longer=st.integers(0, 100),
    broken=st.booleans(),
)
def test_a_later_end_never_brings_the_drain_of_a_target_forward(
    native: datetime, end: int, longer: int, broken: bool
) -> None:
    policy = Policy(broken="x") if broken else Policy()
    target = bound(scheduled_actions=(ScheduledAction(name=DRAIN_ACTION, start=native),))

    def drain_at(minutes: int) -> datetime:
        block = a_reservation(start=ORIGIN, end=ORIGIN + minutes * 10 * MINUTE)
        return Service(target=target, reservation=block, share=8).timeline(policy).drain_at

    assert drain_at(end + longer) >= drain_at(end)


@given(situation=situations)
@settings(max_examples=400)
def test_with_broken_settings_nothing_is_bound_or_scaled_out_and_nothing_drains_later(situation: Situation) -> None:
    now, pool = situation
    whole = replace(pool, policy=Policy())
    broken = replace(pool, policy=Policy(broken="x"))

    done = deeds(plan(now, broken))

    assert not [a for a in done if isinstance(a, Bind)]
    assert not [a for a in done if isinstance(a, Scale) and a.desired > 0]
    for mine, default in zip(bound_services(broken), bound_services(whole), strict=True):
        assert mine.timeline(broken.policy).drain_at <= default.timeline(whole.policy).drain_at


@given(situation=situations)
@settings(max_examples=400)
def test_without_this_application_every_hooked_instance_is_gone_before_the_reclaim(situation: Situation) -> None:
    now, pool = situation
    for _ in range(3):  # hook, native action, and nothing more
        pool = applied(now, pool, plan(now, pool))
    for service in bound_services(pool):
        target, timeline = service.target, service.timeline(pool.policy)
        native = next((a.start for a in target.scheduled_actions if a.name == DRAIN_ACTION), None)
        is_sound = target.hook and not (pool.policy.unread or target.wishes.mistakes or service.reservation.is_dead)
        if is_sound and target.hook and native is not None and now < timeline.drain_at:
            assert native + NATIVE_DELAY + target.hook + IN_HAND <= timeline.reclaim_at


@given(situation=situations)
@settings(max_examples=400)
def test_a_drain_ends_before_the_reclaim_and_is_started_where_an_instance_waits_and_nobody_is_at_it(
    situation: Situation,
) -> None:
    now, pool = situation
    for action in deeds(plan(now, pool)):
        if isinstance(action, StartDrain):
            service = services(pool).get(action.target)
            last = service.timeline(pool.policy).reclaim_at - IN_HAND if service else now + pool.policy.drain_at_most
            assert action.deadline <= last
            assert action.instance_id in next(t.waiting for t in pool.targets if t.id == action.target)
            assert action.instance_id not in pool.under_way


@given(situation=situations)
@settings(max_examples=400)
def test_hooks_are_put_on_groups_that_ask_for_a_drain_and_no_others(situation: Situation) -> None:
    now, pool = situation
    for action in deeds(plan(now, pool)):
        if isinstance(action, PutHook):
            target = services(pool)[action.target].target
            assert target.wishes.drain != "none"
            assert not target.id.cluster


def test_the_model_itself_can_fail() -> None:
    pool = a_pool(bound(scheduled_actions=()), blocks=(ACTIVE,))
    step = plan(ACTIVE.start, pool)

    assert deeds(step)
    assert applied(ACTIVE.start, pool, step) != pool
