"""Requests that come out in one way each when nothing goes wrong, and the calls that they make on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.reservation import ReservationState
from tests.fakes import refused, unclear
from tests.unit.core.purchase.shapes import ALICE, BOB, a_segment, an_offering
from tests.unit.shell.purchasing.stage import Around, Stage, a_document, a_stage, minutes, unwatched
from tests.unit.shell.purchasing.workflow import People, Workflow, answering

EVERY_STEP = frozenset({"open", "search", "choose", "ask", "decide", "purchase", "follow", "close"})
HALF = replace(a_segment(), instance_count=4, upfront_fee=Decimal(21000))
SEGMENTS = an_offering(segments=(HALF, HALF))


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`ends` is the outcome and how many reservations are bought; `struck` the steps worth striking."""

    stage: Callable[[], Stage]
    people: Callable[[], People] = lambda: answering(ALICE)
    document: dict[str, Any] = field(default_factory=a_document)
    ends: tuple[str, int] = ("paid", 1)
    struck: frozenset[str] = frozenset({"purchase", "follow"})

    def workflow(self, around: Around = unwatched) -> Workflow:
        return Workflow(stage=self.stage(), people=self.people(), document=self.document, around=around)

    def places(self) -> list[tuple[int, str, str]]:
        """Return the number, the step and the name of every call that is worth striking."""
        seen: list[tuple[str, str]] = []

        def note(name: str, call: Callable[[], Any]) -> Any:
            assert workflow.now is not None
            seen.append((workflow.now[0], name))
            return call()

        workflow = self.workflow(note)
        workflow.play()
        workflow.sweep()
        return [(number, step, name) for number, (step, name) in enumerate(seen) if step in self.struck]


def settled(state: ReservationState = ReservationState.SCHEDULED, **changes: Any) -> Stage:
    """Return a stage where payments come to an end minutes after the purchase, and whatever else is changed."""
    stage = a_stage(*changes.pop("offerings", ()))
    stage.spend(**changes)
    for count in (7, 20, 45, 90, 240, 600, 1200, 1800):
        stage.clock.events.append((minutes(count), lambda: stage.market.settle(state)))
    return stage


def late(tagged: timedelta = timedelta(seconds=300), **changes: Any) -> Stage:
    """Return a stage where the reply to a purchase is lost, and EC2 shows it minutes later."""
    stage = settled(**changes)
    stage.market.lost["purchase"] = unclear("PurchaseCapacityBlock")
    stage.market.listed_after, stage.market.tagged_after = timedelta(seconds=200), tagged
    return stage


def segments() -> Stage:
    """Return a stage with an offering of two segments, of which replies name one, and the other shows later."""
    stage = settled(offerings=(SEGMENTS,))
    stage.market.named = 1
    stage.market.listed_after = stage.market.tagged_after = timedelta(seconds=90)
    return stage


def contested() -> Stage:
    """Return a stage on which EC2 refuses the first purchase: somebody else was faster."""
    return settled(offerings=(an_offering("cb-0a"), an_offering("cb-0b", upfront_fee=Decimal(43000))))


def losing_the_first() -> People:
    """Return people who say yes to all; the first offering is sold to others right after."""
    answer, asked = answering(ALICE), []

    def people(workflow: Workflow) -> None:
        market = workflow.stage.market
        asked.append(workflow.stage.intent.intent_id)
        if len(asked) == 1:
            market.errors["purchase"] = refused("PurchaseCapacityBlock", "InsufficientInstanceCapacity")
        else:
            market.errors.pop("purchase", None)
            market.on_sale.pop("cb-0a", None)
        answer(workflow)

    return people


SCENARIOS = {
    "a person approves": Scenario(stage=settled, struck=EVERY_STEP),
    "the reply is lost and EC2 shows it late": Scenario(stage=late),
    "two people approve": Scenario(
        stage=lambda: settled(two_approvers_above="40000"),
        people=lambda: answering(ALICE, BOB),
        struck=frozenset({"decide"}),
    ),
    "the settings approve": Scenario(stage=lambda: settled(no_approval_up_to="42000"), struck=frozenset({"choose"})),
    "the reply is lost and tags never come": Scenario(
        stage=lambda: late(tagged=timedelta(days=100)), struck=frozenset({"follow"})
    ),
    "the reply names one of two segments": Scenario(
        stage=segments, document=a_document(several_segments=True), ends=("paid", 2)
    ),
    "the payment fails": Scenario(
        stage=lambda: settled(ReservationState.PAYMENT_FAILED), ends=("failed", 1), struck=frozenset({"follow"})
    ),
    "EC2 refuses the first": Scenario(stage=contested, people=losing_the_first, struck=frozenset({"purchase"})),
    "a person rejects": Scenario(
        stage=settled,
        people=lambda: answering(ALICE, said="reject"),
        ends=("closed", 0),
        struck=frozenset({"follow", "close"}),
    ),
    "nobody answers": Scenario(
        stage=lambda: settled(approve_within_hours=1),
        people=answering,
        ends=("closed", 0),
        document=a_document(look_until="2026-04-20T10:30:00Z"),
        struck=frozenset({"follow", "close"}),
    ),
}
