"""What a plan needs to ask beyond the listings, because something is due: everything else costs no call per thing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from capacity_blocks.core import wording
from capacity_blocks.core.assignment import bindable_targets, bound_services
from capacity_blocks.core.drain import closing, hold, hooking, start
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import TargetId, TargetKind
from capacity_blocks.core.timeline import Phase

EXTENSION_SINCE = timedelta(minutes=45)  # before the drain
HOOKS_SINCE = timedelta(minutes=10)  # before the drain


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiries:
    details: tuple[TargetId, ...] = ()  # launch template and subnets of targets that may be bound
    occupants: tuple[str, ...] = ()  # instances in these reservations
    failures: tuple[TargetId, ...] = ()  # the last failed launch of these targets
    hooks: tuple[TargetId, ...] = ()  # the lifecycle hooks of these groups
    extensions: tuple[str, ...] = ()  # whether one is being paid for, of these reservations
    under_way: tuple[str, ...] = ()  # the drains that somebody is at, in these reservations
    reports: tuple[str, ...] = ()  # how the drains in these reservations ended

    @property
    def without_words(self) -> "Inquiries":
        """Leave out what is asked to tell people, once: where it is not known what was said, that is everything."""
        return replace(self, occupants=(), failures=(), hooks=(), reports=())


def inquiries(now: datetime, pool: Pool) -> Inquiries:
    """Return what is due to be asked about `pool` at `now`."""
    bound = bound_services(pool)
    short = [s for s in bound if is_filling(now, pool, s) and s.target.in_service < s.share]
    return Inquiries(
        details=tuple(t.id for t in bindable_targets(now, pool)),
        occupants=_reservations(s for s in bound if _occupants_due(now, pool, s)),
        failures=tuple(s.target.id for s in short),
        hooks=tuple(s.target.id for s in bound if _hooks_due(now, pool, s)),
        extensions=_reservations(s for s in bound if _extensions_due(now, pool, s)),
        under_way=_drained_reservations(pool),
        reports=tuple(b.reservation_id for b in pool.reservations if closing.is_due(now, pool, b)),
    )


def _reservations(services: Iterable[Service]) -> tuple[str, ...]:
    return tuple(sorted({s.reservation.reservation_id for s in services}))


def _drained_reservations(pool: Pool) -> tuple[str, ...]:
    """Return under which reservations drains are remembered that are wanted: of a stray group's, any, or none ("")."""
    waiting = [t for t in pool.targets if start.waits_for_us(t)]
    of_any = {"", *(b.reservation_id for b in pool.reservations)} if any(t.bound_to is None for t in waiting) else set()
    return tuple(sorted({t.bound_to for t in waiting if t.bound_to is not None} | of_any))


def is_filling(now: datetime, pool: Pool, service: Service) -> bool:
    """Whether the target should be running its share now."""
    usable = service.timeline(pool.policy).phase(now) is Phase.USABLE
    return usable and service.reservation.state is ReservationState.ACTIVE and service.may_scale_out(pool.policy)


def _occupants_due(now: datetime, pool: Pool, service: Service) -> bool:
    match service.timeline(pool.policy).phase(now):
        case Phase.USABLE:
            full = is_filling(now, pool, service) and service.target.in_service >= service.share > 0
            return full and wording.scaling.in_service_key(pool, service) not in pool.said
        case Phase.DRAINING | Phase.RECLAIMING:
            return wording.draining.leftover_key(service) not in pool.said
        case Phase.BEFORE_START | Phase.ENDED:
            return False


def _hooks_due(now: datetime, pool: Pool, service: Service) -> bool:
    """Whether the hooks of a group are to be looked at: when its timeline is new, or its own hook is out of step.

    Shortly before the drain as well: somebody may have removed a hook that our tag still remembers.
    """
    drain_at = service.timeline(pool.policy).drain_at
    is_ahead = not service.reservation.is_dead and now < drain_at
    is_near = drain_at - HOOKS_SINCE <= now and hooking.has_drain(service.target)
    is_group = service.target.id.kind is TargetKind.AUTO_SCALING_GROUP
    is_new = wording.schedule.timeline(service, pool.policy).key not in pool.said
    return is_group and is_ahead and (is_new or is_near or not hooking.is_in_step(pool, service))


def _extensions_due(now: datetime, pool: Pool, service: Service) -> bool:
    """Whether it matters if an extension is being paid: shortly before a drain, until that is told or over."""
    timeline = service.timeline(pool.policy)
    is_near = timeline.drain_at - EXTENSION_SINCE <= now < timeline.reclaim_at
    is_drained = wording.draining.drained_key(service) in pool.said
    is_told = wording.warning.extension_key(service) in pool.said
    return (
        is_near
        and not is_drained
        and not service.reservation.is_dead
        and (hold.may_hold(service, pool.policy) or not is_told)
    )
