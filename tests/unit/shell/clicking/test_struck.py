"""A click, struck at every call in every way, and tried again as Lambda does: it counts once, and Slack shows it."""

import pytest

from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.slack.wish import Extension, Successor
from tests.unit.core.purchase.shapes import NOW
from tests.unit.shell.clicking.stage import BY_ADA, Slack
from tests.unit.shell.clicking.test_starter import EXTENSION, SUCCESSOR
from tests.unit.shell.purchasing.strike import EXPECTED, Fault, Strike

TRIES = 3  # the first, and Lambda's two


def tried(slack: Slack, strike: Strike, event: dict[str, object]) -> None:
    """Run it until it comes to its end: only the first try is struck."""
    for number in range(TRIES):
        try:
            slack.answerer(strike if number == 0 else Strike()).answer(event)
        except EXPECTED:
            continue
        return
    raise AssertionError("it never came to its end")


def calls(event: dict[str, object]) -> list[str]:
    strike = Strike()
    tried(Slack(), strike, event)
    return strike.calls


@pytest.mark.parametrize("fault", Fault)
def test_a_yes_counts_once_whatever_fails(fault: Fault) -> None:
    places = calls(Slack().event())
    assert len(places) > 8

    for number, call in enumerate(places):
        slack = Slack()
        tried(slack, Strike(number, fault), slack.event())
        slack.look()
        intent = slack.stage.intent
        approval = Approval(by=BY_ADA, door=Door.SLACK, at=NOW, terms_hash=intent.terms.hash)

        assert (intent.state, intent.approvals) == (IntentState.APPROVED, (approval,)), (number, call)
        assert slack.said == "*Approved* by <@U0ADA>, 2026-04-20 09:00 UTC.", (number, call)
        assert slack.stage.kinds.count("approved") <= 2, (number, call)  # a repeat only after a crash


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("wish", [EXTENSION, SUCCESSOR])
def test_a_workflow_is_started_once_whatever_fails(wish: Extension | Successor, fault: Fault) -> None:
    value = dict(wish.value)
    for number, call in enumerate(calls(Slack().event(value))):
        slack = Slack()
        tried(slack, Strike(number, fault), slack.event(value))

        assert len(slack.workflows.started) == 1, (number, call)
