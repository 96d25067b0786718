"""Which target serves which block: several blocks shared out over several targets, each serving one at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.fit import misfits
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import Service, services
from capacity_blocks.core.target import Target, TargetId
from capacity_blocks.core.timeline import Phase, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """`left` instances of a paid block for which the pool has no free target that fits."""

    reservation: Reservation
    left: int
    misfits: tuple[tuple[TargetId, tuple[str, ...]], ...] = ()  # free targets, and why they do not fit
    behind: Service | None = None  # the target that is free again soonest, busy with another block until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    bound: tuple[Service, ...] = ()
    to_bind: tuple[Service, ...] = ()
    to_free: tuple[Service, ...] = ()  # of `bound`: idle until long after another block is over, which goes first
    waiting: tuple[Waiting, ...] = ()
    adrift: tuple[Target, ...] = ()  # bound to a reservation that EC2 does not list


def can_serve(now: datetime, pool: Pool, reservation: Reservation) -> bool:
    """Whether a free target may still be bound to it."""
    phase = Timeline.of(reservation, pool.policy).phase(now)
    is_ours = reservation.pool in {None, pool.name}
    return is_ours and reservation.is_paid and phase in {Phase.BEFORE_START, Phase.USABLE}


def is_free(target: Target) -> bool:
    return target.bound_to is None and target.is_empty


def free_targets(pool: Pool) -> list[Target]:
    return [t for t in pool.targets if is_free(t)]


def idle_services(now: datetime, pool: Pool, reservation: Reservation) -> list[Service]:
    """Return the services that can make way: nothing runs, and their block starts when `reservation` is over."""
    later = [s for s in bound_services(pool) if now < s.reservation.start and reservation.end <= s.reservation.start]
    return [s for s in later if s.target.is_empty and not _is_over(now, pool, reservation, s.target)]


def bound_services(pool: Pool) -> tuple[Service, ...]:
    return tuple(
        service
        for reservation in pool.reservations
        for service in services(reservation, [t for t in pool.targets if t.bound_to == reservation.reservation_id])
    )


def bindable_targets(now: datetime, pool: Pool) -> list[Target]:
    """Return the targets of which a bind has to know more than the listings say."""
    blocks = [r for r, _ in unserved(now, pool)] if pool.policy.may_scale_out else []
    idle = {s.target.id: s.target for r in blocks for s in idle_services(now, pool, r)}
    return [*free_targets(pool), *idle.values()] if blocks else []


def unserved(now: datetime, pool: Pool) -> tuple[tuple[Reservation, int], ...]:
    """Return the blocks that have instances which no target takes, and how many."""
    taken: dict[str, int] = {}
    for service in bound_services(pool):
        reservation_id = service.reservation.reservation_id
        taken[reservation_id] = taken.get(reservation_id, 0) + service.share
    left = (
        (r, r.instance_count - taken.get(r.reservation_id, 0)) for r in pool.reservations if can_serve(now, pool, r)
    )
    return tuple((r, n) for r, n in left if n > 0)


def assign(now: datetime, pool: Pool) -> Assignment:
    """Keep what is bound, and give each unserved block, first come first served, the free targets that fit it."""
    bound = bound_services(pool)
    free, to_bind, to_free, waiting = free_targets(pool), list[Service](), list[Service](), list[Waiting]()
    queued: list[Service] = []
    for reservation, unserved_count in unserved(now, pool) if pool.policy.may_scale_out else ():
        in_time = [t for t in free if not _is_over(now, pool, reservation, t)]
        taken, left = _take(reservation, in_time, unserved_count)
        to_bind += taken
        idle = {s.target.id: s for s in idle_services(now, pool, reservation) if s not in to_free}
        making_way, left = _take(reservation, [s.target for s in idle.values()], left)
        to_free += [idle[s.target.id] for s in making_way]
        bound_now = {s.target.id for s in taken}
        in_time = [t for t in in_time if t.id not in bound_now]
        free = [t for t in free if t.id not in bound_now]
        is_done = any(t not in in_time and not misfits(reservation, t, left) for t in free)
        is_unread = any(t.details is None for t in free)  # not read is not "does not fit": the next run will know
        if left and not is_done and not is_unread:
            reasons = tuple((t.id, misfits(reservation, t, left)) for t in in_time)
            behind = _soonest_free([*bound, *to_bind, *queued], pool, reservation)
            waiting.append(Waiting(reservation=reservation, left=left, misfits=reasons, behind=behind))
            queued += [Service(target=behind.target, reservation=reservation, share=left)] if behind is not None else []
    known = {r.reservation_id for r in pool.reservations}
    adrift = tuple(t for t in pool.targets if t.bound_to is not None and t.bound_to not in known)
    return Assignment(
        bound=bound, to_bind=tuple(to_bind), to_free=tuple(to_free), waiting=tuple(waiting), adrift=adrift
    )


def _take(reservation: Reservation, targets: Iterable[Target], left: int) -> tuple[list[Service], int]:
    """Share `left` instances out to the targets that fit; return who takes how many, and what is left then."""
    taken, remaining = list[Service](), list(targets)
    while left and (best := _best(reservation, remaining, left)) is not None:
        remaining.remove(best)
        taken.append(Service(target=best, reservation=reservation, share=best.wishes.instances or left))
        left -= taken[-1].share
    return taken, left


def _best(reservation: Reservation, free: Iterable[Target], left: int) -> Target | None:
    """Prefer the target that asks for most: one that takes whatever is left can wait for the rest."""
    fitting = [t for t in free if not misfits(reservation, t, left)]
    return min(fitting, key=lambda t: (-(t.wishes.instances or 0), t.id), default=None)


def _is_over(now: datetime, pool: Pool, reservation: Reservation, target: Target) -> bool:
    """Whether the target, by a longer drain lead of its own, is done with the block before others are."""
    timeline = Service(target=target, reservation=reservation, share=0).timeline(pool.policy)
    return timeline.phase(now) not in {Phase.BEFORE_START, Phase.USABLE}


def _soonest_free(taken: Iterable[Service], pool: Pool, reservation: Reservation) -> Service | None:
    """Return the last service of the target that is through with all of its blocks first."""
    alike = (s for s in taken if s.reservation.instance_type == reservation.instance_type)
    last = {s.target.id: s for s in sorted(alike, key=lambda s: s.reservation.end)}
    others = [s for s in last.values() if s.reservation.reservation_id != reservation.reservation_id]
    return min(others, key=lambda s: (s.timeline(pool.policy).reclaim_at, s.target.id), default=None)
