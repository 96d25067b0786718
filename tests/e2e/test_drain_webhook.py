"""A checkpoint by webhook, over TLS on loopback: asked for once, in time, and again where nobody answered."""

import json
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from unittest import mock

from simulator.kubernetes.certificate import certified
from tests.e2e.drain_stage import DRAIN_AT, END, RECLAIM_AT, DrainStage, drain_staged
from tests.e2e.stage import MINUTE, REGION

ASKED_AT = DRAIN_AT - 20 * MINUTE
WARN = "WarnNodesFunction"


@dataclass(slots=True)
class Webhook:
    """What a user's endpoint was sent. It answers with `statuses` in turn, the last one for good."""

    url: str
    statuses: Sequence[int]
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> int:
        status = self.statuses[min(len(self.got), len(self.statuses) - 1)]
        self.got.append((path, json.loads(body)))
        return status


@contextmanager
def webhook(*statuses: int) -> Iterator[Webhook]:
    """Serve an endpoint at an address that this machine trusts."""
    trusted = certified("127.0.0.1")
    found = Webhook(url="", statuses=statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(found.take(self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = trusted.context.wrap_socket(server.socket, server_side=True)
    found.url = f"https://127.0.0.1:{server.server_address[1]}/checkpoint?run=7"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    trust = ssl.create_default_context(cadata=trusted.authority)
    try:
        # What http.client asks for where nobody says whom to trust: this machine's own authorities.
        with mock.patch.object(ssl, "_create_default_https_context", return_value=trust):
            yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def outcomes(told: DrainStage) -> list[str]:
    """What each run for the checkpoint came to."""
    runs = [one for one in told.stage.world.functions.invocations if one.function.logical_id == WARN]
    asked = [one for one in runs if json.loads(one.payload)["step"] == "checkpoint"]
    return [json.loads(one.result)["outcome"] if one.result else str(one.error) for one in asked]


def settled(told: DrainStage, hook: Webhook) -> str:
    settings = {"drain": {"checkpoint": {"webhook": hook.url}}}
    told.stage.settings("training", json.dumps(settings))
    return told.running()


def test_a_webhook_is_called_once_before_the_drain_with_all_that_it_needs() -> None:
    with webhook(200) as hook, drain_staged() as told:
        block = settled(told, hook)
        told.fill()
        instances = told.stage.instances()
        told.stage.run_until(ASKED_AT - MINUTE)
        assert hook.got == []
        told.stage.run_until(ASKED_AT + 2 * MINUTE)
        body = {
            "version": 1,
            "step": "checkpoint",
            "pool": "training",
            "region": REGION,
            "group": "train-a",
            "reservation_id": block,
            "instances": sorted(instances),
            "drain_at": written(DRAIN_AT),
            "reclaim_at": written(RECLAIM_AT),
            "end": written(END),
        }
        assert hook.got == [("/checkpoint?run=7", body)]

        told.stage.run_until(END)
        assert len(hook.got) == 1
        assert outcomes(told) == ["the webhook was called"]
        assert (told.left(), len(told.ends())) == ([], 2)


def test_a_webhook_that_refuses_at_first_is_called_again_and_no_more_once_it_has_taken_it() -> None:
    with webhook(503, 200) as hook, drain_staged() as told:
        settled(told, hook)
        told.stage.run_until(DRAIN_AT - MINUTE)
        assert len(hook.got) == 2
        assert hook.got[0] == hook.got[1]
        assert outcomes(told)[-1] == "the webhook was called"


def test_a_webhook_that_never_takes_it_holds_up_no_drain_and_ends_in_the_dead_letters() -> None:
    with webhook(500) as hook, drain_staged() as told:
        settled(told, hook)
        told.fill()
        told.stage.run_until(END)
        assert len(hook.got) == 3
        given_up = [fact for fact in told.stage.world.journal.of("event given up") if fact.subject == WARN]
        assert len(given_up) == 1
        assert all("127.0.0.1" in each and "run=7" not in each for each in outcomes(told))  # the path may be secret
        assert (told.left(), len(told.ends())) == ([], 2)
