"""The events of lifecycle actions on their way through a world: best effort, as any event."""

import json
from datetime import timedelta
from typing import Any

import pytest

from simulator.assumptions import Assumptions, seconds
from simulator.faults import Fault, Faults, Strike
from simulator.world import World

DETAIL_TYPE = "EC2 Instance-terminate Lifecycle Action"
PLAIN = Assumptions(instance_start=seconds(1), scaling_reaction=seconds(1), event_delivery=seconds(0))


def _queue(world: World) -> str:
    """A queue that gets the events of the hook `drain`, and of no other."""
    pattern = {"source": ["aws.autoscaling"], "detail-type": [DETAIL_TYPE], "detail": {"LifecycleHookName": ["drain"]}}
    url = world.client("sqs").create_queue(QueueName="drains")["QueueUrl"]
    arn = world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    world.client("events").put_rule(Name="drains", EventPattern=json.dumps(pattern))
    world.client("events").put_targets(Rule="drains", Targets=[{"Id": "queue", "Arn": arn}])
    return str(url)


def _scale_in(world: World) -> list[dict[str, Any]]:
    """Scale a group of two in to none, with two hooks, and say what its instances are then."""
    groups = world.client("autoscaling")
    world.client("ec2").create_launch_template(
        LaunchTemplateName="plain", LaunchTemplateData={"ImageId": "ami-1", "InstanceType": "m5.large"}
    )
    groups.create_auto_scaling_group(
        AutoScalingGroupName="train",
        MinSize=0,
        MaxSize=2,
        DesiredCapacity=2,
        LaunchTemplate={"LaunchTemplateName": "plain", "Version": "1"},
        AvailabilityZones=["us-east-2a"],
        LifecycleHookSpecificationList=[
            {"LifecycleHookName": name, "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}
            for name in ("drain", "logs")
        ],
    )
    world.run_for(timedelta(seconds=5))
    groups.set_desired_capacity(AutoScalingGroupName="train", DesiredCapacity=0)
    world.run_for(timedelta(seconds=5))
    described = groups.describe_auto_scaling_groups()["AutoScalingGroups"]
    instances: list[dict[str, Any]] = described[0]["Instances"]
    return instances


@pytest.mark.parametrize(
    ("faults", "received"),
    [
        (Faults(), 2),
        (Faults(Strike(fault=Fault.EVENT_LOST, at=DETAIL_TYPE)), 1),
        (Faults(Strike(fault=Fault.EVENT_LOST, at=DETAIL_TYPE, nth=None)), 0),
        (Faults(Strike(fault=Fault.EVENT_DUPLICATED, at=DETAIL_TYPE), late=seconds(1)), 3),
    ],
)
def test_a_rule_gets_the_events_of_its_hook_unless_they_are_struck(faults: Faults, received: int) -> None:
    with World(template=None, assumptions=PLAIN, faults=faults) as world:
        queue = _queue(world)
        waiting = _scale_in(world)
        assert [one["LifecycleState"] for one in waiting] == ["Terminating:Wait"] * 2
        answer = world.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        details = [json.loads(message["Body"])["detail"] for message in answer.get("Messages", [])]
        assert len(details) == received
        assert {detail["LifecycleHookName"] for detail in details} <= {"drain"}
        assert {detail["EC2InstanceId"] for detail in details} <= {one["InstanceId"] for one in waiting}
        begun = world.journal.of("lifecycle action began")
        assert len(begun) == 4  # two instances, two hooks each
