"""What happened to groups and instances, as facts in the order of virtual time: for stories, pictures and tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from simulator import changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The three numbers of a group."""

    minimum: int
    maximum: int
    desired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityChanged:
    """Somebody set a group's numbers: `by` names the API call, or the scheduled action."""

    at: datetime
    region: str
    group: str
    before: Capacity
    after: Capacity
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceLaunched:
    """EC2 accepted a launch. Without a group, somebody ran the instance by hand."""

    at: datetime
    region: str
    group: str | None
    instance_id: str
    instance_type: str
    reservation_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceInService:
    """An instance has booted and is in service in its group."""

    at: datetime
    region: str
    group: str
    instance_id: str
    reservation_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceLeft:
    """An instance left its group and runs on: by standby it may come back, by detach it is nobody's."""

    at: datetime
    region: str
    group: str
    instance_id: str
    reservation_id: str | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleActionBegan:
    """An instance waits for a lifecycle hook. It runs on, and keeps its place in its block."""

    at: datetime
    region: str
    group: str
    instance_id: str
    reservation_id: str | None
    hook: str
    transition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleActionEnded:
    """An instance no longer waits for a hook: `why` says who or what ended it."""

    at: datetime
    region: str
    group: str
    instance_id: str
    hook: str
    result: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceTerminating:
    """An instance began to shut down: from here on no work runs on it."""

    at: datetime
    region: str
    group: str | None
    instance_id: str
    reservation_id: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceTerminated:
    """An instance is gone."""

    at: datetime
    region: str
    instance_id: str
    reservation_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchFailed:
    """EC2 refused a launch of a group: `missing` instances are still wanted."""

    at: datetime
    region: str
    group: str
    reservation_id: str | None
    code: str
    message: str
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledActionRan:
    """A scheduled action's time had come. `refused` says why it changed nothing, when it did not."""

    at: datetime
    region: str
    group: str
    action: str
    due: datetime
    refused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSuspended:
    """A process of a group was suspended, by a person or by Auto Scaling itself."""

    at: datetime
    region: str
    group: str
    process: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGroupUpdated:
    """An update of an EKS managed node group came to its end."""

    at: datetime
    region: str
    cluster: str
    node_group: str
    kind: str
    status: str


Fact = (
    CapacityChanged
    | InstanceLaunched
    | InstanceInService
    | InstanceLeft
    | LifecycleActionBegan
    | LifecycleActionEnded
    | InstanceTerminating
    | InstanceTerminated
    | LaunchFailed
    | ScheduledActionRan
    | ProcessSuspended
    | NodeGroupUpdated
)
Kind = TypeVar("Kind", bound=Fact)


class Journal:
    """A list that only grows. Who wants to see each fact at once appends to `on_fact`."""

    def __init__(self) -> None:
        self._facts: list[Fact] = []
        self.on_fact: list[Callable[[Fact], None]] = []

    def add(self, fact: Fact) -> None:
        self._facts.append(fact)
        changes.bump()
        for tell in self.on_fact:
            tell(fact)

    def __iter__(self) -> Iterator[Fact]:
        return iter(tuple(self._facts))

    def __len__(self) -> int:
        return len(self._facts)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [fact for fact in self._facts if isinstance(fact, kind)]
