"""Instances of groups that are put aside, taken out, taken in or ended by hand."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulator.auto_scaling.journal import InstanceInService, InstanceLeft
from tests.simulator.groups_stage import END, START, Stage, refusal, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def test_an_instance_in_standby_runs_on_does_not_count_and_is_not_scaled_in(stage: Stage) -> None:
    group = stage.running(2)
    aside, other = stage.instances()
    answer = stage.client("autoscaling").enter_standby(
        AutoScalingGroupName=group, InstanceIds=[aside], ShouldDecrementDesiredCapacity=True
    )
    assert [one["StatusCode"] for one in answer["Activities"]] == ["Successful"]
    assert stage.numbers() == (0, 8, 1)
    stage.desire(0)
    stage.run(minutes=5)
    assert stage.instances() == [aside]
    assert stage.lifecycles() == ["Standby"]
    [left] = stage.journal.of(InstanceLeft)
    assert (left.instance_id, left.by) == (aside, "EnterStandby")
    assert other not in stage.instances()


def test_an_instance_in_standby_is_replaced_unless_the_desired_capacity_shrinks(stage: Stage) -> None:
    group = stage.running(2)
    aside = stage.instances()[0]
    stage.client("autoscaling").enter_standby(
        AutoScalingGroupName=group, InstanceIds=[aside], ShouldDecrementDesiredCapacity=False
    )
    stage.run(minutes=1)
    assert sorted(stage.lifecycles()) == ["InService", "InService", "Standby"]


def test_an_instance_comes_back_from_standby_and_counts_again(stage: Stage) -> None:
    group = stage.running(2)
    aside = stage.instances()[:1]
    groups = stage.client("autoscaling")
    groups.enter_standby(AutoScalingGroupName=group, InstanceIds=aside, ShouldDecrementDesiredCapacity=True)
    groups.exit_standby(AutoScalingGroupName=group, InstanceIds=aside)
    assert stage.journal.of(InstanceInService)[-1].instance_id == aside[0]
    stage.run(minutes=1)
    assert (stage.numbers(), stage.lifecycles()) == ((0, 8, 2), ["InService", "InService"])


def test_standby_may_not_take_the_group_below_its_minimum(stage: Stage) -> None:
    group = stage.running(2)
    groups = stage.client("autoscaling")
    groups.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=2)
    code = refusal(
        groups.enter_standby,
        AutoScalingGroupName=group,
        InstanceIds=stage.instances()[:1],
        ShouldDecrementDesiredCapacity=True,
    )
    assert (code, stage.lifecycles()) == ("ValidationError", ["InService", "InService"])


def test_only_an_instance_in_standby_leaves_it(stage: Stage) -> None:
    group = stage.running(1)
    code = refusal(stage.client("autoscaling").exit_standby, AutoScalingGroupName=group, InstanceIds=stage.instances())
    assert code == "ValidationError"


def test_an_instance_in_standby_leaves_its_group_when_ec2_ends_it(stage: Stage) -> None:
    group = stage.running(1)
    stage.client("autoscaling").enter_standby(
        AutoScalingGroupName=group, InstanceIds=stage.instances(), ShouldDecrementDesiredCapacity=True
    )
    stage.until(END)
    assert stage.instances() == []


def test_a_detached_instance_runs_on_and_is_nobodys(stage: Stage) -> None:
    group = stage.running(2)
    free = stage.instances()[0]
    stage.client("autoscaling").detach_instances(
        AutoScalingGroupName=group, InstanceIds=[free], ShouldDecrementDesiredCapacity=True
    )
    stage.desire(0)
    stage.run(minutes=5)
    filters = [{"Name": "instance-state-name", "Values": ["running"]}]
    [run] = stage.client("ec2").describe_instances(Filters=filters)["Reservations"]
    [instance] = run["Instances"]
    assert instance["InstanceId"] == free
    assert "aws:autoscaling:groupName" not in {tag["Key"] for tag in instance["Tags"]}
    assert [left.by for left in stage.journal.of(InstanceLeft)] == ["DetachInstances"]


def test_a_detached_instance_is_replaced_unless_the_desired_capacity_shrinks(stage: Stage) -> None:
    group = stage.running(2)
    stage.client("autoscaling").detach_instances(
        AutoScalingGroupName=group, InstanceIds=stage.instances()[:1], ShouldDecrementDesiredCapacity=False
    )
    stage.run(minutes=1)
    assert (len(stage.instances()), len(stage.states("cr-0123456789abcdef1"))) == (2, 3)


def test_an_instance_of_another_group_is_not_detached(stage: Stage) -> None:
    group = stage.running(1)
    code = refusal(
        stage.client("autoscaling").detach_instances,
        AutoScalingGroupName=group,
        InstanceIds=["i-0123456789abcdef0"],
        ShouldDecrementDesiredCapacity=True,
    )
    assert code == "ValidationError"


def test_a_detached_instance_can_be_attached_again(stage: Stage) -> None:
    group = stage.running(2)
    [free, _] = stage.instances()
    groups = stage.client("autoscaling")
    groups.detach_instances(AutoScalingGroupName=group, InstanceIds=[free], ShouldDecrementDesiredCapacity=True)
    groups.attach_instances(AutoScalingGroupName=group, InstanceIds=[free])
    assert (stage.numbers(), free in stage.instances()) == ((0, 8, 2), True)
    assert refusal(groups.attach_instances, AutoScalingGroupName=group, InstanceIds=[free]) == "ValidationError"


def test_an_instance_that_is_ended_by_hand_takes_the_desired_capacity_with_it_if_asked(stage: Stage) -> None:
    stage.running(2)
    [ended, _] = stage.instances()
    groups = stage.client("autoscaling")
    answer = groups.terminate_instance_in_auto_scaling_group(InstanceId=ended, ShouldDecrementDesiredCapacity=True)
    assert answer["Activity"]["StatusCode"] == "InProgress"
    stage.run(minutes=2)
    assert (stage.numbers(), len(stage.instances())) == ((0, 8, 1), 1)


def test_an_instance_that_is_ended_by_hand_is_replaced_otherwise(stage: Stage) -> None:
    stage.running(2)
    [ended, _] = stage.instances()
    stage.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=ended, ShouldDecrementDesiredCapacity=False
    )
    stage.run(minutes=2)
    assert (stage.numbers(), len(stage.instances()), ended in stage.instances()) == ((0, 8, 2), 2, False)


def test_an_instance_of_no_group_is_not_ended_through_auto_scaling(stage: Stage) -> None:
    code = refusal(
        stage.client("autoscaling").terminate_instance_in_auto_scaling_group,
        InstanceId="i-0123456789abcdef0",
        ShouldDecrementDesiredCapacity=True,
    )
    assert code == "ValidationError"


def test_an_unhealthy_instance_is_replaced_and_a_healthy_one_is_not(stage: Stage) -> None:
    stage.running(2)
    [sick, well] = stage.instances()
    groups = stage.client("autoscaling")
    groups.set_instance_health(InstanceId=well, HealthStatus="Healthy")
    groups.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    stage.run(minutes=2)
    assert well in stage.instances()
    assert sick not in stage.instances()
    assert len(stage.instances()) == 2


def test_a_launch_that_is_ended_while_it_boots_is_cancelled(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(seconds=3)
    stage.desire(0)
    stage.run(minutes=3)
    assert [(one["Description"].split()[0], one["StatusCode"]) for one in stage.activities()] == [
        ("Terminating", "Successful"),
        ("Launching", "Cancelled"),
    ]


def test_instances_of_all_groups_are_shown_with_their_group(stage: Stage) -> None:
    stage.running(2)
    groups = stage.client("autoscaling")
    shown = groups.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert [one["AutoScalingGroupName"] for one in shown] == ["train", "train"]
    one = stage.instances()[0]
    found = groups.describe_auto_scaling_instances(InstanceIds=[one])["AutoScalingInstances"]
    assert [each["InstanceId"] for each in found] == [one]
