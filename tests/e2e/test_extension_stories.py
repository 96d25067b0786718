"""Extensions as they come: settled at the last moment, failed, bought by hand, pending when the drain is due."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from simulator.assumptions import seconds
from simulator.faults import Strike
from tests.e2e.stage import DRAIN_AT, EKS_ACTION, END, MINUTE, NO_EVENTS, SIZE, SOON, START, Stage, staged

DAY = timedelta(days=1)
NEW_END = END + DAY
# An extension fails that is not paid 35 minutes before the end: this is as late as one can settle.
PAID_AT = END - 36 * MINUTE
GROUP, NODE_GROUP = "a self-managed group", "a managed node group"
EVENTS: dict[str, tuple[Strike, ...]] = {"with events": (), "with every event lost": (NO_EVENTS,)}


def running(stage: Stage, kind: str = GROUP) -> tuple[str, str]:
    """Let a group of a kind run in a block; return the block and the Auto Scaling group."""
    block = stage.block()
    group = stage.group() if kind == GROUP else stage.node_group(block, own_image=True)
    stage.run_until(START + timedelta(hours=1))
    assert len(stage.instances(group)) == SIZE
    return block, group


def sized(stage: Stage, group: str) -> list[tuple[datetime, int]]:
    """When the group was given another size after it had been filled, and which."""
    return [(at.replace(second=0, microsecond=0), desired) for at, desired, _ in stage.steps(group)][1:]


def titles(stage: Stage, kind: str) -> list[str]:
    return [str(facts["title"]) for facts in stage.notices(kind)]


@pytest.mark.parametrize(("kind", "faults"), [(NODE_GROUP, ()), (GROUP, (NO_EVENTS,))], ids=[NODE_GROUP, GROUP])
def test_one_that_settles_at_t36_calls_back_what_was_drained_and_moves_its_end(
    kind: str, faults: tuple[Strike, ...]
) -> None:
    with staged() as stage:
        block, group = running(stage, kind)
        stage.world.faults.strikes = faults
        stage.run_until(END - 61 * MINUTE)
        stage.extend(block, paid_after=25 * MINUTE)
        stage.run_until(PAID_AT - MINUTE)
        # Pending when the drain is due: until it is paid the old end stands, and people have been warned of that.
        assert sized(stage, group) == [(DRAIN_AT, 0)]
        assert len(stage.notices("extension-pending")) == 1

        stage.run_until(PAID_AT + MINUTE)
        assert sized(stage, group) == [(DRAIN_AT, 0), (PAID_AT, SIZE)]
        stage.run_until(END - 20 * MINUTE)
        instances = stage.instances(group)
        assert len(instances) == SIZE
        stage.run_until(NEW_END - 41 * MINUTE)
        assert stage.instances(group) == instances

        stage.run_until(NEW_END)
        assert sized(stage, group) == [(DRAIN_AT, 0), (PAID_AT, SIZE), (DRAIN_AT + DAY, 0)]
        assert (stage.reclaimed(), stage.occupants(block), stage.failures()) == ([], [], [])


@pytest.mark.parametrize("kind", [GROUP, NODE_GROUP])
def test_one_that_is_pending_at_the_drain_and_fails_leaves_nothing_running_past_the_end(kind: str) -> None:
    with staged() as stage:
        block, group = running(stage, kind)
        stage.run_until(END - 61 * MINUTE)
        stage.extend(block, paid_after=26 * MINUTE, succeeds=False)
        stage.run_until(END + timedelta(hours=2))
        assert sized(stage, group) == [(DRAIN_AT, 0)]
        assert [at for at in stage.launches(block) if at >= DRAIN_AT] == []
        assert (stage.reclaimed(), stage.occupants(block)) == ([], [])
        assert titles(stage, "ended") == [f"{block} has ended"]


@pytest.mark.parametrize("faults", EVENTS.values(), ids=EVENTS.keys())
def test_one_that_a_person_bought_in_the_console_counts_like_our_own(faults: tuple[Strike, ...]) -> None:
    with staged() as stage:
        block, group = running(stage)
        stage.world.faults.strikes = faults
        instances = stage.instances()
        stage.run_until(END - timedelta(hours=2))
        stage.extend(block, paid_after=5 * MINUTE)
        stage.run_until(NEW_END - 41 * MINUTE)
        assert stage.instances() == instances
        stage.run_until(NEW_END)
        assert sized(stage, group) == [(DRAIN_AT + DAY, 0)]
        assert (stage.reclaimed(), stage.occupants(block)) == ([], [])
        assert "PurchaseCapacityBlockExtension" not in {call.operation for call in stage.world.calls.of()}


def test_an_ultraserver_whose_extension_settles_after_ec2_has_begun_to_terminate_is_bound_again() -> None:
    with staged() as stage:
        block = stage.block()
        stage.ultraserver(block)
        group = stage.group()
        stage.run_until(END - 80 * MINUTE)
        stage.extend(block, paid_after=44 * MINUTE)
        stage.run_until(PAID_AT - MINUTE)
        assert sized(stage, group) == [(END - 70 * MINUTE, 0)]
        assert stage.bound_to() is None
        stage.run_until(END)
        assert stage.bound_to() == block
        assert len(stage.instances()) == SIZE
        stage.run_until(NEW_END)
        assert sized(stage, group)[-1] == (NEW_END - 70 * MINUTE, 0)
        assert (stage.reclaimed(), stage.occupants(block)) == ([], [])


@pytest.mark.parametrize("late", [0, 120], ids=lambda late: f"{late} s late")
@pytest.mark.parametrize("left", [10 * 60, 41], ids=lambda left: f"paid {left} minutes before the end")
def test_an_action_of_eks_that_is_stale_is_warned_of_and_undone_in_seconds(late: int, left: int) -> None:
    quick = replace(SOON, scheduled_action=seconds(late), scaling_reaction=seconds(0))
    with staged(assumptions=quick) as stage:
        block, group = running(stage, NODE_GROUP)
        stage.run_until(END - left * MINUTE - 25 * MINUTE)
        stage.extend(block, paid_after=25 * MINUTE)
        stage.run_until(DRAIN_AT - timedelta(seconds=1))
        assert titles(stage, "stale-eks-action") == [
            "EKS will scale ml/nodes to zero at 2027-03-21 10:50 UTC, out of step with its block"
        ]
        assert sized(stage, group) == []

        stage.run_until(END)
        _, (fired_at, desired, by), (out_at, again, _), *later = stage.steps(group)
        assert (desired, by, again, later) == (0, f"scheduled action {EKS_ACTION}", SIZE, [])
        assert out_at - fired_at <= timedelta(seconds=5)
        # The nodes are gone all the same: people are told, and told again when the new ones serve.
        assert titles(stage, "scaled-in") == ["ml/nodes was scaled to 0 by somebody else: it is scaled out to 2 again"]
        assert [kind for kind in stage.kinds() if kind in {"scaled-out", "in-service", "not-in-service"}] == [
            "scaled-out", "in-service", "scaled-out", "in-service",
        ]  # fmt: skip
        assert len(stage.occupants(block)) == SIZE
