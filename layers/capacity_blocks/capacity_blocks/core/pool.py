"""A pool: what is known of a named consumer of blocks in one region when it is planned for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from capacity_blocks.core.drain.hook import LifecycleHook
from capacity_blocks.core.drain.step import Step
from capacity_blocks.core.drain.verdict import Report
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.target import Target, TargetId

DRAINED = ":draining:"  # in the key of the notice that a target drains: the key of its service before, the end behind
MARKED = f":{Step.MARK}:"  # the same of the step that marks its nodes
SCALED_IN = ":scaled-in:"  # of the notice that somebody else scaled a target in: behind it, when


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupant:
    """An instance that runs in a reservation. `group` is the Auto Scaling group that launched it, if one did."""

    instance_id: str
    group: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchFailure:
    """The last launch that failed in a group, in Auto Scaling's own words."""

    at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """More time for a block that was bought, and whose payment has neither settled nor failed."""

    reservation_id: str
    end: datetime  # of the block, once it is paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Blocks and targets of one name in one region. What was not asked for (see `inquiry`) is absent, not empty."""

    name: str
    region: str
    policy: Policy = field(default_factory=Policy)
    reservations: tuple[Reservation, ...] = ()
    targets: tuple[Target, ...] = ()
    said: Mapping[str, datetime] = field(default_factory=dict)  # keys of the notices sent, and when
    occupants: Mapping[str, tuple[Occupant, ...]] = field(default_factory=dict)  # by reservation id
    failures: Mapping[TargetId, LaunchFailure] = field(default_factory=dict)
    hooks: Mapping[TargetId, tuple[LifecycleHook, ...]] = field(default_factory=dict)  # on termination, anybody's
    extensions: Mapping[str, Extension] = field(default_factory=dict)  # being paid for, by reservation id
    under_way: frozenset[str] = frozenset()  # instances whose drain somebody is at
    longest_drain: timedelta | None = None  # of the pool's last blocks; None: never measured
    hold_unread: bool = False  # whether one of these two was asked for a drain that may be held, and not answered
    reports: Mapping[str, tuple[Report, ...]] = field(default_factory=dict)  # how drains ended, by reservation id
    drained: Mapping[str, str] = field(init=False)  # the end before which a service was last said to drain, by its key
    marked: Mapping[str, str] = field(init=False)  # the end before which its nodes were last marked
    scaled_in: Mapping[str, str] = field(init=False)  # when somebody else last scaled it in

    def __post_init__(self) -> None:
        object.__setattr__(self, "drained", _last(self.said, DRAINED))
        object.__setattr__(self, "marked", _last(self.said, MARKED))
        object.__setattr__(self, "scaled_in", _last(self.said, SCALED_IN))


def _last(said: Iterable[str], what: str) -> dict[str, str]:
    parts = (key.rpartition(what) for key in sorted(said) if what in key)
    return {before: behind for before, _, behind in parts if ":" not in behind}  # with one, it is of something else


def pools(
    region: str,
    reservations: Sequence[Reservation],
    targets: Sequence[Target],
    policies: Mapping[str, Policy],
    default: Policy,
    said: Mapping[str, datetime],
) -> tuple[tuple[Pool, ...], tuple[Reservation, ...]]:
    """Sort what a region holds into pools, by name; also return the blocks that no pool claims."""
    serving: dict[str, set[str]] = {}
    for target in targets:
        serving.setdefault(target.bound_to or "", set()).add(target.pool)
    claims = {r.reservation_id: _claimant(r, policies, serving.get(r.reservation_id, set())) for r in reservations}
    names = {t.pool for t in targets} | {name for name in claims.values() if name is not None}
    found = tuple(
        Pool(
            name=name,
            region=region,
            policy=policies.get(name, default),
            reservations=_sorted(r for r in reservations if claims[r.reservation_id] == name),
            targets=tuple(sorted((t for t in targets if t.pool == name), key=lambda t: t.id)),
            said=said,
        )
        for name in sorted(names)
    )
    return found, _sorted(r for r in reservations if claims[r.reservation_id] is None)


def _claimant(reservation: Reservation, policies: Mapping[str, Policy], serving: Collection[str]) -> str | None:
    """Return the pool that a block belongs to: the one whose targets serve it, else as it is tagged or listed.

    A tag that is changed or removed, or a list that cannot be read, takes no block from under what must be drained.
    """
    if serving:
        return reservation.pool if reservation.pool in serving else min(serving)
    listed = (name for name, policy in sorted(policies.items()) if reservation.reservation_id in policy.reservations)
    return reservation.pool or next(listed, None)


def _sorted(reservations: Iterable[Reservation]) -> tuple[Reservation, ...]:
    return tuple(sorted(reservations, key=lambda r: (r.start, r.reservation_id)))
