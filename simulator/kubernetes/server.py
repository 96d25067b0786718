"""A simulated Kubernetes API over HTTPS on loopback."""

import socket
import ssl
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from simulator.kubernetes.api import JSON, CutError, KubernetesApi, Request
from simulator.kubernetes.certificate import certified

ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a cluster is, as DescribeCluster shows it."""

    url: str
    certificate_authority: str


@contextmanager
def serving(api: KubernetesApi) -> Iterator[Endpoint]:
    trusted = certified(ADDRESS)
    server = _Server((ADDRESS, 0), _handler(api))
    server.socket = trusted.context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Endpoint(
            url=f"https://{ADDRESS}:{server.server_address[1]}",
            certificate_authority=b64encode(trusted.authority.encode()).decode(),
        )
    finally:
        server.shutdown()
        thread.join()
        server.close_connections()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self._open.discard(request)
        super().close_request(request)

    def close_connections(self) -> None:
        """End what clients have left open, so that no thread waits on it."""
        for each in list(self._open):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away, and everything of our own mistakes."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)


def _handler(api: KubernetesApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer goes out whole: header and body apart would wait for each other's acknowledgement
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                headers=dict(self.headers.items()),
                body=self.rfile.read(length),
            )
            try:
                answer, body = api.answer(request)
            except CutError:
                self.close_connection = True
                return
            self.send_response(answer.code)
            for name, value in ({"Content-Type": JSON} | dict(answer.headers)).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any  # noqa: N815  # names that the library looks for

        def log_message(self, *args: Any) -> None:
            """Keep quiet: every call is in `calls`."""

    return Handler
