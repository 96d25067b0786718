"""The functions that clicks in Slack reach, as built, under AWS's runtime client: they start, and believe Slack."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.built.local_aws import LocalAws
from tests.built.runtime_api import Built, Kind, Running, running
from tests.built.samples import EVENTS, events_for
from tests.slack import SECRET, a_call, a_click, form, headers
from tests.template.stack import environment

# What its fixtures make takes seconds: one worker makes it, for all of these tests.
pytestmark = pytest.mark.xdist_group("built")

RECEIVE, DECIDE = "ReceiveSlackFunction", "DecideInSlackFunction"
LINK = {"action_id": "console", "type": "button", "url": "https://example.com", "action_ts": "1.2"}


@pytest.fixture(scope="module")
def functions(built: Mapping[str, Built], runtime: Path, aws: LocalAws) -> Iterator[Mapping[str, Running]]:
    arn = aws.client("secretsmanager").create_secret(Name="signing", SecretString=SECRET)["ARN"]
    ours = {"SLACK_SIGNING_SECRET_ARN": arn, "SLACK_REPLY_URL": "http://127.0.0.1:1/"}
    with ExitStack() as exits:
        yield {
            name: exits.enter_context(running(built[name], environment(name) | aws.environment | ours, runtime))
            for name in (RECEIVE, DECIDE)
        }


def test_what_slack_signs_now_is_believed(functions: Mapping[str, Running]) -> None:
    body = form(a_click({}) | {"actions": [LINK]})
    outcome = functions[RECEIVE].invoke(a_call(body, headers(body, datetime.now(UTC))))

    assert (outcome.kind, outcome.payload["statusCode"]) == (Kind.RESPONSE, 200)


@pytest.mark.parametrize("name", events_for(RECEIVE))
def test_what_slack_signed_long_ago_is_not(functions: Mapping[str, Running], name: str) -> None:
    outcome = functions[RECEIVE].invoke(EVENTS[name])

    assert (outcome.kind, outcome.payload["statusCode"], outcome.payload["body"]) == (Kind.RESPONSE, 401, "")


@pytest.mark.parametrize("name", events_for(DECIDE))
def test_a_click_about_nothing_changes_nothing_and_replies_to_slack_alone(
    functions: Mapping[str, Running], name: str
) -> None:
    outcome = functions[DECIDE].invoke(EVENTS[name])

    assert (outcome.kind, outcome.payload["by"]) == (Kind.RESPONSE, "slack:T012AB3CD/U045EF6GH")
    assert outcome.payload["told"]
    assert outcome.payload["lost"] == "the address is not below http://127.0.0.1:1/"


def test_what_is_no_click_is_an_error(functions: Mapping[str, Running]) -> None:
    assert functions[DECIDE].invoke({"request": 7}).payload["errorType"] == "ClickError"
