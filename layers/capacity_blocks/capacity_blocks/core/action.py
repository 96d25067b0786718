"""What a plan may ask for. Data only: nothing here does anything. Every action is absolute and harmless twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.drain.step import Step
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.target import ScheduledAction, TargetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Point a free target at a reservation, empty: template version, subnets, tag."""

    target: TargetId
    reservation_id: str
    subnets: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    """Set an empty target free: its subnets and maximum as before, our tag gone."""

    target: TargetId
    reservation_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Set the sizes of a target."""

    target: TargetId
    reservation_id: str
    minimum: int
    maximum: int
    desired: int
    before: datetime | None = None  # too late from this instant on: then the action is dropped
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeLaunch:
    """Take back the suspension that Auto Scaling itself put on launches."""

    target: TargetId
    reservation_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unprotect:
    """Remove scale-in protection from instances, so that scaling in reaches them."""

    target: TargetId
    reservation_id: str
    instance_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutScheduledAction:
    """Write a native scheduled action, which works without this application."""

    target: TargetId
    reservation_id: str
    scheduled: ScheduledAction
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteScheduledAction:
    target: TargetId
    reservation_id: str | None
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutHook:
    """Have instances of a group wait for their drain when they terminate, this long without a word from us."""

    target: TargetId
    reservation_id: str
    heartbeat: timedelta
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteHook:
    target: TargetId
    reservation_id: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDrain:
    """Have an instance drained that waits for it. Asked for twice, the second joins the first."""

    target: TargetId
    reservation_id: str | None
    instance_id: str
    method: str
    deadline: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnNodes:
    """Mark nodes, or ask for a checkpoint, once per key."""

    target: TargetId
    reservation_id: str
    step: Step
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNodes:
    """Look whether `wanted` nodes of a target are good, and tell; from `alarm_at` on it is told if they are not.

    Harmless twice: a look changes nothing, and what it finds is told once in each `life` of the target.
    """

    target: TargetId
    reservation_id: str
    life: str
    wanted: int
    alarm_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Tell people, once per key."""

    notice: Notice
    reason: str
    of: TargetId | None = None  # tells what this plan does to the target: kept back when any of that fails
    into_history: bool = False  # kept in the history of the block as well


GroupAction = (
    Bind | Unbind | Scale | ResumeLaunch | Unprotect | PutScheduledAction | DeleteScheduledAction | PutHook | DeleteHook
)
TargetAction = GroupAction | StartDrain | WarnNodes | CheckNodes
Action = TargetAction | Say
