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
    waiting: tuple[Waiting, ...] = ()
    adrift: tuple[Target, ...] = ()  # bound to a reservation that EC2 does not list


def can_serve(now: datetime, pool: Pool, reservation: Reservation) -> bool:
    """Whether a free target may still be bound to it."""
    phase = Timeline.of(reservation, pool.policy).phase(now)
    return reservation.is_paid and phase in {Phase.BEFORE_START, Phase.USABLE}


def is_free(target: Target) -> bool:
    return target.bound_to is None and target.is_empty


def free_targets(pool: Pool) -> list[Target]:
    return [t for t in pool.targets if is_free(t)]


def bound_services(pool: Pool) -> tuple[Service, ...]:
    return tuple(
        service
        for reservation in pool.reservations
        for service in services(reservation, [t for t in pool.targets if t.bound_to == reservation.reservation_id])
    )


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
    free, to_bind, waiting = free_targets(pool), list[Service](), list[Waiting]()
    for reservation, unserved_count in unserved(now, pool) if pool.policy.may_scale_out else ():
        left = unserved_count
        in_time = [t for t in free if not _is_over(now, pool, reservation, t)]
        while left and (best := _best(reservation, in_time, left)) is not None:
            free.remove(best)
            in_time.remove(best)
            to_bind.append(Service(target=best, reservation=reservation, share=best.wishes.instances or left))
            left -= to_bind[-1].share
        is_done = any(t not in in_time and not misfits(reservation, t, left) for t in free)
        is_unread = any(t.details is None for t in free)  # not read is not "does not fit": the next run will know
        if left and not is_done and not is_unread:
            reasons = tuple((t.id, misfits(reservation, t, left)) for t in in_time)
            behind = _soonest_free([*bound, *to_bind], pool, reservation)
            waiting.append(Waiting(reservation=reservation, left=left, misfits=reasons, behind=behind))
    known = {r.reservation_id for r in pool.reservations}
    adrift = tuple(t for t in pool.targets if t.bound_to is not None and t.bound_to not in known)
    return Assignment(bound=bound, to_bind=tuple(to_bind), waiting=tuple(waiting), adrift=adrift)


def _best(reservation: Reservation, free: Iterable[Target], left: int) -> Target | None:
    """Prefer the target that asks for most: one that takes whatever is left can wait for the rest."""
    fitting = [t for t in free if not misfits(reservation, t, left)]
    return min(fitting, key=lambda t: (-(t.wishes.instances or 0), t.id), default=None)


def _is_over(now: datetime, pool: Pool, reservation: Reservation, target: Target) -> bool:
    """Whether the target, by a longer drain lead of its own, is done with the block before others are."""
    timeline = Service(target=target, reservation=reservation, share=0).timeline(pool.policy)
    return timeline.phase(now) not in {Phase.BEFORE_START, Phase.USABLE}


def _soonest_free(taken: Iterable[Service], pool: Pool, reservation: Reservation) -> Service | None:
    others = [s for s in taken if s.reservation.instance_type == reservation.instance_type]
    others = [s for s in others if s.reservation.reservation_id != reservation.reservation_id]
    return min(others, key=lambda s: (s.timeline(pool.policy).reclaim_at, s.target.id), default=None)
