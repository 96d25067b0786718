"""ECS container instances: how they drain, and what becomes of their tasks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from simulator.assumptions import Assumptions, seconds
from simulator.ecs.container_instance import ContainerInstance
from simulator.ecs.region import ContainerInstances
from simulator.world import World
from tests.simulator.groups_stage import refusal

CLUSTER = "training"
PLAIN = Assumptions(instance_start=seconds(1), instance_stop=seconds(10))


@pytest.fixture
def world() -> Iterator[World]:
    with World(template=None, assumptions=PLAIN) as ready:
        yield ready


def _ecs(world: World) -> ContainerInstances:
    return world.regions[world.home].container_instances


def _registered(world: World, count: int = 1) -> list[ContainerInstance]:
    run = world.client("ec2").run_instances(ImageId="ami-1", InstanceType="m5.large", MinCount=count, MaxCount=count)
    world.run_for(timedelta(seconds=1))
    return [_ecs(world).register(CLUSTER, one["InstanceId"]) for one in run["Instances"]]


def _drain(world: World, one: ContainerInstance) -> None:
    world.client("ecs").update_container_instances_state(
        cluster=CLUSTER, containerInstances=[one.arn], status="DRAINING"
    )


def _shown(world: World, one: ContainerInstance) -> tuple[str, int]:
    answer: dict[str, Any] = world.client("ecs").describe_container_instances(
        cluster=CLUSTER, containerInstances=[one.arn]
    )
    [shown] = answer["containerInstances"]
    return shown["status"], shown["runningTasksCount"]


def test_a_container_instance_is_found_by_its_ec2_instance(world: World) -> None:
    first, second = _registered(world, 2)
    ecs = world.client("ecs")
    assert ecs.list_clusters()["clusterArns"] == [f"arn:aws:ecs:us-east-2:123456789012:cluster/{CLUSTER}"]
    found = ecs.list_container_instances(cluster=CLUSTER, filter=f"ec2InstanceId == {second.instance_id}")
    assert found["containerInstanceArns"] == [second.arn]
    both = f"ec2InstanceId in [{first.instance_id}, {second.instance_id}]"
    assert ecs.list_container_instances(cluster=CLUSTER, filter=both)["containerInstanceArns"] == [
        first.arn,
        second.arn,
    ]
    pages = ecs.get_paginator("list_container_instances").paginate(cluster=CLUSTER, PaginationConfig={"PageSize": 1})
    assert [page["containerInstanceArns"] for page in pages] == [[first.arn], [second.arn]]


def test_service_tasks_leave_a_draining_instance_each_in_its_time(world: World) -> None:
    [one] = _registered(world)
    _ecs(world).place(one, service="serve", stops_after=timedelta(seconds=30))
    _ecs(world).place(one, service="serve", stops_after=timedelta(seconds=90))
    assert _shown(world, one) == ("ACTIVE", 2)
    _drain(world, one)
    world.run_for(timedelta(seconds=20))
    _drain(world, one)  # once more, which puts nothing off
    assert _shown(world, one) == ("DRAINING", 2)
    world.run_for(timedelta(seconds=10))
    assert _shown(world, one) == ("DRAINING", 1)
    world.run_for(timedelta(seconds=60))
    assert _shown(world, one) == ("DRAINING", 0)
    listed = world.client("ecs").list_container_instances(cluster=CLUSTER, status="DRAINING")
    assert listed["containerInstanceArns"] == [one.arn]


def test_tasks_of_no_service_stay_until_they_end_or_are_stopped(world: World) -> None:
    [one] = _registered(world)
    _ecs(world).place(one, ends_after=timedelta(minutes=5))
    job = _ecs(world).place(one)
    held = _ecs(world).place(one, service="serve", stops_after=None)
    _drain(world, one)
    world.run_for(timedelta(minutes=4))
    assert _shown(world, one) == ("DRAINING", 3)
    world.run_for(timedelta(minutes=1))
    assert _shown(world, one) == ("DRAINING", 2)
    ecs = world.client("ecs")
    assert ecs.list_tasks(cluster=CLUSTER, containerInstance=one.arn)["taskArns"] == [job.arn, held.arn]
    stopping = ecs.stop_task(cluster=CLUSTER, task=job.arn, reason="the block ends")["task"]
    assert (stopping["desiredStatus"], stopping["lastStatus"]) == ("STOPPED", "DEACTIVATING")
    world.run_for(timedelta(seconds=30))
    [stopped] = ecs.describe_tasks(cluster=CLUSTER, tasks=[job.arn])["tasks"]
    assert (stopped["lastStatus"], stopped["stoppedReason"]) == ("STOPPED", "the block ends")
    assert _shown(world, one) == ("DRAINING", 1)


def test_what_runs_on_an_instance_that_is_ended_is_lost(world: World) -> None:
    [one] = _registered(world)
    drained = _ecs(world).place(one, service="serve")
    lost = _ecs(world).place(one)
    _drain(world, one)
    world.run_for(timedelta(minutes=1))
    world.client("ec2").terminate_instances(InstanceIds=[one.instance_id])
    assert (_ecs(world).lost, drained.running) == ([lost], False)
    assert _shown(world, one) == ("DRAINING", 0)
    world.run_for(timedelta(seconds=10))
    assert world.client("ecs").list_container_instances(cluster=CLUSTER)["containerInstanceArns"] == []


def test_an_instance_that_takes_tasks_again_is_active(world: World) -> None:
    [one] = _registered(world)
    _drain(world, one)
    world.client("ecs").update_container_instances_state(cluster=CLUSTER, containerInstances=[one.arn], status="ACTIVE")
    assert _shown(world, one) == ("ACTIVE", 0)


def test_what_is_not_there_is_an_error_or_a_failure(world: World) -> None:
    [one] = _registered(world)
    ecs = world.client("ecs")
    assert refusal(ecs.list_container_instances, cluster="none") == "ClusterNotFoundException"
    answer = ecs.describe_container_instances(cluster=CLUSTER, containerInstances=["made-up", one.arn])
    assert answer["failures"] == [{"arn": "made-up", "reason": "MISSING"}]
    update = ecs.update_container_instances_state
    named = {"cluster": CLUSTER, "containerInstances": [one.arn] * 11}
    assert refusal(update, **named, status="DRAINING") == "InvalidParameterException"
    assert (
        refusal(update, cluster=CLUSTER, containerInstances=[one.arn], status="REGISTERING")
        == "InvalidParameterException"
    )
    assert refusal(ecs.stop_task, cluster=CLUSTER, task="made-up") == "InvalidParameterException"
    assert _shown(world, one) == ("ACTIVE", 0)
