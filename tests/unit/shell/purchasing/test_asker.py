"""Asking people: the token is kept, and the question is sent once."""

from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.purchasing.step import StepError, UnknownIntentError
from tests.fakes import unclear
from tests.unit.core.purchase.shapes import BOB
from tests.unit.shell.purchasing.stage import Stage, a_decision, a_stage, approved, chosen


def ask(stage: Stage, number: int = 1, **changes: Any) -> dict[str, Any]:
    """Ask as the task of this number, with a token of its own."""
    token = f"token-{number}"
    stage.tokens.waiting.add(token)
    event = {"intent": stage.named, "token": token, "why": "it is the best"}
    return stage.steps(f"asker-{number}").ask(event | changes)


def test_the_question_is_sent_and_the_workflow_waits() -> None:
    stage = a_stage()
    chosen(stage)

    answer = ask(stage)

    assert answer == {"told": f"asked about {stage.intent.intent_id}"}
    assert stage.ledger.tokens == {("may-training", 1): "token-1"}
    assert (stage.tokens.waiting, stage.kinds) == ({"token-1"}, ["asked"])
    (notice,) = stage.notifier.sent
    assert "$42,000" in notice.title + notice.text
    assert stage.intent.terms.hash in notice.text + notice.next_step


def test_asked_again_after_a_quarter_of_an_hour_it_keeps_the_new_token_and_sends_nothing() -> None:
    stage = a_stage()
    chosen(stage)
    ask(stage)
    stage.clock.sleep_until(stage.clock.instant + timedelta(minutes=15))

    ask(stage, 2)

    assert stage.ledger.tokens == {("may-training", 1): "token-2"}
    assert stage.kinds == ["asked"]


@pytest.mark.parametrize("said", ["approve", "reject"])
def test_what_was_answered_before_the_token_was_kept_wakes_the_workflow_at_once(said: str) -> None:
    stage = a_stage()
    chosen(stage)
    stage.steps("decider").decide(a_decision(stage, BOB, said))

    answer = ask(stage)

    assert stage.tokens.woken == ["token-1"]
    assert answer["told"].endswith(f"is {stage.intent.state.value}, and nobody can answer any more")
    assert "asked" not in stage.kinds


def test_a_question_that_has_expired_wakes_the_workflow_at_once() -> None:
    stage = a_stage()
    chosen(stage)
    stage.clock.sleep_until(stage.intent.expires_at)

    ask(stage)

    assert (stage.tokens.woken, stage.kinds) == (["token-1"], [])


def test_a_moment_before_it_expires_it_is_asked() -> None:
    stage = a_stage()
    chosen(stage)
    stage.clock.sleep_until(stage.intent.expires_at - timedelta(microseconds=1))

    ask(stage)

    assert (stage.tokens.woken, stage.kinds) == ([], ["asked"])


@pytest.mark.parametrize("is_kept", [False, True], ids=["before the token is kept", "after"])
def test_a_decision_at_the_same_time_is_not_slept_through(is_kept: bool) -> None:
    stage = a_stage()
    chosen(stage)

    def decide_meanwhile(name: str, call: Any) -> Any:
        if name != "ledger.keep_token":
            return call()
        answer = call() if is_kept else None
        stage.steps("decider").decide(a_decision(stage))
        return answer if is_kept else call()

    stage.tokens.waiting.add("token-1")
    stage.steps("asker", decide_meanwhile).ask({"intent": stage.named, "token": "token-1"})

    assert stage.tokens.woken == ["token-1"]


def test_a_question_that_could_not_be_sent_is_an_error_and_is_sent_later() -> None:
    stage = a_stage()
    chosen(stage)
    stage.notifier.errors["send"] = unclear("Publish")
    with pytest.raises(Exception, match="Publish"):
        ask(stage)
    stage.notifier.errors.clear()
    stage.clock.sleep_until(stage.clock.instant + timedelta(minutes=15))

    ask(stage, 2)

    assert stage.kinds == ["asked"]


def test_an_intent_that_was_never_made_is_no_question() -> None:
    stage = a_stage()
    approved(stage)

    with pytest.raises(UnknownIntentError, match="may-training-1-00: request may-training has no such intent"):
        ask(stage, intent={"request_id": "may-training", "intent_id": "may-training-1-00"})
    with pytest.raises(StepError, match="token is null"):
        stage.steps().ask({"intent": stage.named})
