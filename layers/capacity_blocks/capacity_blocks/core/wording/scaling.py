"""What people are told from the start of a block until its instances serve."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.pool import SCALED_IN, LaunchFailure, Pool
from capacity_blocks.core.price import cost_per_hour
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import TargetKind
from capacity_blocks.core.wording.phrase import about, digest, life, steady
from capacity_blocks.core.words import when


def in_service_key(pool: Pool, service: Service) -> str:
    return f"{service.key}:in-service:{life(pool, service)}"


def scaled_out_key(pool: Pool, service: Service) -> str:
    return f"{service.key}:scaled-out:{life(pool, service)}"


def late(service: Service) -> Notice:
    block = service.reservation
    return about(
        service,
        key=f"{block.reservation_id}:late",
        kind="late",
        severity=Severity.WARNING,
        title=f"{block.reservation_id} should have started and is still {block.state.value}",
        text=f"It was to start at {when(block.start)}. {service.target.id} is scaled out once EC2 says active.",
        next_step="If it stays so for an hour, open a support case with EC2 and name the reservation.",
    )


def scaled_out(pool: Pool, service: Service) -> Notice:
    block, target = service.reservation, service.target
    return about(
        service,
        key=scaled_out_key(pool, service),
        kind="scaled-out",
        severity=Severity.INFO,
        title=f"{target.id} is scaled out to {service.share} on {block.reservation_id}",
        text=f"EC2 says that the block is active. It ends at {when(block.end)}.",
    )


def in_service(pool: Pool, service: Service) -> Notice:
    target = service.target
    return about(
        service,
        key=in_service_key(pool, service),
        kind="in-service",
        severity=Severity.INFO,
        title=f"{target.id} has all {service.share} instances in service",
        text=f"All of them run in {service.reservation.reservation_id}.",
    )


def was_scaled_in(pool: Pool, service: Service) -> bool:
    """Whether somebody else has scaled a target in that was in service already."""
    return service.target.desired < service.share and in_service_key(pool, service) in pool.said


def scaled_in(now: datetime, pool: Pool, service: Service) -> Notice:
    """Tell of a scale-in that is not ours. Its key begins a new life: what comes back is told and timed anew."""
    target, drain_at = service.target, service.timeline(pool.policy).drain_at
    return about(
        service,
        key=f"{service.key}{SCALED_IN}{now:%Y%m%dT%H%M}",
        kind="scaled-in",
        severity=Severity.WARNING,
        title=f"{target.id} was scaled to {target.desired} by somebody else: it is scaled out to {service.share} again",
        text=(
            f"{service.reservation.reservation_id} drains at {when(drain_at)}, no sooner. Instances that were ended "
            "take their work with them; their slots are free again once EC2 has cleaned them up, which takes several "
            "minutes."
        ),
        next_step=(
            "Nothing to do after EKS's own action that was out of step; else look who scales the node group."
            if target.id.kind is TargetKind.NODE_GROUP
            else "Look who scales the group: a scheduled action, a scaling policy or a person."
        ),
    )


def outside(service: Service, instance_ids: Sequence[str]) -> Notice:
    return about(
        service,
        key=f"{service.key}:outside:{digest(instance_ids)}",
        kind="outside-the-block",
        severity=Severity.CRITICAL,
        title=f"{service.target.id} runs {len(instance_ids)} instances outside {service.reservation.reservation_id}",
        text=f"They are billed on demand: {', '.join(instance_ids)}.",
        next_step="Check the group's launch template: market type capacity-block and this reservation id.",
    )


def not_in_service(pool: Pool, service: Service, failure: LaunchFailure | None) -> Notice:
    policy, target, block = pool.policy, service.target, service.reservation
    idle = service.share - target.in_service
    last = (
        f" The last launch failed: {failure.message}" if failure else " No launch has failed: they are still booting."
    )
    return about(
        service,
        key=f"{service.key}:not-in-service:{life(pool, service)}",
        kind="not-in-service",
        severity=Severity.CRITICAL,
        title=f"{target.id} has {target.in_service} of {service.share} instances in service",
        text=(
            f"More than {policy.verify_within / timedelta(minutes=1):.0f} minutes after it was scaled out, {idle} idle "
            f"instances cost {cost_per_hour(block, idle, policy)}. "
            f"EC2 counts {block.available_count} free in the block.{last}"
        ),
        next_step="Look at the group's activity history, then at the instances' own logs.",
    )


def launch_failed(service: Service, failure: LaunchFailure) -> Notice:
    return about(
        service,
        key=f"{service.key}:launch-failed:{digest([steady(failure.message)])}",
        kind="launch-failed",
        severity=Severity.WARNING,
        title=f"{service.target.id} cannot launch into {service.reservation.reservation_id}",
        text=f"Auto Scaling says: {failure.message}",
        next_step="Auto Scaling tries again by itself; if the message names the launch template, correct that.",
    )


def suspended(service: Service) -> Notice:
    return about(
        service,
        key=f"{service.key}:suspended",
        kind="suspended",
        severity=Severity.CRITICAL,
        title=f"Launches of {service.target.id} are suspended by a person",
        text=f"{service.reservation.reservation_id} cannot be used while they are.",
        next_step="Resume the Launch process of the group, or leave it if that is meant.",
    )
