"""What is done to warn the nodes of a target before its drain, each thing once."""

from collections.abc import Iterator
from datetime import datetime

from capacity_blocks.core.action import WarnNodes
from capacity_blocks.core.drain.step import Step, due_at, is_due
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.service import Service, ending

REASONS = {Step.MARK: "its drain is near", Step.CHECKPOINT: "its drain is near", Step.UNMARK: "the end has moved on"}


def key(step: Step, service: Service) -> str:
    return f"{service.key}:{step}:{ending(service.reservation)}"


def wanted(service: Service, policy: Policy) -> tuple[Step, ...]:
    """Return the steps that the target or its pool asks for."""
    marks = (Step.MARK,) if service.target.wishes.drain == "eks" else ()
    saves = (Step.CHECKPOINT,) if policy.checkpoint is not None else ()
    return (Step.NOTICE, *marks, *saves)


def instants(service: Service, policy: Policy) -> Iterator[datetime]:
    """Return when each step is due that is wanted and not left out."""
    timeline = service.timeline(policy)
    for step in wanted(service, policy):
        if (instant := due_at(step, timeline, policy)) is not None:
            yield instant


def steps(now: datetime, pool: Pool, service: Service) -> Iterator[WarnNodes]:
    """Return what is due for the nodes. Where none runs there is nobody to warn."""
    if not service.target.instances:
        return
    timeline = service.timeline(pool.policy)
    due = [s for s in wanted(service, pool.policy) if s is not Step.NOTICE and is_due(s, now, timeline, pool.policy)]
    end = ending(service.reservation)
    is_stale = pool.marked.get(service.key, end) != end
    if is_stale and Step.MARK not in due:  # else the new mark replaces the old
        due.append(Step.UNMARK)
    for step in due:
        if (name := key(step, service)) not in pool.said:
            yield WarnNodes(
                target=service.target.id,
                reservation_id=service.reservation.reservation_id,
                step=step,
                key=name,
                reason=REASONS[step],
            )
