"""What Auto Scaling keeps of a group and of the instances in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from simulator.clock import Timer

from .journal import Capacity


class Lifecycle(StrEnum):
    """The lifecycle states that are lived through here ("Amazon EC2 Auto Scaling instance lifecycle")."""

    PENDING = "Pending"
    PENDING_WAIT = "Pending:Wait"
    PENDING_PROCEED = "Pending:Proceed"
    IN_SERVICE = "InService"
    STANDBY = "Standby"
    TERMINATING = "Terminating"
    TERMINATING_WAIT = "Terminating:Wait"
    TERMINATING_PROCEED = "Terminating:Proceed"
    TERMINATING_RETAINED = "Terminating:Retained"


COUNTED = frozenset({Lifecycle.PENDING, Lifecycle.PENDING_WAIT, Lifecycle.PENDING_PROCEED, Lifecycle.IN_SERVICE})
LEAVING = frozenset(
    {
        Lifecycle.TERMINATING,
        Lifecycle.TERMINATING_WAIT,
        Lifecycle.TERMINATING_PROCEED,
        Lifecycle.TERMINATING_RETAINED,
    }
)


class Process(StrEnum):
    """The processes of a group that can be suspended ("Suspend and resume processes")."""

    LAUNCH = "Launch"
    TERMINATE = "Terminate"
    ADD_TO_LOAD_BALANCER = "AddToLoadBalancer"
    ALARM_NOTIFICATION = "AlarmNotification"
    AZ_REBALANCE = "AZRebalance"
    HEALTH_CHECK = "HealthCheck"
    INSTANCE_REFRESH = "InstanceRefresh"
    REPLACE_UNHEALTHY = "ReplaceUnhealthy"
    SCHEDULED_ACTIONS = "ScheduledActions"


@dataclass(slots=True, kw_only=True)
class Member:
    """An instance of a group."""

    instance_id: str
    instance_type: str
    image_id: str
    availability_zone: str
    subnet_id: str | None
    reservation_id: str | None
    template: Mapping[str, str] | None
    order: int
    lifecycle: Lifecycle = Lifecycle.PENDING
    healthy: bool = True
    protected: bool = False

    @property
    def counts(self) -> bool:
        """Whether it counts for the desired capacity: standby and leaving instances do not.

        "RetentionTriggers" says so of instances that are retained; of those that wait for a termination hook it is
        assumed. So a group whose instances all wait launches others at once when it is to have as many again.
        """
        return self.lifecycle in COUNTED

    @property
    def leaving(self) -> bool:
        """Whether Auto Scaling has decided to end it, even if it still runs."""
        return self.lifecycle in LEAVING


@dataclass(slots=True, kw_only=True)
class Group:
    """A group. `settings` holds what is stored and shown as it was given, under the API's own names."""

    name: str
    arn: str
    created: datetime
    capacity: Capacity
    settings: dict[str, Any]
    subnets: tuple[str, ...]
    zones: tuple[str, ...]
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    suspended: dict[str, str] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    warm_pool: dict[str, Any] | None = None
    deleting: bool = False
    # Why the numbers are what they are now, in Auto Scaling's own words.
    cause: str = ""
    # Since when launches have failed, none having succeeded.
    failing_since: datetime | None = None
    failures: int = 0
    work: Timer | None = None

    @property
    def counted(self) -> list[Member]:
        return [member for member in self.members.values() if member.counts]

    @property
    def template(self) -> Mapping[str, str] | None:
        """The launch template that the group names, directly or in its mixed instances policy."""
        direct: Mapping[str, str] | None = self.settings.get("LaunchTemplate")
        if direct is not None:
            return direct
        mixed: Mapping[str, Any] = self.settings.get("MixedInstancesPolicy", {})
        within: Mapping[str, str] | None = mixed.get("LaunchTemplate", {}).get("LaunchTemplateSpecification")
        return within

    def runs(self, process: Process) -> bool:
        return process not in self.suspended
