"""What drains otherwise than by Kubernetes, from the template to the last instance."""

from datetime import timedelta

from simulator.run_command.command import Outcome
from tests.e2e.drain_stage import DEADLINE, DRAIN, DRAIN_AT, END, RECLAIM_AT, drain_staged
from tests.e2e.stage import MINUTE, REGION, SECOND

DOCUMENT = "SaveWork"


def test_tasks_of_ecs_are_waited_for() -> None:
    with drain_staged() as told:
        region, stage = told.stage.world.regions[REGION], told.stage
        stage.client("ecs").create_cluster(clusterName="jobs")
        told.running("ecs", tags={"capacity-blocks:ecs-cluster": "jobs"})
        for instance_id in stage.instances():
            on = region.container_instances.register("jobs", instance_id)
            region.container_instances.place(on, service="train", stops_after=timedelta(seconds=90))
        stage.run_until(END)
        assert region.container_instances.lost == []
        assert len(told.ends()) == 2
        assert all(90 * SECOND <= at - DRAIN_AT <= 2 * MINUTE for at, _ in told.ends().values())
        assert told.outcomes() == ["drained", "drained"]  # none failed on the way
        [closing] = stage.notices("drained")
        assert "2 of 2 nodes were drained" in closing["title"]
        assert "2 pods or tasks were moved" in closing["text"]


def test_a_document_is_run_once_on_each_and_what_it_wrote_is_told_where_it_fails() -> None:
    with drain_staged() as told:
        stage, commands = told.stage, told.stage.world.regions[REGION].run_command
        told.running(f"ssm:{DOCUMENT}")
        good, bad = stage.instances()
        commands.play(DOCUMENT, Outcome(takes=timedelta(seconds=50)), good)
        commands.play(DOCUMENT, Outcome(succeeds=False, error="disk full"), bad)
        stage.run_until(END)
        assert sorted(list(command.instance_ids) for command in commands.sent) == sorted([[good], [bad]])
        assert DRAIN_AT + 50 * SECOND <= told.ends()[good][0] <= DRAIN_AT + 70 * SECOND
        assert DEADLINE <= told.ends()[bad][0] <= DEADLINE + 5 * SECOND
        assert stage.reclaimed() == []
        [warned], [closing] = stage.notices("stuck-drain"), stage.notices("drained")
        assert all("disk full" in text for text in (warned["text"], closing["text"]))
        assert "1 of 2 nodes were drained, 1 let go" in closing["title"]


def test_without_a_method_instances_go_at_once() -> None:
    with drain_staged() as told:
        told.running("none")
        autoscaling = told.stage.client("autoscaling")
        assert autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="train-a")["LifecycleHooks"] == []
        told.stage.run_until(RECLAIM_AT)
        assert told.stage.described()["Instances"] == []
        assert max(told.terminated()) <= DRAIN_AT + 2 * MINUTE
        assert told.stage.world.calls.of(DRAIN) == []
        assert told.stage.kinds().count("drained") == 0
