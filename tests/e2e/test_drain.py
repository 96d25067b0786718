"""A whole drain: the work on each node of a block is moved before EC2 ends what runs, and nobody is left behind."""

from datetime import timedelta

from tests.e2e.drain_stage import DEADLINE, DRAIN_AT, END, PODS, RECLAIM_AT, drain_staged
from tests.e2e.stage import MINUTE, SECOND

HOOK = "capacity-blocks-drain"
STOPS_IN = timedelta(seconds=120)


def test_every_node_is_emptied_and_let_go_before_the_reclaim() -> None:
    with drain_staged() as told:
        stage = told.stage
        block = told.running(NewInstancesProtectedFromScaleIn=True)
        told.fill(stops_in=timedelta(seconds=40))
        [hook] = stage.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName="train-a")["LifecycleHooks"]
        assert (hook["LifecycleHookName"], hook["HeartbeatTimeout"], hook["DefaultResult"]) == (HOOK, 420, "CONTINUE")
        assert stage.tags()["capacity-blocks:hook"] == "420"
        launched, instances = stage.launches(block), stage.instances()

        stage.run_until(DRAIN_AT + 20 * SECOND)
        assert sorted(stage.instances(state="Terminating:Wait")) == sorted(instances)
        assert all(node.unschedulable for node in told.cluster.nodes.values())
        assert told.asked()["create pods/eviction"] == len(instances) * PODS

        stage.run_until(END)
        assert stage.described()["Instances"] == []
        assert told.left() == []
        assert set(told.ends()) == set(instances)
        for at, why in told.ends().values():
            assert DRAIN_AT + 40 * SECOND <= at <= DRAIN_AT + MINUTE
            assert why.startswith("Lifecycle Action Completed")
        assert max(told.terminated()) < RECLAIM_AT
        assert stage.launches(block) == launched
        assert [(at, desired) for at, desired, _ in stage.steps()][1:] == [(DRAIN_AT, 0)]
        assert told.outcomes() == ["drained"] * len(instances)
        [closing] = stage.notices("drained")
        assert closing["title"] == f"{block} is empty: 2 of 2 nodes were drained"
        assert "10 minutes of paid time were given up" in closing["text"]
        assert "6 pods or tasks were moved; the longest drain took 0 min 4" in closing["text"]
        assert stage.failures() == []


def test_many_nodes_are_drained_at_the_same_time() -> None:
    with drain_staged() as told:
        told.running(size=8)
        told.fill(10, stops_in=STOPS_IN)
        told.stage.run_until(RECLAIM_AT)
        assert len(told.ends()) == 8
        assert max(at for at, _ in told.ends().values()) <= DRAIN_AT + STOPS_IN + 15 * SECOND
        assert told.left() == []
        asked = told.asked()
        assert asked["create pods/eviction"] == 8 * 10
        assert asked["list pods"] <= 8 * (STOPS_IN / (5 * SECOND) + 3)
        assert sum(asked.values()) <= 8 * (10 + 30 + 6)


def test_what_never_gives_way_is_named_and_let_go_at_the_deadline() -> None:
    with drain_staged() as told:
        block = told.running()
        told.fill()
        told.hold_back()
        held = next(iter(told.cluster.nodes.values())).provider_id.rsplit("/", 1)[1]
        told.stage.run_until(DEADLINE - MINUTE)
        [warned] = told.stage.notices("stuck-drain")
        assert warned["title"] == f"1 instance of {block} will not be drained in time"
        assert all(word in warned["text"] for word in (held, "ml/train-0-", "never"))
        assert list(told.ends()) != []
        assert held not in told.ends()

        told.stage.run_until(END)
        at, why = told.ends()[held]
        assert DEADLINE <= at <= DEADLINE + 5 * SECOND
        assert why.startswith("Lifecycle Action Completed")
        assert told.stage.reclaimed() == []
        assert len(told.left()) == PODS
        [closing] = told.stage.notices("drained")
        assert closing["title"] == f"{block} is empty: 1 of 2 nodes were drained, 1 let go with work on them"
        assert all(word in closing["text"] for word in (f"Let go at the deadline: {held}", "ml/train-0-", "never"))
