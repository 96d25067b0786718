"""The calls on lifecycle hooks and on the instances that wait for them."""

from collections.abc import Mapping
from typing import Any

from . import hook
from .group import Group
from .lifecycle_action import LifecycleAction
from .region import AutoScaling

Params = Mapping[str, Any]


def put(region: AutoScaling, params: Params) -> None:
    put_on(region, region.group(params["AutoScalingGroupName"]), params)


def put_on(region: AutoScaling, group: Group, params: Params) -> None:
    """Keep a hook of a group. Instances that wait already go on as they began (assumed)."""
    hooks = region.lifecycle_actions.hooks
    hooks.put(hook.read(group.name, params, hooks.find(group.name, params["LifecycleHookName"])))


def describe(region: AutoScaling, params: Params) -> dict[str, object]:
    group = region.group(params["AutoScalingGroupName"])
    names = params.get("LifecycleHookNames")
    hooks = region.lifecycle_actions.hooks.of(group.name)
    return {"LifecycleHooks": [one.shown() for one in hooks if not names or one.name in names]}


def describe_types(_region: AutoScaling, _params: Params) -> dict[str, object]:
    return {"LifecycleHookTypes": [str(one) for one in hook.Transition]}


def delete(region: AutoScaling, params: Params) -> None:
    group = region.group(params["AutoScalingGroupName"])
    region.lifecycle_actions.delete_hook(group.name, params["LifecycleHookName"])


def complete(region: AutoScaling, params: Params) -> None:
    result = hook.result(params["LifecycleActionResult"])
    region.lifecycle_actions.complete(_action(region, params), result)


def record_heartbeat(region: AutoScaling, params: Params) -> None:
    region.lifecycle_actions.heartbeat(_action(region, params))


def _action(region: AutoScaling, params: Params) -> LifecycleAction:
    group = region.group(params["AutoScalingGroupName"])
    return region.lifecycle_actions.find(
        group.name, params["LifecycleHookName"], params.get("LifecycleActionToken"), params.get("InstanceId")
    )
