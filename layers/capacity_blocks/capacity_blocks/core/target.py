"""What runs on a Capacity Block, as last observed: Auto Scaling groups and EKS managed node groups."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.tag import Wishes

WAITING = "Terminating:Wait"  # LifecycleState of an instance that a hook holds


class TargetKind(StrEnum):
    AUTO_SCALING_GROUP = "Auto Scaling group"
    NODE_GROUP = "managed node group"


class Suspension(StrEnum):
    """Who suspended the Launch process of a group."""

    NOBODY = "nobody"
    AUTO_SCALING = "Auto Scaling"  # "administrative suspension", after launches failed for 24 hours
    PERSON = "a person"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TargetId:
    """Names a target. `cluster` is an EKS cluster; for an Auto Scaling group it is empty."""

    region: str
    name: str
    cluster: str = ""

    @property
    def kind(self) -> TargetKind:
        return TargetKind.NODE_GROUP if self.cluster else TargetKind.AUTO_SCALING_GROUP

    def __str__(self) -> str:
        return f"{self.cluster}/{self.name}" if self.cluster else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance of a group. `lifecycle_state` is Auto Scaling's word, e.g. InService or Standby."""

    instance_id: str
    lifecycle_state: str = "InService"
    protected: bool = False  # from scale in


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAction:
    """A native scheduled action of an Auto Scaling group, ours or somebody else's."""

    name: str
    start: datetime | None
    minimum: int | None = None
    maximum: int | None = None
    desired: int | None = None

    def __str__(self) -> str:
        instant = f"{self.start:%Y-%m-%d %H:%M} UTC" if self.start is not None else "no time"
        return f"{self.name} at {instant}: minimum {self.minimum}, maximum {self.maximum}, desired {self.desired}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """A launch template as a group names it: the version may be a number, $Latest or $Default."""

    template_id: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplate:
    """The version of the launch template that a group launches from. None stands for what it leaves open."""

    template_id: str
    version: str
    instance_type: str | None = None
    market_type: str | None = None
    reservation_id: str | None = None
    placement_group: str | None = None
    tenancy: str | None = None
    platform: str | None = None  # of its image, in EC2's words; None: the template names no image that we can look up


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    subnet_id: str
    availability_zone: str
    availability_zone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What only a bind needs to know of a target: read when one is due, not at every sweep."""

    template: LaunchTemplate | None
    subnets: tuple[Subnet, ...]
    obstacles: tuple[str, ...] = ()  # what makes the group unfit for any block, each with what to change


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A group that carries our pool tag. Sizes are Auto Scaling's; `subnets` the ones it launches into now."""

    id: TargetId
    pool: str
    group: str  # the Auto Scaling group behind it; for an Auto Scaling group its own name
    wishes: Wishes = field(default_factory=Wishes)
    bound_to: str | None = None  # the reservation that it serves now
    hook: timedelta | None = None  # the time-out of our lifecycle hook on it; None: it has none
    minimum: int = 0
    maximum: int = 0
    desired: int = 0
    instances: tuple[Instance, ...] = ()
    launch: Suspension = Suspension.NOBODY
    subnets: tuple[str, ...] = ()
    template: TemplateVersion | None = None
    scheduled_actions: tuple[ScheduledAction, ...] = ()
    obstacles: tuple[str, ...] = ()  # as in Details, but plain from the listing
    details: Details | None = None

    @property
    def is_empty(self) -> bool:
        return self.desired == 0 and not self.instances

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the instances that lifecycle hooks keep from being terminated."""
        return tuple(i.instance_id for i in self.instances if i.lifecycle_state == WAITING)

    @property
    def in_service(self) -> int:
        return sum(i.lifecycle_state == "InService" for i in self.instances)
