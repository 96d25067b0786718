"""EKS managed node groups: bound by version at size 0, sized by EKS, with EKS's own action left alone."""

from datetime import timedelta
from typing import Any

from tests.e2e.stage import DRAIN_AT, EKS_ACTION, END, FUNCTION, MINUTE, SIZE, START, Stage, staged


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
        assert "stale-eks-action" not in stage.kinds()
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
