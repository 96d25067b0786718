"""Of what Slack sends, what is needed; anything else is refused."""

import json
from typing import Any

import pytest

from capacity_blocks.core.slack.click import MOST_MESSAGE, Click, ClickError, essence, parse
from tests.slack import ADA, REPLY_URL, TEAM, a_click, a_message, buttons

VALUE = {"intent_id": "may-training-1-0a", "terms": "0a", "decision": "approve"}


def test_a_click_says_who_wants_what_and_where_to_answer() -> None:
    message = a_message(buttons(VALUE), thread_ts="1713500000.000100")
    handed = essence(a_click(VALUE, message))

    assert handed is not None
    assert parse(handed) == Click(
        team=TEAM,
        user=ADA,
        action_id="choose-0",
        value=VALUE,
        clicked_at="1713603600.123456",
        response_url=REPLY_URL,
        message_ts="1713600000.000100",
        message={name: value for name, value in message.items() if name != "type"},
    )
    assert parse(handed).identity == "slack:T0TEAM/U0ADA"


def test_what_is_handed_on_survives_the_way_and_carries_no_token() -> None:
    handed = essence(a_click(VALUE))

    assert handed is not None
    assert parse(json.loads(json.dumps(handed))) == parse(handed)
    assert essence({**handed}) == handed
    assert handed.keys() == {"type", "user", "actions", "response_url", "message"}


def test_somebody_of_another_team_is_of_that_team_though_the_channel_is_ours() -> None:
    payload = a_click(VALUE)
    payload["user"]["team_id"] = "T0OTHER"
    handed = essence(payload)

    assert handed is not None
    assert parse(handed).identity == "slack:T0OTHER/U0ADA"


def test_a_message_that_is_too_long_to_hand_on_is_left_behind() -> None:
    handed = essence(a_click(VALUE, a_message(text="ä" * MOST_MESSAGE, thread_ts="1713500000.000100")))

    assert handed is not None
    assert handed["message"] == {"ts": "1713600000.000100", "thread_ts": "1713500000.000100"}


def test_a_click_on_a_link_wants_nothing() -> None:
    payload = a_click(VALUE)
    payload["actions"] = [{"action_id": "console", "url": "https://example.com", "action_ts": "1.2", "type": "button"}]

    assert essence(payload) is None


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    payload = a_click(VALUE)
    at: Any = payload
    for name in path[:-1]:
        at = at[name]
    if to is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return payload


MALFORMED = {
    "another kind": changed("type", to="view_submission"),
    "no kind": changed("type", to=KeyError),
    "no user": changed("user", to=KeyError),
    "a user without a team": changed("user", "team_id", to=KeyError),
    "a user whose team is nothing": changed("user", "team_id", to=None),
    "a user that is no id": changed("user", "id", to="U0/../U0ADA"),
    "a user in small letters": changed("user", "id", to="u0ada"),
    "a user in another script": changed("user", "id", to="Ù0ADA"),
    "a user that is a list": changed("user", to=["U0ADA"]),
    "no actions": changed("actions", to=[]),
    "two actions": changed("actions", to=a_click(VALUE)["actions"] * 2),
    "an action without a value": changed("actions", 0, "value", to=KeyError),
    "an action without an instant": changed("actions", 0, "action_ts", to=KeyError),
    "a value that is no JSON": changed("actions", 0, "value", to="approve"),
    "a value that is a list": changed("actions", 0, "value", to='["approve"]'),
    "a value that holds a number": changed("actions", 0, "value", to='{"hours": 24}'),
    "a value that holds nothing": changed("actions", 0, "value", to='{"decision": ""}'),
    "no address": changed("response_url", to=KeyError),
    "an address that is none": changed("response_url", to=7),
    "no message": changed("message", to=KeyError),
    "a message that is nothing": changed("message", to=None),
    "a message without an instant": changed("message", "ts", to=KeyError),
    "a message with an instant that is none": changed("message", "ts", to="now"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_malformed_is_refused(case: str) -> None:
    with pytest.raises(ClickError):
        essence(MALFORMED[case])
