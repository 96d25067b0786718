"""What becomes of an extension: paid, failed, found, lost; and the end that moves only when EC2 says so."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.extension.history import ExtensionStatus
from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.ports import AwsError
from capacity_blocks.purchasing.step import StepError
from tests.fakes import unclear
from tests.unit.core.extension.extending import EXTENDED_NOW, NEW_END, more_time
from tests.unit.core.purchase.intents import an_intent
from tests.unit.core.purchase.shapes import END
from tests.unit.shell.extending.stage import (
    EXECUTION,
    MINUTE,
    OTHER,
    REQUEST_ID,
    Stage,
    approved,
    bought,
    chosen,
    followed,
)
from tests.unit.shell.purchasing.stage import a_stage
from tests.unit.shell.purchasing.stage import bought as of_blocks

S, E = IntentState, ExtensionStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lost(stage: Stage) -> None:
    """Buy, and lose the reply."""
    approved(stage)
    stage.market.lost["purchase"] = unclear()
    stage.steps("purchaser").purchase({"intent": stage.named})
    stage.market.lost.clear()


def sweep(stage: Stage) -> dict[str, Any]:
    return stage.steps("sweep").follow({"trigger": "sweep"})


def test_an_open_question_waits_and_an_approved_one_goes_on() -> None:
    stage = Stage()
    chosen(stage)
    assert followed(stage)["outcome"] == "waiting"
    stage.steps().decide()

    assert followed(stage)["outcome"] == "approved"


def test_what_is_bought_waits_for_its_payment() -> None:
    stage = Stage()
    bought(stage)

    answer = followed(stage)

    assert (answer["outcome"], answer["wait_until"]) == ("look_again", (EXTENDED_NOW + 2 * MINUTE).isoformat())
    assert (stage.intent.state, stage.kinds, stage.reservations.held["cr-0a"].end) == (
        S.PAYMENT_PENDING,
        ["approved", "bought"],
        END,
    )


def test_when_it_is_paid_the_money_is_spent_and_the_new_end_told_once() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle()

    assert [followed(stage)["outcome"] for _ in range(2)] == ["paid", "paid"]
    assert (stage.intent.state, stage.money, stage.kinds) == (
        S.PAID,
        {"1": "committed"},
        ["approved", "bought", "paid"],
    )
    assert stage.notifier.sent[-1].text.startswith("EC2 has taken the fee, and cr-0a ends at 2026-05-18 11:30 UTC now.")


def test_an_end_that_ec2_does_not_list_yet_is_waited_for_and_the_money_is_spent() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle(moves=False)
    assert followed(stage)["outcome"] == "look_again"
    assert (stage.intent.state, stage.money) == (S.PAYMENT_PENDING, {"1": "committed"})

    stage.market.move(stage.market.sold[0])
    assert followed(stage)["outcome"] == "paid"
    assert stage.notifier.sent[-1].severity is Severity.INFO


def test_an_end_that_does_not_move_though_it_is_paid_is_a_persons_matter() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle(moves=False)
    stage.wait(12 * HOUR)

    assert followed(stage)["outcome"] == "paid"
    assert stage.notifier.sent[-1].severity is Severity.CRITICAL


def test_a_payment_that_fails_frees_the_money_and_leaves_the_end() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle(E.PAYMENT_FAILED)

    assert followed(stage)["outcome"] == "failed"
    assert (stage.intent.state, stage.money, stage.reservations.held["cr-0a"].end) == (
        S.PAYMENT_FAILED,
        {"1": "released"},
        END,
    )
    assert stage.kinds[-1] == "payment-failed"


def test_a_payment_that_neither_comes_nor_fails_is_told_and_then_handed_to_a_person() -> None:
    stage = Stage()
    bought(stage)
    stage.wait(12 * HOUR + MINUTE)
    assert (followed(stage)["outcome"], stage.kinds[-1]) == ("look_again", "payment-overdue")

    stage.wait(DAY)
    assert followed(stage)["outcome"] == "asked a person"
    assert (followed(stage, nothing_was_bought=True)["outcome"], stage.money) == ("asked a person", {"1": "reserved"})

    stage.market.sold.clear()
    assert followed(stage, nothing_was_bought=True)["outcome"] == "failed"
    assert stage.money == {"1": "released"}


def test_a_lost_reply_is_found_in_the_history() -> None:
    stage = Stage()
    stage.market.listed_after = 10 * MINUTE
    lost(stage)
    first = followed(stage)
    assert (first["outcome"], first["wait_until"]) == ("look_again", (EXTENDED_NOW + 2.5 * MINUTE).isoformat())
    assert stage.kinds == ["approved"]

    stage.wait(3 * MINUTE)
    assert (followed(stage)["outcome"], stage.kinds[-1]) == ("look_again", "unknown")
    stage.wait(8 * MINUTE)
    assert followed(stage)["outcome"] == "look_again"
    assert (stage.intent.state, stage.intent.reservation_ids) == (S.PAYMENT_PENDING, ("cr-0a",))
    assert stage.kinds[-2:] == ["found", "payment-pending"]

    stage.market.settle()
    assert (followed(stage)["outcome"], stage.money) == ("paid", {"1": "committed"})


def test_a_crash_before_the_call_is_a_persons_to_end_and_then_it_may_be_tried_again() -> None:
    stage = Stage()
    approved(stage)
    stage.market.errors["purchase"] = unclear()
    stage.steps().purchase({"intent": stage.named})
    stage.market.errors.clear()
    stage.wait(40 * MINUTE)
    assert (followed(stage)["outcome"], stage.kinds[-1]) == ("asked a person", "not-found")
    assert chosen(stage)["outcome"] == "buy"  # which is to follow it: nothing more is bought before a person says so

    assert followed(stage, nothing_was_bought=True)["outcome"] == "closed"
    assert (stage.intent.state, stage.money) == (S.CLOSED, {"1": "released"})
    assert (chosen(stage)["outcome"], stage.intent.number) == ("ask", 2)


def test_a_persons_word_is_not_believed_against_the_history() -> None:
    stage = Stage()
    stage.market.listed_after = HOUR
    lost(stage)
    stage.wait(40 * MINUTE)
    followed(stage)
    stage.wait(HOUR)

    followed(stage, nothing_was_bought=True)

    assert (stage.intent.state, stage.money) == (S.PAYMENT_PENDING, {"1": "reserved"})


def test_what_shows_after_a_persons_word_is_the_truth_and_counts_in_the_budget_again() -> None:
    stage = Stage()
    stage.market.listed_after = 2 * HOUR
    lost(stage)
    stage.wait(40 * MINUTE)
    followed(stage)
    followed(stage, nothing_was_bought=True)
    assert (stage.intent.state, stage.money) == (S.CLOSED, {"1": "released"})

    stage.wait(2 * HOUR)
    sweep(stage)

    assert (stage.intent.state, stage.money) == (S.PAYMENT_PENDING, {"1": "reserved"})


def given_up(stage: Stage) -> None:
    """Lose what EC2 sold and shows two hours later, and have a person say that nothing was bought."""
    stage.market.listed_after = 2 * HOUR
    lost(stage)
    stage.wait(40 * MINUTE)
    followed(stage)
    followed(stage, nothing_was_bought=True)


def test_a_second_wish_that_ends_does_not_end_the_watch_over_what_the_first_may_have_bought() -> None:
    stage = Stage()
    given_up(stage)
    request = chosen(stage, OTHER)["request"]
    stage.steps().close({"request": request, "execution": OTHER, "outcome": "nothing", "error": None})
    assert (stage.ledger.requests[REQUEST_ID].execution, stage.ledger.requests[REQUEST_ID].ended) == (OTHER, None)

    stage.wait(2 * HOUR)
    sweep(stage)

    assert ([each.state for each in stage.intents], stage.money) == (
        [S.PAYMENT_PENDING, S.CLOSED],
        {"1": "reserved", "2": "released"},
    )


def test_a_second_wish_that_a_guard_stops_does_not_end_it_either() -> None:
    stage = Stage()
    given_up(stage)
    chosen(stage, OTHER)
    stage.steps().decide()
    stage.wait(2 * HOUR)  # now EC2 shows what the first has bought
    stage.steps().purchase({"intent": stage.named})
    assert ("is payment-pending" in stage.intent.reason, stage.ledger.requests[REQUEST_ID].ended) == (True, None)

    sweep(stage)
    assert [each.state for each in stage.intents] == [S.PAYMENT_PENDING, S.CLOSED]


def test_the_row_of_a_lost_extension_ends_with_the_time_that_it_would_have_bought() -> None:
    stage = Stage()
    given_up(stage)
    stage.market.sold.clear()
    stage.steps().close(aborted())
    assert stage.ledger.requests[REQUEST_ID].ended is None

    stage.clock.sleep_until(NEW_END)
    sweep(stage)

    assert (stage.ledger.requests[REQUEST_ID].ended or "").endswith(" is closed")


def test_a_history_that_cannot_be_read_ends_nothing() -> None:
    stage = Stage()
    bought(stage)
    stage.market.errors["records"] = unclear()

    with pytest.raises(AwsError):
        followed(stage)
    assert stage.intent.state is S.BOUGHT


def test_what_is_dated_otherwise_is_known_by_the_id_that_ec2_said_yes_to() -> None:
    stage = Stage()
    bought(stage)
    assert stage.intent.attempted_offering_id == "cbe-0a"
    stage.market.sold[0] = replace(stage.market.sold[0], purchased_at=EXTENDED_NOW.replace(hour=0, minute=0))
    stage.market.settle()

    assert (followed(stage)["outcome"], stage.money) == ("paid", {"1": "committed"})


def test_nobody_gives_up_what_may_have_moved_the_end() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle()
    stage.market.sold.clear()  # EC2's history does not have it any more, or under another id
    followed(stage)
    stage.wait(12 * HOUR + DAY + MINUTE)

    assert followed(stage, nothing_was_bought=True)["outcome"] == "asked a person"
    assert stage.money == {"1": "reserved"}


@pytest.mark.parametrize("spent", [True, False])
def test_the_same_time_bought_by_hand_within_a_minute_is_not_taken_for_it(spent: bool) -> None:
    stage = Stage()
    approved(stage)
    stage.market.errors["purchase"] = unclear()
    stage.steps().purchase({"intent": stage.named})
    stage.market.errors.clear()
    stage.market.by_hand(more_time("cbe-0a" if spent else "cbe-hand"))
    stage.wait(40 * MINUTE)

    answer = followed(stage)

    state, outcome = (S.PAYMENT_PENDING, "look_again") if spent else (S.NOT_FOUND, "asked a person")
    assert (answer["outcome"], stage.intent.state, "cbe-hand from the same end" in stage.intent.reason) == (
        outcome,
        state,
        not spent,
    )


def test_what_a_person_buys_by_hand_meanwhile_is_not_taken_for_it() -> None:
    stage = Stage()
    approved(stage)
    stage.market.errors["purchase"] = unclear()
    stage.steps().purchase({"intent": stage.named})
    stage.market.errors.clear()
    stage.wait(10 * MINUTE)
    stage.market.by_hand(more_time("cbe-hand"))
    stage.wait(30 * MINUTE)

    assert followed(stage)["outcome"] == "asked a person"
    assert "cbe-hand from the same end" in stage.intent.reason


def test_the_sweep_follows_what_its_workflow_has_left() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle()

    answer = sweep(stage)

    assert [each["outcome"] for each in answer["followed"]] == ["paid"]
    assert (stage.intent.state, stage.reservations.held["cr-0a"].end) == (S.PAID, NEW_END)


def test_the_sweep_closes_a_question_that_nobody_answered() -> None:
    stage = Stage()
    chosen(stage)
    stage.wait(12 * HOUR)

    sweep(stage)

    assert (stage.intent.state, stage.money, stage.kinds) == (S.CLOSED, {"1": "released"}, ["expired"])


def test_blocks_are_followed_by_another_function() -> None:
    stage = Stage()
    block = an_intent()
    stage.ledger.put_intent(block, None)

    with pytest.raises(StepError, match="another function follows blocks"):
        stage.steps().follow({"intent": {"request_id": block.request_id, "intent_id": block.intent_id}})


def test_each_of_two_sweeps_follows_its_own() -> None:
    blocks, more = a_stage(), Stage()
    of_blocks(blocks)
    bought(more)
    blocks.ledger.requests |= more.ledger.requests
    blocks.ledger.kept |= more.ledger.kept
    more.ledger.requests, more.ledger.kept = blocks.ledger.requests, blocks.ledger.kept

    swept = blocks.steps("blocks").follow({"trigger": "sweep"})
    assert [each["intent_id"].startswith("may-training-1") for each in swept["followed"]] == [True]
    assert [each["intent_id"].startswith("extend-cr-0a") for each in sweep(more)["followed"]] == [True]
    assert (swept["errors"], more.intent.state) == ([], S.PAYMENT_PENDING)


def test_what_could_not_be_attempted_is_given_up() -> None:
    stage = Stage()
    approved(stage)

    assert followed(stage, give_up=True)["outcome"] == "closed"
    assert (stage.intent.state, stage.money, stage.kinds[-1]) == (S.CLOSED, {"1": "released"}, "not-bought")


# --- how a workflow ends ---------------------------------------------------


def aborted() -> dict[str, Any]:
    given = '{"extend": {"reservation_id": "cr-0a", "region": "us-east-2", "hours": 168}}'
    return {"source": "aws.states", "detail": {"executionArn": EXECUTION, "status": "ABORTED", "input": given}}


def test_a_workflow_that_is_stopped_releases_what_was_never_attempted() -> None:
    stage = Stage()
    approved(stage)

    stage.steps().close(aborted())

    assert (stage.intent.state, stage.money) == (S.CLOSED, {"1": "released"})
    assert stage.ledger.requests[REQUEST_ID].ended == "its workflow is ABORTED"
    assert stage.kinds[-1] == "purchase-request-failed"


def test_a_workflow_that_is_stopped_during_the_payment_stops_nothing() -> None:
    stage = Stage()
    bought(stage)

    answer = stage.steps().close(aborted())

    assert (answer["open"], stage.money) == ([stage.named], {"1": "reserved"})
    assert stage.ledger.requests[REQUEST_ID].ended is None


def test_a_workflow_that_never_had_a_request_is_told_all_the_same() -> None:
    stage = Stage()

    stage.steps().close(aborted())

    assert stage.kinds == ["purchase-request-failed"]
