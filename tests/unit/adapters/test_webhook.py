"""Webhooks, over TLS on loopback."""

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from capacity_blocks.adapters.webhook import HttpsWebhooks
from capacity_blocks.drain_ports import WebhookError
from simulator.kubernetes.certificate import certified

BODY = {"version": 1, "instances": ["i-0a"]}


@dataclass
class Hook:
    url: str = ""
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    status: int = 200
    got: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            found.got.append((self.path, self.headers["Content-Type"], json.loads(self.rfile.read(length))))
            self.send_response(found.status)
            self.send_header("Location", f"{found.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    trusted = certified("127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = trusted.context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust it
    found.url = f"https://127.0.0.1:{server.server_address[1]}"
    found.trust = ssl.create_default_context(cadata=trusted.authority)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_json_is_posted_to_the_address(hook: Hook) -> None:
    HttpsWebhooks(hook.trust).post(f"{hook.url}/checkpoint?token=7", BODY)

    assert hook.got == [("/checkpoint?token=7", "application/json", BODY)]


def test_an_address_without_a_path_is_one(hook: Hook) -> None:
    HttpsWebhooks(hook.trust).post(hook.url, BODY)

    assert [path for path, *_ in hook.got] == ["/"]


@pytest.mark.parametrize("status", [301, 307, 400, 500])
def test_what_is_not_taken_is_an_error_that_keeps_the_secret(hook: Hook, status: int) -> None:
    hook.status = status

    with pytest.raises(WebhookError) as error:
        HttpsWebhooks(hook.trust).post(f"{hook.url}/?token=7", BODY)
    assert str(error.value) == f"{hook.url.removeprefix('https://')} answered {status}"
    assert len(hook.got) == 1  # no redirect is followed


def test_an_address_that_cannot_prove_whose_it_is_gets_nothing(hook: Hook) -> None:
    with pytest.raises(WebhookError, match="CERTIFICATE_VERIFY_FAILED"):
        HttpsWebhooks().post(hook.url, BODY)
    assert hook.got == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "file:///etc/hosts", "https://", "127.0.0.1"])
def test_nothing_but_https_is_spoken(url: str) -> None:
    with pytest.raises(WebhookError, match="allowed: https://"):
        HttpsWebhooks().post(url, BODY)


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(WebhookError, match=r"127\.0\.0\.1:1: ConnectionRefusedError"):
        HttpsWebhooks().post("https://127.0.0.1:1/", BODY)
