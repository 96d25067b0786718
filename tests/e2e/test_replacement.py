"""Instances that EC2 ends in the middle of a block are replaced; after the drain nothing is launched."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from tests.e2e.stage import DRAIN_AT, END, SIZE, START, staged


def test_an_instance_that_ec2_ends_is_replaced_within_the_block() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group()
        stage.run_until(START + timedelta(hours=2))
        killed, kept = stage.instances(group)
        stage.end_instance(killed)
        stage.run_for(minutes=20)
        now = stage.instances(group)
        assert len(now) == SIZE
        assert kept in now
        assert killed not in now
        assert len(stage.occupants(block)) == SIZE


def test_nothing_is_launched_once_the_drain_has_begun() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group()
        stage.run_until(DRAIN_AT - timedelta(seconds=20))
        stage.end_instance(stage.instances(group)[0])  # found by a health check, in the middle of the drain
        stage.run_until(END)
        assert [at for at in stage.launches(block) if at >= DRAIN_AT] == []
        assert stage.occupants(block) == []


def test_no_autoscaler_brings_a_drained_group_back() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group()
        stage.run_until(DRAIN_AT + timedelta(seconds=10))
        assert stage.sizes(group) == (0, 0, 0)
        with pytest.raises(ClientError, match="above max value 0"):
            stage.client("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
        stage.run_until(END)
        assert [at for at in stage.launches(block) if at >= DRAIN_AT] == []
