"""Replies to clicks, over TLS on loopback: to one host and nowhere else."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from capacity_blocks.adapters.slack_replies import SlackReplies
from capacity_blocks.slack_ports import ReplyError
from simulator.kubernetes.certificate import certified

BODY = {"response_type": "ephemeral", "text": "Zu spät."}


@dataclass
class Slack:
    host: str = ""
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    status: int = 200
    words: str = "ok"
    got: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def post(self, url: str = "", trust: ssl.SSLContext | None = None) -> None:
        SlackReplies(f"https://{self.host}/", trust or self.trust).post(
            url or f"https://{self.host}/actions/T0/1/a?b=c", BODY
        )


@pytest.fixture
def slack() -> Iterator[Slack]:
    with serving(tls=True) as found:
        yield found


@pytest.fixture
def plain() -> Iterator[Slack]:
    with serving(tls=False) as found:
        yield found


@contextmanager
def serving(*, tls: bool) -> Iterator[Slack]:
    found = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            found.got.append((self.path, self.headers["Content-Type"], json.loads(self.rfile.read(length))))
            words = found.words.encode()
            self.send_response(found.status)
            self.send_header("Location", f"https://{found.host}/elsewhere")
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    trusted = certified("127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = trusted.context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust it
    found.host = f"127.0.0.1:{server.server_address[1]}"
    found.trust = ssl.create_default_context(cadata=trusted.authority)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_reply_is_posted_to_the_address_of_the_click(slack: Slack) -> None:
    slack.post()

    assert slack.got == [("/actions/T0/1/a?b=c", "application/json; charset=utf-8", BODY)]


@pytest.mark.parametrize("words", ["ok", "", '{"ok": true}', "[]"])
def test_slacks_yes_has_several_forms(slack: Slack, words: str) -> None:
    slack.words = words
    slack.post()

    assert len(slack.got) == 1


@pytest.mark.parametrize(
    ("status", "words", "definite"),
    [
        (404, "used_url", True),
        (400, "invalid_blocks", True),
        (200, '{"ok": false, "error": "expired_url"}', True),
        (429, "", False),
        (500, "", False),
        (503, "", False),
        (307, "", False),
    ],
)
def test_slacks_no_says_whether_it_is_for_good(slack: Slack, status: int, words: str, definite: bool) -> None:
    slack.status, slack.words = status, words

    with pytest.raises(ReplyError, match=f"answered {status}: ") as error:
        slack.post()
    assert error.value.definite is definite
    assert [path for path, *_ in slack.got] == ["/actions/T0/1/a?b=c"]  # no redirect is followed


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}/actions",
        "https://{host}.example.com/actions",
        "https://example.com/{host}",
        "https://{host}@example.com/actions",
        "https://user@{host}/actions",
        "https://169.254.169.254/latest/meta-data",
        "//{host}/actions",
        "file:///etc/passwd",
        "ftp://{host}/",
        "",
        "https://",
        "https://[::1",
        "https://{host}",
        "https://{host}?a",
        "https://{host}/a\r\nX-Own: 1",
        "https://{host}/a b",
    ],
)
def test_nothing_is_sent_anywhere_else(slack: Slack, url: str) -> None:
    with pytest.raises(ReplyError) as error:
        SlackReplies(f"https://{slack.host}/", slack.trust).post(url.format(host=slack.host), BODY)

    assert error.value.definite
    assert slack.got == []


def test_somebody_who_only_says_to_be_slack_is_sent_nothing(slack: Slack) -> None:
    with pytest.raises(ReplyError, match="CERTIFICATE_VERIFY_FAILED") as error:
        SlackReplies(f"https://{slack.host}/").post(f"https://{slack.host}/actions", BODY)

    assert not error.value.definite
    assert slack.got == []


def test_without_tls_it_is_spoken_where_it_is_configured_so(plain: Slack) -> None:
    SlackReplies(f"http://{plain.host}/").post(f"http://{plain.host}/responses/1", BODY)
    with pytest.raises(ReplyError, match="not below"):
        SlackReplies(f"http://{plain.host}/").post(f"https://{plain.host}/responses/1", BODY)

    assert [path for path, *_ in plain.got] == ["/responses/1"]


def test_nobody_there_is_worth_another_try() -> None:
    with pytest.raises(ReplyError, match="ConnectionRefusedError") as error:
        SlackReplies("https://127.0.0.1:1/").post("https://127.0.0.1:1/actions", BODY)

    assert not error.value.definite
