"""What people are told from the drain of a target until EC2 reclaims its block."""

from collections.abc import Sequence
from datetime import timedelta

from capacity_blocks.core.drain.closing import Closing, key
from capacity_blocks.core.drain.verdict import Report
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import DRAINED, Occupant, Pool
from capacity_blocks.core.price import cost_per_hour
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import Service
from capacity_blocks.core.wording.phrase import about, end, minutes
from capacity_blocks.core.words import when

SECOND = timedelta(seconds=1)
MOST_NAMED = 10  # instances let go, with their reasons: the rest is in the history


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


def node_group_late(service: Service, policy: Policy) -> Notice:
    at, left = service.timeline(policy), service.target.instances
    return about(
        service,
        key=f"{service.key}:node-group-late:{end(service)}",
        kind="node-group-late",
        severity=Severity.CRITICAL,
        title=f"EKS has not drained {len(left)} nodes of {service.target.id}",
        text=f"EC2 terminates them from {when(at.reclaim_at)}: {', '.join(i.instance_id for i in left)}.",
        next_step="Look for a PodDisruptionBudget that holds pods back (kubectl get pdb -A), or save what they hold.",
    )


def closed(pool: Pool, block: Reservation, closing: Closing) -> Notice:
    """Tell how the drain of a block went. That a drain was asked for and none is known is no good news."""
    let_go = closing.let_go
    return Notice(
        key=key(block),
        kind="drained",
        severity=Severity.INFO if closing.drained and not let_go else Severity.WARNING,
        title=_title(block, closing),
        text=(
            f"It went to zero from {when(closing.began)} on and ends at {when(block.end)}: "
            f"{minutes(closing.given_up)} of paid time were given up before EC2 would have begun to terminate. "
            f"{block.instance_count} instances cost {cost_per_hour(block, block.instance_count, pool.policy)}."
            f"{_summed((*closing.drained, *let_go))}{_let_go(let_go)}"
        ),
        next_step=_closing_step(closing),
        pool=pool.name,
        region=pool.region,
        reservation_id=block.reservation_id,
    )


def _closing_step(closing: Closing) -> str:
    if closing.let_go:
        return "See what held them back; a longer drain lead helps what only wants time."
    if closing.drained:
        return "Nothing to do."
    return (
        "Nothing, if none ran. Else see whether the group has its lifecycle hook, whether its instances were "
        "terminated past it, and what the log of the function says that drains nodes."
    )


def _title(block: Reservation, closing: Closing) -> str:
    clean, let_go = len(closing.drained), len(closing.let_go)
    if not clean and not let_go:
        return f"{block.reservation_id} is empty; none of its nodes was drained by this application"
    rest = f", {let_go} let go with work on them" if let_go else ""
    return f"{block.reservation_id} is empty: {clean} of {clean + let_go} nodes were drained{rest}"


def _summed(reports: Sequence[Report]) -> str:
    if not reports:
        return ""
    longest = max(r.took for r in reports) // SECOND
    moved = sum(len(r.evicted) for r in reports)
    return f" {moved} pods or tasks were moved; the longest drain took {longest // 60} min {longest % 60} s."


def _let_go(reports: Sequence[Report]) -> str:
    if not reports:
        return ""
    named = [f"{r.instance_id} ({'; '.join(r.reasons) or 'no reason is known'})" for r in reports[:MOST_NAMED]]
    more = [f"and {len(reports) - MOST_NAMED} more"] if len(reports) > MOST_NAMED else []
    return f" Let go at the deadline: {', '.join([*named, *more])}."
