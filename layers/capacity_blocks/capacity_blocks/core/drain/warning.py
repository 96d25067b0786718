"""What is done to warn the nodes of a target before its drain, each thing once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from capacity_blocks.core.action import WarnNodes
from capacity_blocks.core.drain.step import Step, due_at, is_due
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.service import Service, ending

MARK_AGAIN = timedelta(minutes=10)  # what joins a cluster after the mark was set has none
REASONS = {Step.MARK: "its drain is near", Step.CHECKPOINT: "its drain is near", Step.UNMARK: "the end has moved on"}


def key(step: Step, service: Service) -> str:
    return f"{service.key}:{step}:{ending(service.reservation)}"


def again_key(number: int, service: Service) -> str:
    """Name the mark that is set anew: apart from the first, by whose key it is known that there is one."""
    return f"{service.key}:{number}:{Step.MARK}:{ending(service.reservation)}"


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
            yield _warn(service, step, name, REASONS[step])
        elif step is Step.MARK:
            yield from _again(now, pool, service)


def _again(now: datetime, pool: Pool, service: Service) -> Iterator[WarnNodes]:
    first = due_at(Step.MARK, service.timeline(pool.policy), pool.policy)
    number = (now - first) // MARK_AGAIN if first is not None else 0
    if number and (name := again_key(number, service)) not in pool.said:
        yield _warn(service, Step.MARK, name, "nodes may have joined since")


def _warn(service: Service, step: Step, name: str, reason: str) -> WarnNodes:
    reservation_id = service.reservation.reservation_id
    return WarnNodes(target=service.target.id, reservation_id=reservation_id, step=step, key=name, reason=reason)
