"""What people are told from the drain of a target until EC2 reclaims its block."""

from collections.abc import Sequence

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import DRAINED, Occupant
from capacity_blocks.core.service import Service
from capacity_blocks.core.wording.phrase import about, end, when


def leftover_key(service: Service) -> str:
    return f"{service.key}:leftover:{end(service)}"


def drained_key(service: Service) -> str:
    return f"{service.key}{DRAINED}{end(service)}"


def draining(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    return about(
        service,
        key=drained_key(service),
        kind="draining",
        severity=Severity.INFO,
        title=f"{service.target.id} is scaled to zero",
        text=(
            f"{service.reservation.reservation_id} ends at {when(at.end)}; "
            f"EC2 terminates its instances from {when(at.reclaim_at)}."
        ),
    )


def leftover(service: Service, standby: Sequence[str], others: Sequence[Occupant], policy: Policy) -> Notice:
    named = [f"{i} (standby)" for i in standby]
    named += [f"{o.instance_id} ({'of ' + o.group if o.group else 'in no group'})" for o in others]
    return about(
        service,
        key=leftover_key(service),
        kind="leftover",
        severity=Severity.WARNING,
        title=f"{len(named)} instances in {service.reservation.reservation_id} are not reached by scaling to zero",
        text=f"EC2 terminates them from {when(service.timeline(policy).reclaim_at)}: {', '.join(named)}.",
        next_step="Save what they hold and terminate them.",
    )


def still_running(service: Service, instance_ids: Sequence[str]) -> Notice:
    block = service.reservation
    return about(
        service,
        key=f"{service.key}:still-running:{end(service)}",
        kind="still-running",
        severity=Severity.CRITICAL,
        title=f"{service.target.id} still runs {len(instance_ids)} instances that EC2 is about to terminate",
        text=f"{block.reservation_id} is being reclaimed, and these were not taken out: {', '.join(instance_ids)}.",
        next_step="Save what they hold at once; look for a suspended Terminate process or a long lifecycle hook.",
    )
