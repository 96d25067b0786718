"""Time that passes: a purchase that outlives its time-out, EC2 that shows it late or never, people who decide then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.intent import IntentState
from tests.factories import a_reservation
from tests.fakes import unclear
from tests.unit.core.purchase.shapes import ALICE, END, START
from tests.unit.shell.purchasing.scenario import SEGMENTS, late, settled
from tests.unit.shell.purchasing.stage import Stage, approved
from tests.unit.shell.purchasing.strike import assert_bought_once, assert_sound
from tests.unit.shell.purchasing.workflow import SECOND, Workflow, answering

FOREVER = timedelta(days=100)
SEEN_AFTER = (0, 30, 149, 150, 151, 200, 299, 300)


def played(stage: Stage) -> Workflow:
    workflow = Workflow(stage=stage, people=answering(ALICE))
    workflow.play()
    return workflow


@pytest.mark.parametrize("lost", [True, False], ids=["the reply is lost", "the reply comes"])
@pytest.mark.parametrize("tagged", SEEN_AFTER)
@pytest.mark.parametrize("listed", SEEN_AFTER)
def test_a_purchase_that_ec2_shows_late_is_found_and_followed(listed: int, tagged: int, lost: bool) -> None:
    stage = late()
    stage.market.listed_after, stage.market.tagged_after = listed * SECOND, tagged * SECOND
    if not lost:
        stage.market.lost.clear()

    workflow = played(stage)

    assert_sound(workflow)
    assert (workflow.ended, list(stage.market.bought)) == ("paid", ["cr-0001"])
    assert ("found" in stage.kinds) == lost


@pytest.mark.parametrize("seconds", range(1, 2400, 40))
def test_a_look_while_the_purchase_still_runs_takes_nothing_from_it(seconds: int) -> None:
    stage = settled()
    stage.market.listed_after = stage.market.tagged_after = FOREVER
    intent = approved(stage)
    named: dict[str, Any] = {"intent": stage.named}
    stage.market.purchase_takes = timedelta(minutes=41)  # longer than any function of Lambda's, and than all looks
    looks: list[str] = []

    def look() -> None:
        looks.append(stage.steps("look").follow(named)["outcome"])

    stage.clock.events += [(stage.clock.instant + each * SECOND, look) for each in range(seconds, 2400, 400)]

    assert stage.steps("slow").purchase(named)["outcome"] == "bought"

    assert set(looks) <= {"look_again", "asked a person"}
    assert looks
    assert (stage.intent.state, stage.intent.reservation_ids) == (IntentState.BOUGHT, ("cr-0001",))
    assert stage.intent.intent_id == intent.intent_id
    assert_bought_once(stage)


def test_what_was_found_before_the_reply_came_is_kept_beside_it() -> None:
    stage = settled()
    intent = approved(stage)
    stage.market.purchase_takes = timedelta(minutes=5)
    named = {"intent": stage.named}

    def look() -> None:
        stage.steps("look").follow(named)

    stage.clock.events.append((stage.clock.instant + timedelta(minutes=4), look))

    stage.steps("slow").purchase(named)

    assert (stage.intent.intent_id, stage.intent.reservation_ids) == (intent.intent_id, ("cr-0001",))
    assert stage.intent.state in {IntentState.ADOPTED, IntentState.PAYMENT_PENDING, IntentState.PAID}


def test_a_reply_that_names_more_than_was_found_adds_to_it() -> None:
    stage = settled(offerings=(SEGMENTS,))
    approved(stage, several_segments=True)
    stage.market.purchase_takes = timedelta(hours=1)
    named = {"intent": stage.named}
    seen: list[tuple[str, ...]] = []

    def look() -> None:
        del stage.market.reservations.held["cr-0002"]
        stage.steps("look").follow(named)
        seen.append(stage.intent.reservation_ids)

    stage.clock.events.append((stage.clock.instant + timedelta(minutes=40), look))

    stage.steps("slow").purchase(named)

    assert (seen, stage.intent.reservation_ids) == ([("cr-0001",)], ("cr-0001", "cr-0002"))


def test_a_refusal_that_comes_after_the_looks_gave_up_is_the_truth() -> None:
    stage = settled()
    approved(stage)
    named = {"intent": stage.named}
    looks: list[str] = []

    def hold_up(name: str, call: Callable[[], Any]) -> Any:
        if name == "purchases.purchase":
            stage.clock.sleep_until(stage.clock.instant + timedelta(hours=1))
            looks.append(stage.steps("look").follow(named)["outcome"])
            stage.market.on_sale.clear()
        return call()

    answer = stage.steps("slow", hold_up).purchase(named)

    assert (looks, answer["outcome"]) == (["asked a person"], "refused")
    assert (stage.intent.state, stage.money, stage.market.bought) == (IntentState.REFUSED, {"1": "reserved"}, {})
    stage.steps("sweep").follow({})
    assert (stage.money, stage.kinds[-1]) == ({"1": "released"}, "refused")


def test_what_ec2_never_shows_is_a_persons_decision_and_holds_its_money() -> None:
    stage = late()
    stage.market.listed_after = FOREVER

    workflow = played(stage)
    workflow.sweep()

    assert_sound(workflow)
    assert (workflow.ended, stage.intent.state, stage.money) == (
        "asked a person", IntentState.NOT_FOUND, {"1": "reserved"}
    )  # fmt: skip
    assert stage.kinds.count("not-found") == 1
    assert stage.ledger.requests["may-training"].ended is None


def test_what_shows_after_the_person_was_asked_is_adopted_by_the_sweep() -> None:
    stage = late()
    stage.market.listed_after = timedelta(hours=2)
    workflow = played(stage)
    assert stage.intent.state is IntentState.NOT_FOUND

    workflow.sweep()

    assert_sound(workflow)
    assert (stage.intent.state, stage.money) == (IntentState.PAID, {"1": "committed"})
    assert stage.ledger.requests["may-training"].ended == f"{stage.intent.intent_id} is paid"


def test_a_person_who_finds_nothing_bought_gives_the_money_back_and_the_request_ends() -> None:
    stage = settled()
    stage.market.errors["purchase"] = unclear("PurchaseCapacityBlock")
    workflow = played(stage)
    assert workflow.ended == "asked a person"

    workflow.invoke("follow", {"intent": stage.named, "nothing_was_bought": True})
    workflow.sweep()

    assert_sound(workflow)
    assert (stage.intent.state, stage.money) == (IntentState.CLOSED, {"1": "released"})
    assert stage.ledger.requests["may-training"].ended is None  # what they overlooked could still show up
    stage.clock.sleep_until(END)
    workflow.sweep()
    assert stage.ledger.requests["may-training"].ended == f"{stage.intent.intent_id} is closed"


def test_a_person_who_tags_what_they_found_has_it_adopted() -> None:
    stage = late()
    stage.market.listed_after = timedelta(minutes=50)
    workflow = played(stage)
    found = a_reservation(reservation_id="cr-99", tags={}, start=START, end=END)
    stage.market.bought.clear()
    stage.market.bought["cr-99"] = replace(found, tags={tag.INTENT: stage.intent.intent_id})
    stage.market.reservations.held = {"cr-99": found}
    stage.clock.events.clear()

    stage.market.add(["cr-99"], {tag.INTENT: stage.intent.intent_id})
    workflow.sweep()

    assert_sound(workflow)
    assert (stage.intent.state, stage.intent.reservation_ids) == (IntentState.PAID, ("cr-99",))
