"""EKS's own scheduled action: to zero, 40 minutes before the template's reservation ends."""

from datetime import datetime, timedelta
from typing import Any

from simulator.auto_scaling.region import AutoScaling
from simulator.auto_scaling.schedule import ScheduledAction
from simulator.auto_scaling.surroundings import AutoScalingError
from simulator.capacity_blocks.error import CapacityBlockError
from simulator.launch.request import market
from simulator.launch.slots import BlockSlots

# "Create a managed node group with Capacity Blocks for ML": its name, and that it must not be edited or deleted.
NAME = "Amazon EKS Node Group Capacity Scaledown Before Reservation End"
LEAD = timedelta(minutes=40)


def end_of(slots: BlockSlots, data: Any) -> datetime | None:
    """When the template's reservation ends, as EC2 says now; none when EC2 does not know it."""
    reservation_id = market(data).reservation_id
    if reservation_id is None:
        return None
    try:
        answer = slots.call("DescribeCapacityReservations", CapacityReservationIds=[reservation_id])
    except CapacityBlockError:
        return None
    found: datetime | None = next((one.get("EndDate") for one in answer["CapacityReservations"]), None)
    return found


def appoint(region: AutoScaling, group: str, end: datetime | None) -> None:
    """Set the action for this end, in place of an earlier one.

    Without an end, or with one that is too near, or when another action of the group has this very start time, there
    is none (assumed).
    """
    due = end - LEAD if end is not None else None
    if due is None or due <= region.at.clock.now():
        return
    action = ScheduledAction(
        name=NAME,
        group=group,
        arn=region.at.arn(
            f"scheduledUpdateGroupAction:{region.at.new_id()}:autoScalingGroupName/{group}:scheduledActionName/{NAME}"
        ),
        due=due,
        end=None,
        recurrence=None,
        recurrence_text=None,
        time_zone=None,
        minimum=0,
        maximum=None,
        desired=0,
    )
    try:
        region.schedule.put(action)
    except AutoScalingError:
        return


def is_due(region: AutoScaling, group: str) -> datetime | None:
    """When the group's action is due now."""
    return next((one.due for one in region.schedule.kept() if one.group == group and one.name == NAME), None)
