"""Following an intent from whatever state it was left in; the sweep follows all that are in flight."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.purchasing.step import StepError, UnknownIntentError
from tests.fakes import refused, unclear
from tests.unit.core.purchase.shapes import BOB
from tests.unit.shell.purchasing.stage import Stage, a_decision, a_stage, approved, bought, chosen, minutes, opened

S = IntentState


def follow(stage: Stage, **more: Any) -> dict[str, Any]:
    return stage.steps(f"follow-{stage.clock.instant}").follow({"intent": stage.named} | more)


def sweep(stage: Stage) -> dict[str, Any]:
    return stage.steps(f"sweep-{stage.clock.instant}").follow({})


def test_a_question_is_waited_for_until_it_expires() -> None:
    stage = a_stage()
    chosen(stage)

    assert follow(stage) == {
        "outcome": "waiting",
        "ask_again": False,
        "wait_until": "2026-04-20T21:00:00+00:00",
        "intent_id": stage.intent.intent_id,
        "state": "asked",
        "reservation_ids": [],
        "told": "",
    }


def test_a_question_that_nobody_answered_is_closed_told_and_its_money_is_free() -> None:
    stage = a_stage()
    chosen(stage)
    stage.clock.sleep_until(stage.intent.expires_at)

    answer = follow(stage)

    assert (answer["outcome"], answer["ask_again"]) == ("closed", False)
    assert (stage.intent.state, stage.money, stage.kinds) == (S.CLOSED, {"1": "released"}, ["expired"])


def test_a_request_that_keeps_looking_asks_again_when_nobody_answered() -> None:
    stage = a_stage()
    chosen(stage, look_until="2026-05-01T00:00:00Z")
    stage.clock.sleep_until(stage.intent.expires_at)

    assert follow(stage)["ask_again"]


def test_an_approval_is_followed_by_whoever_buys() -> None:
    stage = a_stage()
    intent = approved(stage)

    assert follow(stage)["outcome"] == "approved"
    assert stage.intent == intent


def test_a_rejection_frees_the_money_and_asks_for_nothing_else() -> None:
    stage = a_stage()
    chosen(stage)
    stage.steps().decide(a_decision(stage, BOB, "reject"))

    answer = follow(stage)

    assert (answer["outcome"], answer["ask_again"], stage.money) == ("closed", False, {"1": "released"})


def test_after_a_refusal_the_request_asks_again() -> None:
    stage = a_stage()
    stage.market.errors["purchase"] = refused("PurchaseCapacityBlock")
    bought(stage)

    answer = follow(stage)

    assert (answer["outcome"], answer["ask_again"], stage.money) == ("closed", True, {"1": "released"})


def test_money_that_a_crash_left_reserved_is_given_back() -> None:
    stage = a_stage()
    chosen(stage)
    stage.steps().scribe.move(stage.intent, S.CLOSED, "a test")
    assert stage.money == {"1": "reserved"}

    follow(stage)

    assert stage.money == {"1": "released"}


def test_what_could_not_be_attempted_can_be_given_up() -> None:
    stage = a_stage()
    approved(stage)

    answer = follow(stage, give_up=True)

    assert (answer["outcome"], stage.intent.state, stage.money) == ("closed", S.CLOSED, {"1": "released"})
    assert follow(stage, give_up=True)["outcome"] == "closed"


def test_what_was_attempted_can_not_be_given_up() -> None:
    stage = a_stage()
    bought(stage)

    assert follow(stage, give_up=True)["outcome"] == "look_again"
    assert (stage.intent.state, stage.money) == (S.PAYMENT_PENDING, {"1": "reserved"})


def test_a_persons_word_counts_only_about_what_nobody_could_find() -> None:
    stage = a_stage()
    stage.market.errors["purchase"] = unclear("PurchaseCapacityBlock")
    bought(stage)
    with pytest.raises(
        StepError, match="it is unknown; allowed: one that is not found, or payment pending for too long"
    ):
        follow(stage, nothing_was_bought=True)
    stage.clock.sleep_until(minutes(60))
    assert follow(stage)["outcome"] == "asked a person"

    answer = follow(stage, nothing_was_bought=True)

    assert (answer["outcome"], answer["ask_again"]) == ("closed", False)
    assert (stage.intent.state, stage.money) == (S.CLOSED, {"1": "released"})


@pytest.mark.parametrize("word", ["yes", 1, "true", None])
def test_only_a_plain_true_is_a_persons_word(word: object) -> None:
    stage = a_stage()
    stage.market.errors["purchase"] = unclear("PurchaseCapacityBlock")
    bought(stage)
    stage.clock.sleep_until(minutes(60))
    follow(stage)

    follow(stage, nothing_was_bought=word)

    assert stage.intent.state is S.NOT_FOUND


def test_a_state_of_a_later_version_is_left_alone() -> None:
    stage = a_stage()
    intent = bought(stage)
    stage.ledger.kept["may-training", 1] = replace(intent, state=S.UNRECOGNISED)

    with pytest.raises(StepError, match="a later version wrote its state; deploy that one"):
        follow(stage)


def test_an_intent_that_was_never_made_cannot_be_followed() -> None:
    with pytest.raises(UnknownIntentError):
        a_stage().steps().follow({"intent": {"request_id": "may-training", "intent_id": "may-training-1-00"}})


def test_the_sweep_follows_what_is_in_flight_and_nothing_else() -> None:
    stage = a_stage()
    chosen(stage)
    now = stage.clock.instant.isoformat()
    assert sweep(stage) == {"outcome": "swept", "followed": [], "errors": [], "look_again_at": now}
    stage.steps().decide(a_decision(stage))
    assert sweep(stage)["followed"] == []
    stage.steps().purchase({"intent": stage.named})
    stage.market.settle()

    assert [each["outcome"] for each in sweep(stage)["followed"]] == ["paid"]
    assert sweep(stage)["followed"] == []


def test_one_that_fails_does_not_stop_the_others() -> None:
    stage = a_stage()
    intent = bought(stage)
    row = stage.ledger.requests["may-training"]
    stage.ledger.requests["a-first"] = replace(row, request_id="a-first")
    stage.ledger.kept["a-first", 1] = replace(intent, request_id="a-first", state=S.UNRECOGNISED)
    stage.market.settle()

    answer = sweep(stage)

    assert [each["outcome"] for each in answer["followed"]] == ["paid"]
    assert answer["errors"] == [
        "a-first: StepError: a-first-1-90aa4ce917342093: a later version wrote its state; deploy that one"
    ]


def test_a_purchase_whose_workflow_is_gone_ends_its_request_a_day_later() -> None:
    stage = a_stage()
    bought(stage)
    stage.market.settle()
    sweep(stage)
    stage.clock.sleep_until(stage.clock.instant + timedelta(days=1))
    sweep(stage)
    assert stage.ledger.requests["may-training"].ended is None

    stage.clock.sleep_until(stage.clock.instant + timedelta(seconds=1))
    sweep(stage)

    assert stage.ledger.requests["may-training"].ended == f"{stage.intent.intent_id} is paid"


def test_a_request_that_still_looks_is_never_ended_by_the_sweep() -> None:
    stage = a_stage()
    opened(stage)
    chosen(stage)
    stage.clock.sleep_until(minutes(60 * 24 * 5))
    follow(stage)
    stage.clock.sleep_until(minutes(60 * 24 * 9))

    sweep(stage)

    assert stage.ledger.requests["may-training"].ended is None
