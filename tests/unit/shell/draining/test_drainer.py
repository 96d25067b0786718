"""One instance, from the event to its release."""

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.drain.container import ContainerInstance
from capacity_blocks.core.drain.method import ECS_CLUSTER
from capacity_blocks.core.drain.verdict import Report, Verdict
from capacity_blocks.core.group import EKS_CLUSTER, EKS_NODE_GROUP
from capacity_blocks.draining.drainer import Outcome
from tests.factories import END, a_reservation
from tests.fakes import refused, unclear
from tests.fakes.nodes import FakePod
from tests.unit.shell.draining.stage import DEADLINE, DRAIN_AT, I1, MINUTE, SECOND, Stage

POD = f"ml/worker-{I1}"


def test_an_instance_is_drained_recorded_and_let_go() -> None:
    stage = Stage()
    stage.add(I1)
    stage.start()
    stage.run()

    gone = DRAIN_AT + 30 * SECOND
    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.lifecycle.completed == {I1: gone}
    assert stage.drains.results("cr-0a") == [
        Report(
            instance_id=I1,
            verdict=Verdict.DRAINED,
            started=DRAIN_AT,
            ended=gone,
            reasons=("no pod is left on the node",),
            evicted=(POD,),
        )
    ]
    assert stage.drains.longest("training") == 30 * SECOND
    assert stage.ledger.history["cr-0a"] == [
        {
            "did": "Drain",
            "instance": I1,
            "target": "train",
            "outcome": "drained",
            "seconds": "30",
            "evicted": POD,
            "reason": "no pod is left on the node",
        }
    ]
    assert stage.notifier.sent == []


def test_the_deadline_is_a_minute_before_the_reclaim() -> None:
    stage = Stage()
    stage.add(I1)
    stage.start()
    stage.run()

    assert set(stage.cluster.deadlines[I1]) == {DEADLINE}


def test_a_lead_of_the_group_or_the_pool_makes_no_other_deadline() -> None:
    stage = Stage()
    stage.add(I1, tags={tag.DRAIN_LEAD: "45"})
    stage.settings.held["training"] = '{"drain": {"lead_minutes": 50}}'
    stage.start()
    stage.run()

    assert set(stage.cluster.deadlines[I1]) == {DEADLINE}


def test_an_instance_that_goes_before_its_block_ends_has_what_the_pool_gives_it() -> None:
    stage = Stage()
    stage.add(I1, block=a_reservation(end=END + timedelta(days=3)))
    stage.settings.held["training"] = '{"drain": {"at_most_minutes": 5}}'
    stage.cluster.pods[I1] = [FakePod(POD, held="ml/workers")]
    stage.start()
    stage.run()

    assert set(stage.cluster.deadlines[I1]) == {DRAIN_AT + 5 * MINUTE}
    assert stage.lifecycle.completed == {I1: DRAIN_AT + 5 * MINUTE}


def test_an_instance_outside_of_any_block_is_drained_too() -> None:
    stage = Stage()
    stage.add(I1, tags={tag.BOUND_TO: ""})
    stage.blocks.held[I1] = None
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert [r.instance_id for r in stage.drains.results("")] == [I1]
    assert stage.ledger.history == {}


def test_nothing_is_drained_that_stays() -> None:
    stage = Stage()
    stage.add(I1, state="InService")
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.STAYS}
    assert stage.cluster.looks == 0


def test_an_instance_of_no_group_is_left_alone() -> None:
    stage = Stage()
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.GONE}


def test_a_group_of_no_pool_is_left_alone() -> None:
    stage = Stage()
    stage.add(I1, tags={tag.POOL: ""})
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.NOT_OURS}
    assert stage.cluster.looks == 0
    assert stage.lifecycle.completed == {}


def test_a_group_where_nothing_is_to_be_drained_is_let_go_at_once() -> None:
    stage = Stage()
    stage.add(I1, tags={tag.DRAIN: "none"})
    stage.start()
    stage.run()

    assert stage.lifecycle.completed == {I1: DRAIN_AT}
    assert [r.reasons for r in stage.drains.results("cr-0a")] == [("nothing on it needs to be drained",)]


def test_a_tag_that_means_nothing_keeps_the_instance_until_somebody_corrects_it() -> None:
    stage = Stage()
    stage.add(I1, tags={tag.DRAIN: "kubernetes"})
    member = stage.lifecycle.held[I1]
    corrected = replace(member, tags={**member.tags, tag.DRAIN: "eks"})
    stage.at(DRAIN_AT + 3 * MINUTE, lambda: stage.lifecycle.held.update({I1: corrected}))
    stage.start()
    stage.run()

    (notice,) = stage.notifier.sent
    assert (
        "tag capacity-blocks:drain of train is 'kubernetes'; allowed: eks, ecs, none or ssm:<document>" in notice.text
    )
    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert DRAIN_AT + 3 * MINUTE < stage.lifecycle.completed[I1] < DRAIN_AT + 6 * MINUTE


