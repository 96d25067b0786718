"""ECS container instances, and the tasks on them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.core.drain.container import ContainerInstance, Task
from capacity_blocks.ports import AwsError

if TYPE_CHECKING:
    from types_boto3_ecs.client import ECSClient
    from types_boto3_ecs.type_defs import ContainerInstanceTypeDef, FailureTypeDef, TaskTypeDef

AT_ONCE = 100  # the most that DescribeContainerInstances and DescribeTasks take
MISSING = "MISSING"  # the reason of a failure: no such thing, or no more
STOPPED = "STOPPED"


class EcsContainerInstances:
    PERMISSIONS = frozenset(
        {
            "ecs:DescribeContainerInstances",
            "ecs:DescribeTasks",
            "ecs:ListClusters",
            "ecs:ListContainerInstances",
            "ecs:ListTasks",
            "ecs:UpdateContainerInstancesState",
        }
    )
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "ECSClient") -> None:
        self._client = client

    @raises_aws_error
    def find(self, instance_id: str, cluster: str | None) -> ContainerInstance | None:
        for each in [cluster] if cluster else self._clusters():
            for arns in self._registered(each, instance_id):
                described = self._client.describe_container_instances(cluster=each, containerInstances=arns)
                for item in described["containerInstances"]:
                    if item["ec2InstanceId"] == instance_id:
                        return _read(item, each)
                _raise_failures(
                    described.get("failures", [])
                )  # an instance that is not told of is not one without work
        return None

    @raises_aws_error
    def read(self, found: ContainerInstance) -> ContainerInstance | None:
        described = self._client.describe_container_instances(cluster=found.cluster, containerInstances=[found.arn])
        _raise_failures(described.get("failures", []))
        return next((_read(item, found.cluster) for item in described["containerInstances"]), None)

    @raises_aws_error
    def drain(self, found: ContainerInstance) -> None:
        done = self._client.update_container_instances_state(
            cluster=found.cluster, containerInstances=[found.arn], status="DRAINING"
        )
        for failure in done.get("failures", []):  # an answer of 200 may hold refusals
            raise _refused("UpdateContainerInstancesState", failure.get("reason"), found.arn)

    @raises_aws_error
    def tasks(self, found: ContainerInstance) -> Sequence[Task]:
        return [
            _task(item)
            for wanted in ("RUNNING", "STOPPED")  # ListTasks lists by what ECS wants of a task, and one kind at a time
            for item in self._described(found, wanted)
            if item.get("lastStatus") != STOPPED
        ]

    def _clusters(self) -> list[str]:
        return [arn for page in self._client.get_paginator("list_clusters").paginate() for arn in page["clusterArns"]]

    def _registered(self, cluster: str, instance_id: str) -> "Iterator[list[str]]":
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
        pages = self._client.get_paginator("list_container_instances").paginate(
            cluster=cluster, filter=f"ec2InstanceId == {instance_id}"
        )
        yield from (page["containerInstanceArns"] for page in pages if page["containerInstanceArns"])

    def _described(self, found: ContainerInstance, wanted: str) -> "Iterator[TaskTypeDef]":
        pages = self._client.get_paginator("list_tasks").paginate(
            cluster=found.cluster,
            containerInstance=found.arn,
            desiredStatus=wanted,  # type: ignore[arg-type]  # one of the two above
            PaginationConfig={"PageSize": AT_ONCE},
        )
        for page in pages:
            if page["taskArns"]:
                yield from self._client.describe_tasks(cluster=found.cluster, tasks=page["taskArns"])["tasks"]


def _read(item: "ContainerInstanceTypeDef", cluster: str) -> ContainerInstance:
    return ContainerInstance(
        arn=item["containerInstanceArn"],
        cluster=cluster,
        status=item["status"],
        running=item["runningTasksCount"],
        pending=item["pendingTasksCount"],
    )


def _task(item: "TaskTypeDef") -> Task:
    # …:task/cluster/0123abcd and …:task-definition/trainer:7
    definition = item["taskDefinitionArn"].rpartition("/")[2]
    name = f"{definition} ({item['taskArn'].rpartition('/')[2]})"
    return Task(name=name, group=item.get("group", ""), told_to_stop=item.get("desiredStatus") == STOPPED)


def _raise_failures(failures: "Sequence[FailureTypeDef]") -> None:
    """Raise what an answer of 200 says could not be described, but for what is not there any more."""
    for failure in failures:
        if failure.get("reason") != MISSING:
            raise _refused("DescribeContainerInstances", failure.get("reason"), failure.get("arn", ""))


def _refused(operation: str, reason: str | None, arn: str) -> AwsError:
    return AwsError(operation, reason or "Unknown", f"{arn} was not touched", definite=True)
