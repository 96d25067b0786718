"""Slack's client against a workspace on loopback: what it sends, and what becomes of each answer."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_blocks.adapters.slack_client import SlackBot, SlackWebhook
from capacity_blocks.core.slack.route import Route
from capacity_blocks.core.slack.telling import message
from capacity_blocks.telling_ports import NotNowError, NotTakenError, Poster, TooOftenError
from simulator.slack import Slack, Workspace, serving
from simulator.slack.workspace import TOKEN, Answer
from tests.unit.core.slack.told import AT, told

CHANNEL = "C0SIMULATE"
PAYLOAD = message(told(), Route(channel=CHANNEL), buttons=True).payload()
SECOND = timedelta(seconds=1)
WAYS = ("bot", "webhook")


class Saying(Workspace):
    """A workspace whose clock each look moves on by a second, and that answers what it is told to."""

    def __init__(self) -> None:
        self.instant = AT
        self.says: Answer | None = None
        super().__init__(now=self._moving)

    def answer(self, path: str, authorization: str, body: object) -> Answer:
        return self.says or super().answer(path, authorization, body)  # type: ignore[arg-type]  # what came

    def _moving(self) -> datetime:
        self.instant += SECOND
        return self.instant


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Slack, Saying]]:
    workspace = Saying()
    with serving(workspace) as slack:
        yield slack, workspace


@pytest.fixture
def slack(server: tuple[Slack, Saying]) -> Iterator[Slack]:
    yield server[0]
    server[1].says = None
    server[1].messages.clear()


@pytest.fixture
def workspace(server: tuple[Slack, Saying], slack: Slack) -> Saying:
    return server[1]


def way(name: str, slack: Slack) -> Poster:
    return SlackBot(TOKEN, slack.api) if name == "bot" else SlackWebhook(slack.hook)


@pytest.mark.parametrize("name", WAYS)
def test_a_message_arrives_as_it_was_built(name: str, slack: Slack, workspace: Saying) -> None:
    way(name, slack).post(CHANNEL, PAYLOAD)

    [posted] = workspace.messages
    assert {part: posted.payload[part] for part in PAYLOAD} == PAYLOAD
    assert posted.channel == CHANNEL


def test_a_bot_goes_on_in_a_thread(slack: Slack, workspace: Saying) -> None:
    bot = SlackBot(TOKEN, slack.api)
    first = bot.post(CHANNEL, PAYLOAD)
    bot.post(CHANNEL, PAYLOAD, first, broadcast=True)

    assert [posted.thread_ts for posted in workspace.messages] == [None, first]
    assert [posted.payload.get("reply_broadcast") for posted in workspace.messages] == [None, True]


def test_a_webhook_has_no_threads_to_answer(slack: Slack) -> None:
    assert SlackWebhook(slack.hook).post(None, PAYLOAD) is None
    assert (SlackBot.has_threads, SlackWebhook.has_threads) == (True, False)


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (Answer(status=429, body='{"ok":false,"error":"ratelimited"}', headers={"Retry-After": "30"}), 30 * SECOND),
        (Answer(status=429, body="rate_limited", headers={"retry-after": "0"}), SECOND),
        (Answer(status=429, body="rate_limited", headers={"Retry-After": "99999"}), timedelta(hours=1)),
        (Answer(status=429, body="rate_limited", headers={"Retry-After": "soon"}), None),
        (Answer(status=429, body="rate_limited"), None),
        (Answer(status=500, body="server_error"), None),
        (Answer(status=503, body="<html>Slack is down</html>"), None),
        (Answer(status=503, body='{"ok":false,"error":"service_unavailable"}'), None),
    ],
    ids=["429", "429 at once", "429 for days", "429 in words", "429", "500", "503 in HTML", "503"],
)
def test_slack_takes_nothing_now(
    name: str, answer: Answer, after: timedelta | None, slack: Slack, workspace: Saying
) -> None:
    workspace.says = answer

    with pytest.raises(NotNowError) as found:
        way(name, slack).post(CHANNEL, PAYLOAD)
    assert found.value.after == after
    assert isinstance(found.value, TooOftenError) == (answer.status == 429)  # only that is about the channel


@pytest.mark.parametrize(
    ("error", "kind"), [("fatal_error", NotNowError), ("internal_error", NotNowError), ("ratelimited", TooOftenError)]
)
def test_what_is_slacks_own_fault_is_no_refusal(error: str, kind: type, slack: Slack, workspace: Saying) -> None:
    workspace.says = Answer(status=200, body=f'{{"ok":false,"error":"{error}"}}')

    with pytest.raises(kind):
        SlackBot(TOKEN, slack.api).post(CHANNEL, PAYLOAD)


@pytest.mark.parametrize("name", WAYS)
def test_nobody_answers(name: str, slack: Slack) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        gone = replace(slack, url=url)
        with pytest.raises(NotNowError) as found:
            way(name, gone).post(CHANNEL, PAYLOAD)

    assert url not in str(found.value)


@pytest.mark.parametrize("name", WAYS)
def test_what_was_never_sent_is_no_answer_and_names_no_secret(
    name: str, slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    ways: dict[str, Poster] = {
        "bot": SlackBot(f"{TOKEN}\nhush", slack.api),
        "webhook": SlackWebhook(slack.hook.replace("/services", ":hush/services")),
    }
    with pytest.raises(NotNowError) as found:
        ways[name].post(CHANNEL, PAYLOAD)

    assert "hush" not in f"{found.value}{caplog.text}"


def test_what_a_bot_may_not_do_is_refused_in_slacks_words(slack: Slack) -> None:
    for bot, channel, thread, code in (
        (SlackBot("xoxb-wrong", slack.api), CHANNEL, None, "invalid_auth"),
        (SlackBot(TOKEN, slack.api), "C0NOWHERE", None, "channel_not_found"),
        (SlackBot(TOKEN, slack.api), CHANNEL, "1.1", "thread_not_found"),
        (SlackBot(TOKEN, slack.api), None, None, "no channel is set"),
    ):
        with pytest.raises(NotTakenError, match=f"^{code}$"):
            bot.post(channel, PAYLOAD, thread)


@pytest.mark.parametrize("name", WAYS)
def test_blocks_that_break_a_limit_are_refused(name: str, slack: Slack) -> None:
    broken = PAYLOAD | {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}

    with pytest.raises(NotTakenError, match=r"^invalid_blocks$"):
        way(name, slack).post(CHANNEL, broken)


@pytest.mark.parametrize(("status", "body", "code"), [(404, "no_service", "no_service"), (410, "", "status 410")])
def test_a_webhook_that_is_gone_says_so(status: int, body: str, code: str, slack: Slack, workspace: Saying) -> None:
    workspace.says = Answer(status=status, body=body)

    with pytest.raises(NotTakenError, match=f"^{code}$"):
        SlackWebhook(slack.hook).post(None, PAYLOAD)
