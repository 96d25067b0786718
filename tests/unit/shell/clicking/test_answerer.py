"""A click on Approve or Reject: it counts like an answer at any other door, and Slack shows what came of it."""

from typing import Any

import pytest

from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.slack.click import ClickError
from capacity_blocks.slack_ports import ReplyError
from tests.slack import BEN, EVE, ORIGIN, REPLY_URL, TEXT, blocks_of
from tests.unit.core.purchase.shapes import ALICE, NOW
from tests.unit.shell.clicking.stage import BY_ADA, BY_BEN, Slack
from tests.unit.shell.purchasing.stage import MINUTE, a_decision


def test_a_yes_counts_and_the_message_says_whose_it_was() -> None:
    slack = Slack()
    slack.click()

    intent = slack.stage.intent
    approval = Approval(by=BY_ADA, door=Door.SLACK, at=NOW, terms_hash=intent.terms.hash)
    assert (intent.state, intent.approvals) == (IntentState.APPROVED, (approval,))
    assert (slack.stage.tokens.woken, slack.stage.kinds) == (["token-1"], ["asked", "approved"])
    note = {
        "type": "section",
        "block_id": f"answered-{intent.intent_id}",
        "text": {"type": "mrkdwn", "text": "*Approved* by <@U0ADA>, 2026-04-20 09:00 UTC.", "verbatim": True},
    }
    assert blocks_of(slack.message) == [TEXT, note, ORIGIN]
    assert [url for url, _ in slack.replies.posted] == [REPLY_URL]


def test_a_no_counts_and_the_message_says_whose_it_was() -> None:
    slack = Slack()
    slack.click(slack.no)

    assert slack.stage.intent.state is IntentState.REJECTED
    assert slack.said == "*Rejected*: rejected by <@U0ADA>, 2026-04-20 09:00 UTC."
    assert not slack.has_buttons


def test_two_people_are_shown_as_they_approve() -> None:
    slack = Slack(two_approvers_above="1000")
    slack.click()
    assert slack.said == "*Approved* by <@U0ADA>, 2026-04-20 09:00 UTC. It takes another person."
    assert slack.has_buttons

    slack.stage.clock.instant += MINUTE
    slack.click(user=BEN)
    assert slack.said == "*Approved* by <@U0ADA>, 2026-04-20 09:00 UTC and by <@U0BEN>, 2026-04-20 09:01 UTC."
    assert (slack.has_buttons, slack.replies.private) == (False, [])
    assert slack.stage.intent.state is IntentState.APPROVED


def test_one_person_is_not_two_and_hears_so() -> None:
    slack = Slack(two_approvers_above="1000")
    slack.click()
    slack.click()

    assert slack.replies.private == ["You have approved this already; another person is needed."]
    assert slack.stage.intent.state is IntentState.ASKED


def test_somebody_who_is_not_listed_hears_so_and_nobody_else_does() -> None:
    slack = Slack()
    slack.click(user=EVE)

    assert slack.replies.private == ["Not approved: slack:T0TEAM/U0EVE is not one of the pool's approvers."]
    assert slack.replies.public == []
    assert (slack.stage.intent.state, slack.stage.intent.approvals) == (IntentState.ASKED, ())


def test_the_same_click_again_changes_nothing() -> None:
    slack = Slack()
    slack.click()
    intent, message = slack.stage.intent, slack.message
    slack.stage.clock.instant += MINUTE
    slack.click()

    assert (slack.stage.intent, slack.message) == (intent, message)
    assert slack.stage.kinds == ["asked", "approved"]
    assert slack.replies.private == [
        "Not approved: the question was answered, and the intent is approved since 2026-04-20 09:00 UTC."
    ]


def test_a_question_that_was_answered_elsewhere_shows_so_at_the_next_click() -> None:
    slack = Slack(approvers=[BY_ADA, BY_BEN, ALICE])
    slack.stage.steps().decide(a_decision(slack.stage, ALICE, "reject"))
    slack.click()

    assert slack.said == f"*Rejected*: rejected by {ALICE}, 2026-04-20 09:00 UTC."
    assert slack.replies.private[0].startswith("Not approved: the question was answered")
    assert slack.stage.intent.state is IntentState.REJECTED


def test_a_late_click_does_not_count_and_the_buttons_go() -> None:
    slack = Slack()
    slack.stage.clock.instant = slack.stage.intent.expires_at
    slack.click()

    assert slack.replies.private[0].startswith("Not approved: the question expired at")
    assert slack.said.startswith("*Expired*: nobody else answered before")
    assert (slack.has_buttons, slack.stage.intent.state) == (False, IntentState.ASKED)


def test_other_terms_than_those_shown_are_not_approved() -> None:
    slack = Slack()
    slack.click(slack.yes | {"terms": "0" * 64})

    assert slack.replies.private == ["Not approved: the answer is for other terms than those of the question."]
    assert slack.stage.intent.state is IntentState.ASKED


@pytest.mark.parametrize(
    "change", [{"intent_id": "may-training-9-0a"}, {"intent_id": "no intent"}, {"decision": "spend"}]
)
def test_what_names_nothing_is_answered_and_changes_nothing(change: dict[str, str]) -> None:
    slack = Slack()
    slack.click(slack.yes | change)

    assert slack.replies.private[0].startswith("It does not count: ")
    assert slack.stage.intent.state is IntentState.ASKED


def test_settings_that_are_broken_are_told_and_nobody_can_approve() -> None:
    slack = Slack()
    slack.stage.settings.held["training"] = "{"
    slack.click()

    assert slack.replies.private[0].startswith("It does not count: ")
    assert slack.stage.intent.state is IntentState.ASKED


def test_a_decision_counts_though_slack_cannot_be_reached_and_is_shown_when_tried_again() -> None:
    slack = Slack()
    slack.replies.error = ReplyError("hooks.slack.com answered 503", definite=False)
    with pytest.raises(ReplyError):
        slack.click()
    assert slack.stage.intent.state is IntentState.APPROVED

    slack.replies.error = None
    slack.click()
    assert slack.said == "*Approved* by <@U0ADA>, 2026-04-20 09:00 UTC."


def test_a_reply_that_slack_will_never_take_is_not_tried_again() -> None:
    slack = Slack()
    slack.replies.error = ReplyError("hooks.slack.com answered 404: used_url", definite=True)

    assert slack.click()["lost"] == "hooks.slack.com answered 404: used_url"
    assert slack.stage.intent.state is IntentState.APPROVED


def test_a_message_that_nobody_knows_any_more_leaves_the_answer_to_whoever_clicked() -> None:
    slack = Slack()
    slack.message = {"ts": "1.1"}
    slack.click()

    assert slack.replies.private == ["*Approved* by <@U0ADA>, 2026-04-20 09:00 UTC."]


def test_people_of_another_team_are_not_mentioned_as_ours() -> None:
    slack = Slack(approvers=[BY_ADA, "slack:T0OTHER/U0BEN"], two_approvers_above="1000")
    slack.stage.steps().decide(a_decision(slack.stage, "slack:T0OTHER/U0BEN", door=Door.SLACK))
    slack.click()

    assert "by slack:T0OTHER/U0BEN, 2026" in slack.said
    assert "by <@U0ADA>, 2026" in slack.said


@pytest.mark.parametrize("event", [{}, {"type": "block_actions"}, {"trigger": "sweep"}])
def test_what_is_no_click_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(ClickError):
        Slack().answerer().answer(event)
