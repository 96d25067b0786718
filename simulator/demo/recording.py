"""What was seen of a run, as plain data: all that the terminal, the page and the JSON show comes from here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from simulator.demo.actor import Actor
from simulator.demo.dealing import Budget, Renewal, Request, Sold
from simulator.demo.emptying import Drain
from simulator.demo.talk import Talk
from simulator.measure import BlockFigures, Size


class Severity(StrEnum):
    """How much a notice matters, as the notice itself says."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Phase(StrEnum):
    """Where a block is, by what EC2 does: a start that has passed still waits until EC2 says active."""

    PAYMENT_PENDING = "payment pending"
    BEFORE_START = "before start"
    AWAITED = "awaited"
    USABLE = "usable"
    DRAINING = "draining"
    RECLAIMING = "reclaiming"


class Mark(StrEnum):
    """What a line of the timeline is to a purchase, where the picture shows it."""

    QUESTION = "question"
    DECISION = "decision"
    PURCHASE = "purchase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the timeline: when, who, what and why. `severity` is set for notices alone."""

    at: datetime
    actor: Actor
    what: str
    why: str = ""
    pool: str = ""  # empty: of no pool
    severity: Severity | None = None
    reservation_id: str | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A phase of a block, from `start` until `end`."""

    phase: Phase
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block as it was seen: `first_end` is what it was bought with, `end` where it came to lie."""

    reservation_id: str
    pool: str
    instance_type: str
    size: int
    zone: str
    start: datetime
    first_end: datetime
    end: datetime
    drain_at: datetime
    reclaim_at: datetime
    active_at: datetime | None
    moved_at: datetime | None  # when the end moved
    stretches: tuple[Stretch, ...]
    figures: BlockFigures | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group and its size over time."""

    name: str
    pool: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One run, from `start` to `end`."""

    title: str
    seed: int
    start: datetime
    end: datetime
    parameters: Mapping[str, str]
    assumptions: Mapping[str, str]
    notes: tuple[str, ...] = ()  # what was made up because nothing was said of it
    blocks: tuple[Block, ...] = ()
    groups: tuple[Group, ...] = ()
    entries: tuple[Entry, ...] = ()
    requests: tuple[Request, ...] = ()
    renewals: tuple[Renewal, ...] = ()
    sales: tuple[Sold, ...] = ()  # all of EC2's book, extensions too, whoever bought
    budgets: tuple[Budget, ...] = ()
    drains: tuple[Drain, ...] = ()
    talk: Talk = field(default_factory=Talk)
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools that have a group or a block, by name."""
        named = {group.pool for group in self.groups} | {block.pool for block in self.blocks}
        return tuple(sorted(named - {""}))

    @property
    def notices(self) -> tuple[Entry, ...]:
        return tuple(each for each in self.entries if each.severity is not None)

    def as_json(self) -> Any:
        """Return everything as JSON values: instants in UTC, durations in seconds."""
        return {"simulated": True, **_plain(self)}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return written(value)
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case tuple() | list():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            return value


def written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
