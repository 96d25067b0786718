"""Observe a region: the listings first, then only what is due to be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from capacity_blocks.core import tag
from capacity_blocks.core.group import EKS_NODE_GROUP, targets
from capacity_blocks.core.inquiry import Inquiries, inquiries
from capacity_blocks.core.kind import by_drains
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool, pools
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.target import Details, Target, TargetKind, TemplateVersion
from capacity_blocks.drain_ports import DrainLedger
from capacity_blocks.ports import AwsError, NodeGroupStatus, Region

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of a region. `errors` are inquiries that failed; the listings are whole."""

    pools: tuple[Pool, ...] = ()
    unclaimed: tuple[Reservation, ...] = ()
    errors: tuple[AwsError, ...] = ()


def observe(
    now: datetime,
    region: Region,
    drains: DrainLedger,
    policies: Mapping[str, Policy],
    default: Policy,
    said: Mapping[str, datetime] | None,
) -> Observation:
    """Return all pools of `region`; raise AwsError when a listing cannot be read: unknown is not none.

    `said` is None where the ledger could not be read. Nothing is asked then for the sake of words alone.
    """
    node_groups = region.node_groups.tagged(tag.POOL)
    groups = [
        *region.groups.tagged(tag.POOL),
        *(region.groups.tagged(EKS_NODE_GROUP) if node_groups else ()),
    ]
    found = targets(groups, node_groups, region.groups.scheduled_actions())
    blocks = by_drains(region.reservations.capacity_blocks(), found)
    seen, unclaimed = pools(region.name, blocks, found, policies, default, said or {})
    errors: list[AwsError] = []
    asked = []
    for pool in seen:
        due = inquiries(now, pool) if said is not None else inquiries(now, pool).without_words
        answered = _ask_of_targets(region, pool, due, errors)
        asked.append(_ask_of_drains(now, region, drains, answered, due, errors))
    return Observation(pools=tuple(asked), unclaimed=unclaimed, errors=tuple(errors))


def _ask_of_targets(region: Region, pool: Pool, due: Inquiries, errors: list[AwsError]) -> Pool:
    """Answer what is due of `pool`. An inquiry that fails leaves its answer out and goes to `errors`."""
    target = {t.id: t for t in pool.targets}

    details = _answers({i: partial(read_details, region, target[i]) for i in due.details}, errors)
    failures = _answers({i: partial(region.groups.last_failure, target[i].group) for i in due.failures}, errors)
    occupants = _answer(partial(region.reservations.occupants, due.occupants), errors) if due.occupants else None
    return replace(
        pool,
        targets=tuple(replace(t, details=details.get(t.id)) for t in pool.targets),
        occupants=occupants or {},
        failures={i: failure for i, failure in failures.items() if failure is not None},
    )


def _ask_of_drains(
    now: datetime, region: Region, drains: DrainLedger, pool: Pool, due: Inquiries, errors: list[AwsError]
) -> Pool:
    """Not to know of a drain that is under way starts it again, which joins the first."""
    group = {t.id: t.group for t in pool.targets}
    hooks = _answers({i: partial(region.groups.hooks, group[i]) for i in due.hooks}, errors)
    paying = _answer(partial(region.reservations.pending_extensions, due.extensions), errors) if due.extensions else {}
    is_asked = paying and pool.policy.hold_for_extension
    longest = _answers({pool.name: partial(drains.longest, pool.name)}, errors) if is_asked else {}
    at_work = _answer(partial(drains.under_way, due.under_way, now), errors) if due.under_way else None
    reports = _answers({i: partial(drains.results, i) for i in due.reports}, errors)
    return replace(
        pool,
        hooks=hooks,
        extensions=paying or {},
        longest_drain=longest.get(pool.name),
        hold_unread=paying is None or bool(is_asked and not longest),
        under_way=at_work or frozenset(),
        reports={i: tuple(found) for i, found in reports.items()},
    )


def _answer(ask: Callable[[], T], errors: list[AwsError]) -> T | None:
    return _answers({"it": ask}, errors).get("it")


def _answers(questions: Mapping[K, Callable[[], T]], errors: list[AwsError]) -> dict[K, T]:
    found: dict[K, T] = {}
    for name, ask in questions.items():
        try:
            found[name] = ask()
        except AwsError as error:
            errors.append(error)
    return found


def read_details(region: Region, target: Target) -> Details:
    """Read what a bind needs to know of `target`."""
    match target.id.kind:
        case TargetKind.AUTO_SCALING_GROUP:
            subnets = target.wishes.subnets or target.subnets
            return _details(region, target.template, subnets, ())
        case TargetKind.NODE_GROUP:
            node_group = region.node_groups.describe(target.id)
            obstacles = []
            if node_group.capacity_type != "CAPACITY_BLOCK":
                obstacles.append(
                    f"its capacity type is {node_group.capacity_type}, which cannot be changed: "
                    "create it anew with CAPACITY_BLOCK"
                )
            if node_group.status is NodeGroupStatus.OTHER:
                obstacles.append("EKS is creating or deleting it, or failed to: wait, or repair it")
            return _details(region, node_group.template, node_group.subnets, tuple(obstacles))


def _details(
    region: Region, template: TemplateVersion | None, subnets: tuple[str, ...], obstacles: tuple[str, ...]
) -> Details:
    return Details(
        template=region.templates.read(template) if template is not None else None,
        subnets=tuple(region.subnets.subnets(subnets)) if subnets else (),
        obstacles=obstacles,
    )
