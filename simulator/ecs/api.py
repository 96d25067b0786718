"""The calls on container instances and their tasks, plugged into moto's ECS. Clusters stay moto's."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from moto.backends import get_backend
from moto.ecs.responses import EC2ContainerServiceResponse

from simulator.clock import VirtualClock
from simulator.launch.instances import Instances
from simulator.plug import ATTACHED, plug

from .container_instance import ContainerInstance, Status, Task
from .query import matching
from .region import ContainerInstances, EcsError

Params = Mapping[str, Any]
# botocore: ListContainerInstancesRequest.maxResults, and how many one call may describe or update.
_PAGE, _DESCRIBED, _UPDATED = 100, 100, 10


def install() -> None:
    """Make moto's container instances and tasks ours where attached. Harmless when done again."""
    plug(
        EC2ContainerServiceResponse, lambda response: getattr(response.ecs_backend, ATTACHED, None), _CALLS, _parameters
    )


def attach(
    account: str, region: str, clock: VirtualClock, instances: Instances, rng: random.Random
) -> ContainerInstances:
    """Let the clusters of one account and Region have these instances."""
    backend: Any = get_backend("ecs")[account][region]
    container_instances = ContainerInstances(backend, clock, instances, rng)
    setattr(backend, ATTACHED, container_instances)
    return container_instances


def _parameters(response: Any) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(response.body)
    return asked


def _list(ecs: ContainerInstances, params: Params) -> dict[str, object]:
    fits, status = matching(params.get("filter")), params.get("status")
    arns = [one.arn for one in ecs.of_cluster(params.get("cluster")) if fits(one) and status in {None, one.status}]
    return _page("containerInstanceArns", arns, params)


def _describe(ecs: ContainerInstances, params: Params) -> dict[str, object]:
    found, failures = _named(ecs, params, _DESCRIBED)
    return {"containerInstances": [one.shown() for one in found], "failures": failures}


def _update_state(ecs: ContainerInstances, params: Params) -> dict[str, object]:
    if params["status"] not in {Status.ACTIVE, Status.DRAINING}:
        raise _invalid("Container instance status should be one of [ACTIVE,DRAINING]")
    found, failures = _named(ecs, params, _UPDATED)
    for one in found:
        ecs.set_status(one, Status(params["status"]))
    return {"containerInstances": [one.shown() for one in found], "failures": failures}


def _list_tasks(ecs: ContainerInstances, params: Params) -> dict[str, object]:
    """By default those that ECS wants to run (ListTasksRequest.desiredStatus)."""
    on, service = params.get("containerInstance"), params.get("serviceName")
    wanted = params.get("desiredStatus", "RUNNING")
    arns = [
        task.arn
        for one in ecs.of_cluster(params.get("cluster"))
        if on is None or _is_named(one, on)
        for task in one.tasks.values()
        if _desired(task) == wanted and (service is None or task.group == f"service:{service}")
    ]
    return _page("taskArns", arns, params)


def _describe_tasks(ecs: ContainerInstances, params: Params) -> dict[str, object]:
    tasks = {task.arn: (one, task) for one in ecs.of_cluster(params.get("cluster")) for task in one.tasks.values()}
    by_id = {arn.rsplit("/", 1)[-1]: found for arn, found in tasks.items()}
    names = [name.rsplit("/", 1)[-1] for name in params["tasks"]]
    return {
        "tasks": [_shown(*by_id[name]) for name in names if name in by_id],
        "failures": [{"arn": name, "reason": "MISSING"} for name in names if name not in by_id],
    }


def _stop_task(ecs: ContainerInstances, params: Params) -> dict[str, object]:
    for one in ecs.of_cluster(params.get("cluster")):
        for task in one.tasks.values():
            if task.arn.rsplit("/", 1)[-1] == params["task"].rsplit("/", 1)[-1]:
                ecs.stop(task, params.get("reason") or "Task stopped by user")
                return {"task": _shown(one, task)}
    raise _invalid("The referenced task was not found.")


def _named(ecs: ContainerInstances, params: Params, most: int) -> tuple[list[ContainerInstance], list[dict[str, str]]]:
    """The named container instances, by id or ARN, and what is missing of them."""
    names: Sequence[str] = params["containerInstances"]
    if not 1 <= len(names) <= most:
        raise _invalid(f"Container instances must have 1 to {most} members.")
    every = ecs.of_cluster(params.get("cluster"))
    found = [one for one in every if any(_is_named(one, name) for name in names)]
    missing = [name for name in names if not any(_is_named(one, name) for one in found)]
    return found, [{"arn": name, "reason": "MISSING"} for name in missing]


def _is_named(one: ContainerInstance, name: str) -> bool:
    return one.arn.rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]


def _desired(task: Task) -> str:
    return "RUNNING" if task.running and task.told_to_stop is None else "STOPPED"


def _shown(one: ContainerInstance, task: Task) -> dict[str, object]:
    last = "STOPPED" if not task.running else "RUNNING" if task.told_to_stop is None else "DEACTIVATING"
    return {
        "taskArn": task.arn,
        "clusterArn": one.arn.replace(":container-instance/", ":cluster/").rsplit("/", 1)[0],
        "containerInstanceArn": one.arn,
        "group": task.group,
        "taskDefinitionArn": f"{one.arn.split(':container-instance/')[0]}:task-definition/{task.family}:1",
        "launchType": "EC2",
        "desiredStatus": _desired(task),
        "lastStatus": last,
        "createdAt": task.started,
        "startedAt": task.started,
        "stoppingAt": task.told_to_stop,
        "stoppedAt": task.stopped,
        "stoppedReason": task.stopped_reason or None,
    }


def _page(name: str, arns: list[str], params: Params) -> dict[str, object]:
    first, size = int(params.get("nextToken") or 0), int(params.get("maxResults") or _PAGE)
    rest = {"nextToken": str(first + size)} if first + size < len(arns) else {}
    return {name: arns[first : first + size], **rest}


def _invalid(message: str) -> EcsError:
    return EcsError("InvalidParameterException", message)


_CALLS = {
    "list_container_instances": _list,
    "describe_container_instances": _describe,
    "update_container_instances_state": _update_state,
    "list_tasks": _list_tasks,
    "describe_tasks": _describe_tasks,
    "stop_task": _stop_task,
}
