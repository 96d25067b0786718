"""Native scheduled actions: written when a block is paid, kept in step, removed when it no longer calls for them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import DeleteScheduledAction, PutScheduledAction
from capacity_blocks.core.native import EKS_ACTION, clashes, deletions, ours, stale_eks_action, steps, wanted
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.service import Service
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import ScheduledAction, Target
from tests.factories import END, START, a_node_group, a_target, at
from tests.unit.shapes import DRAIN_AT, a_service, bound, drain_action, start_action

EARLY = at("2026-02-20T09:00")
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
BARE = bound(scheduled_actions=())
FOREIGN = ScheduledAction(name="nightly", start=START, minimum=0, maximum=2, desired=2)


def with_actions(*actions: ScheduledAction) -> Target:
    return bound(scheduled_actions=actions)


def put(action: ScheduledAction, reason: str) -> PutScheduledAction:
    return PutScheduledAction(target=a_target().id, reservation_id="cr-0a", scheduled=action, reason=reason)


def delete(name: str) -> DeleteScheduledAction:
    return DeleteScheduledAction(
        target=a_target().id, reservation_id="cr-0a", name=name, reason="the block no longer calls for it"
    )


WANTED: dict[str, tuple[datetime, Service, Policy, tuple[ScheduledAction, ...]]] = {
    "start and drain, once the block is paid": (EARLY, a_service(BARE), Policy(), (start_action(), drain_action())),
    "nothing, while the payment is pending": (
        EARLY, a_service(BARE, state=ReservationState.PAYMENT_PENDING), Policy(), ()
    ),
    "nothing, when the payment has failed": (
        EARLY, a_service(BARE, state=ReservationState.PAYMENT_FAILED), Policy(), ()
    ),
    "the drain alone, in a state that nobody knows": (
        EARLY, a_service(BARE, state=ReservationState.UNRECOGNISED), Policy(), (drain_action(),)
    ),
    "the drain alone, when scale-out is stopped": (EARLY, a_service(BARE), Policy(scale_out=False), (drain_action(),)),
    "the drain alone, when the settings are broken": (EARLY, a_service(BARE), Policy(broken="x"), (drain_action(),)),
    "the drain alone, when its tags are wrong": (
        EARLY, a_service(bound(scheduled_actions=(), wishes=wishes({tag.INSTANCES: "?"}))), Policy(), (drain_action(),)
    ),
    "the drain alone, for a target with no share": (EARLY, a_service(BARE, share=0), Policy(), (drain_action(),)),
    "the drain alone, of a block that is never usable": (
        EARLY, a_service(BARE, end=START + 40 * MINUTE), Policy(), (drain_action(START),)
    ),
    "both, of a block that is usable for a minute": (
        EARLY, a_service(BARE, end=START + 41 * MINUTE), Policy(), (start_action(), drain_action(START + MINUTE))
    ),
    "nothing for a node group: EKS has its own": (EARLY, a_service(a_node_group(bound_to="cr-0a")), Policy(), ()),
    "the target's share": (EARLY, a_service(BARE, share=3), Policy(), (start_action(share=3), drain_action())),
    "whole minutes inside the block": (
        EARLY, a_service(BARE, start=START + SECOND, end=END + SECOND), Policy(),
        (start_action(START + MINUTE), drain_action()),
    ),
    "a start half a minute ahead": (
        START - 30 * SECOND, a_service(BARE), Policy(), (start_action(), drain_action())
    ),
    "no start closer than that": (START - 29 * SECOND, a_service(BARE), Policy(), (drain_action(),)),
    "a drain half a minute ahead": (DRAIN_AT - 30 * SECOND, a_service(BARE), Policy(), (drain_action(),)),
    "no drain closer than that": (DRAIN_AT - 29 * SECOND, a_service(BARE), Policy(), ()),
    "a start a minute after somebody else's action": (
        EARLY, a_service(with_actions(FOREIGN)), Policy(), (start_action(START + MINUTE), drain_action())
    ),
    "a drain a minute before somebody else's action": (
        EARLY, a_service(with_actions(replace(FOREIGN, start=DRAIN_AT))), Policy(),
        (start_action(), drain_action(DRAIN_AT - MINUTE)),
    ),
    "a start after all actions in its way": (
        EARLY, a_service(with_actions(FOREIGN, replace(FOREIGN, name="b", start=START + MINUTE))), Policy(),
        (start_action(START + 2 * MINUTE), drain_action()),
    ),
    "its own action is not in its way": (
        EARLY, a_service(with_actions(start_action(), drain_action())), Policy(), (start_action(), drain_action())
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "service", "policy", "expected"), WANTED.values(), ids=WANTED.keys())
def test_a_group_should_have(
    now: datetime, service: Service, policy: Policy, expected: tuple[ScheduledAction, ...]
) -> None:
    assert wanted(now, service, policy) == expected


NEW_END = END + timedelta(days=1)
NEW_DRAIN = DRAIN_AT + timedelta(days=1)
STEPS: dict[str, tuple[datetime, Service, Policy, list[PutScheduledAction | DeleteScheduledAction]]] = {
    "both are written once the block is paid": (
        EARLY, a_service(BARE), Policy(),
        [put(start_action(), "the block is paid"), put(drain_action(), "the block is paid")],
    ),
    "nothing is done when they are in step": (EARLY, a_service(), Policy(), []),
    "the drain moves with the end": (
        EARLY, a_service(end=NEW_END), Policy(), [put(drain_action(NEW_DRAIN), "cr-0a ends at 2026-03-03 11:30")]
    ),
    "the drain moves even a second before it is due": (
        DRAIN_AT - SECOND, a_service(with_actions(drain_action()), end=NEW_END), Policy(),
        [put(drain_action(NEW_DRAIN), "cr-0a ends at 2026-03-03 11:30")],
    ),
    "the start follows the share": (
        EARLY, a_service(share=4), Policy(), [put(start_action(share=4), "cr-0a ends at 2026-03-02 11:30")]
    ),
    "both go when the payment fails": (
        EARLY, a_service(state=ReservationState.PAYMENT_FAILED), Policy(),
        [delete("capacity-blocks-start"), delete("capacity-blocks-drain")],
    ),
    "the start stays where settings could not be read": (
        EARLY, a_service(), Policy(broken="x", unread=True), []
    ),
    "the start goes where settings are wrong": (
        EARLY, a_service(), Policy(broken="x"), [delete("capacity-blocks-start")]
    ),
    "the start goes when scale-out is stopped": (
        EARLY, a_service(), Policy(scale_out=False), [delete("capacity-blocks-start")]
    ),
    "it goes even a second before it is due": (
        START - SECOND, a_service(), Policy(scale_out=False), [delete("capacity-blocks-start")]
    ),
    "a start that is due is left": (START - SECOND, a_service(), Policy(), []),
    "a drain that has just run is left": (DRAIN_AT + SECOND, a_service(with_actions(drain_action())), Policy(), []),
    "a drain that would come too late goes": (
        DRAIN_AT + SECOND, a_service(with_actions(drain_action(DRAIN_AT + 5 * MINUTE))), Policy(),
        [delete("capacity-blocks-drain")],
    ),
    "what is somebody else's is left": (
        EARLY, a_service(with_actions(FOREIGN), state=ReservationState.PAYMENT_FAILED), Policy(), []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "service", "policy", "expected"), STEPS.values(), ids=STEPS.keys())
def test_the_actions_are_brought_in_step(
    now: datetime, service: Service, policy: Policy, expected: list[PutScheduledAction | DeleteScheduledAction]
) -> None:
    assert list(steps(now, service, policy)) == expected


def test_ours_are_told_by_their_names() -> None:
    target = with_actions(FOREIGN, drain_action())

    assert ours(target) == (drain_action(),)
    assert list(deletions(target, ours(target), None, "why")) == [
        DeleteScheduledAction(target=target.id, reservation_id=None, name="capacity-blocks-drain", reason="why")
    ]


AT_DRAIN = replace(FOREIGN, start=DRAIN_AT)
CLASHES = {
    "at the start": (EARLY, bound(scheduled_actions=(FOREIGN,)), (FOREIGN,)),
    "at the drain": (EARLY, bound(scheduled_actions=(AT_DRAIN,)), (AT_DRAIN,)),
    "a second beside it": (EARLY, bound(scheduled_actions=(replace(FOREIGN, start=START + SECOND),)), ()),
    "without a time": (EARLY, bound(scheduled_actions=(replace(FOREIGN, start=None),)), ()),
    "one of ours": (EARLY, bound(), ()),
    "at a start that is over": (START, bound(scheduled_actions=(FOREIGN,)), ()),
    "EKS's own at the drain": (
        EARLY, a_node_group(scheduled_actions=(replace(AT_DRAIN, name=EKS_ACTION),)), ()
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "target", "expected"), CLASHES.values(), ids=CLASHES.keys())
def test_what_clashes_with_the_instants_of_a_block(
    now: datetime, target: Target, expected: tuple[ScheduledAction, ...]
) -> None:
    assert clashes(now, a_service(target), Policy()) == expected


@pytest.mark.parametrize(
    ("start", "is_stale"),
    [
        (END - 40 * MINUTE, False),
        (END - 39 * MINUTE, False),
        (END - 41 * MINUTE, False),
        (END - 38 * MINUTE, True),
        (END - 42 * MINUTE, True),
        (None, False),
    ],
)
def test_eks_own_action_is_stale_when_it_is_more_than_a_minute_out_of_step(
    start: datetime | None, is_stale: bool
) -> None:
    action = ScheduledAction(name=EKS_ACTION, start=start, minimum=0, desired=0)
    service = a_service(a_node_group(bound_to="cr-0a", scheduled_actions=(FOREIGN, action)))

    assert stale_eks_action(service) == (action if is_stale else None)


def test_no_action_of_eks_is_no_stale_one() -> None:
    assert stale_eks_action(a_service(a_node_group(scheduled_actions=(FOREIGN,)))) is None
