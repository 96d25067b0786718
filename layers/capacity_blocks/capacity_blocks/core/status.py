"""Where a block is, what happens next and why: what an operator asks at three in the morning."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from capacity_blocks.core.assignment import assign, bound_services
from capacity_blocks.core.chain import Joint, Level, Link, joints, levels, links, successions
from capacity_blocks.core.drain.hold import held_until
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.timeline import Phase, Timeline
from capacity_blocks.core.wording.succession import goes_on


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStatus:
    reservation_id: str
    pool: str
    region: str
    state: str
    phase: str
    start: datetime
    drain_at: datetime
    reclaim_at: datetime
    end: datetime
    targets: tuple[str, ...]
    next: str
    then: str = ""  # how the pool goes on after this block


@dataclass(frozen=True, slots=True, kw_only=True)
class JointStatus:
    """A gap or an overlap between two blocks, or groups of them that start and end together."""

    kind: str
    start: datetime
    end: datetime
    minutes: int
    instances: int  # that the pool lacks in a gap, or has twice in an overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatus:
    """The paid blocks of a pool one after the other."""

    pool: str
    region: str
    links: tuple[Link, ...] = ()
    joints: tuple[JointStatus, ...] = ()
    levels: tuple[Level, ...] = ()

    def has(self, reservation_id: str) -> bool:
        return any(reservation_id in link.reservation_ids for link in self.links)


def chain_status(now: datetime, pool: Pool) -> ChainStatus:
    """Describe how the blocks of the pool follow each other from now on."""
    chain = links(pool.reservations, pool.policy)
    return ChainStatus(
        pool=pool.name,
        region=pool.region,
        links=tuple(link for link in chain if now < link.end),
        joints=tuple(_joint(joint) for joint in joints(chain) if joint.is_ahead(now)),
        levels=tuple(level for level in levels(chain) if now < level.end),
    )


def _joint(joint: Joint) -> JointStatus:
    start, end = sorted((joint.before.drain_at, joint.after.start))
    return JointStatus(
        kind="gap" if joint.gap else "overlap",
        start=start,
        end=end,
        minutes=(end - start) // timedelta(minutes=1),
        instances=joint.instances,
    )


def statuses(now: datetime, pool: Pool) -> tuple[BlockStatus, ...]:
    """Describe each block of the pool that has not ended long ago."""
    assignment = assign(now, pool)
    waiting = {w.reservation.reservation_id for w in assignment.waiting}
    taken: dict[str, list[str]] = {}
    for service in assignment.bound:
        running = f"{service.target.id}: {service.target.in_service} of {service.share} in service"
        taken.setdefault(service.reservation.reservation_id, []).append(running)
    after = successions(links(pool.reservations, pool.policy))
    blocks = (b for b in pool.reservations if not b.is_dead)
    return tuple(
        replace(
            _status(now, pool, b, tuple(taken.get(b.reservation_id, ())), waiting),
            then=goes_on(after.get(b.reservation_id)) if b.is_paid and pool.name else "",
        )
        for b in blocks
    )


def _status(now: datetime, pool: Pool, block: Reservation, targets: tuple[str, ...], waiting: set[str]) -> BlockStatus:
    timeline = Timeline.of(block, pool.policy)
    phase = timeline.phase(now)
    return BlockStatus(
        reservation_id=block.reservation_id,
        pool=pool.name,
        region=pool.region,
        state=block.state.value,
        phase=phase.value,
        start=timeline.start,
        drain_at=timeline.drain_at,
        reclaim_at=timeline.reclaim_at,
        end=timeline.end,
        targets=targets,
        next=_next_of(now, pool, block, is_waiting=block.reservation_id in waiting),
    )


def _next_of(now: datetime, pool: Pool, block: Reservation, *, is_waiting: bool) -> str:
    if not pool.name:
        return "no pool claims it"
    timeline = Timeline.of(block, pool.policy)
    held = [held_until(pool, s) for s in bound_services(pool) if s.reservation.reservation_id == block.reservation_id]
    until = max((each for each in held if each is not None and now < each), default=None)
    if until is not None:
        return f"scales to zero at {until:%F %H:%M} UTC, put off while an extension is being paid"
    return _next(timeline.phase(now), timeline, block, is_waiting)


def _next(phase: Phase, timeline: Timeline, block: Reservation, is_waiting: bool) -> str:
    match phase:
        case Phase.BEFORE_START if not block.is_paid:
            return f"waits for payment; is to start at {timeline.start:%F %H:%M} UTC"
        case Phase.BEFORE_START:
            lack = ", but no target is free for all of it" if is_waiting else ""
            return f"scales out at {timeline.start:%F %H:%M} UTC{lack}"
        case Phase.USABLE:
            lack = "waits for a free target; " if is_waiting else ""
            return f"{lack}scales to zero at {timeline.drain_at:%F %H:%M} UTC"
        case Phase.DRAINING | Phase.RECLAIMING:
            return f"ends at {timeline.end:%F %H:%M} UTC"
        case Phase.ENDED:
            return "has ended"
