"""Groups: what they launch, what they do when EC2 refuses, and how they shrink."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from simulator.assumptions import seconds
from simulator.auto_scaling.journal import (
    Capacity,
    CapacityChanged,
    InstanceInService,
    InstanceLaunched,
    InstanceTerminating,
    LaunchFailed,
    ProcessSuspended,
)
from tests.simulator.groups_stage import END, NOW, START, Stage, refusal, staged

PENDING = "InvalidCapacityReservationState.PendingActivation"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def test_a_group_launches_into_its_block_and_its_instances_come_into_service(stage: Stage) -> None:
    block = stage.block()
    stage.group(stage.template(block))
    stage.until(START + timedelta(minutes=2))
    stage.desire(2)
    stage.run(seconds=2)
    assert stage.lifecycles() == ["Pending", "Pending"]
    stage.run(seconds=40)
    assert stage.lifecycles() == ["InService", "InService"]
    assert stage.states(block) == ["running", "running"]
    kinds = [type(fact) for fact in stage.journal]
    assert kinds == [CapacityChanged, InstanceLaunched, InstanceLaunched, InstanceInService, InstanceInService]


def test_an_instance_of_a_group_is_shown_with_what_it_was_launched_from(stage: Stage) -> None:
    template = stage.template(stage.block())
    stage.group(template, NewInstancesProtectedFromScaleIn=True)
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(minutes=1)
    [instance] = stage.described()["Instances"]
    assert instance == {
        "InstanceId": stage.instances()[0],
        "InstanceType": "p5.48xlarge",
        "AvailabilityZone": "us-east-2a",
        "LifecycleState": "InService",
        "HealthStatus": "Healthy",
        "LaunchTemplate": {"LaunchTemplateId": template, "LaunchTemplateName": "training", "Version": "1"},
        "ImageId": "ami-0123456789abcdef0",
        "ProtectedFromScaleIn": True,
    }


def test_instances_carry_the_tags_that_propagate_and_the_groups_name(stage: Stage) -> None:
    tags = [
        {"Key": "team", "Value": "ml", "PropagateAtLaunch": True},
        {"Key": "note", "Value": "private", "PropagateAtLaunch": False},
    ]
    stage.running(1, Tags=tags)
    [run] = stage.client("ec2").describe_instances()["Reservations"]
    shown = {tag["Key"]: tag["Value"] for tag in run["Instances"][0]["Tags"]}
    assert (shown["team"], shown["aws:autoscaling:groupName"]) == ("ml", "train")
    assert "note" not in shown


def test_a_launch_before_the_block_is_active_fails_and_is_tried_again_until_it_succeeds(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    stage.until(START)
    stage.desire(4)
    stage.run(seconds=3)
    [failed] = stage.activities()
    status = "The Capacity Block 'cr-0123456789abcdef1' is not active yet. Launching EC2 instance failed."
    assert (failed["StatusCode"], failed["StatusMessage"]) == ("Failed", status)
    assert failed["Description"] == f"Launching a new EC2 instance.  Status Reason: {status}"
    assert failed["Cause"] == (
        "At 2027-03-20T11:30:00Z a user request explicitly set group desired capacity changing the desired capacity "
        "from 0 to 4.  At 2027-03-20T11:30:02Z an instance was started in response to a difference between desired "
        "and actual capacity, increasing the capacity from 0 to 4."
    )
    assert json.loads(failed["Details"]) == {"Availability Zone": "us-east-2a", "Subnet ID": stage.subnet()}
    assert [(one.code, one.missing) for one in stage.journal.of(LaunchFailed)] == [(PENDING, 4)]
    stage.run(seconds=100)
    assert len(stage.instances()) == 4
    assert [one["StatusCode"] for one in stage.activities()] == ["InProgress"] * 4 + ["Failed"]


def test_setting_a_group_lets_it_try_at_once_whatever_pause_it_is_in(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    stage.until(START)
    stage.desire(4)
    stage.run(seconds=61)
    assert stage.instances() == []
    stage.desire(4)
    stage.run(seconds=2)
    assert len(stage.instances()) == 4


def test_the_pause_between_failures_grows_to_its_longest(stage: Stage) -> None:
    with staged(launch_retry=seconds(60, 300)) as other:
        other.group(other.template(other.block()))
        other.desire(1)
        other.run(hours=2)
        at = [one.at for one in other.journal.of(LaunchFailed)]
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    assert 60 <= pauses[0] <= 120
    assert min(pauses) >= 60
    assert max(pauses) <= 300
    assert max(pauses) > 120


def test_a_call_that_sets_the_group_makes_its_pauses_short_again() -> None:
    with staged(launch_retry=seconds(60, 300)) as stage:
        stage.group(stage.template(stage.block()))
        for _ in range(12):
            stage.desire(1)
            stage.run(seconds=2)
            failed_at = stage.journal.of(LaunchFailed)[-1].at
            stage.run(seconds=121)
            assert timedelta(seconds=60) <= stage.journal.of(LaunchFailed)[-1].at - failed_at <= timedelta(minutes=2)


def test_a_group_spreads_over_its_zones() -> None:
    with staged() as stage:
        subnets = f"{stage.subnet()},{stage.subnet('us-east-2b')}"
        template = stage.template(None, InstanceMarketOptions=None, InstanceType="m5.large")
        stage.group(template, VPCZoneIdentifier=subnets)
        stage.desire(4)
        stage.run(minutes=1)
        zones = sorted(one["AvailabilityZone"] for one in stage.described()["Instances"])
        assert zones == ["us-east-2a", "us-east-2a", "us-east-2b", "us-east-2b"]


def test_a_group_takes_what_the_block_has_and_fails_for_the_rest(stage: Stage) -> None:
    stage.group(stage.template(stage.block(size=3)))
    stage.until(START + timedelta(minutes=2))
    stage.desire(5)
    stage.run(seconds=3)
    assert len(stage.instances()) == 3
    assert [(one.code, one.missing) for one in stage.journal.of(LaunchFailed)] == [("ReservationCapacityExceeded", 2)]


def test_events_tell_of_a_failed_launch_and_of_a_successful_one(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    arn = stage.described()["AutoScalingGroupARN"]
    stage.until(START)
    stage.desire(1)
    stage.run(minutes=3)
    (_, failed, failure, about), (_, succeeded, success, both) = stage.events
    assert (failed, succeeded) == ("EC2 Instance Launch Unsuccessful", "EC2 Instance Launch Successful")
    [instance_id] = stage.instances()
    assert (about, both) == ([arn], [arn, f"arn:aws:ec2:us-east-2:123456789012:instance/{instance_id}"])
    assert (failure["StatusCode"], failure["EC2InstanceId"]) == ("Failed", "")
    assert failure["StatusMessage"].endswith("is not active yet. Launching EC2 instance failed.")
    assert (success["StatusCode"], success["EC2InstanceId"]) == ("InProgress", instance_id)
    assert set(failure) == set(success) == {
        "StatusCode", "Description", "AutoScalingGroupName", "ActivityId", "Details", "RequestId", "StatusMessage",
        "EndTime", "EC2InstanceId", "StartTime", "Cause", "Origin", "Destination",
    }  # fmt: skip


def test_after_a_day_of_failures_auto_scaling_suspends_the_launch_process_itself(stage: Stage) -> None:
    block = stage.block(StartDate=START + timedelta(days=3), EndDate=END + timedelta(days=3))
    stage.group(stage.template(block))
    stage.desire(1)
    stage.until(NOW + timedelta(hours=23, minutes=59))
    assert stage.described()["SuspendedProcesses"] == []
    stage.run(minutes=5)
    [process] = stage.described()["SuspendedProcesses"]
    [fact] = stage.journal.of(ProcessSuspended)
    assert process == {"ProcessName": "Launch", "SuspensionReason": fact.reason}
    assert fact.reason.startswith("Administrative suspension at 2027-03-21T09:0")
    failures = len(stage.journal.of(LaunchFailed))
    stage.until(START + timedelta(days=3, minutes=5))
    assert len(stage.journal.of(LaunchFailed)) == failures
    stage.client("autoscaling").resume_processes(AutoScalingGroupName="train", ScalingProcesses=["Launch"])
    stage.run(seconds=2)
    assert len(stage.instances()) == 1


def test_a_group_that_is_resumed_has_another_day_to_succeed(stage: Stage) -> None:
    stage.group(stage.template(stage.block(StartDate=START + timedelta(days=3), EndDate=END + timedelta(days=3))))
    stage.desire(1)
    stage.run(hours=25)
    stage.client("autoscaling").resume_processes(AutoScalingGroupName="train", ScalingProcesses=["Launch"])
    stage.run(hours=23)
    assert stage.described()["SuspendedProcesses"] == []
    stage.run(hours=2)
    assert len(stage.described()["SuspendedProcesses"]) == 1


def test_a_group_that_is_set_to_zero_in_time_is_not_suspended(stage: Stage) -> None:
    stage.group(stage.template(stage.block(StartDate=START + timedelta(days=3), EndDate=END + timedelta(days=3))))
    stage.desire(1)
    stage.run(hours=23)
    stage.desire(0)
    stage.run(minutes=1)
    stage.desire(1)
    stage.run(hours=23)
    assert stage.described()["SuspendedProcesses"] == []


def test_a_suspended_launch_process_holds_launches_back_until_it_is_resumed(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    groups = stage.client("autoscaling")
    groups.suspend_processes(AutoScalingGroupName="train", ScalingProcesses=["Launch"])
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(hours=1)
    assert stage.instances() == []
    suspended = stage.described()["SuspendedProcesses"]
    assert suspended == [{"ProcessName": "Launch", "SuspensionReason": "User suspended at 2027-03-20T09:00:00Z"}]
    groups.resume_processes(AutoScalingGroupName="train", ScalingProcesses=["Launch"])
    stage.run(seconds=2)
    assert len(stage.instances()) == 1


def test_all_processes_are_suspended_when_none_is_named_and_an_unknown_one_is_refused(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    groups = stage.client("autoscaling")
    groups.suspend_processes(AutoScalingGroupName="train")
    assert len(stage.described()["SuspendedProcesses"]) == 9
    code = refusal(groups.suspend_processes, AutoScalingGroupName="train", ScalingProcesses=["Lunch"])
    assert code == "ValidationError"


def test_a_group_scales_in_and_its_instances_are_gone_after_they_shut_down(stage: Stage) -> None:
    group = stage.running(3)
    stage.desire(1)
    stage.run(seconds=2)
    assert sorted(stage.lifecycles(group)) == ["InService", "Terminating", "Terminating"]
    stage.run(seconds=50)
    assert stage.lifecycles(group) == ["InService"]
    assert [name for _, name, _, _ in stage.events[3:]] == ["EC2 Instance Terminate Successful"] * 2
    newest = stage.activities()[0]
    assert newest["Description"].startswith("Terminating EC2 instance: i-")
    assert "shrinking the capacity from 2 to 1" in newest["Cause"]


def test_protected_instances_survive_a_desired_capacity_of_zero_until_they_are_unprotected(stage: Stage) -> None:
    group = stage.running(2)
    groups, instance_ids = stage.client("autoscaling"), stage.instances()
    groups.set_instance_protection(AutoScalingGroupName=group, InstanceIds=instance_ids[:1], ProtectedFromScaleIn=True)
    stage.desire(0)
    stage.run(minutes=5)
    assert stage.instances() == instance_ids[:1]
    assert stage.activities()[0]["StatusMessage"] == (
        "Could not scale to desired capacity because all remaining instances are protected from scale-in."
    )
    groups.set_instance_protection(AutoScalingGroupName=group, InstanceIds=instance_ids[:1], ProtectedFromScaleIn=False)
    stage.run(minutes=5)
    assert stage.instances() == []


def test_an_instance_that_still_boots_cannot_be_protected(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(seconds=2)
    code = refusal(
        stage.client("autoscaling").set_instance_protection,
        AutoScalingGroupName="train",
        InstanceIds=stage.instances(),
        ProtectedFromScaleIn=True,
    )
    assert code == "ValidationError"


def test_a_suspended_terminate_process_keeps_all_instances(stage: Stage) -> None:
    group = stage.running(2)
    stage.client("autoscaling").suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Terminate"])
    stage.desire(0)
    stage.run(minutes=5)
    assert stage.lifecycles() == ["InService", "InService"]


def test_ec2_ends_instances_and_the_group_tries_in_vain_to_replace_them(stage: Stage) -> None:
    stage.running(2)
    stage.until(END - timedelta(minutes=30) + timedelta(seconds=20))
    assert stage.lifecycles() == ["InService", "InService"]
    stage.run(minutes=5)
    assert stage.instances() == []
    assert {one.reason for one in stage.journal.of(InstanceTerminating)} == {"EC2 reclaimed the Capacity Block"}
    assert {one.code for one in stage.journal.of(LaunchFailed)} == {"InvalidCapacityReservationState.Unavailable"}
    causes = [one["Cause"] for one in stage.activities() if one["Description"].startswith("Terminating")]
    assert all("EC2 health check indicating it has been terminated or stopped" in cause for cause in causes)


def test_a_group_at_zero_replaces_nothing_when_the_block_ends(stage: Stage) -> None:
    stage.running(2)
    stage.until(END - timedelta(minutes=40))
    stage.desire(0)
    stage.until(END + timedelta(hours=1))
    assert stage.journal.of(LaunchFailed) == []
    assert all(one.at < END - timedelta(minutes=39) for one in stage.journal.of(InstanceTerminating))


def test_an_instance_that_a_person_ends_is_replaced_once_its_slot_is_clean(stage: Stage) -> None:
    stage.running(4)
    [gone, *_] = before = stage.instances()
    stage.client("ec2").terminate_instances(InstanceIds=[gone])
    stage.run(seconds=29)
    assert stage.instances() == before
    stage.run(minutes=10)
    assert len(stage.instances()) == 4
    assert gone not in stage.instances()


def test_a_group_that_does_not_check_health_keeps_a_dead_instance_until_it_does(stage: Stage) -> None:
    group = stage.running(1)
    groups = stage.client("autoscaling")
    groups.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["HealthCheck"])
    [dead] = stage.instances()
    stage.client("ec2").terminate_instances(InstanceIds=[dead])
    stage.run(minutes=10)
    assert stage.instances() == [dead]
    groups.resume_processes(AutoScalingGroupName=group, ScalingProcesses=["HealthCheck"])
    stage.run(minutes=1)
    assert len(stage.instances()) == 1
    assert stage.instances() != [dead]


def test_a_group_level_reservation_overrides_the_templates(stage: Stage) -> None:
    first, second = stage.block(1), stage.block(2)
    setting = {
        "CapacityReservationPreference": "capacity-reservations-only",
        "CapacityReservationTarget": {"CapacityReservationIds": [second]},
    }
    stage.group(stage.template(first), CapacityReservationSpecification=setting)
    assert stage.described()["CapacityReservationSpecification"] == setting
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(minutes=1)
    assert (len(stage.states(first)), len(stage.states(second))) == (0, 1)


@pytest.mark.parametrize(("preference", "instances"), [("default", 1), ("none", 0)])
def test_a_group_level_preference_leaves_the_templates_block_or_forbids_it(
    stage: Stage, preference: str, instances: int
) -> None:
    setting = {"CapacityReservationPreference": preference}
    stage.group(stage.template(stage.block()), CapacityReservationSpecification=setting)
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(minutes=1)
    assert len(stage.instances()) == instances


def test_a_placement_group_keeps_instances_out_of_a_block_until_it_is_taken_off(stage: Stage) -> None:
    stage.group(stage.template(stage.block()), PlacementGroup="cluster")
    assert stage.described()["PlacementGroup"] == "cluster"
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(minutes=1)
    assert [one.code for one in stage.journal.of(LaunchFailed)] == ["InvalidParameterCombination"]
    stage.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="train", PlacementGroup="")
    stage.run(minutes=1)
    assert len(stage.instances()) == 1
    assert "PlacementGroup" not in stage.described()


def test_a_group_over_two_zones_finds_the_one_of_the_block(stage: Stage) -> None:
    subnets = f"{stage.subnet('us-east-2b')},{stage.subnet()}"
    stage.group(stage.template(stage.block()), VPCZoneIdentifier=subnets)
    assert stage.described()["AvailabilityZones"] == ["us-east-2b", "us-east-2a"]
    stage.until(START + timedelta(minutes=2))
    stage.desire(2)
    stage.run(minutes=1)
    assert [one["AvailabilityZone"] for one in stage.described()["Instances"]] == ["us-east-2a"] * 2
    assert stage.journal.of(LaunchFailed) == []


def test_a_group_in_the_wrong_zone_fails(stage: Stage) -> None:
    stage.group(stage.template(stage.block()), VPCZoneIdentifier=stage.subnet("us-east-2b"))
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(seconds=3)
    assert [one.code for one in stage.journal.of(LaunchFailed)] == ["ReservationCapacityExceeded"]


def test_a_template_version_that_was_deleted_fails_the_launch(stage: Stage) -> None:
    template = stage.template(stage.block())
    ec2 = stage.client("ec2")
    ec2.create_launch_template_version(LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={})
    stage.group(template, LaunchTemplate={"LaunchTemplateId": template, "Version": "2"})
    ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["2"])
    stage.desire(1)
    stage.run(seconds=3)
    assert [one.code for one in stage.journal.of(LaunchFailed)] == ["InvalidLaunchTemplateId.VersionNotFound"]


def test_an_updated_group_launches_from_its_new_version(stage: Stage) -> None:
    template = stage.template(stage.block(1))
    second = stage.block(2)
    target = {"CapacityReservationTarget": {"CapacityReservationId": second}}
    stage.client("ec2").create_launch_template_version(
        LaunchTemplateId=template,
        SourceVersion="1",
        LaunchTemplateData={"CapacityReservationSpecification": target},
    )
    stage.group(template)
    stage.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="train", LaunchTemplate={"LaunchTemplateId": template, "Version": "2"}
    )
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(minutes=1)
    assert stage.states(second) == ["running"]


def test_every_change_of_the_numbers_says_who_made_it(stage: Stage) -> None:
    stage.group(stage.template(stage.block()))
    groups = stage.client("autoscaling")
    groups.update_auto_scaling_group(AutoScalingGroupName="train", MinSize=1, MaxSize=4)
    stage.desire(2)
    stage.desire(2)
    changed = [(one.before, one.after, one.by) for one in stage.journal.of(CapacityChanged)]
    first, second, third = (
        Capacity(minimum=0, maximum=8, desired=0),
        Capacity(minimum=1, maximum=4, desired=1),
        Capacity(minimum=1, maximum=4, desired=2),
    )
    assert changed == [(first, second, "UpdateAutoScalingGroup"), (second, third, "SetDesiredCapacity")]


def test_one_seed_tells_one_story_and_another_seed_another() -> None:
    def story(seed: int) -> list[Any]:
        with staged(seed, scheduled_action=seconds(0, 120), scaling_reaction=seconds(1, 5)) as stage:
            stage.running(2)
            stage.until(END + timedelta(hours=1))
            return list(stage.journal)

    assert story(1) == story(1)
    assert story(1) != story(2)
