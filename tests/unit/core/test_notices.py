"""What people are told, when, and how often."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core import tag, wording
from capacity_blocks.core.action import Say
from capacity_blocks.core.native import EKS_ACTION
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.planner import plan_unclaimed
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import LaunchFailure, Occupant, Pool
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Instance, ScheduledAction, Suspension
from tests.factories import (
    END,
    REGION,
    START,
    a_launch_template,
    a_node_group,
    a_reservation,
    a_target,
    at,
    some_details,
)
from tests.unit.shapes import (
    ACTIVE,
    DRAIN_AT,
    RECLAIM_AT,
    a_pool,
    a_service,
    bound,
    drain_action,
    instances,
    kinds,
    notices,
    quiet,
    running,
)

EARLY = at("2026-02-20T09:00")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOMENT = timedelta(microseconds=1)
PRICE = Policy(price_per_instance_hour={"p5.48xlarge": Decimal("31.46")})
KEY = "cr-0a:train"
END_OF_BLOCK, LIFE = "20260302T1130", "first"
SCALED_OUT, IN_SERVICE = f"{KEY}:scaled-out:{LIFE}", f"{KEY}:in-service:{LIFE}"
SCALED_IN = f"{KEY}:scaled-in:20260301T2330"
DRAINING = f"{KEY}:draining:{END_OF_BLOCK}"
INSIDE = {"cr-0a": tuple(Occupant(instance_id=i.instance_id, group="train") for i in instances(8))}
SHORT = running(instances=instances(6))
FAILURE = LaunchFailure(at=START + MINUTE, message="ReservationCapacityExceeded: all slots are used")
SECOND_BLOCK = a_reservation(reservation_id="cr-0b", start=START + MINUTE, end=END + DAY)
FOLLOWING = a_reservation(reservation_id="cr-0b", start=END, end=END + 3 * DAY)
OVERLAPPING = replace(FOLLOWING, start=END - 2 * HOUR, instance_count=4)
QUEUED = "cr-0b:queued:train"
SECOND_JOINT = "cr-0a:joint:cr-0b:20260302T1050:20260301T1131"
TIMELINE = f"{KEY}:timeline:20260302T1130:1050"


def active(*targets: Any, **changes: Any) -> Pool:
    return a_pool(*targets, blocks=(ACTIVE,), **changes)


def said(since: datetime = START, *more: str) -> dict[str, datetime]:
    return dict.fromkeys((TIMELINE, SCALED_OUT, *more), since)


def in_state(state: ReservationState, *targets: Any, **changes: Any) -> Pool:
    return a_pool(*targets, blocks=(a_reservation(state=state),), **changes)


def eks_action(start: datetime) -> ScheduledAction:
    return ScheduledAction(name=EKS_ACTION, start=start, minimum=0, desired=0)


TOLD: dict[str, tuple[datetime, Pool, list[str]]] = {
    "nothing of an empty pool": (EARLY, a_pool(a_target(), blocks=()), []),
    "nothing before a bind that is under way": (EARLY, a_pool(a_target(details=some_details())), []),
    "the timeline, once bound": (EARLY, a_pool(bound()), ["timeline"]),
    "the timeline, when it has moved": (
        EARLY, a_pool(bound(), blocks=(a_reservation(end=END + DAY),), said=said()), ["timeline"]
    ),
    "nothing twice": (EARLY, a_pool(bound(), said=said()), []),
    "that the settings are broken, with no target at all": (
        EARLY, a_pool(blocks=(), policy=Policy(broken="x")), ["broken-settings"]
    ),
    "wrong tags, with no block at all": (
        EARLY, a_pool(a_target(wishes=wishes({tag.INSTANCES: "?"})), blocks=()), ["wrong-tag"]
    ),
    "that a free target does not fit, and that the block waits": (
        EARLY, a_pool(a_target(details=some_details(template=None))), ["waiting", "unfit"]
    ),
    "that the block waits": (EARLY, a_pool(), ["waiting"]),
    "that EC2 does not say what kind of block it is": (
        EARLY, a_pool(bound(), blocks=(a_reservation(ultraserver=None),)), ["timeline", "kind-unknown"]
    ),
    "nothing of the kind of a block that is not paid": (
        EARLY, a_pool(blocks=(a_reservation(ultraserver=None, state=ReservationState.PAYMENT_PENDING),)), []
    ),
    "nothing of the kind of a block that is over": (
        END, a_pool(blocks=(a_reservation(ultraserver=None, state=ReservationState.ACTIVE),)), []
    ),
    "nothing of a block whose payment is pending": (EARLY, in_state(ReservationState.PAYMENT_PENDING), []),
    "that the second of two overlapping blocks waits": (
        EARLY, a_pool(bound(), blocks=(a_reservation(), SECOND_BLOCK), said=said()), ["waiting", "overlap"]
    ),
    "that a block follows on the one before": (
        EARLY,
        a_pool(bound(), blocks=(a_reservation(), a_reservation(reservation_id="cr-0b", start=RECLAIM_AT)), said=said()),
        ["queued"],
    ),
    "that it waits, if it starts a moment before that": (
        EARLY,
        a_pool(
            bound(),
            blocks=(a_reservation(), a_reservation(reservation_id="cr-0b", start=RECLAIM_AT - MOMENT)), said=said(),
        ),
        ["waiting"],
    ),
    "no gap that is over": (
        END, a_pool(bound("b", bound_to="cr-0b"), blocks=(ACTIVE, FOLLOWING)), ["timeline"]
    ),
    "no joint where one starts at the very drain of the other": (
        EARLY,
        a_pool(bound(), blocks=(a_reservation(), replace(FOLLOWING, start=DRAIN_AT)), said=said(EARLY)), ["waiting"]
    ),
    "the gap of a target that makes way": (
        EARLY,
        a_pool(
            bound(bound_to="cr-0b", details=some_details()),
            blocks=(a_reservation(), a_reservation(reservation_id="cr-0b", start=END, end=END + DAY)),
        ),
        ["gap"],
    ),
    "a clash": (
        EARLY, a_pool(bound(scheduled_actions=(ScheduledAction(name="x", start=START),)), said=said()),
        ["scheduled-action-clash"],
    ),
    "no clash with EKS's own action": (
        EARLY, a_pool(a_node_group(bound_to="cr-0a", scheduled_actions=(eks_action(DRAIN_AT),))), ["timeline"]
    ),
    "that EKS's own action is stale": (
        EARLY, a_pool(a_node_group(bound_to="cr-0a", scheduled_actions=(eks_action(DRAIN_AT - DAY),))),
        ["timeline", "stale-eks-action"],
    ),
    "nothing of an action by that name on another group": (
        EARLY, a_pool(bound(scheduled_actions=(eks_action(DRAIN_AT - DAY),)), said=said()), []
    ),
    "a suspension by a person": (EARLY, a_pool(bound(launch=Suspension.PERSON), said=said()), ["suspended"]),
    "no suspension by Auto Scaling": (EARLY, a_pool(bound(launch=Suspension.AUTO_SCALING), said=said()), []),
    "a lead inside the reclaim window": (
        EARLY,
        a_pool(bound(wishes=wishes({tag.DRAIN_LEAD: "60"})), blocks=(a_reservation(ultraserver=True),)),
        ["timeline", "lead-too-short"],
    ),
    "no lead just outside of it": (
        EARLY,
        a_pool(bound(wishes=wishes({tag.DRAIN_LEAD: "61"})), blocks=(a_reservation(ultraserver=True),)),
        ["timeline"],
    ),
    "no lead over broken settings": (
        EARLY,
        a_pool(
            bound(wishes=wishes({tag.DRAIN_LEAD: "45"}), scheduled_actions=(drain_action(DRAIN_AT - DAY / 2),)),
            policy=Policy(broken="x"),
        ),
        ["broken-settings", "timeline"],
    ),
    "nothing of a start that is a moment less than ten minutes late": (
        START + 10 * MINUTE - MOMENT, a_pool(running(), said=said()), []
    ),
    "that a block is ten minutes late": (START + 10 * MINUTE, a_pool(running(), said=said()), ["late"]),
    "that a block of two targets is late, once": (
        START + 10 * MINUTE,
        a_pool(running("a", wishes=wishes({tag.INSTANCES: "4"})), running("b")),
        ["timeline", "late", "timeline"],
    ),
    "nothing late of a block that is drained already": (
        DRAIN_AT, a_pool(running(), said=said(START, DRAINING)), []
    ),
    "nothing late of a block that is active": (START + 10 * MINUTE, active(running(), said=said()), []),
    "that a target is scaled out": (START, active(running()), ["timeline", "scaled-out"]),
    "nothing scaled out where that is stopped": (
        START, active(running(), policy=Policy(scale_out=False), said={TIMELINE: START}), []
    ),
    "nothing scaled out of a target without a share": (
        START,
        active(bound("a", wishes=wishes({tag.INSTANCES: "8"})), bound("b")),
        ["timeline", "scaled-out", "timeline"],
    ),
    "nothing of instances that nobody looked for": (START, active(running(), said=said()), []),
    "that all instances are in service in the block": (
        START, active(running(), said=said(), occupants=INSIDE), ["in-service"]
    ),
    "that one of them is outside": (
        START, active(running(), said=said(), occupants={"cr-0a": INSIDE["cr-0a"][1:]}), ["outside-the-block"]
    ),
    "that all are outside": (START, active(running(), said=said(), occupants={"cr-0a": ()}), ["outside-the-block"]),
    "nothing while there is time to come into service": (
        START + 15 * MINUTE - MOMENT, active(SHORT, said=said()), []
    ),
    "what did not come into service in time": (START + 15 * MINUTE, active(SHORT, said=said()), ["not-in-service"]),
    "nothing in service that is still pending": (
        START + 15 * MINUTE, active(running(instances=instances(8, lifecycle_state="Pending")), said=said()),
        ["not-in-service"],
    ),
    "a launch that failed": (
        START + 2 * MINUTE, active(SHORT, said=said(), failures={SHORT.id: FAILURE}), ["launch-failed"]
    ),
    "no launch that failed before it was scaled out": (
        START + 2 * MINUTE, active(SHORT, said=said(START + MINUTE), failures={SHORT.id: FAILURE}), []
    ),
    "that somebody else scaled in what was in service": (
        START + DAY / 2, active(running(desired=0), said=said(START, IN_SERVICE)), ["scaled-in"]
    ),
    "that it is scaled out again, timed from then": (
        START + DAY / 2 + MINUTE,
        active(SHORT, said={**said(START, IN_SERVICE), SCALED_IN: START + DAY / 2}),
        ["scaled-out"],
    ),
    "nothing of a scale-in before all were in service": (START, active(running(desired=7), said=said()), []),
    "that it is scaled to zero": (DRAIN_AT, active(running(), said=said()), ["draining"]),
    "what EC2 is about to terminate": (RECLAIM_AT, active(running(), said=said()), ["still-running", "draining"]),
    "nothing of what is terminating by itself": (
        RECLAIM_AT, active(running(instances=instances(2, lifecycle_state="Terminating:Wait")),
        said=said()), ["draining"]
    ),
    "nothing of it before EC2 reclaims": (RECLAIM_AT - MOMENT, active(running(), said=said()), ["draining"]),
    "what scaling to zero does not reach: standby": (
        DRAIN_AT,
        active(running(instances=instances(2, lifecycle_state="Standby")), said=said(START, DRAINING)),
        ["leftover"],
    ),
    "what scaling to zero does not reach: on its way to standby": (
        DRAIN_AT,
        active(running(instances=instances(1, lifecycle_state="EnteringStandby")), said=said(START, DRAINING)),
        ["leftover"],
    ),
    "what scaling to zero does not reach: in no group": (
        DRAIN_AT,
        active(running(), said=said(START, DRAINING),
               occupants={"cr-0a": (Occupant(instance_id="i-x", group=None),)}),
        ["leftover"],
    ),
    "what scaling to zero does not reach: of another group": (
        DRAIN_AT,
        active(running(), said=said(START, DRAINING),
               occupants={"cr-0a": (Occupant(instance_id="i-x", group="other"),)}),
        ["leftover"],
    ),
    "no leftover of the group itself": (
        DRAIN_AT, active(running(), said=said(START, DRAINING), occupants=INSIDE), []
    ),
    "a payment that failed": (EARLY, in_state(ReservationState.PAYMENT_FAILED, bound()), ["payment-failed"]),
    "a payment that failed, though nothing was bound": (
        EARLY, in_state(ReservationState.PAYMENT_FAILED), ["payment-failed"]
    ),
    "what a block does anew that was extended after its drain, timed from then": (
        END,
        a_pool(SHORT, blocks=(replace(ACTIVE, end=END + DAY),), said={**said(), DRAINING: END}),
        ["timeline", "scaled-out", "drain-ahead"],
    ),
    "only the new end of a block that was extended before its drain": (
        END, a_pool(running(), blocks=(replace(ACTIVE, end=END + DAY),), said=said(START, IN_SERVICE)),
        ["timeline", "drain-ahead"],
    ),
    "a payment that failed, until a day after the block would have ended": (
        END + DAY - MOMENT, in_state(ReservationState.PAYMENT_FAILED), ["payment-failed"]
    ),
    "no payment that failed long ago": (END + DAY, in_state(ReservationState.PAYMENT_FAILED), []),
    "no end of what never began": (
        END, in_state(ReservationState.PAYMENT_FAILED, said={"cr-0a:payment-failed": EARLY}), []
    ),
    "a block that EC2 does not deliver": (EARLY, in_state(ReservationState.FAILED), ["state-failed"]),
    "a block that was cancelled": (EARLY, in_state(ReservationState.CANCELLED, bound()), ["state-cancelled"]),
    "a state that nobody knows": (EARLY, in_state(ReservationState.UNRECOGNISED), ["state-unrecognised"]),
    "a state that blocks do not have": (EARLY, in_state(ReservationState.DELAYED), ["state-delayed"]),
    "no odd state of a block that is over": (END, in_state(ReservationState.UNRECOGNISED), []),
    "the end of a block that was spoken of": (END, in_state(ReservationState.EXPIRED, said=said()), ["ended"]),
    "nothing a moment before the end": (END - MOMENT, active(said=said()), []),
    "no end of a block that nobody spoke of": (END, in_state(ReservationState.EXPIRED), []),
    "no end of a day ago": (END + DAY, in_state(ReservationState.EXPIRED, said=said()), []),
    "that EC2 does not list a block": (EARLY, a_pool(bound(), blocks=()), ["not-listed"]),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), TOLD.values(), ids=TOLD.keys())
def test_people_are_told(now: datetime, pool: Pool, expected: list[str]) -> None:
    assert kinds(now, pool) == expected


@pytest.mark.parametrize(("now", "pool", "expected"), TOLD.values(), ids=TOLD.keys())
def test_nothing_is_told_twice(now: datetime, pool: Pool, expected: list[str]) -> None:
    assert notices(now, quiet(now, pool)) == []


CLAIMED = {
    "what is done is told only if it was done: scaled out": (START, active(running(), said={TIMELINE: START})),
    "what is done is told only if it was done: drained": (DRAIN_AT, active(running(), said=said())),
}


@pytest.mark.parametrize(("now", "pool"), CLAIMED.values(), ids=CLAIMED.keys())
def test_a_notice_of_a_deed_names_its_target(now: datetime, pool: Pool) -> None:
    assert [say.of for say in notices(now, pool)] == [a_target().id]


def test_a_warning_is_told_whatever_becomes_of_the_actions() -> None:
    pool = a_pool(bound(launch=Suspension.PERSON), said=said())

    assert [say.of for say in notices(EARLY, pool)] == [None]


WAITING_TEXT = "8 of 8 p5.48xlarge idle cost about $252 an hour (by the pool's settings)"
ADD = (
    "Add an Auto Scaling group of 8 p5.48xlarge, tagged capacity-blocks:pool=training, desired 0, "
    "with a subnet in us-east-2a (use2-az1)."
)


def of_block(**changes: Any) -> Notice:
    given = {"pool": "training", "region": REGION, "reservation_id": "cr-0a"}
    return Notice(**(given | changes))


WORDS: dict[str, tuple[datetime, Pool, Notice]] = {
    "a gap that a direct successor leaves": (
        EARLY, a_pool(bound(), blocks=(a_reservation(), FOLLOWING), said=said(EARLY, QUEUED)),
        of_block(
            key="cr-0a:joint:cr-0b:20260302T1050:20260302T1130", kind="gap", severity=Severity.INFO,
            title="Pool training has a gap of 40 minutes from 2026-03-02 10:50 UTC on",
            text=(
                "cr-0a drains at 2026-03-02 10:50 UTC, cr-0b starts at 2026-03-02 11:30 UTC: for 40 minutes the pool "
                "has none of their 8 instances."
            ),
            next_step=(
                "Nothing to do, if work may pause; else extend cr-0a, by 2026-03-02 10:30 UTC at the latest, or "
                "purchase a block that starts before 2026-03-02 10:50 UTC."
            ),
        ),
    ),
    "a gap that need not be": (
        EARLY, a_pool(bound(), blocks=(a_reservation(), replace(FOLLOWING, start=END + DAY)), said=said(EARLY, QUEUED)),
        of_block(
            key="cr-0a:joint:cr-0b:20260302T1050:20260303T1130", kind="gap", severity=Severity.WARNING,
            title="Pool training has a gap of 1 day 40 minutes from 2026-03-02 10:50 UTC on",
            text=(
                "cr-0a drains at 2026-03-02 10:50 UTC, cr-0b starts at 2026-03-03 11:30 UTC: for 1 day 40 minutes the "
                "pool has none of their 8 instances."
            ),
            next_step=(
                "Nothing to do, if work may pause; else extend cr-0a, by 2026-03-02 10:30 UTC at the latest, or "
                "purchase a block that starts before 2026-03-02 10:50 UTC."
            ),
        ),
    ),
    "an overlap": (
        EARLY,
        a_pool(
            bound(), a_target("b", bound_to="cr-0b"), blocks=(a_reservation(), OVERLAPPING),
            said=said(EARLY, "cr-0b:b:timeline:20260305T1130:1050"),
        ),
        of_block(
            key="cr-0a:joint:cr-0b:20260302T1050:20260302T0930", kind="overlap", severity=Severity.INFO,
            title="cr-0b takes over from cr-0a in pool training: both serve for 1 hour 20 minutes",
            text=(
                "cr-0b starts at 2026-03-02 09:30 UTC with 4 instances, cr-0a drains at 2026-03-02 10:50 UTC with 8 "
                "instances."
            ),
            next_step="Nothing to do: each has a group of its own, and the earlier one is emptied at its own time.",
        ),
    ),
    "a scale-in by somebody else": (
        START + DAY / 2, active(running(desired=2), said=said(START, IN_SERVICE)),
        of_block(
            key=SCALED_IN, kind="scaled-in", severity=Severity.WARNING, target="train",
            title="train was scaled to 2 by somebody else: it is scaled out to 8 again",
            text=(
                "cr-0a drains at 2026-03-02 10:50 UTC, no sooner. Instances that were ended take their work with them; "
                "their slots are free again once EC2 has cleaned them up, which takes several minutes."
            ),
            next_step="Look who scales the group: a scheduled action, a scaling policy or a person.",
        ),
    ),
    "a block without a target": (
        EARLY, a_pool(policy=PRICE),
        of_block(
            key="cr-0a:waiting:8:ahead", kind="waiting", severity=Severity.WARNING,
            title="cr-0a has no free target in pool training",
            text=f"{WAITING_TEXT}, from 2026-03-01 11:30 UTC on.", next_step=ADD,
        ),
    ),
    "a block without a target that has started": (
        START, a_pool(policy=PRICE),
        of_block(
            key="cr-0a:waiting:8:started", kind="waiting", severity=Severity.CRITICAL,
            title="cr-0a has no free target in pool training", text=f"{WAITING_TEXT}, now.", next_step=ADD,
        ),
    ),
    "the second of two overlapping blocks": (
        EARLY, a_pool(bound(), blocks=(a_reservation(), SECOND_BLOCK), said=said(EARLY, SECOND_JOINT), policy=PRICE),
        of_block(
            key="cr-0b:waiting:8:ahead", kind="waiting", severity=Severity.WARNING, reservation_id="cr-0b",
            title="cr-0b has no free target in pool training",
            text=(
                f"{WAITING_TEXT}, from 2026-03-01 11:31 UTC on. "
                "train serves cr-0a and is free from about 2026-03-02 11:00 UTC."
            ),
            next_step=ADD,
        ),
    ),
    "a block that follows on the one before": (
        EARLY, a_pool(bound(), blocks=(a_reservation(), a_reservation(reservation_id="cr-0b", start=END)), said=said()),
        of_block(
            key="cr-0b:queued:train", kind="queued", severity=Severity.INFO, reservation_id="cr-0b", target="train",
            title="cr-0b follows on train",
            text=(
                "train serves cr-0a and is free from about 2026-03-02 11:00 UTC; "
                "cr-0b starts at 2026-03-02 11:30 UTC."
            ),
        ),
    ),
    "instances that do not come": (
        START + 15 * MINUTE, active(SHORT, said=said(), failures={SHORT.id: replace(FAILURE, at=START)}, policy=PRICE),
        of_block(
            key=f"{KEY}:not-in-service:{LIFE}", kind="not-in-service", severity=Severity.CRITICAL, target="train",
            title="train has 6 of 8 instances in service",
            text=(
                "More than 15 minutes after it was scaled out, 2 idle instances cost about $63 an hour (by the pool's "
                "settings). EC2 counts 8 free in the block. The last launch failed: ReservationCapacityExceeded: all "
                "slots are used"
            ),
            next_step="Look at the group's activity history, then at the instances' own logs.",
        ),
    ),
    "instances that do not come to a group whose last failure is of the block before": (
        START + 15 * MINUTE,
        active(SHORT, said=said(), failures={SHORT.id: replace(FAILURE, at=START - MOMENT)}, policy=PRICE),
        of_block(
            key=f"{KEY}:not-in-service:{LIFE}", kind="not-in-service", severity=Severity.CRITICAL, target="train",
            title="train has 6 of 8 instances in service",
            text=(
                "More than 15 minutes after it was scaled out, 2 idle instances cost about $63 an hour (by the pool's "
                "settings). EC2 counts 8 free in the block. No launch has failed: they are still booting."
            ),
            next_step="Look at the group's activity history, then at the instances' own logs.",
        ),
    ),
    "what is left in a block": (
        DRAIN_AT,
        active(
            running(instances=(Instance(instance_id="i-s", lifecycle_state="Standby"),)),
            said=said(START, DRAINING),
            occupants={"cr-0a": (
                Occupant(instance_id="i-s", group="train"),
                Occupant(instance_id="i-x", group=None),
                Occupant(instance_id="i-y", group="other"),
            )},
        ),
        of_block(
            key=f"{KEY}:leftover:{END_OF_BLOCK}", kind="leftover", severity=Severity.WARNING, target="train",
            title="3 instances in cr-0a are not reached by scaling to zero",
            text=(
                "EC2 terminates them from 2026-03-02 11:00 UTC: i-s (standby), i-x (in no group), i-y (of other)."
            ),
            next_step="Save what they hold and terminate them.",
        ),
    ),
    "a payment that failed": (
        EARLY, in_state(ReservationState.PAYMENT_FAILED),
        of_block(
            key="cr-0a:payment-failed", kind="payment-failed", severity=Severity.CRITICAL,
            title="The payment of cr-0a failed: EC2 has released it",
            text=(
                "It would have run from 2026-03-01 11:30 UTC to 2026-03-02 11:30 UTC. What was bound to it is set free."
            ),
            next_step="Look at the account's payment method, then search for another offering.",
        ),
    ),
    "settings that cannot be used": (
        EARLY, a_pool(blocks=(), policy=Policy(broken="scale_out is 1; allowed: true, false")),
        Notice(
            key="us-east-2:training:settings:f0873390", kind="broken-settings", severity=Severity.CRITICAL,
            title="The settings of pool training cannot be used",
            text=(
                "scale_out is 1; allowed: true, false. Nothing is scaled out or bought for it until they can; "
                "its blocks still drain."
            ),
            next_step="Correct the pool's SSM parameter; docs/pool-settings.md says what it may hold.",
            pool="training", region=REGION,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), WORDS.values(), ids=WORDS.keys())
def test_it_is_told_in_these_words(now: datetime, pool: Pool, expected: Notice) -> None:
    assert [say.notice for say in notices(now, pool)] == [expected]


PAID = a_reservation(tags={})


def test_a_group_that_would_do_but_is_not_empty_is_named() -> None:
    [said] = [s.notice for s in notices(EARLY, a_pool(a_target(desired=2))) if s.notice.kind == "waiting"]

    assert said.text.endswith(" train serves no block but is not empty: bring it to zero and it is free.")


@pytest.mark.parametrize(("lead", "told"), [("1440", ["timeline", "never-used"]), ("1439", ["timeline"])])
def test_a_lead_as_long_as_the_block_is_told_before_it_starts(lead: str, told: list[str]) -> None:
    target = bound(wishes=wishes({tag.DRAIN_LEAD: lead}))

    assert [say.notice.kind for say in notices(EARLY, a_pool(target))] == told


UNCLAIMED: dict[str, tuple[Reservation, datetime, list[str]]] = {
    "a paid block": (PAID, EARLY, ["cr-0a:unclaimed:scheduled"]),
    "a block that runs": (replace(PAID, state=ReservationState.ACTIVE), START, ["cr-0a:unclaimed:active"]),
    "a block until its end": (replace(PAID, state=ReservationState.ACTIVE), END - MOMENT, ["cr-0a:unclaimed:active"]),
    "no block from its end on": (replace(PAID, state=ReservationState.ACTIVE), END, []),
    "no block that is not paid": (replace(PAID, state=ReservationState.PAYMENT_PENDING), EARLY, []),
    "no block that another account pays": (replace(PAID, owned=False), EARLY, []),
}


@pytest.mark.parametrize(("block", "now", "keys"), UNCLAIMED.values(), ids=UNCLAIMED.keys())
def test_a_block_that_no_pool_claims_is_told_once_in_each_state(
    block: Reservation, now: datetime, keys: list[str]
) -> None:
    def told(before: dict[str, datetime]) -> list[str]:
        return [a.notice.key for a in plan_unclaimed(now, [block], PRICE, before).actions if isinstance(a, Say)]

    assert told({}) == keys
    assert told(dict.fromkeys(keys, now)) == []


def test_a_block_that_no_pool_claims_is_told_with_its_cost_and_how_to_claim_it() -> None:
    assert wording.block.unclaimed(PAID, PRICE) == Notice(
        key="cr-0a:unclaimed:scheduled",
        kind="unclaimed",
        severity=Severity.WARNING,
        title="No pool claims cr-0a",
        text=(
            "8 p5.48xlarge in us-east-2a, from 2026-03-01 11:30 UTC to 2026-03-02 11:30 UTC, "
            "cost about $252 an hour (by the pool's settings)."
        ),
        next_step="Tag the reservation capacity-blocks:pool with the name of the pool that should use it.",
        region=REGION,
        reservation_id="cr-0a",
    )


ENCODED = "Encoded authorization failure message: "
SAME = {
    "request ids": (
        "Throttling (Request ID: 8d1f6f4e-11c5-4c1b-9a5f-0c9a6f1f0f4e)",
        "Throttling (Request ID: 0b7c2ac0-5a3e-4f0e-8f0a-0d6c4b1f8e9d)",
    ),
    "encoded messages": (ENCODED + "Qk3x-" * 40, ENCODED + "9Zy_a" * 40),
}


@pytest.mark.parametrize(("words", "others"), SAME.values(), ids=SAME.keys())
def test_what_aws_makes_up_for_each_failure_makes_no_new_notice(words: str, others: str) -> None:
    def keys(text: str) -> list[str]:
        failure = LaunchFailure(at=START, message=text)
        return [
            wording.setting.trouble(REGION, text, START).key,
            wording.binding.bind_failed(a_target(), "cr-0a", text).key,
            wording.scaling.launch_failed(a_service(), failure).key,
        ]

    assert keys(words) == keys(others)


def test_another_failure_is_told_anew() -> None:
    assert (
        wording.setting.trouble(REGION, "AccessDenied", START).key
        != wording.setting.trouble(REGION, "Throttling", START).key
    )


def test_trouble_is_told_once_an_hour() -> None:
    first, same, next_hour = (
        wording.setting.trouble(REGION, "x", START + minutes * MINUTE).key for minutes in (0, 29, 30)
    )

    assert first == same != next_hour


def test_a_target_that_does_not_fit_is_told_what_to_change() -> None:
    target = a_target(details=some_details(template=a_launch_template(market_type="spot", tenancy="dedicated")))

    [notice] = [say.notice for say in notices(EARLY, a_pool(target)) if say.notice.kind == "unfit"]

    assert (notice.title, notice.text, notice.target) == (
        "train does not fit cr-0a",
        (
            "Its launch template has market type spot: remove InstanceMarketOptions. "
            "Its launch template has tenancy dedicated, the block default."
        ),
        "train",
    )
