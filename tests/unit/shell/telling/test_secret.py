"""What is in the secret: a bot's token, a webhook's URL, or a mistake, whose text is said nowhere."""

import traceback

import pytest

from capacity_blocks.adapters.slack_client import SlackBot, SlackWebhook
from capacity_blocks.bootstrap.notify_slack import poster
from capacity_blocks.settings import SettingsError

ARN = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack/token"
API = "https://slack.com/api/"


@pytest.mark.parametrize("token", ["xoxb-1234-5678-aBcD", "xoxe.xoxb-1-Mi0yLTE"])
def test_a_token_is_a_bots(token: str) -> None:
    assert isinstance(poster(token, ARN, API), SlackBot)


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack-gov.com/x", "http://127.0.0.1:8000/x"]
)
def test_a_url_is_a_webhooks(url: str) -> None:
    assert isinstance(poster(url, ARN, API), SlackWebhook)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hush",
        "xoxb-1\nxoxb-hush",
        "xoxb-hush xoxb-hush",
        "xoxb-hüsh",
        '{"token":"xoxb-hush"}',
        '"xoxb-hush"',
        "https://hooks.slack.com/services/hush hush",
        "https://hooks.slack.com/services\nhush",
        "https://hooks.slack.com:hush/services",
        "https:///hush",
        "https://[hush/",
        "ftp://hush",
    ],
)
def test_anything_else_is_said_to_be_neither_without_saying_what_it_is(text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{ARN} holds neither a bot token") as found:
        poster(text, ARN, API)

    assert "hush" not in "".join(traceback.format_exception(found.value)).replace(repr(text), "")
    assert found.value.__cause__ is None
