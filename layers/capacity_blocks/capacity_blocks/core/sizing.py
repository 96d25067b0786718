"""How many instances a target is to run at one instant."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from capacity_blocks.core.action import Action, Scale, Unbind, Unprotect
from capacity_blocks.core.drain import hold, hooking
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import Suspension, TargetKind
from capacity_blocks.core.timeline import Phase, Timeline

NO_SOONER = timedelta(minutes=1)  # this close to a start, a group that is not empty was filled by its native action


def size(now: datetime, pool: Pool, service: Service, *, is_wanted: bool) -> Iterator[Action]:
    """Return what brings a target to what its block allows; `is_wanted`: another block waits for it."""
    timeline, block = service.timeline(pool.policy), service.reservation
    phase = timeline.phase(now)
    match phase:
        case Phase.BEFORE_START:
            if now < timeline.start - NO_SOONER:
                yield from _empty(service, timeline.start, "the block has not started")
        case Phase.USABLE:
            if block.state is ReservationState.ACTIVE and service.may_scale_out(pool.policy):
                yield from _fill(service, timeline)
        case Phase.DRAINING if hold.is_held(now, pool, service):
            return
        case Phase.DRAINING if service.target.is_empty and not is_wanted:
            # Bound, with a maximum of 0, until EC2 takes no launch any more: nobody fills it again undrained.
            yield from _shut(service, f"the block is {phase.value}")
        case Phase.DRAINING:
            # The last moment for a hook that could not be put before.
            if service.target.hook is None and service.target.desired > 0:
                yield from hooking.steps(pool, service)
            yield from vacate(service, f"the block is {phase.value}")
        case Phase.RECLAIMING | Phase.ENDED:
            yield from vacate(service, f"the block is {phase.value}")
        case _:
            assert_never(phase)


def _fill(service: Service, timeline: Timeline) -> Iterator[Action]:
    """Bring a target up to its share. One that runs more, by hand, is left: nothing scales in before its drain."""
    target, share = service.target, service.share
    has_room = service.reservation.available_count > 0  # else an instance on standby, say, takes the place
    if target.desired < share or target.maximum < share:
        reason = "the block is active"
    elif len(target.instances) < share and has_room and target.launch is not Suspension.PERSON:
        # Auto Scaling may be waiting out a back-off after launches that failed before the block was active.
        reason = f"the block is active and the group has launched {len(target.instances)} of {share}"
    else:
        return
    yield Scale(
        target=target.id,
        reservation_id=service.reservation.reservation_id,
        minimum=min(target.minimum, share),
        maximum=max(target.maximum, share),
        desired=max(target.desired, share),
        before=timeline.drain_at,
        reason=reason,
    )


def _empty(service: Service, start: datetime, reason: str) -> Iterator[Action]:
    """Bring a target to zero, unless the run is held up until its native action may have filled it."""
    yield from _unprotect(service, reason)
    if service.target.desired > 0 or service.target.minimum > 0:
        yield replace(_to_zero(service, service.target.maximum, reason), before=start)


def _unprotect(service: Service, reason: str) -> Iterator[Unprotect]:
    target, reservation_id = service.target, service.reservation.reservation_id
    if protected := tuple(i.instance_id for i in target.instances if i.protected):
        yield Unprotect(target=target.id, reservation_id=reservation_id, instance_ids=protected, reason=reason)


def _to_zero(service: Service, maximum: int, reason: str) -> Scale:
    target, reservation_id = service.target, service.reservation.reservation_id
    return Scale(target=target.id, reservation_id=reservation_id, minimum=0, maximum=maximum, desired=0, reason=reason)


def vacate(service: Service, reason: str) -> Iterator[Action]:
    """Bring a target to zero for good, so that no autoscaler brings it back, then set it free once nothing runs."""
    target, reservation_id = service.target, service.reservation.reservation_id
    if target.is_empty:
        yield Unbind(target=target.id, reservation_id=reservation_id, reason=f"{reason} and the group is empty")
        return
    yield from _unprotect(service, reason)
    yield from _shut(service, reason)


def _shut(service: Service, reason: str) -> Iterator[Action]:
    """Take a target to zero with its maximum, where that may be 0: EKS wants at least 1."""
    target = service.target
    maximum = target.maximum if target.id.kind is TargetKind.NODE_GROUP else 0
    if target.desired > 0 or target.minimum > 0 or target.maximum > maximum:
        yield _to_zero(service, maximum, reason)
