"""Taking the mark off a node, over HTTPS."""

from datetime import timedelta

from capacity_blocks.core.drain.node import DRAIN_AT, INSTANCE_ID, TaintEffect
from tests.kubernetes.stage import I1, NOW, Stage

GPU = {"key": "nvidia.com/gpu", "effect": "NoSchedule", "timeAdded": "2026-03-01T11:30:00Z"}


def test_an_unmarked_node_keeps_what_others_have_put_on_it(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1)
    there.taints, there.labels["team"] = [GPU], "vision"
    on_stage.nodes.mark(on_stage.node(), NOW + timedelta(minutes=50), TaintEffect.NO_SCHEDULE)

    on_stage.nodes.unmark(on_stage.node())

    assert there.taints == [GPU]
    assert DRAIN_AT not in there.labels
    assert (there.labels["team"], there.labels[INSTANCE_ID]) == ("vision", I1)


def test_a_node_without_a_mark_is_unmarked_all_the_same(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1)

    on_stage.nodes.unmark(on_stage.node())

    assert there.taints == []
