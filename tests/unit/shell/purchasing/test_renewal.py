"""A block that follows another without a question: bought like any other, but that nobody is asked."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.renewal.decision import asked
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode
from capacity_blocks.core.reservation import ReservationState
from tests.factories import a_reservation
from tests.fakes import refused
from tests.unit.core.purchase.shapes import FEE, MONEY, NOW, START, WEEK, an_offering
from tests.unit.core.renewal.shapes import a_renewal
from tests.unit.shell.purchasing.stage import EXECUTION, Stage, a_stage

BLOCK = a_reservation(start=NOW - WEEK, end=START, state=ReservationState.ACTIVE)
RENEWAL = a_renewal(mode=RenewalMode.BUY_SUCCESSOR, end=START, duration=WEEK, most_fee=FEE, decided_at=NOW)
RENEWS = {"mode": "buy_successor", "hours": 168, "most_fee": "42000"}


def renewing(recorded: Renewal | None = RENEWAL, **changes: Any) -> Stage:
    stage = a_stage()
    stage.region.reservations.hold(BLOCK)
    stage.settings.held["training"] = json.dumps({"money": MONEY, "renewal": RENEWS | changes})
    if recorded is not None:
        stage.renewals.record(recorded)
    return stage


def choose(stage: Stage, **changes: Any) -> dict[str, Any]:
    document = asked(RENEWAL, BLOCK) | changes
    stage.steps("opener").open({"request": document, "execution": EXECUTION})
    found = stage.steps("searcher").search({"request": document})
    event = {"request": document, "search": found, "execution": EXECUTION, "looks": 1}
    return stage.steps("chooser").choose(event)


def intent(stage: Stage) -> Intent:
    [found] = stage.ledger.intents("next-cr-0a-20260504t1130")
    return found


def purchase(stage: Stage) -> dict[str, Any]:
    named = {"request_id": intent(stage).request_id, "number": 1, "intent_id": intent(stage).intent_id}
    return stage.steps("purchaser").purchase({"intent": named})


def test_what_was_recorded_is_bought_unasked() -> None:
    stage = renewing()

    assert choose(stage)["outcome"] == "buy"
    assert purchase(stage)["outcome"] == "bought"
    assert len(stage.market.bought) == 1
    assert [each.title for each in stage.notifier.sent] == [
        "Renewed without a question: $42,000 for 8 x p5.48xlarge for 168 hours from 2026-05-04 11:30 UTC"
    ]


UNPERMITTED: dict[str, tuple[Renewal | None, dict[str, Any]]] = {
    "it is off": (RENEWAL, {"mode": "off"}),
    "it may cost less": (RENEWAL, {"most_fee": "41999.99"}),
    "nothing was recorded": (None, {}),
    "another end was recorded": (replace(RENEWAL, end=START + timedelta(days=1)), {}),
    "smaller hardware was recorded": (replace(RENEWAL, instance_count=4), {}),
}


FREE = {**MONEY, "no_approval_up_to": "50000", "two_approvers_above": "50000"}  # dollars that take nobody's approval


@pytest.mark.parametrize("money", [MONEY, FREE], ids=["a fee for people", "a fee for nobody"])
@pytest.mark.parametrize(("recorded", "changes"), UNPERMITTED.values(), ids=UNPERMITTED.keys())
def test_otherwise_it_is_neither_bought_nor_asked_about(
    recorded: Renewal | None, changes: dict[str, Any], money: dict[str, Any]
) -> None:
    stage = renewing(recorded)
    stage.settings.held["training"] = json.dumps({"money": money, "renewal": RENEWS | changes})

    answer = choose(stage)

    assert (answer["outcome"], "nobody asked for it, and" in answer["told"]) == ("nothing", True)
    assert stage.ledger.intents("next-cr-0a-20260504t1130") == ()


def test_the_same_request_of_a_person_is_asked_about() -> None:
    stage = renewing()

    assert choose(stage, automatic=False)["outcome"] == "ask"
    assert intent(stage).state is IntentState.ASKED


def test_what_is_switched_off_in_between_is_not_bought() -> None:
    stage = renewing()
    choose(stage)
    stage.settings.held["training"] = json.dumps({"money": MONEY})

    assert purchase(stage)["outcome"] == "closed"
    assert "renewal.mode is off, not buy_successor" in intent(stage).reason
    assert stage.market.bought == {}


def test_a_record_that_cannot_be_read_buys_nothing_and_loses_nothing() -> None:
    stage = renewing()
    choose(stage)
    stage.renewals.errors["recorded"] = refused("GetItem")

    with pytest.raises(Exception, match="without a question could not be read"):
        purchase(stage)
    assert intent(stage).state is IntentState.APPROVED
    assert stage.market.bought == {}


def test_a_block_that_somebody_else_bought_meanwhile_stops_it() -> None:
    stage = renewing()
    choose(stage)
    stage.region.reservations.hold(
        a_reservation(reservation_id="cr-0b", start=START, end=START + WEEK, state=ReservationState.SCHEDULED)
    )

    assert purchase(stage)["outcome"] == "closed"
    assert stage.market.bought == {}


def test_an_extension_of_the_block_that_is_paid_meanwhile_stops_it() -> None:
    stage = renewing()
    choose(stage)
    stage.region.reservations.hold(replace(BLOCK, end=START + WEEK))

    assert purchase(stage)["outcome"] == "closed"
    assert stage.market.bought == {}


def test_a_dearer_offering_than_the_cap_is_not_asked_about() -> None:
    stage = renewing()
    stage.market.sell(an_offering(upfront_fee=FEE + 1))

    assert choose(stage)["outcome"] == "look_again"
