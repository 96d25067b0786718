"""What a plan needs to ask beyond the listings, because something is due: everything else costs no call per thing."""

from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core import wording
from capacity_blocks.core.assignment import bindable_targets, bound_services
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import TargetId
from capacity_blocks.core.timeline import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiries:
    details: tuple[TargetId, ...] = ()  # launch template and subnets of targets that may be bound
    occupants: tuple[str, ...] = ()  # instances in these reservations
    failures: tuple[TargetId, ...] = ()  # the last failed launch of these targets


def inquiries(now: datetime, pool: Pool) -> Inquiries:
    """Return what is due to be asked about `pool` at `now`."""
    bound = bound_services(pool)
    due = [s for s in bound if _occupants_due(now, pool, s)]
    short = [s for s in bound if is_filling(now, pool, s) and s.target.in_service < s.share]
    return Inquiries(
        details=tuple(t.id for t in bindable_targets(now, pool)),
        occupants=tuple(sorted({s.reservation.reservation_id for s in due})),
        failures=tuple(s.target.id for s in short),
    )


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
