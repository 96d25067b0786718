"""Figures of a run, read off what EC2 and Auto Scaling did: minutes lost at start and end, reactions, sizes in time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.auto_scaling.journal import (
    CapacityChanged,
    Fact,
    InstanceInService,
    InstanceLaunched,
    InstanceLeft,
    InstanceTerminating,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLife:
    """When EC2 delivered a block and when it takes it back. `active_at` is None as long as it is not active."""

    reservation_id: str
    size: int
    active_at: datetime | None
    reclaim_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFigures:
    """One target's time on one block. An instant is None when what it names never happened."""

    reservation_id: str
    target: str
    share: int
    launched_at: datetime | None  # EC2 accepted the last instance of the share
    zeroed_at: datetime | None  # the desired capacity went to zero
    reaction: timedelta | None  # from active until somebody asked for launches, or Auto Scaling itself launched
    lost_at_start: timedelta
    lost_at_end: timedelta

    @property
    def lost(self) -> timedelta:
        return self.lost_at_start + self.lost_at_end


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFigures:
    """The same of a whole block, which is as good as the worst of its targets."""

    reservation_id: str
    size: int
    targets: tuple[TargetFigures, ...]
    reaction: timedelta | None
    lost_at_start: timedelta
    lost_at_end: timedelta

    @property
    def lost(self) -> timedelta:
        """Unused time under our control: after active and before the reclaim, never EC2's own delay."""
        return self.lost_at_start + self.lost_at_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a group is, from `at` until the next one."""

    at: datetime
    desired: int
    in_service: int


def block_figures(life: BlockLife, facts: Sequence[Fact], asked: Sequence[datetime] = ()) -> BlockFigures | None:
    """Measure a block from when EC2 said active; None when it has not.

    `asked` are the instants at which our functions told Auto Scaling the size of any group: a group that its native
    action had already given the right size is told again, which wakes it and changes no number.
    """
    if life.active_at is None:
        return None
    groups = sorted({each.group for each in _launches(life, facts) if each.group is not None})
    targets = tuple(_target(life, life.active_at, group, facts, asked) for group in groups)
    return BlockFigures(
        reservation_id=life.reservation_id,
        size=life.size,
        targets=targets,
        reaction=max((each.reaction for each in targets if each.reaction is not None), default=None),
        lost_at_start=max((each.lost_at_start for each in targets), default=life.reclaim_at - life.active_at),
        lost_at_end=max((each.lost_at_end for each in targets), default=timedelta()),
    )


def sizes(group: str, facts: Iterable[Fact]) -> tuple[Size, ...]:
    """Return a group's size over time, an entry for each change. Nothing is in service before the first."""
    facts = list(facts)
    first = next((each for each in facts if isinstance(each, CapacityChanged) and each.group == group), None)
    desired, serving, found = first.before.desired if first is not None else 0, set[str](), list[Size]()
    for fact in facts:
        match fact:
            case CapacityChanged(group=name) if name == group:
                desired = fact.after.desired
            case InstanceInService(group=name) if name == group:
                serving.add(fact.instance_id)
            case InstanceTerminating(group=name) | InstanceLeft(group=name) if name == group:
                serving.discard(fact.instance_id)
            case _:
                continue
        size = Size(at=fact.at, desired=desired, in_service=len(serving))
        if found and found[-1].at == fact.at:
            found.pop()
        if not found or (found[-1].desired, found[-1].in_service) != (size.desired, size.in_service):
            found.append(size)
    return tuple(found)


def _target(
    life: BlockLife, active_at: datetime, group: str, facts: Sequence[Fact], asked: Sequence[datetime]
) -> TargetFigures:
    launches = sorted(each.at for each in _launches(life, facts) if each.group == group)
    steps = [(each.at, each.desired) for each in sizes(group, facts)]
    share = max(_desired_between(steps, launches[0], life.reclaim_at), default=len(launches))
    launched_at = launches[share - 1] if share <= len(launches) else None
    zeroed_at = next((at for at, desired in steps if launches[0] < at <= life.reclaim_at and not desired), None)
    acted = [at for at in (*asked, *(at for at, desired in steps if desired)) if active_at <= at <= launches[0]]
    return TargetFigures(
        reservation_id=life.reservation_id,
        target=group,
        share=share,
        launched_at=launched_at,
        zeroed_at=zeroed_at,
        reaction=min([*acted, launches[0]]) - active_at,
        lost_at_start=(launched_at or zeroed_at or life.reclaim_at) - active_at,
        lost_at_end=life.reclaim_at - zeroed_at if zeroed_at is not None else timedelta(),
    )


def _launches(life: BlockLife, facts: Iterable[Fact]) -> Iterator[InstanceLaunched]:
    for fact in facts:
        if isinstance(fact, InstanceLaunched) and fact.reservation_id == life.reservation_id:
            yield fact


def _desired_between(steps: Sequence[tuple[datetime, int]], start: datetime, end: datetime) -> Iterator[int]:
    """Yield the sizes that were desired at any moment from `start` to `end`."""
    for (at, desired), (until, _) in zip(steps, [*steps[1:], (end, 0)], strict=True):
        if at <= end and until > start:
            yield desired