# --- an instance that is not where its tags say ------------------------------------

ELSEWHERE = {tag.DRAIN: "ecs", ECS_CLUSTER: "other"}


def of_ecs() -> Stage:
    stage = Stage()
    stage.add(I1, tags=ELSEWHERE)
    stage.container_instances.held[I1] = ContainerInstance(arn="arn:0a", cluster="gpu")
    stage.start()
    return stage


def test_a_tag_that_names_another_cluster_is_told_and_nothing_is_taken_for_drained() -> None:
    stage = of_ecs()
    stage.run()

    (notice,), (report,) = stage.notifier.sent, stage.drains.results("cr-0a")
    assert f"{I1}: it is no container instance of cluster other, so that nothing on it is drained" in notice.text
    assert stage.outcomes == {"r1": Outcome.LET_GO}
    assert (report.verdict, stage.lifecycle.completed) == (Verdict.LET_GO, {I1: DEADLINE})
    assert stage.drains.longest("training") is None


def test_its_correction_drains_the_instance_after_all() -> None:
    stage = of_ecs()
    member = stage.lifecycle.held[I1]
    corrected = replace(member, tags={**member.tags, ECS_CLUSTER: "gpu"})
    stage.at(DRAIN_AT + 3 * MINUTE, lambda: stage.lifecycle.held.update({I1: corrected}))
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.container_instances.held[I1].is_draining


def test_an_instance_that_ec2_has_ended_is_not_waited_for() -> None:
    stage = of_ecs()
    stage.container_instances.held.clear()
    stage.blocks.ended.add(I1)
    stage.run()

    (report,) = stage.drains.results("cr-0a")
    assert stage.lifecycle.completed == {I1: DRAIN_AT}
    assert (report.verdict, report.reasons[0]) == (
        Verdict.LET_GO,
        "EC2 has ended it: nothing runs on it any more",
    )
    assert stage.notifier.sent == []
    assert stage.drains.longest("training") is None


def test_an_instance_that_ec2_does_not_speak_of_is_waited_for() -> None:
    stage = of_ecs()
    stage.blocks.errors["is_running"] = unclear("DescribeInstances")
    stage.run()

    assert stage.lifecycle.completed == {I1: DEADLINE}


# --- the interruption warning -----------------------------------------------


