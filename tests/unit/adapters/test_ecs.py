from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ecs import EcsContainerInstances
from capacity_blocks.core.drain.container import ContainerInstance, Task
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import ACCOUNT, REGION

PREFIX = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER, OTHER = f"{PREFIX}:cluster/gpu", f"{PREFIX}:cluster/web"
ARN = f"{PREFIX}:container-instance/gpu/0a1b"
FOUND = ContainerInstance(arn=ARN, cluster=CLUSTER, running=2, pending=1)
SHOWN: dict[str, Any] = {
    "containerInstanceArn": ARN,
    "ec2InstanceId": "i-0a",
    "status": "ACTIVE",
    "runningTasksCount": 2,
    "pendingTasksCount": 1,
}


@dataclass
class Ecs:
    stub: Stubber
    adapter: EcsContainerInstances

    def describes(self, cluster: str, *shown: dict[str, Any], failures: tuple[dict[str, str], ...] = ()) -> None:
        self.stub.add_response(
            "describe_container_instances",
            {"containerInstances": list(shown), "failures": list(failures)},
            {"cluster": cluster, "containerInstances": [ARN]},
        )

    def registers(self, cluster: str, *arns: str) -> None:
        self.stub.add_response(
            "list_container_instances",
            {"containerInstanceArns": list(arns)},
            {"cluster": cluster, "filter": "ec2InstanceId == i-0a"},
        )

    def has_tasks(self, wanted: str, *shown: dict[str, Any]) -> None:
        arns = [each["taskArn"] for each in shown]
        asked = {"cluster": CLUSTER, "containerInstance": ARN, "desiredStatus": wanted, "maxResults": 100}
        self.stub.add_response("list_tasks", {"taskArns": arns}, asked)
        if arns:
            described = {"tasks": [{**each, "desiredStatus": wanted} for each in shown]}
            self.stub.add_response("describe_tasks", described, {"cluster": CLUSTER, "tasks": arns})


def task(name: str, last_status: str, **fields: str) -> dict[str, Any]:
    return {
        "taskArn": f"{PREFIX}:task/gpu/{name}",
        "taskDefinitionArn": f"{PREFIX}:task-definition/trainer:7",
        "lastStatus": last_status,
        **fields,
    }


@pytest.fixture
def ecs() -> Iterator[Ecs]:
    client = aws.client("ecs")
    with Stubber(client) as stub:
        yield Ecs(stub, EcsContainerInstances(client))
        stub.assert_no_pending_responses()


def test_a_container_instance_is_looked_for_in_every_cluster(ecs: Ecs) -> None:
    ecs.stub.add_response("list_clusters", {"clusterArns": [OTHER], "nextToken": "more"}, {})
    ecs.stub.add_response("list_clusters", {"clusterArns": [CLUSTER]}, {"nextToken": "more"})
    ecs.registers(OTHER)
    ecs.registers(CLUSTER, ARN)
    ecs.describes(CLUSTER, SHOWN)

    assert ecs.adapter.find("i-0a", None) == FOUND


def test_a_cluster_that_is_named_is_the_only_one_that_is_asked(ecs: Ecs) -> None:
    ecs.registers("gpu", ARN)
    ecs.describes("gpu", SHOWN)

    found = ecs.adapter.find("i-0a", "gpu")

    assert found is not None
    assert (found.arn, found.cluster) == (ARN, "gpu")


def test_what_the_filter_lets_through_is_still_looked_at(ecs: Ecs) -> None:
    ecs.registers("gpu", ARN)
    ecs.describes("gpu", {**SHOWN, "ec2InstanceId": "i-0b"})

    assert ecs.adapter.find("i-0a", "gpu") is None


def test_how_it_stands_is_read(ecs: Ecs) -> None:
    ecs.describes(CLUSTER, {**SHOWN, "status": "DRAINING", "runningTasksCount": 0, "pendingTasksCount": 0})

    assert ecs.adapter.read(FOUND) == ContainerInstance(arn=ARN, cluster=CLUSTER, status="DRAINING")


def test_one_that_is_gone_is_none(ecs: Ecs) -> None:
    ecs.describes(CLUSTER, failures=({"arn": ARN, "reason": "MISSING"},))

    assert ecs.adapter.read(FOUND) is None


def test_one_that_ecs_does_not_tell_of_is_an_error(ecs: Ecs) -> None:
    ecs.describes(CLUSTER, failures=({"arn": ARN, "reason": "INTERNAL"},))

    with pytest.raises(AwsError, match="INTERNAL"):
        ecs.adapter.read(FOUND)


def test_it_is_set_to_draining(ecs: Ecs) -> None:
    asked = {"cluster": CLUSTER, "containerInstances": [ARN], "status": "DRAINING"}
    ecs.stub.add_response("update_container_instances_state", {"containerInstances": [SHOWN], "failures": []}, asked)

    ecs.adapter.drain(FOUND)


def test_a_refusal_in_an_answer_of_200_is_one(ecs: Ecs) -> None:
    failures = [{"arn": ARN, "reason": "INACTIVE"}]
    ecs.stub.add_response("update_container_instances_state", {"containerInstances": [], "failures": failures})

    with pytest.raises(AwsError, match="UpdateContainerInstancesState: INACTIVE"):
        ecs.adapter.drain(FOUND)


def test_tasks_are_those_that_have_not_stopped(ecs: Ecs) -> None:
    ecs.has_tasks("RUNNING", task("0a", "RUNNING", group="service:server"), task("0b", "PENDING"))
    ecs.has_tasks("STOPPED", task("0c", "DEACTIVATING", group="family:trainer"), task("0d", "STOPPED"))

    assert ecs.adapter.tasks(FOUND) == [
        Task(name="trainer:7 (0a)", group="service:server"),
        Task(name="trainer:7 (0b)"),
        Task(name="trainer:7 (0c)", group="family:trainer", told_to_stop=True),
    ]


def test_no_tasks_are_none(ecs: Ecs) -> None:
    ecs.has_tasks("RUNNING")
    ecs.has_tasks("STOPPED")

    assert ecs.adapter.tasks(FOUND) == []
