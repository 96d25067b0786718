"""Scaling activities: what Auto Scaling says of each launch and termination, in its own words, and their events."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from simulator import changes
from simulator.plug import iso

from .group import Group
from .surroundings import Surroundings


class Status(StrEnum):
    """The status codes that are used here (ScalingActivityStatusCode)."""

    IN_PROGRESS = "InProgress"
    MID_LIFECYCLE_ACTION = "MidLifecycleAction"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class Direction(StrEnum):
    """What an activity does to an instance, as the names of the events say it."""

    LAUNCH = "Launch"
    TERMINATE = "Terminate"


@dataclass(slots=True, kw_only=True)
class Activity:
    """One activity. `subject` is the instance, or empty when there never was one."""

    activity_id: str
    group: str
    group_arn: str
    description: str
    cause: str
    start: datetime
    subject: str = ""
    details: dict[str, str] = field(default_factory=dict)
    status: Status = Status.IN_PROGRESS
    message: str | None = None
    end: datetime | None = None

    def shown(self) -> dict[str, object]:
        return {
            "ActivityId": self.activity_id,
            "AutoScalingGroupName": self.group,
            "AutoScalingGroupARN": self.group_arn,
            "Description": self.description,
            "Cause": self.cause,
            "StartTime": self.start,
            "EndTime": self.end,
            "StatusCode": str(self.status),
            "StatusMessage": self.message,
            "Progress": 100 if self.end else 50,
            "Details": json.dumps(self.details),
        }


class Activities:
    """All activities of one Region, in the order in which they began."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self.all: list[Activity] = []
        self.on_end: list[Callable[[Activity], None]] = []

    def begin(
        self, group: Group, description: str, cause: str, subject: str = "", details: dict[str, str] | None = None
    ) -> Activity:
        activity = Activity(
            activity_id=self._surroundings.new_id(),
            group=group.name,
            group_arn=group.arn,
            description=description,
            cause=cause,
            start=self._surroundings.clock.now(),
            subject=subject,
            details=details or {},
        )
        self.all.append(activity)
        changes.bump()
        return activity

    def finish(self, activity: Activity, direction: Direction, status: Status, message: str | None = None) -> None:
        """End an activity and emit its event."""
        self.settle(activity, status, message)
        arns = [activity.group_arn]
        if activity.subject:
            arns.append(self._surroundings.arn(f"instance/{activity.subject}", "ec2"))
        word = "Successful" if status is Status.SUCCESSFUL else "Unsuccessful"
        detail_type = f"EC2 Instance {direction} {word}"
        self._surroundings.emit("aws.autoscaling", detail_type, _detail(activity, direction, self._request_id()), arns)

    def settle(self, activity: Activity, status: Status, message: str | None = None) -> None:
        """End an activity that has no event."""
        activity.status, activity.message, activity.end = status, message, self._surroundings.clock.now()
        changes.bump()
        for tell in self.on_end:
            tell(activity)

    def _request_id(self) -> str:
        return self._surroundings.new_id()


def _detail(activity: Activity, direction: Direction, request_id: str) -> dict[str, object]:
    """The event's detail ("Amazon EC2 Auto Scaling event reference"): a success says InProgress there."""
    ends = ("EC2", "AutoScalingGroup") if direction is Direction.LAUNCH else ("AutoScalingGroup", "EC2")
    return {
        "StatusCode": "InProgress" if activity.status is Status.SUCCESSFUL else str(activity.status),
        "Description": activity.description,
        "AutoScalingGroupName": activity.group,
        "ActivityId": activity.activity_id,
        "Details": activity.details,
        "RequestId": request_id,
        "StatusMessage": activity.message or "",
        "EndTime": iso(activity.end or activity.start),
        "EC2InstanceId": activity.subject,
        "StartTime": iso(activity.start),
        "Cause": activity.cause,
        "Origin": ends[0],
        "Destination": ends[1],
    }
