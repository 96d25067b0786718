"""EKS managed node groups: bound by version at size 0, sized by EKS, with EKS's own action left alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulator.assumptions import Delay, minutes
from tests.e2e.stage import (
    DRAIN_AT,
    EKS_ACTION,
    END,
    FUNCTION,
    MINUTE,
    RECLAIM_AT,
    SIZE,
    SOON,
    START,
    Stage,
    staged,
)


def described(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = stage.client("eks").describe_nodegroup(clusterName="ml", nodegroupName="nodes")["nodegroup"]
    return found


def eks_calls(stage: Stage) -> list[str]:
    return [c.operation for c in stage.world.calls.of(FUNCTION) if c.service == "eks" and c.mutating]


def test_a_node_group_lives_through_a_block() -> None:
    with staged() as stage:
        block = stage.block()
        group = stage.node_group("cr-00000000000000000")
        before = described(stage)
        stage.run_until(START - 10 * MINUTE)
        after = described(stage)
        assert after["tags"] == {"capacity-blocks:pool": "training", "capacity-blocks:bound-to": block}
        assert after["launchTemplate"] == {**before["launchTemplate"], "version": "2"}
        # Neither Kubernetes nor the image of the nodes moves along.
        assert (after["version"], after["releaseVersion"]) == (before["version"], before["releaseVersion"])
        assert after["scalingConfig"] == {"minSize": 0, "maxSize": 3, "desiredSize": 0}
        assert eks_calls(stage) == ["UpdateNodegroupVersion", "TagResource"]

        stage.run_until(START + 15 * MINUTE)
        assert len(stage.instances(group)) == SIZE
        assert len(stage.occupants(block)) == SIZE
        assert stage.sizes(group) == (0, 3, SIZE)

        stage.run_until(END)
        assert [at.replace(microsecond=0) for at, desired, _ in stage.steps(group) if not desired] == [DRAIN_AT]
        assert described(stage)["scalingConfig"] == {"minSize": 0, "maxSize": 3, "desiredSize": 0}
        assert described(stage)["tags"] == {"capacity-blocks:pool": "training"}
        assert stage.reclaimed() == []
        assert {"stale-eks-action", "node-group-late", "foreign-hooks"} & set(stage.kinds()) == set()
        assert stage.failures() == []


def test_a_stale_action_of_eks_is_told_and_undone_but_never_touched() -> None:
    with staged() as stage:
        block = stage.block()
        group = stage.node_group(block, own_image=True)
        stage.run_until(START + timedelta(hours=1))
        assert stage.scheduled(group) == {EKS_ACTION: (DRAIN_AT, 0)}
        assert "stale-eks-action" not in stage.kinds()

        stage.run_until(END - timedelta(hours=10))
        stage.extend(block, paid_after=timedelta(minutes=30))
        stage.run_until(END - timedelta(hours=9))
        [notice] = stage.notices("stale-eks-action")
        assert (notice["severity"], notice["reservation_id"]) == ("critical", block)
        assert "at 2027-03-21 10:50 UTC" in notice["title"]
        assert stage.scheduled(group) == {EKS_ACTION: (DRAIN_AT, 0)}

        stage.run_until(END)
        _, (fired_at, desired, by), (out_at, again, _), *later = stage.steps(group)
        assert (desired, by) == (0, f"scheduled action {EKS_ACTION}")
        assert again == SIZE
        assert out_at - fired_at <= MINUTE
        assert later == []
        assert len(stage.occupants(block)) == SIZE


@pytest.mark.parametrize("takes", [minutes(4), minutes(40)], ids=["in-time", "too-late"])
def test_ekss_own_drain_is_watched_and_told_of_before_the_reclaim_where_it_is_late(takes: Delay) -> None:
    with staged(assumptions=replace(SOON, node_group_drain=takes)) as stage:
        block = stage.block()
        group = stage.node_group(block, own_image=True)
        stage.run_until(DRAIN_AT + 2 * MINUTE)
        waiting = stage.instances(group, state="Terminating:Wait")
        assert len(waiting) == SIZE
        stage.run_until(RECLAIM_AT - 6 * MINUTE)
        assert stage.notices("node-group-late") == []

        stage.run_until(RECLAIM_AT - 3 * MINUTE)
        late = stage.notices("node-group-late")
        if takes == minutes(4):
            assert (late, stage.described(group)["Instances"]) == ([], [])
            return
        assert [(each["severity"], each["reservation_id"]) for each in late] == [("critical", block)]
        assert all(instance_id in late[0]["text"] for instance_id in waiting)
        assert "PodDisruptionBudget" in late[0]["next_step"]
        stage.run_until(END)
        assert sorted(stage.reclaimed()) == sorted(waiting)  # EKS would have gone on after that
        assert len(stage.notices("node-group-late")) == 1
        # EC2's own warning is taken up, but the wait is EKS's: only EKS may end it.
        touched = [call.name for call in stage.world.calls.of("DrainNodeFunction") if call.mutating]
        assert [name for name in touched if name.startswith("autoscaling.")] == []
