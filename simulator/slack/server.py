"""The HTTP API of a workspace on loopback, and what the product has to be told to use it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

from moto.core import DEFAULT_ACCOUNT_ID

from simulator.slack.workspace import HOOK, SIGNING_SECRET, TOKEN, Workspace

ADDRESS = "127.0.0.1"
SECRET, SIGNING = "slack-simulated", "slack-signing-simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """A workspace, and where its API is."""

    workspace: Workspace
    url: str

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    @property
    def hook(self) -> str:
        return f"{self.url}{HOOK}"

    def parameters(self, region: str = "us-east-2") -> dict[str, str]:
        """Return the template's parameters that name this workspace."""
        arn = f"arn:aws:secretsmanager:{region}:{DEFAULT_ACCOUNT_ID}:secret:"
        return {
            "SlackSecretArn": f"{arn}{SECRET}",
            "SlackSigningSecretArn": f"{arn}{SIGNING}",
            "SlackChannel": self.workspace.hook_channel,
            "SlackApiUrl": self.api,
            "SlackReplyUrl": f"{self.url}/",
        }

    def keep_secrets(self, client: Any, *, webhook: bool = False) -> None:
        """Keep in Secrets Manager what those parameters name: a bot token or a webhook, and the signing secret."""
        client.create_secret(Name=SECRET, SecretString=self.hook if webhook else TOKEN)
        client.create_secret(Name=SIGNING, SecretString=SIGNING_SECRET)


@contextmanager
def serving(workspace: Workspace | None = None) -> Iterator[Slack]:
    """Answer as Slack does, in a thread of its own: whoever asks waits in real time, and the virtual clock with it."""
    kept = workspace or Workspace()
    server = ThreadingHTTPServer((ADDRESS, 0), _handler(kept))
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Slack(workspace=kept, url=f"http://{ADDRESS}:{server.server_address[1]}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(workspace: Workspace) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1  # an answer goes out whole

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            body = _body(text, self.headers.get("Content-Type") or "")
            answer = workspace.answer(self.path, self.headers.get("Authorization") or "", body)
            written = answer.body.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json" if written.startswith(b"{") else "text/plain")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *args: Any) -> None:
            """Keep quiet: the workspace remembers."""

    return Handler


def _body(text: str, kind: str) -> Mapping[str, Any]:
    if kind.startswith("application/json"):
        body: Mapping[str, Any] = json.loads(text)
        return body
    return {name: json.loads(value) if value.startswith(("[", "{")) else value for name, value in parse_qsl(text)}
