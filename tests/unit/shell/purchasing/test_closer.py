"""The end of every path: what was never attempted is released, what is in flight stays open, and errors are told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.purchasing.step import StepError
from tests.fakes import unclear
from tests.unit.shell.purchasing.stage import (
    EXECUTION,
    Stage,
    a_decision,
    a_document,
    a_stage,
    approved,
    bought,
    chosen,
    opened,
)

S = IntentState
ERROR = {"Error": "UnreadError", "Cause": json.dumps({"errorMessage": "the groups could not be read"})}


def close(stage: Stage, outcome: str = "nothing", execution: str = EXECUTION, **more: Any) -> dict[str, Any]:
    event = {"request": a_document(), "execution": execution, "outcome": outcome, "error": None, "told": ""}
    return stage.steps("closer").close(event | more)


def an_end(status: str = "ABORTED", execution: str = EXECUTION, **given: Any) -> dict[str, Any]:
    """Return Step Functions' own event."""
    document = json.dumps(given or a_document())
    detail = {"executionArn": execution, "status": status, "input": document, "cause": "somebody stopped it"}
    return {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}


def test_a_request_without_a_purchase_ends_in_silence() -> None:
    stage = a_stage()
    opened(stage)

    assert close(stage) == {"told": "nothing", "open": []}
    assert (stage.ledger.requests["may-training"].ended, stage.kinds) == ("nothing", [])


@pytest.mark.parametrize("make", [chosen, approved])
def test_what_was_never_attempted_is_closed_and_its_money_is_free(make: Any) -> None:
    stage = a_stage()
    make(stage)

    close(stage)

    assert (stage.intent.state, stage.intent.reason) == (S.CLOSED, "its workflow has ended")
    assert (stage.money, stage.ledger.requests["may-training"].ended) == ({"1": "released"}, "nothing")


def test_what_is_in_flight_stays_open_with_its_money_and_its_request() -> None:
    stage = a_stage()
    intent = bought(stage)

    assert close(stage)["open"] == [stage.named]
    assert (stage.intent, stage.money) == (intent, {"1": "reserved"})
    assert stage.ledger.requests["may-training"].ended is None


def test_a_paid_purchase_is_left_as_it_is() -> None:
    stage = a_stage()
    bought(stage)
    stage.market.settle()
    stage.steps().follow({"intent": stage.named})

    close(stage, "paid")

    assert (stage.intent.state, stage.money) == (S.PAID, {"1": "committed"})
    assert stage.ledger.requests["may-training"].ended == "paid"


def test_an_error_is_told_with_what_it_was() -> None:
    stage = a_stage()
    chosen(stage)

    close(stage, "error", error=ERROR)

    (notice,) = stage.notifier.sent
    assert (notice.kind, notice.severity) == ("purchase-request-failed", Severity.CRITICAL)
    assert "UnreadError: the groups could not be read" in notice.text
    assert stage.money == {"1": "released"}


def test_an_execution_that_was_stopped_is_told_and_released_by_its_event() -> None:
    stage = a_stage()
    chosen(stage)

    stage.steps().close(an_end())

    assert (stage.intent.state, stage.money, stage.kinds) == (S.CLOSED, {"1": "released"}, ["request-failed"])
    assert stage.ledger.requests["may-training"].ended == "its workflow is ABORTED"


def test_the_event_and_the_last_step_of_one_failure_tell_once() -> None:
    stage = a_stage()
    chosen(stage)

    close(stage, "error", error=ERROR)
    stage.steps().close(an_end("FAILED"))

    assert stage.kinds == ["request-failed"]


def test_a_second_execution_takes_nothing_from_the_first() -> None:
    stage = a_stage()
    intent = approved(stage)

    answer = close(stage, "error", f"{EXECUTION}-again", error=ERROR)

    assert answer == {"told": 'request "may-training" is not held by this execution', "open": []}
    assert (stage.intent, stage.money) == (intent, {"1": "reserved"})
    assert stage.ledger.requests["may-training"].ended is None


def test_the_failure_of_a_child_takes_nothing_either() -> None:
    stage = a_stage()
    intent = bought(stage)
    child = "arn:aws:states:us-east-2:123456789012:execution:PurchaseIntentStateMachine:may-training-1-00"

    stage.steps().close(an_end("FAILED", child, request=a_document(), intent=stage.named))

    assert (stage.intent, stage.ledger.requests["may-training"].ended) == (intent, None)


