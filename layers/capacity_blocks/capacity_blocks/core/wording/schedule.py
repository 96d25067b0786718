"""What people are told of the instants at which a target scales, and of what stands in their way."""

from capacity_blocks.core import tag
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.price import cost_per_hour
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import ScheduledAction
from capacity_blocks.core.wording.phrase import about, digest, end
from capacity_blocks.core.words import when


def timeline(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    block, target = service.reservation, service.target
    return about(
        service,
        key=f"{service.key}:timeline:{end(service)}:{at.drain_at:%H%M}",
        kind="timeline",
        severity=Severity.INFO,
        title=f"{target.id} serves {block.reservation_id} until {when(at.drain_at)}",
        text=(
            f"{service.share} of {block.instance_count} {block.instance_type} in {block.availability_zone}: "
            f"scales out at {when(at.start)}, to zero at {when(at.drain_at)}; "
            f"EC2 terminates what is left from {when(at.reclaim_at)}, the block ends at {when(at.end)}."
        ),
    )


def clash(service: Service, action: ScheduledAction) -> Notice:
    instant = when(action.start) if action.start else "no time"
    return about(
        service,
        key=f"{service.key}:clash:{digest([action.name, instant])}",
        kind="scheduled-action-clash",
        severity=Severity.WARNING,
        title=f"{service.target.id} has a scheduled action of somebody else at {instant}",
        text=f"{action.name!r} sets desired {action.desired} at the same instant as the block's own action.",
        next_step="Remove it, or move it away from the start and the drain of the block.",
    )


def stale_eks_action(service: Service, action: ScheduledAction) -> Notice:
    instant = when(action.start) if action.start else "no time"
    return about(
        service,
        key=f"{service.key}:stale-eks-action:{digest([instant])}",
        kind="stale-eks-action",
        severity=Severity.CRITICAL,
        title=f"EKS will scale {service.target.id} to zero at {instant}, out of step with its block",
        text=(
            f"{service.reservation.reservation_id} ends at {when(service.reservation.end)}. "
            "EKS's own action is not ours to change; after it ran the node group is scaled out again, with new nodes."
        ),
        next_step="Save checkpoints before then, or ask AWS support to correct the action.",
    )


def lead_too_short(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    return about(
        service,
        key=f"{service.key}:lead-too-short",
        kind="lead-too-short",
        severity=Severity.WARNING,
        title=f"The drain lead of {service.target.id} falls into the time when EC2 terminates instances",
        text=f"It is drained at {when(at.drain_at)} instead: EC2 terminates from {when(at.reclaim_at)}.",
        next_step=f"Set the tag {tag.DRAIN_LEAD} to more than 60 on targets for UltraServers.",
    )


def never_used(service: Service, policy: Policy) -> Notice:
    at, block = service.timeline(policy), service.reservation
    return about(
        service,
        key=f"{service.key}:never-used:{end(service)}",
        kind="never-used",
        severity=Severity.CRITICAL,
        title=f"{service.target.id} would be drained the moment that {block.reservation_id} starts",
        text=(
            f"The block runs from {when(at.start)} to {when(at.end)}, and the drain lead is as long as that. "
            f"{service.share} idle instances cost {cost_per_hour(block, service.share, policy)}."
        ),
        next_step=f"Set a shorter lead: the tag {tag.DRAIN_LEAD}, or the pool's settings.",
    )
