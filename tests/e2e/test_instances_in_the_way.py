"""What stands between a group and its size: suspensions, scale-in protection, standby, instances of others."""

from datetime import timedelta

from simulator.assumptions import Assumptions, minutes, seconds
from simulator.auto_scaling.journal import ProcessSuspended
from tests.e2e.stage import DRAIN_AT, MINUTE, RECLAIM_AT, SIZE, START, staged

END_SOON = START + timedelta(hours=2)


def test_a_suspension_by_a_person_is_told_and_stands() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group()
        autoscaling = stage.client("autoscaling")
        autoscaling.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
        stage.run_until(START + 25 * MINUTE)
        [notice] = stage.notices("suspended")
        assert (notice["severity"], notice["target"]) == ("critical", group)
        assert stage.launches(block) == []
        # Nothing comes into service within the set time either.
        [late] = stage.notices("not-in-service")
        assert "2 idle instances cost about $79 an hour" in late["text"]

        autoscaling.resume_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
        stage.run_for(minutes=3)
        assert len(stage.instances(group)) == SIZE


def test_a_suspension_by_auto_scaling_is_lifted() -> None:
    # Launches fail for as long as Auto Scaling bears with, since the block is late.
    late = Assumptions(
        delivery=minutes(3),
        scheduled_action=seconds(5),
        launch_retry=seconds(30),
        administrative_suspension=timedelta(minutes=1),
    )
    with staged(assumptions=late) as stage:
        block, group = stage.block(), stage.group()
        stage.run_until(START + 6 * MINUTE)
        assert stage.facts().of(ProcessSuspended)
        assert "suspended" not in stage.kinds()
        assert len(stage.occupants(block)) == SIZE
        assert stage.described(group)["SuspendedProcesses"] == []


def test_protected_instances_are_scaled_in_all_the_same() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group(NewInstancesProtectedFromScaleIn=True)
        stage.run_until(START + timedelta(hours=1))
        assert [one["ProtectedFromScaleIn"] for one in stage.described(group)["Instances"]] == [True] * SIZE
        stage.run_until(RECLAIM_AT)
        assert stage.occupants(block) == []
        assert [at.replace(microsecond=0) for at, desired, _ in stage.steps(group) if not desired] == [DRAIN_AT]


def test_instances_that_scaling_in_does_not_reach_are_named() -> None:
    with staged() as stage:
        block, group = stage.block(size=4, EndDate=END_SOON), stage.group(tags={"capacity-blocks:instances": "3"})
        stage.run_until(START + timedelta(hours=1))
        autoscaling = stage.client("autoscaling")
        standby, detached, kept = sorted(stage.instances(group))
        aside = {"AutoScalingGroupName": group, "ShouldDecrementDesiredCapacity": True}
        autoscaling.enter_standby(InstanceIds=[standby], **aside)
        autoscaling.detach_instances(InstanceIds=[detached], **aside)
        target = {"CapacityReservationTarget": {"CapacityReservationId": block}}
        foreign = stage.client("ec2").run_instances(
            ImageId="ami-0123456789abcdef0",
            InstanceType="p5.48xlarge",
            SubnetId=stage.subnet("us-east-2a"),
            MinCount=1,
            MaxCount=1,
            InstanceMarketOptions={"MarketType": "capacity-block"},
            CapacityReservationSpecification=target,
        )["Instances"][0]["InstanceId"]

        stage.run_until(END_SOON - 30 * MINUTE)
        [notice] = stage.notices("leftover")
        assert notice["title"] == f"3 instances in {block} are not reached by scaling to zero"
        for named in (f"{standby} (standby)", f"{detached} (in no group)", f"{foreign} (in no group)"):
            assert named in notice["text"]
        assert kept not in notice["text"]
        stage.run_until(END_SOON)
        assert sorted(stage.reclaimed()) == sorted([standby, detached, foreign])
