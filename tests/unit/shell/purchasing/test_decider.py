"""The door for decisions: only a known caller, the exact terms, and the time left decide; the record, not the token."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.purchasing.scribe import LostRaceError
from capacity_blocks.purchasing.step import StepError, UnknownIntentError
from tests.fakes import unclear
from tests.unit.core.purchase.shapes import ALICE, BOB, MALLORY, NOW
from tests.unit.shell.purchasing.stage import Stage, a_decision, a_stage, chosen


def asked(**money: Any) -> Stage:
    stage = a_stage()
    stage.spend(**money)
    chosen(stage)
    stage.tokens.waiting.add("token-1")
    stage.steps().ask({"intent": stage.named, "token": "token-1"})
    return stage


def decide(stage: Stage, by: str = ALICE, said: str = "approve", **changes: Any) -> tuple[bool, str]:
    return stage.steps("decider").decide(a_decision(stage, by, said, **changes))


def test_a_yes_is_recorded_wakes_the_workflow_and_is_told() -> None:
    stage = asked()
    intent = stage.intent

    assert decide(stage) == (True, "Approved: $42,000 for cb-0a.")
    approval = Approval(by=ALICE, door=Door.FUNCTION_URL, at=NOW, terms_hash=intent.terms.hash)
    assert stage.intent == replace(
        intent, state=IntentState.APPROVED, reason=f"approved by {ALICE}", approvals=(approval,)
    )
    assert (stage.tokens.woken, stage.kinds) == (["token-1"], ["asked", "approved"])


def test_one_no_is_enough() -> None:
    stage = asked(two_approvers_above="0")

    assert decide(stage, BOB, "reject")[0]
    assert (stage.intent.state, stage.tokens.woken, stage.kinds) == (
        IntentState.REJECTED, ["token-1"], ["asked", "rejected"]
    )  # fmt: skip


def test_the_first_of_two_is_heard_and_the_workflow_sleeps_on() -> None:
    stage = asked(two_approvers_above="40000")

    assert decide(stage) == (True, "Approved by you; 1 more must approve $42,000.")
    assert (stage.intent.state, stage.tokens.woken, stage.kinds) == (IntentState.ASKED, [], ["asked", "heard"])

    assert decide(stage, BOB)[0]
    assert (stage.intent.state, stage.tokens.woken) == (IntentState.APPROVED, ["token-1"])


def test_one_person_is_not_two() -> None:
    stage = asked(two_approvers_above="40000")
    decide(stage)

    assert decide(stage) == (False, "You have approved this already; another person is needed.")
    assert stage.intent.state is IntentState.ASKED


def test_two_at_the_same_time_are_both_heard() -> None:
    stage = asked(two_approvers_above="40000")

    def at_the_same_time(name: str, call: Callable[[], Any]) -> Any:
        if name == "ledger.put_intent" and not stage.intent.approvals:
            stage.steps("bob").decide(a_decision(stage, BOB))
        return call()

    stage.steps("alice", at_the_same_time).decide(a_decision(stage))

    assert [each.by for each in stage.intent.approvals] == [BOB, ALICE]
    assert stage.intent.state is IntentState.APPROVED


def test_whoever_loses_every_race_is_told_to_try_again() -> None:
    stage = asked()

    def always_faster(name: str, call: Callable[[], Any]) -> Any:
        if name == "ledger.put_intent":
            intent = stage.intent
            stage.ledger.as_run("other").put_intent(replace(intent, reason=f"{intent.reason}."), intent)
        return call()

    with pytest.raises(LostRaceError, match="too many decisions at once; try again"):
        stage.steps("slow", always_faster).decide(a_decision(stage))


def late(stage: Stage) -> dict[str, Any]:
    stage.clock.sleep_until(stage.intent.expires_at)
    return a_decision(stage)


def by_mallory(stage: Stage) -> dict[str, Any]:
    return a_decision(stage, MALLORY)


def of_other_terms(stage: Stage) -> dict[str, Any]:
    decision = a_decision(stage)
    return decision | {"body": decision["body"] | {"terms": "0a"}}


def in_the_console(stage: Stage) -> dict[str, Any]:
    return a_decision(stage, "a console test event", door=Door.CONSOLE)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (late, "the question expired at"),
        (by_mallory, "is not one of the pool's approvers"),
        (of_other_terms, "the answer is for other terms than those of the question"),
        (in_the_console, "serves up to $0 only"),
    ],
)
@pytest.mark.parametrize("said", ["approve", "reject"])
def test_what_does_not_count_changes_nothing_and_says_why(
    answer: Callable[[Stage], dict[str, Any]], why: str, said: str
) -> None:
    stage = asked()
    before, event = stage.intent, answer(stage)
    event["body"]["decision"] = said

    counts, told = stage.steps("decider").decide(event)

    assert (counts, stage.intent, stage.tokens.woken, stage.kinds) == (False, before, [], ["asked"])
    assert why in told


def test_the_console_serves_up_to_its_own_limit() -> None:
    stage = asked(console_approval_up_to="42000")

    assert stage.steps().decide(in_the_console(stage))[0]
    assert stage.intent.state is IntentState.APPROVED


def test_without_settings_for_money_nobody_can_approve() -> None:
    stage = asked()
    stage.settings.held.clear()

    assert decide(stage) == (False, "Not approved: the pool has no settings for money, so nobody can approve.")


def test_settings_that_cannot_be_read_are_an_error_and_no_answer() -> None:
    stage = asked()
    stage.settings.errors["texts"] = unclear("GetParametersByPath")

    with pytest.raises(Exception, match="GetParametersByPath"):
        decide(stage)
    assert stage.intent.state is IntentState.ASKED


def test_a_workflow_that_cannot_be_woken_finds_the_answer_itself() -> None:
    stage = asked()
    stage.tokens.errors["wake"] = unclear("SendTaskSuccess")

    counts, told = decide(stage)

    assert (counts, stage.intent.state) == (True, IntentState.APPROVED)
    assert told.endswith("It goes on within a quarter of an hour.")


def test_a_wake_without_a_decision_decides_nothing() -> None:
    stage = asked()
    stage.tokens.wake("token-1")  # as by a raw SendTaskSuccess

    assert stage.steps().follow({"intent": stage.named})["outcome"] == "waiting"
    assert stage.steps().purchase({"intent": stage.named})["outcome"] == "asked"
    assert stage.market.bought == {}


def test_a_decision_before_anybody_waits_is_recorded() -> None:
    stage = a_stage()
    chosen(stage)

    assert decide(stage)[0]
    assert (stage.intent.state, stage.tokens.woken) == (IntentState.APPROVED, [])


BODY = {"intent_id": "may-training-1-00", "terms": "0a", "decision": "approve"}


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ({}, StepError, "intent_id is null; allowed: a text that is not empty"),
        (BODY | {"decision": "yes"}, StepError, 'decision is "yes"; allowed: approve, reject'),
        (BODY | {"by": ALICE}, StepError, '"by" is not a field; allowed: intent_id, terms, decision'),
        (BODY | {"intent_id": "x"}, StepError, 'intent_id is "x"; allowed: the one that the question names'),
        (BODY, UnknownIntentError, "may-training-1-00: request may-training has no such intent"),
    ],
)
def test_what_is_no_decision_is_refused(body: dict[str, Any], error: type[Exception], words: str) -> None:
    stage = asked()

    with pytest.raises(error, match=words):
        stage.steps().decide({"door": Door.FUNCTION_URL, "by": ALICE, "body": body})
    assert stage.intent.state is IntentState.ASKED


def test_an_answer_that_comes_after_the_question_was_answered_is_told_what_became_of_it() -> None:
    stage = asked()
    decide(stage)
    stage.clock.sleep_until(stage.clock.instant + timedelta(minutes=5))

    counts, told = decide(stage, BOB, "reject")

    assert not counts
    assert "the question was answered, and the intent is approved since" in told