def test_a_dry_run_has_nothing_to_close() -> None:
    stage = a_stage()

    assert close(stage, "dry_run")["open"] == []
    assert (stage.ledger.requests, stage.kinds) == ({}, [])


def test_closed_twice_it_is_closed_once() -> None:
    stage = a_stage()
    chosen(stage)
    close(stage)

    assert close(stage, "paid")["told"] == "the request has ended: nothing"
    assert stage.ledger.requests["may-training"].ended == "nothing"


def test_what_was_asked_after_the_end_is_released_by_the_next_word_of_it() -> None:
    stage = a_stage()
    chosen(stage)
    stage.ledger.end_request(stage.ledger.requests["may-training"], "its workflow is ABORTED")

    close(stage)

    assert (stage.intent.state, stage.money) == (S.CLOSED, {"1": "released"})


def test_a_decision_at_the_same_time_is_no_way_out() -> None:
    stage = a_stage()
    chosen(stage)

    def decide_meanwhile(name: str, call: Any) -> Any:
        if name == "ledger.put_intent" and stage.intent.state is S.ASKED:
            stage.steps("decider").decide(a_decision(stage))
        return call()

    stage.steps("closer", decide_meanwhile).close(
        {"request": a_document(), "execution": EXECUTION, "outcome": "error", "error": ERROR}
    )

    assert (stage.intent.state, stage.money) == (S.CLOSED, {"1": "released"})


def test_a_question_at_the_same_time_is_released_though_its_step_saw_no_end() -> None:
    stage = a_stage()
    document = opened(stage)

    def choose_meanwhile(name: str, call: Any) -> Any:
        if name == "ledger.end_request":
            found = stage.steps("searcher").search({"request": document})
            event = {"request": document, "search": found, "execution": EXECUTION}
            assert stage.steps("chooser").choose(event)["outcome"] == "ask"
        return call()

    stage.steps("closer", choose_meanwhile).close(an_end())

    assert (stage.intent.state, stage.money) == (S.CLOSED, {"1": "released"})


def test_an_attempt_at_the_same_time_stays_in_flight() -> None:
    stage = a_stage()
    approved(stage)

    def buy_meanwhile(name: str, call: Any) -> Any:
        if name == "ledger.put_intent" and stage.intent.state is S.APPROVED:
            stage.steps("purchaser").purchase({"intent": stage.named})
        return call()

    answer = stage.steps("closer", buy_meanwhile).close(
        {"request": a_document(), "execution": EXECUTION, "outcome": "error", "error": ERROR}
    )

    assert (answer["open"], stage.intent.state, stage.money) == ([stage.named], S.BOUGHT, {"1": "reserved"})
    assert stage.ledger.requests["may-training"].ended is None


def test_a_crash_after_the_close_gives_the_money_back_the_next_time() -> None:
    stage = a_stage()
    chosen(stage)
    stage.ledger.errors["put_book"] = unclear("PutItem")
    with pytest.raises(Exception, match="PutItem"):
        close(stage)
    stage.ledger.errors.clear()

    close(stage)

    assert (stage.money, stage.ledger.requests["may-training"].ended) == ({"1": "released"}, "nothing")


def test_money_that_is_committed_is_never_released() -> None:
    stage = a_stage()
    chosen(stage)
    stage.steps().bookkeeper.commit(stage.intent)

    close(stage)

    assert stage.money == {"1": "committed"}


def test_a_state_of_a_later_version_is_taken_for_money_in_flight() -> None:
    stage = a_stage()
    intent = bought(stage)
    stage.ledger.kept["may-training", 1] = replace(intent, state=S.UNRECOGNISED, reservation_ids=())

    assert close(stage)["open"] == [stage.named]
    assert stage.money == {"1": "reserved"}


@pytest.mark.parametrize("field", ["execution", "outcome"])
def test_an_end_that_does_not_say_whose_or_how_is_refused(field: str) -> None:
    with pytest.raises(StepError, match=f"{field} is null"):
        a_stage().steps().close({"request": a_document(), "execution": EXECUTION, "outcome": "paid", field: None})


def test_an_event_whose_input_is_no_json_is_refused() -> None:
    event = an_end()
    event["detail"]["input"] = "{"

    with pytest.raises(StepError, match=r"detail\.input is"):
        a_stage().steps().close(event)
