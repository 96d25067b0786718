"""Native Auto Scaling scheduled actions: they keep a bound group right when this application does not run."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from capacity_blocks.core.action import DeleteScheduledAction, PutScheduledAction
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import UNPAID
from capacity_blocks.core.service import DRAIN_ACTION, START_ACTION, Service
from capacity_blocks.core.target import ScheduledAction, Target, TargetKind

OURS = frozenset({START_ACTION, DRAIN_ACTION})
# EKS writes this one to the group of a node group on a block.
# https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
EKS_ACTION = "Amazon EKS Node Group Capacity Scaledown Before Reservation End"
EKS_LEAD = timedelta(minutes=40)
# PutScheduledUpdateGroupAction refuses a start in the past; closer than this the running application does the work.
LEAST_NOTICE = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wanted(
    now: datetime, service: Service, policy: Policy, held_until: datetime | None = None
) -> tuple[ScheduledAction, ...]:
    """Return the scheduled actions that are still to come of those that the group of `service` should have."""
    return tuple(a for a in _called_for(service, policy, held_until) if not _is_due(now, a))


def steps(
    now: datetime, service: Service, policy: Policy, held_until: datetime | None = None
) -> Iterator[PutScheduledAction | DeleteScheduledAction]:
    """Return what brings the actions of a group in step with its block, and with a drain that is put off."""
    target, block = service.target, service.reservation
    called_for = {a.name for a in _called_for(service, policy, held_until)}
    want = {a.name: a for a in wanted(now, service, policy, held_until)}
    have = {a.name: a for a in ours(target)}
    for name, action in want.items():
        if have.get(name) != action:
            reason = "the block is paid" if name not in have else f"{block.reservation_id} ends at {block.end:%F %H:%M}"
            if held_until is not None and name == DRAIN_ACTION:
                reason = "an extension is being paid"
            yield PutScheduledAction(
                target=target.id, reservation_id=block.reservation_id, scheduled=action, reason=reason
            )
    # One that is due or has just run is left: it vanishes by itself, and until then it does the right thing.
    gone = [a for a in have.values() if a.name not in want and not (a.name in called_for and _is_due(now, a))]
    if policy.unread and block.is_paid:
        gone = []  # what stands was written when the settings could be read, and may not be put back in time
    yield from deletions(target, gone, block.reservation_id, "the block no longer calls for it")


def _called_for(service: Service, policy: Policy, held_until: datetime | None) -> tuple[ScheduledAction, ...]:
    """Return the actions that the block calls for, whether or not they are over.

    An unknown state keeps its drain: whatever it means, EC2 may still terminate what runs.
    """
    block, target, timeline = service.reservation, service.target, service.timeline(policy)
    if target.id.kind is TargetKind.NODE_GROUP or block.is_dead or block.state in UNPAID:
        return ()
    # Whole minutes, as Auto Scaling keeps them (assumed): else each reconcile would find them out of step.
    drain_at = (held_until or timeline.drain_at).replace(second=0, microsecond=0)
    start_at = -(-(timeline.start - EPOCH) // MINUTE) * MINUTE + EPOCH
    drain = ScheduledAction(name=DRAIN_ACTION, start=drain_at, minimum=0, maximum=0, desired=0)
    drain, share = _moved_off(drain, target, -MINUTE), service.share
    start = ScheduledAction(name=START_ACTION, start=start_at, minimum=0, maximum=share, desired=share)
    start = _moved_off(start, target, MINUTE)
    is_usable = start.start is not None and drain.start is not None and start.start < drain.start
    return (start, drain) if block.is_paid and service.may_scale_out(policy) and share and is_usable else (drain,)


def deletions(
    target: Target, actions: Iterable[ScheduledAction], reservation_id: str | None, reason: str
) -> Iterator[DeleteScheduledAction]:
    for action in actions:
        yield DeleteScheduledAction(target=target.id, reservation_id=reservation_id, name=action.name, reason=reason)


def ours(target: Target) -> tuple[ScheduledAction, ...]:
    return tuple(a for a in target.scheduled_actions if a.name in OURS)


def clashes(now: datetime, service: Service, policy: Policy) -> tuple[ScheduledAction, ...]:
    """Return the actions of somebody else at the very instants of the block: Auto Scaling allows one at a time."""
    if service.target.id.kind is TargetKind.NODE_GROUP:  # it has none of ours, and EKS's own is meant to be there
        return ()
    timeline = service.timeline(policy)
    instants = {instant for instant in (timeline.start, timeline.drain_at) if instant > now}
    return tuple(a for a in service.target.scheduled_actions if a.name not in OURS and a.start in instants)


def stale_eks_action(service: Service) -> ScheduledAction | None:
    """Return EKS's own scale-down when it is not in step with the end of the block."""
    expected = service.reservation.end - EKS_LEAD
    action = next((a for a in service.target.scheduled_actions if a.name == EKS_ACTION), None)
    if action is None or action.start is None or abs(action.start - expected) <= timedelta(minutes=1):
        return None
    return action


def _is_due(now: datetime, action: ScheduledAction) -> bool:
    return action.start is not None and action.start < now + LEAST_NOTICE


def _moved_off(action: ScheduledAction, target: Target, step: timedelta) -> ScheduledAction:
    """Move an action to the next minute that no action of somebody else has: start later, drain earlier."""
    taken = {a.start for a in target.scheduled_actions if a.name != action.name}
    while action.start in taken and action.start is not None:
        action = replace(action, start=action.start + step)
    return action
