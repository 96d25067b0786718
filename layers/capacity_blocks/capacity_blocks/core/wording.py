"""What people are told, word for word: what happened, to what, why, and what to do."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from capacity_blocks.core import tag
from capacity_blocks.core.assignment import Waiting
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import DRAINED, LaunchFailure, Occupant, Pool
from capacity_blocks.core.price import cost_per_hour
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import Service
from capacity_blocks.core.target import ScheduledAction, Target
from capacity_blocks.core.timeline import Timeline


def when(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def in_service_key(pool: Pool, service: Service) -> str:
    return f"{service.key}:in-service:{_life(pool, service)}"


def scaled_out_key(pool: Pool, service: Service) -> str:
    return f"{service.key}:scaled-out:{_life(pool, service)}"


def leftover_key(service: Service) -> str:
    return f"{service.key}:leftover:{_end(service)}"


def drained_key(service: Service) -> str:
    return f"{service.key}{DRAINED}{_end(service)}"


def missing_key(target: Target, now: datetime) -> str:
    """Name one day's absence: what was missing once and came back is not taken for missing ever since."""
    return f"{target.bound_to}:{target.id}:not-listed:{now:%Y%m%d}"


def timeline(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    block, target = service.reservation, service.target
    return _about(
        service,
        key=f"{service.key}:timeline:{_end(service)}:{at.drain_at:%H%M}",
        kind="timeline",
        severity=Severity.INFO,
        title=f"{target.id} serves {block.reservation_id} until {when(at.drain_at)}",
        text=(
            f"{service.share} of {block.instance_count} {block.instance_type} in {block.availability_zone}: "
            f"scales out at {when(at.start)}, to zero at {when(at.drain_at)}; "
            f"EC2 terminates what is left from {when(at.reclaim_at)}, the block ends at {when(at.end)}."
        ),
    )


def late(service: Service) -> Notice:
    block = service.reservation
    return _about(
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
    return _about(
        service,
        key=scaled_out_key(pool, service),
        kind="scaled-out",
        severity=Severity.INFO,
        title=f"{target.id} is scaled out to {service.share} on {block.reservation_id}",
        text=f"EC2 says that the block is active. It ends at {when(block.end)}.",
    )


def in_service(pool: Pool, service: Service) -> Notice:
    target = service.target
    return _about(
        service,
        key=in_service_key(pool, service),
        kind="in-service",
        severity=Severity.INFO,
        title=f"{target.id} has all {service.share} instances in service",
        text=f"All of them run in {service.reservation.reservation_id}.",
    )


def outside(service: Service, instance_ids: Sequence[str]) -> Notice:
    return _about(
        service,
        key=f"{service.key}:outside:{_digest(instance_ids)}",
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
    return _about(
        service,
        key=f"{service.key}:not-in-service:{_life(pool, service)}",
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
    return _about(
        service,
        key=f"{service.key}:launch-failed:{_digest([_steady(failure.message)])}",
        kind="launch-failed",
        severity=Severity.WARNING,
        title=f"{service.target.id} cannot launch into {service.reservation.reservation_id}",
        text=f"Auto Scaling says: {failure.message}",
        next_step="Auto Scaling tries again by itself; if the message names the launch template, correct that.",
    )


def suspended(service: Service) -> Notice:
    return _about(
        service,
        key=f"{service.key}:suspended",
        kind="suspended",
        severity=Severity.CRITICAL,
        title=f"Launches of {service.target.id} are suspended by a person",
        text=f"{service.reservation.reservation_id} cannot be used while they are.",
        next_step="Resume the Launch process of the group, or leave it if that is meant.",
    )


def draining(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    return _about(
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
    return _about(
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
    return _about(
        service,
        key=f"{service.key}:still-running:{_end(service)}",
        kind="still-running",
        severity=Severity.CRITICAL,
        title=f"{service.target.id} still runs {len(instance_ids)} instances that EC2 is about to terminate",
        text=f"{block.reservation_id} is being reclaimed, and these were not taken out: {', '.join(instance_ids)}.",
        next_step="Save what they hold at once; look for a suspended Terminate process or a long lifecycle hook.",
    )


def clash(service: Service, action: ScheduledAction) -> Notice:
    instant = when(action.start) if action.start else "no time"
    return _about(
        service,
        key=f"{service.key}:clash:{_digest([action.name, instant])}",
        kind="scheduled-action-clash",
        severity=Severity.WARNING,
        title=f"{service.target.id} has a scheduled action of somebody else at {instant}",
        text=f"{action.name!r} sets desired {action.desired} at the same instant as the block's own action.",
        next_step="Remove it, or move it away from the start and the drain of the block.",
    )


def stale_eks_action(service: Service, action: ScheduledAction) -> Notice:
    instant = when(action.start) if action.start else "no time"
    return _about(
        service,
        key=f"{service.key}:stale-eks-action:{_digest([instant])}",
        kind="stale-eks-action",
        severity=Severity.CRITICAL,
        title=f"EKS will scale {service.target.id} to zero at {instant}, out of step with its block",
        text=(
            f"{service.reservation.reservation_id} ends at {when(service.reservation.end)}. "
            "EKS's own action is not ours to change; after it ran the node group is scaled out again, with new nodes."
        ),
        next_step="Save checkpoints before then, or ask AWS support to correct the action.",
    )


def unfit(waiting: Waiting, target: Target, reasons: Sequence[str]) -> Notice:
    block = waiting.reservation
    return Notice(
        key=f"{block.reservation_id}:{target.id}:unfit:{_digest(reasons)}",
        kind="unfit",
        severity=Severity.WARNING,
        title=f"{target.id} does not fit {block.reservation_id}",
        text=_sentences(reasons),
        next_step="Change what is named; it is bound within a minute.",
        pool=target.pool,
        region=block.region,
        reservation_id=block.reservation_id,
        target=str(target.id),
    )


def waiting(now: datetime, pool: Pool, wait: Waiting) -> Notice:
    block, cost = wait.reservation, cost_per_hour(wait.reservation, wait.left, pool.policy)
    started = now >= block.start
    text = f"{wait.left} of {block.instance_count} {block.instance_type} idle cost {cost}"
    text += f", from {when(block.start)} on." if not started else ", now."
    if wait.behind is not None:
        free = wait.behind.timeline(pool.policy).reclaim_at
        if free <= block.start:
            return _queued(pool, wait, wait.behind, free)
        other = wait.behind.reservation.reservation_id
        text += f" {wait.behind.target.id} serves {other} and is free from about {when(free)}."
    busy = [t for t in pool.targets if t.bound_to is None and not t.is_empty]
    text += "".join(f" {t.id} serves no block but is not empty: bring it to zero and it is free." for t in busy)
    zone = f"{block.availability_zone} ({block.availability_zone_id})"
    return Notice(
        key=f"{block.reservation_id}:waiting:{wait.left}:{'started' if started else 'ahead'}",
        kind="waiting",
        severity=Severity.CRITICAL if started else Severity.WARNING,
        title=f"{block.reservation_id} has no free target in pool {pool.name}",
        text=text,
        next_step=(
            f"Add an Auto Scaling group of {wait.left} {block.instance_type}, tagged {tag.POOL}={pool.name}, "
            f"desired 0, with a subnet in {zone}."
        ),
        pool=pool.name,
        region=pool.region,
        reservation_id=block.reservation_id,
    )


def _queued(pool: Pool, wait: Waiting, behind: Service, free: datetime) -> Notice:
    block = wait.reservation
    return Notice(
        key=f"{block.reservation_id}:queued:{behind.target.id}",
        kind="queued",
        severity=Severity.INFO,
        title=f"{block.reservation_id} follows on {behind.target.id}",
        text=(
            f"{behind.target.id} serves {behind.reservation.reservation_id} and is free from about {when(free)}; "
            f"{block.reservation_id} starts at {when(block.start)}."
        ),
        pool=pool.name,
        region=pool.region,
        reservation_id=block.reservation_id,
        target=str(behind.target.id),
    )


def unclaimed(block: Reservation, policy: Policy) -> Notice:
    cost = cost_per_hour(block, block.instance_count, policy)
    return Notice(
        key=f"{block.reservation_id}:unclaimed:{block.state.value}",
        kind="unclaimed",
        severity=Severity.WARNING,
        title=f"No pool claims {block.reservation_id}",
        text=(
            f"{block.instance_count} {block.instance_type} in {block.availability_zone}, from {when(block.start)} to "
            f"{when(block.end)}, cost {cost}."
        ),
        next_step=f"Tag the reservation {tag.POOL} with the name of the pool that should use it.",
        region=block.region,
        reservation_id=block.reservation_id,
    )


def payment_failed(pool: Pool, block: Reservation) -> Notice:
    return _of_block(
        pool,
        block,
        kind="payment-failed",
        severity=Severity.CRITICAL,
        title=f"The payment of {block.reservation_id} failed: EC2 has released it",
        text=f"It would have run from {when(block.start)} to {when(block.end)}. What was bound to it is set free.",
        next_step="Look at the account's payment method, then search for another offering.",
    )


def not_delivered(pool: Pool, block: Reservation) -> Notice:
    return _of_block(
        pool,
        block,
        kind=f"state-{block.state.value}",
        severity=Severity.CRITICAL,
        title=f"{block.reservation_id} is {block.state.value}: EC2 does not deliver it",
        text=f"It was for {when(block.start)} to {when(block.end)}. What was bound to it is set free.",
        next_step="Open a support case with EC2 and name the reservation, then search for another offering.",
    )


def odd_state(pool: Pool, block: Reservation) -> Notice:
    return _of_block(
        pool,
        block,
        kind=f"state-{block.state.value}",
        severity=Severity.WARNING,
        title=f"{block.reservation_id} is {block.state.value}",
        text="A Capacity Block is not known to take that state. Nothing is scaled out on it; it still drains.",
        next_step="Look at the reservation in the EC2 console.",
    )


def kind_unknown(pool: Pool, block: Reservation) -> Notice:
    return _of_block(
        pool,
        block,
        kind="kind-unknown",
        severity=Severity.WARNING,
        title=f"It is not known whether {block.reservation_id} is an UltraServer",
        text=(
            "EC2 did not answer DescribeCapacityBlocks. Until it does, the block is drained as an UltraServer is: "
            f"at {when(Timeline.of(block, pool.policy).drain_at)}, half an hour earlier than others."
        ),
        next_step="Look at the role's permissions; a throttle passes by itself.",
    )


def ended(pool: Pool, block: Reservation) -> Notice:
    return _of_block(
        pool,
        block,
        kind="ended",
        severity=Severity.INFO,
        title=f"{block.reservation_id} has ended",
        text=f"It ran from {when(block.start)} to {when(block.end)}.",
    )


def not_listed(target: Target, region: str, now: datetime) -> Notice:
    return Notice(
        key=missing_key(target, now),
        kind="not-listed",
        severity=Severity.WARNING,
        title=f"{target.id} is bound to {target.bound_to}, which EC2 does not list",
        text="The group is left as it is: its native drain action stands. It is set free once it is empty.",
        next_step="If the block was shared with this account, ask its owner; else see whether the id is right.",
        pool=target.pool,
        region=region,
        reservation_id=target.bound_to,
        target=str(target.id),
    )


def mistake(target: Target) -> Notice:
    reasons = [str(m) for m in target.wishes.mistakes]
    return Notice(
        key=f"{target.id.region}:{target.id}:tags:{_digest(reasons)}",
        kind="wrong-tag",
        severity=Severity.WARNING,
        title=f"The tags of {target.id} say what cannot be",
        text=_sentences(reasons) + " The group is left alone; what it already serves still drains in time.",
        next_step="Correct the tag.",
        pool=target.pool,
        region=target.id.region,
        target=str(target.id),
    )


def lead_too_short(service: Service, policy: Policy) -> Notice:
    at = service.timeline(policy)
    return _about(
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
    return _about(
        service,
        key=f"{service.key}:never-used:{_end(service)}",
        kind="never-used",
        severity=Severity.CRITICAL,
        title=f"{service.target.id} would be drained the moment that {block.reservation_id} starts",
        text=(
            f"The block runs from {when(at.start)} to {when(at.end)}, and the drain lead is as long as that. "
            f"{service.share} idle instances cost {cost_per_hour(block, service.share, policy)}."
        ),
        next_step=f"Set a shorter lead: the tag {tag.DRAIN_LEAD}, or the pool's settings.",
    )


def bind_failed(target: Target, reservation_id: str, error: str) -> Notice:
    return Notice(
        key=f"{reservation_id}:{target.id}:bind-failed:{_digest([_steady(error)])}",
        kind="bind-failed",
        severity=Severity.CRITICAL,
        title=f"{target.id} could not be bound to {reservation_id}",
        text=f"AWS says: {error}. The group has its settings of before; it is tried again every minute.",
        next_step="Correct what AWS names, or free another target of the pool.",
        pool=target.pool,
        region=target.id.region,
        reservation_id=reservation_id,
        target=str(target.id),
    )


def trouble(region: str, what: str, now: datetime) -> Notice:
    """Say, once an hour, that something could not be read or done: the rest goes on."""
    return Notice(
        key=f"{region}:trouble:{_digest([_steady(what)])}:{now:%Y%m%dT%H}",
        kind="trouble",
        severity=Severity.CRITICAL,
        title=f"Trouble in {region}",
        text=f"{what}. What could not be read is not taken for nothing: no change was made on it. Other regions go on.",
        next_step="If this repeats, look at the function's log and its role.",
        region=region,
    )


def broken_settings(pool: Pool) -> Notice:
    return Notice(
        key=f"{pool.region}:{pool.name}:settings:{_digest([pool.policy.broken or ''])}",
        kind="broken-settings",
        severity=Severity.CRITICAL,
        title=f"The settings of pool {pool.name} cannot be used",
        text=f"{pool.policy.broken}. Nothing is scaled out or bought for it until they can; its blocks still drain.",
        next_step="Correct the pool's SSM parameter; docs/pool-settings.md says what it may hold.",
        pool=pool.name,
        region=pool.region,
    )


def _life(pool: Pool, service: Service) -> str:
    """Name the life of a target since it last drained: one that an extension calls back is told and timed anew."""
    return pool.drained.get(service.key, "first")


def _end(service: Service) -> str:
    return f"{service.reservation.end:%Y%m%dT%H%M}"


def _about(service: Service, **fields: Any) -> Notice:
    return Notice(
        pool=service.target.pool,
        region=service.reservation.region,
        reservation_id=service.reservation.reservation_id,
        target=str(service.target.id),
        **fields,
    )


def _of_block(pool: Pool, block: Reservation, *, kind: str, **fields: Any) -> Notice:
    return Notice(
        key=f"{block.reservation_id}:{kind}",
        kind=kind,
        pool=pool.name,
        region=pool.region,
        reservation_id=block.reservation_id,
        **fields,
    )


def _sentences(clauses: Sequence[str]) -> str:
    return " ".join(f"{clause[0].upper()}{clause[1:]}." for clause in clauses)


def _steady(words: str) -> str:
    """Leave out what AWS makes up anew for each failure, such as request ids and encoded authorization messages."""
    return re.sub(r"[\w+/=-]{36,}", "-", words)


def _digest(parts: Iterable[str]) -> str:
    """Shorten text that belongs in a key, so that a change of it is told anew."""
    return f"{crc32('|'.join(parts).encode(errors='replace')):08x}"
