"""What people are told before a drain: when and how it comes, and what may get in its way."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from capacity_blocks.core import tag
from capacity_blocks.core.drain import hook
from capacity_blocks.core.drain.hook import LifecycleHook
from capacity_blocks.core.drain.step import Step, due_at
from capacity_blocks.core.drain.warning import key, wanted
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Extension, Pool
from capacity_blocks.core.price import cost_per_hour
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import Service, ending
from capacity_blocks.core.target import TargetKind
from capacity_blocks.core.timeline import Timeline
from capacity_blocks.core.wording.phrase import about, digest, end, minutes
from capacity_blocks.core.words import when

MINUTE = timedelta(minutes=1)
# Karpenter's controller capacityreservation.expiration deletes NodeClaims this long before the end, of any type.
# https://github.com/aws/karpenter-provider-aws/blob/main/designs/capacity-block-support.md
KARPENTER_LEAD = timedelta(minutes=40)


def ahead(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    target, block = service.target, service.reservation
    return about(
        service,
        key=key(Step.NOTICE, service),
        kind="drain-ahead",
        severity=Severity.INFO,
        title=f"{target.id} is drained at {when(at.drain_at)}",
        text=(
            f"{block.reservation_id} ends at {when(at.end)}; EC2 terminates what is left from {when(at.reclaim_at)}. "
            f"{_method(service)}{_steps(service, policy)}"
        ),
        next_step=_preparation(service),
    )


def _method(service: Service) -> str:
    target = service.target
    if target.id.kind is TargetKind.NODE_GROUP:
        return "EKS itself drains the nodes of a managed node group."
    match target.wishes.drain:
        case "eks":
            return "Its nodes are cordoned, and their pods evicted as PodDisruptionBudgets allow."
        case "ecs":
            return "Its container instances are set to DRAINING, and their tasks waited for."
        case "none":
            return "Nothing on it is drained: its instances are terminated at once."
        case method:
            return f"SSM document {method.removeprefix('ssm:')} runs on its instances."


def _steps(service: Service, policy: Policy) -> str:
    said = {Step.MARK: "Its nodes are marked at", Step.CHECKPOINT: "The checkpoint is asked for at"}
    timeline = service.timeline(policy)
    due = ((text, due_at(step, timeline, policy)) for step, text in said.items() if step in wanted(service, policy))
    return "".join(f" {text} {when(instant)}." for text, instant in due if instant is not None)


def _preparation(service: Service) -> str:
    target = service.target
    if target.id.kind is TargetKind.AUTO_SCALING_GROUP and target.wishes.drain == "none":
        return f"If work on it must be moved first, set the tag {tag.DRAIN} to {tag.DRAIN_METHODS}."
    return "Nothing to do, if its work may move then; else extend the block."


def karpenter(pool: Pool, block: Reservation) -> Notice:
    """Tell of what Karpenter does too late. Whether it uses the block at all is not known here."""
    at, reservation_id = Timeline.of(block, pool.policy), block.reservation_id
    return Notice(
        key=f"{reservation_id}:karpenter:{ending(block)}",
        kind="karpenter-too-late",
        severity=Severity.INFO,
        title=f"Should Karpenter run nodes on {reservation_id}: it drains UltraServers too late",
        text=(
            f"Karpenter begins {KARPENTER_LEAD // MINUTE} minutes before the end, at {when(at.end - KARPENTER_LEAD)}; "
            f"of an UltraServer EC2 terminates all from {when(at.reclaim_at)}. "
            "It replaces nodes that others drain, as long as its EC2NodeClass selects the block."
        ),
        next_step=(
            f"If Karpenter uses the block: shortly before {when(at.drain_at)}, take it out of "
            "capacityReservationSelectorTerms, or the tag that they select off it, then "
            f"kubectl delete nodeclaims -l karpenter.k8s.aws/capacity-reservation-id={reservation_id}; else nothing."
        ),
        pool=pool.name,
        region=pool.region,
        reservation_id=reservation_id,
    )


def no_hook(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    least = hook.ALLOWANCE + hook.SHORTEST
    return about(
        service,
        key=f"{service.key}:no-hook:{minutes(at.reclaim_at - at.drain_at)}",
        kind="no-hook",
        severity=Severity.WARNING,
        title=f"{service.target.id} is scaled to zero without waiting for its drain",
        text=(
            f"EC2 terminates what is left {minutes(at.reclaim_at - at.drain_at)} after its drain begins, at "
            f"{when(at.drain_at)}; a lifecycle hook that is safe without this application needs "
            f"{least / MINUTE:g} minutes."
        ),
        next_step=f"Set a longer lead: the tag {tag.DRAIN_LEAD}, or the pool's settings.",
    )


def foreign_hooks(service: Service, others: Sequence[LifecycleHook], policy: Policy) -> Notice:
    at = service.timeline(policy)
    too_long, cut_short = hook.too_long(others, at), hook.cut_short(others, at)
    said = ["They wait side by side with ours: the longest counts."]
    if too_long:
        named = ", ".join(h.name for h in too_long)
        said.append(
            f"Unless they are completed in time, {named} hold instances until EC2 terminates them, from "
            f"{when(at.reclaim_at)}, {minutes(at.reclaim_at - at.drain_at)} after the drain begins."
        )
    if cut_short:
        named = ", ".join(h.name for h in cut_short)
        said.append(f"Where they run out, {named} end the wait for ours too (result ABANDON), drained or not.")
    return about(
        service,
        key=f"{service.key}:foreign-hooks:{digest(map(str, others))}:{minutes(at.reclaim_at - at.drain_at)}",
        kind="foreign-hooks",
        severity=Severity.WARNING if too_long or cut_short else Severity.INFO,
        title=f"{service.target.id} has {len(others)} lifecycle hooks of somebody else on termination",
        text=f"{', '.join(map(str, others))}. {' '.join(said)}",
        next_step=(
            "Shorten them, complete their actions in time, or set a longer drain lead."
            if too_long
            else "Let their default result be CONTINUE."
            if cut_short
            else "Nothing to do."
        ),
    )


def extension_key(service: Service) -> str:
    return f"{service.key}:extension-pending:{end(service)}"


def extension_pending(service: Service, extension: Extension, policy: Policy) -> Notice:
    """Say that the drain goes ahead. A payment that is late costs the nodes' time; one that fails, their work."""
    at, block = service.timeline(policy), service.reservation
    return about(
        service,
        key=extension_key(service),
        kind="extension-pending",
        severity=Severity.WARNING,
        title=f"{service.target.id} is drained at {when(at.drain_at)} though an extension is being paid",
        text=(
            f"Until its payment settles, {block.reservation_id} ends at {when(at.end)} rather than at "
            f"{when(extension.end)}. Once it has, the group is scaled out again; until then {service.share} idle "
            f"instances cost {cost_per_hour(block, service.share, policy)}."
        ),
        next_step="See that the payment settles; buy extensions 13 hours or more before the end.",
    )


def held(service: Service, until: datetime, policy: Policy) -> Notice:
    at = service.timeline(policy)
    return about(
        service,
        key=f"{service.key}:held:{end(service)}:{until:%H%M}",
        kind="drain-held",
        severity=Severity.INFO,
        title=f"The drain of {service.target.id} waits until {when(until)} for an extension that is being paid",
        text=(
            f"It was due at {when(at.drain_at)}. The pool's last drains would still be over before "
            f"{when(at.reclaim_at)}, when EC2 terminates what is left; the group's native action was moved too."
        ),
    )