def test_an_instance_that_ec2_ends_is_drained_at_once_and_nobody_waits_for_us() -> None:
    stage = Stage()
    stage.add(I1, state="InService")
    stage.start(termination=DRAIN_AT + 5 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert set(stage.cluster.deadlines[I1]) == {DRAIN_AT + 5 * MINUTE}
    assert stage.lifecycle.completed == {}


def test_it_is_drained_by_then_though_nobody_knows_when_its_block_ends() -> None:
    stage = Stage()
    stage.add(I1, state="InService")
    stage.cluster.pods[I1] = [FakePod(POD, held="ml/workers")]
    stage.blocks.errors["block_of"] = unclear("DescribeInstances")
    stage.start(termination=DRAIN_AT + 4 * MINUTE)
    stage.run()

    assert [r.ended for r in stage.drains.results("cr-0a")] == [DRAIN_AT + 4 * MINUTE]


def test_a_termination_that_is_due_already_leaves_the_two_minutes_that_are_documented() -> None:
    stage = Stage()
    stage.add(I1, state="InService")
    stage.start(termination=DRAIN_AT)
    stage.run()

    assert set(stage.cluster.deadlines[I1]) == {DRAIN_AT + 2 * MINUTE}
    assert stage.outcomes == {"r1": Outcome.DRAINED}


def test_what_ec2_did_not_end_after_all_has_all_its_time_when_it_terminates() -> None:
    stage = Stage()
    stage.add(I1, state="InService")
    stage.cluster.pods[I1] = [FakePod(POD, held="ml/workers")]
    stage.start(termination=DRAIN_AT)
    stage.at(DRAIN_AT + 3 * MINUTE, lambda: stage.lifecycle.terminate(I1))
    stage.start(run="r2", after=3 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": Outcome.LET_GO, "r2": Outcome.LET_GO}
    assert stage.lifecycle.completed == {I1: DEADLINE}


def test_it_has_all_its_time_too_when_the_drain_for_that_was_cut_short() -> None:
    stage = Stage()
    stage.add(I1, state="InService")
    stage.cluster.pods[I1] = [FakePod(POD, held="ml/workers")]
    stage.cluster.crashes = frozenset({3})
    stage.start(termination=DRAIN_AT + 2 * MINUTE)
    stage.at(DRAIN_AT + 3 * MINUTE, lambda: stage.lifecycle.terminate(I1))
    stage.start(run="r2", after=3 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": "crashed", "r2": Outcome.LET_GO}
    assert stage.lifecycle.completed == {I1: DEADLINE}


def test_an_instance_of_a_managed_node_group_is_drained_when_ec2_ends_it() -> None:
    stage = Stage()
    stage.add(I1, state="InService", tags={EKS_CLUSTER: "ml", EKS_NODE_GROUP: "gpu", tag.POOL: "", tag.DRAIN: "none"})
    stage.node_groups.held["ml", "gpu"] = {tag.POOL: "training"}
    stage.start(termination=DRAIN_AT + 5 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.cluster.pods[I1][0].told_at == DRAIN_AT


def of_node_group(pod: FakePod) -> Stage:
    """Return a stage where EC2 warned of a node of a managed node group, which EKS then terminates."""
    stage = Stage()
    stage.add(I1, state="InService", tags={EKS_CLUSTER: "ml", EKS_NODE_GROUP: "gpu", tag.POOL: "", tag.DRAIN: "none"})
    stage.node_groups.held["ml", "gpu"] = {tag.POOL: "training"}
    stage.cluster.pods[I1] = [pod]
    stage.start(termination=DRAIN_AT + 5 * MINUTE)
    stage.at(DRAIN_AT + 10 * SECOND, lambda: stage.lifecycle.terminate(I1))
    return stage


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (FakePod(POD, takes=4 * MINUTE), {"r1": Outcome.DRAINED, "sweep": Outcome.ENDED}),
        (FakePod(POD, held="ml/workers"), {"r1": Outcome.LET_GO, "sweep": Outcome.LET_GO}),
    ],
)
def test_the_wait_of_a_managed_node_group_is_left_to_eks(pod: FakePod, expected: dict[str, Outcome]) -> None:
    stage = of_node_group(pod)
    stage.start(run="sweep", after=6 * MINUTE)
    stage.run()

    assert stage.outcomes == expected
    assert stage.lifecycle.completed == {}
    assert [entry for entry in stage.log if entry[1] == "no heartbeat"] == []


# --- the wait ------------------------------------------------------------------


@pytest.mark.parametrize("hook", [30, 120, 420])
def test_the_wait_is_kept_alive_whatever_its_time_out(hook: int) -> None:
    stage = Stage()
    stage.lifecycle.hook = hook * SECOND
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod(POD, takes=8 * MINUTE)]
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.lifecycle.completed == {I1: DRAIN_AT + 8 * MINUTE}


def test_a_wait_that_somebody_ends_is_the_end_of_the_drain() -> None:
    stage = Stage()
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod(POD, held="ml/workers")]
    stage.at(DRAIN_AT + MINUTE, lambda: stage.lifecycle.go_by_themselves(I1))
    stage.start()
    stage.run()

    (report,) = stage.drains.results("cr-0a")
    assert stage.outcomes == {"r1": Outcome.LET_GO}
    assert report.verdict is Verdict.LET_GO
    assert report.reasons[0].startswith("its wait was over before it was empty")


def test_an_instance_whose_end_moves_while_it_is_drained_is_not_let_go_for_the_old_one() -> None:
    stage = Stage()
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod(POD, held="ml/workers")]
    longer = a_reservation(end=END + timedelta(minutes=3))
    stage.at(DEADLINE - SECOND, lambda: stage.blocks.held.update({I1: longer}))
    stage.start()
    stage.run(END)

    # It began to drain before that of the longer block, which gives it the pool's ten minutes.
    assert stage.lifecycle.completed == {I1: DRAIN_AT + 10 * MINUTE}


def test_an_instance_that_was_let_go_in_vain_is_let_go_again() -> None:
    stage = Stage()
    stage.add(I1)
    stage.lifecycle.errors["complete"] = refused("CompleteLifecycleAction")
    stage.start()
    stage.at(DRAIN_AT + MINUTE, stage.lifecycle.errors.clear)
    stage.start(run="sweep", after=2 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": "failed: CompleteLifecycleAction", "sweep": Outcome.ENDED}
    assert stage.lifecycle.completed == {I1: DRAIN_AT + 2 * MINUTE}
    assert [r.ended for r in stage.drains.results("cr-0a")] == [DRAIN_AT + 30 * SECOND]
