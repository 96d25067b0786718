"""What the shell needs from the outside world: one object of each kind per region, but for the stack's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from capacity_blocks.core.binding import Claim
from capacity_blocks.core.drain.hook import LifecycleHook
from capacity_blocks.core.group import Group, NodeGroup
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.pool import Extension, LaunchFailure, Occupant
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.target import LaunchTemplate, ScheduledAction, Subnet, TargetId, TemplateVersion


class AwsError(Exception):
    """An AWS call failed. `code` is AWS's own; `definite` says that AWS refused it, so that nothing was done."""

    def __init__(self, operation: str, code: str, message: str, *, definite: bool) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation, self.code, self.definite = operation, code, definite


class Clock(Protocol):
    def now(self) -> datetime: ...
    def sleep_until(self, instant: datetime) -> None: ...


class Reservations(Protocol):
    def capacity_blocks(self) -> Sequence[Reservation]:
        """Return every Capacity Block that the account can use, in all pages; raise AwsError, never part of them."""

    def occupants(self, reservation_ids: Sequence[str]) -> Mapping[str, tuple[Occupant, ...]]:
        """Return the pending and running instances in each of the reservations; each id has an entry."""

    def pending_extensions(self, reservation_ids: Sequence[str]) -> Mapping[str, Extension]:
        """Return the extensions of these that are being paid for, by reservation id: one each at a time."""


class LaunchTemplates(Protocol):
    def read(self, version: TemplateVersion) -> LaunchTemplate:
        """Return what the version asks for, with the platform of its image where that can be looked up."""

    def version_for(self, source: TemplateVersion, reservation_id: str, token: str) -> TemplateVersion:
        """Return a version like `source` but for market type capacity-block and this reservation.

        Made at most once: `token` marks it, and under its mark it is found again. A target shares none with another.
        """

    def delete(self, version: TemplateVersion) -> None:
        """Delete the version, or find it gone."""


class Subnets(Protocol):
    def subnets(self, subnet_ids: Sequence[str]) -> Sequence[Subnet]: ...


class Groups(Protocol):
    """Auto Scaling groups."""

    def tagged(self, tag_key: str) -> Sequence[Group]:
        """Return every group that has a tag of this key."""

    def scheduled_actions(self) -> Mapping[str, tuple[ScheduledAction, ...]]:
        """Return the scheduled actions of all groups of the region, by group name."""

    def last_failure(self, name: str) -> LaunchFailure | None:
        """Return the latest failed launch among the group's newest activities."""

    def scale(self, name: str, *, minimum: int, maximum: int, desired: int) -> None: ...
    def point(self, name: str, template: TemplateVersion, subnets: Sequence[str]) -> None:
        """Set template version and subnets, with minimum and desired 0."""

    def restore(self, name: str, *, subnets: Sequence[str], maximum: int, template: TemplateVersion | None) -> None:
        """Set subnets and maximum, and the template version unless None, with minimum and desired 0."""

    def unprotect(self, name: str, instance_ids: Sequence[str]) -> None: ...
    def resume_launch(self, name: str) -> None: ...
    def put_scheduled_action(self, name: str, action: ScheduledAction) -> None: ...
    def delete_scheduled_action(self, name: str, action_name: str) -> None:
        """Delete the action, or find it gone."""

    def hooks(self, name: str) -> tuple[LifecycleHook, ...]:
        """Return the lifecycle hooks that the instances of a group wait for when they terminate, by name."""

    def put_hook(self, name: str, hook: LifecycleHook) -> None:
        """Set a lifecycle hook on the termination of instances, in place of one of the same name."""

    def delete_hook(self, name: str, hook_name: str) -> None:
        """Delete the hook, or find it gone; instances that wait for it go on."""

    def set_tag(self, name: str, key: str, value: str) -> None: ...
    def remove_tag(self, name: str, key: str) -> None: ...


class NodeGroupStatus(StrEnum):
    """`NodegroupStatus` of EKS's model, as far as it decides anything here."""

    ACTIVE = "ACTIVE"
    UPDATING = "UPDATING"
    DEGRADED = "DEGRADED"
    OTHER = "OTHER"

    @classmethod
    def _missing_(cls, _value: object) -> "NodeGroupStatus":
        return cls.OTHER


class UpdateStatus(StrEnum):
    """`UpdateStatus` of EKS's model."""

    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    OTHER = "Other"

    @classmethod
    def _missing_(cls, _value: object) -> "UpdateStatus":
        return cls.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGroupDescription:
    """What DescribeNodegroup says. `template` is None where EKS made one of its own."""

    status: NodeGroupStatus
    capacity_type: str
    template: TemplateVersion | None
    subnets: tuple[str, ...]
    maximum: int


class NodeGroups(Protocol):
    """EKS managed node groups."""

    def tagged(self, tag_key: str) -> Sequence[NodeGroup]:
        """Return every node group that has a tag of this key."""

    def describe(self, target: TargetId) -> NodeGroupDescription: ...
    def scale(self, target: TargetId, *, minimum: int, maximum: int, desired: int) -> None:
        """Set the sizes. EKS wants a maximum of at least 1."""

    def update_version(self, target: TargetId, template: TemplateVersion, token: str) -> str:
        """Start to move the node group to a version of its template; return the id of the update."""

    def update_status(self, target: TargetId, update_id: str) -> tuple[UpdateStatus, str]:
        """Return how an update stands, and EKS's own words on what went wrong."""

    def set_tag(self, target: TargetId, key: str, value: str) -> None: ...
    def remove_tag(self, target: TargetId, key: str) -> None: ...


class Ledger(Protocol):
    """What has been said, intended and done. Only what AWS could not tell us again."""

    def said(self, region: str) -> Mapping[str, datetime]:
        """Return the keys of the notices that were sent about a region, and when."""

    def begin_saying(self, region: str, key: str, run: str, now: datetime) -> bool:
        """Claim a notice before it is sent; False if it was sent, or another run is sending it right now.

        A claim that is never confirmed runs out after a minute: a crash between the two repeats the message.
        """

    def was_said(self, region: str, key: str) -> bool:
        """Whether the notice was sent, and that was recorded; read consistently."""

    def has_said(self, region: str, key: str, now: datetime) -> None:
        """Record that the notice was sent."""

    def claim(self, target: TargetId) -> Claim | None:
        """Return the claim on a target, read consistently."""

    def put_claim(self, claim: Claim, replacing: Claim | None) -> bool:
        """Write a claim if the one there is still `replacing` (None: none there); False if another run was faster."""

    def append(self, reservation_id: str, now: datetime, run: str, line: Mapping[str, str]) -> None:
        """Add a line to the history of a block. Lines are never changed or removed."""

    def take_watch(self, run: str) -> None:
        """Become the run that keeps watch: the newest does."""

    def keeps_watch(self, run: str) -> bool:
        """Whether no newer run has taken over."""


class Notifier(Protocol):
    def send(self, notice: Notice) -> None: ...


class PoolSettings(Protocol):
    def texts(self) -> Mapping[str, str]:
        """Return the JSON text of each pool's settings, by pool name."""


class Wakeups(Protocol):
    def wake_at(self, instant: datetime) -> None:
        """Have this application run when `instant` comes, once; asking twice is asking once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The outside world in one region."""

    name: str
    reservations: Reservations
    templates: LaunchTemplates
    subnets: Subnets
    groups: Groups
    node_groups: NodeGroups
