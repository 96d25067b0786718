"""The calls on scheduled actions and warm pools."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulator.plug import aware

from . import capacity
from .journal import Capacity
from .paging import page
from .recurrence import Recurrence, parse
from .region import AutoScaling
from .schedule import ScheduledAction
from .surroundings import AutoScalingError, invalid

Params = Mapping[str, Any]


def put_action(region: AutoScaling, params: Params) -> None:
    region.schedule.put(_action(region, params["AutoScalingGroupName"], params))


def batch_put_actions(region: AutoScaling, params: Params) -> dict[str, object]:
    """Put each on its own: one that is refused is reported and does not stop the others."""
    group = region.group(params["AutoScalingGroupName"])
    failed = []
    for one in params["ScheduledUpdateGroupActions"]:
        try:
            region.schedule.put(_action(region, group.name, one))
        except AutoScalingError as error:
            failed.append(_failed(one["ScheduledActionName"], error))
    return {"FailedScheduledUpdateGroupActions": failed}


def delete_action(region: AutoScaling, params: Params) -> None:
    group = region.group(params["AutoScalingGroupName"])
    region.schedule.delete(group.name, params["ScheduledActionName"])


def batch_delete_actions(region: AutoScaling, params: Params) -> dict[str, object]:
    group = region.group(params["AutoScalingGroupName"])
    failed = []
    for name in params["ScheduledActionNames"]:
        try:
            region.schedule.delete(group.name, name)
        except AutoScalingError as error:
            failed.append(_failed(name, error))
    return {"FailedScheduledActions": failed}


def describe_actions(region: AutoScaling, params: Params) -> dict[str, object]:
    group, names = params.get("AutoScalingGroupName"), params.get("ScheduledActionNames")
    found = [
        action
        for action in region.schedule.all()
        if (group is None or action.group == group)
        and (not names or action.name in names)
        and (names or _between(action.due, params.get("StartTime"), params.get("EndTime")))
    ]
    shown, token = page(found, params)
    return {"ScheduledUpdateGroupActions": [action.shown() for action in shown], "NextToken": token}


def put_warm_pool(region: AutoScaling, params: Params) -> None:
    """Keep and show a warm pool. No instance ever waits in it here."""
    group = region.group(params["AutoScalingGroupName"])
    names = ("MaxGroupPreparedCapacity", "MinSize", "PoolState", "InstanceReusePolicy")
    given = {name: params[name] for name in names if params.get(name) is not None}
    group.warm_pool = {"MinSize": 0, "PoolState": "Stopped", **given}


def describe_warm_pool(region: AutoScaling, params: Params) -> dict[str, object]:
    group = region.group(params["AutoScalingGroupName"])
    return {"WarmPoolConfiguration": group.warm_pool, "Instances": []}


def delete_warm_pool(region: AutoScaling, params: Params) -> None:
    group = region.group(params["AutoScalingGroupName"])
    if group.warm_pool is None:
        raise invalid(f"No warm pool found for Auto Scaling group {group.name}")
    group.warm_pool = None


def _action(region: AutoScaling, group_name: str, params: Params) -> ScheduledAction:
    """Read a scheduled action, or refuse it as PutScheduledUpdateGroupAction does."""
    group = region.group(group_name)
    name = params["ScheduledActionName"]
    numbers = [params.get(member) for member in ("MinSize", "MaxSize", "DesiredCapacity")]
    if all(number is None for number in numbers):
        raise invalid("At least one of MinSize, MaxSize and DesiredCapacity must be given.")
    _check(*numbers)
    recurrence = _recurrence(params)
    now = region.at.clock.now()
    start = params.get("StartTime") or params.get("Time")
    if start is None and recurrence is None:
        raise invalid("Either StartTime or Recurrence must be given.")
    if start is not None and aware(start) < now:
        raise invalid("Given start time is in the past")
    end = aware(params["EndTime"]) if params.get("EndTime") else None
    due = aware(start) if start is not None else _next(recurrence, now)
    if end is not None and end <= due:
        raise invalid("Given end time is before the start time")
    resource = f"{region.at.new_id()}:autoScalingGroupName/{group.name}:scheduledActionName/{name}"
    return ScheduledAction(
        name=name,
        group=group.name,
        arn=region.at.arn(f"scheduledUpdateGroupAction:{resource}"),
        due=due,
        end=end,
        recurrence=recurrence,
        recurrence_text=params.get("Recurrence"),
        time_zone=params.get("TimeZone"),
        minimum=numbers[0],
        maximum=numbers[1],
        desired=numbers[2],
    )


def _check(minimum: int | None, maximum: int | None, desired: int | None) -> None:
    """Refuse numbers that contradict each other; what the group says is looked at when the time comes."""
    least = 0 if minimum is None else minimum
    most = max(least, desired or 0) if maximum is None else maximum
    capacity.updated(Capacity(minimum=0, maximum=most, desired=least), least, most, desired)


def _recurrence(params: Params) -> Recurrence | None:
    if not params.get("Recurrence"):
        return None
    try:
        return parse(params["Recurrence"], params.get("TimeZone"))
    except ValueError as error:
        raise invalid(f"Given recurrence is invalid: {error}") from error


def _next(recurrence: Recurrence | None, now: datetime) -> datetime:
    if recurrence is None:
        raise invalid("Either StartTime or Recurrence must be given.")
    try:
        return recurrence.after(now)
    except ValueError as error:
        raise invalid(f"Given recurrence is invalid: {error}") from error


def _between(due: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or aware(start) <= due) and (end is None or due <= aware(end))


def _failed(name: str, error: AutoScalingError) -> dict[str, str]:
    return {"ScheduledActionName": name, "ErrorCode": error.code, "ErrorMessage": error.message}
