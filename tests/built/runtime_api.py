"""A small Lambda Runtime API on loopback: AWS's runtime client asks it for events and says what came of them."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VERSION = "/2018-06-01/runtime"


class Kind(StrEnum):
    """What a runtime says of an event: the last part of the path that it posts to."""

    RESPONSE = "response"
    ERROR = "error"
    INIT_ERROR = "init/error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    kind: Kind
    payload: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class _Invocation:
    request_id: str
    event: object
    deadline_ms: int


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a function that is stopped hangs up
            super().handle_error(request, client_address)


class RuntimeApi:
    """One function's side of Lambda: events go in, outcomes come out, one at a time."""

    def __init__(self, function_arn: str) -> None:
        self.function_arn = function_arn
        self._waiting: queue.Queue[_Invocation | None] = queue.Queue()
        self._outcomes: queue.Queue[Outcome] = queue.Queue()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._count = 0
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, event: object, timeout: float = 30) -> Outcome:
        """Hand out an event and return what the runtime says of it, or of its own start."""
        self._count += 1
        deadline_ms = int((time.time() + timeout) * 1000)
        self._waiting.put(_Invocation(request_id=f"request-{self._count}", event=event, deadline_ms=deadline_ms))
        try:
            return self._outcomes.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"the function said nothing for {timeout} seconds") from None

    def close(self) -> None:
        self._waiting.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> _Invocation | None:
        return self._waiting.get()

    def post(self, kind: Kind, payload: object) -> None:
        self._outcomes.put(Outcome(kind=kind, payload=payload))


def _handler(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body in one segment, or each answer waits for an acknowledgement

        def do_GET(self) -> None:
            invocation = api.next() if self.path == f"{VERSION}/invocation/next" else None
            if invocation is None:
                self._answer(410, b"")
                return
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": api.function_arn,
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            }
            self._answer(200, json.dumps(invocation.event).encode(), headers)

        def do_POST(self) -> None:
            payload = json.loads(self._body() or b"null")
            rest = self.path.removeprefix(f"{VERSION}/")
            api.post(Kind(rest if rest == Kind.INIT_ERROR else rest.rsplit("/", 1)[-1]), payload)
            self._answer(202, b"")

        def _body(self) -> bytes:
            if "Content-Length" in self.headers:
                return self.rfile.read(int(self.headers["Content-Length"]))
            chunks = []
            while size := int(self.rfile.readline(), 16):  # chunked: a size in hex, then that much, then a line end
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that it overrides
            pass

    return Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A function as it lies on Lambda's disk: /var/task, and each layer that is laid over /opt."""

    name: str
    task: Path
    layers: Sequence[Path]
    handler: str


class Running:
    """A started function. `log` is what it has printed, once it is stopped."""

    def __init__(self, api: RuntimeApi, process: subprocess.Popen[str]) -> None:
        self._api, self._process = api, process
        self.log = ""

    def invoke(self, event: object) -> Outcome:
        return self._api.invoke(event)

    def stop(self) -> None:
        self._process.terminate()
        self.log = self._process.communicate(timeout=10)[0]


@contextmanager
def running(built: Built, environment: Mapping[str, str], runtime: Path) -> Iterator[Running]:
    """Run a built function under the runtime client that lies in `runtime`, as Lambda starts it."""
    arn = f"arn:aws:lambda:{environment['AWS_REGION']}:123456789012:function:{built.name}"
    api = RuntimeApi(arn)
    started = Running(api, _start(built, environment, runtime, api.address))
    try:
        yield started
    finally:
        started.stop()
        api.close()


def _start(built: Built, environment: Mapping[str, str], runtime: Path, address: str) -> subprocess.Popen[str]:
    region = environment["AWS_REGION"]
    opt = [str(layer / "python") for layer in built.layers]
    return subprocess.Popen(
        # -S: nothing of this environment's site-packages is there, as on Lambda; -B: its disk is read only
        [sys.executable, "-S", "-B", "-m", "awslambdaric", built.handler],
        cwd=built.task,
        env={
            "PATH": os.environ["PATH"],
            # Lambda's own order: the task, the layers, then what the runtime brings
            "PYTHONPATH": os.pathsep.join([str(built.task), *opt, str(runtime)]),
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": built.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
            "LAMBDA_TASK_ROOT": str(built.task),
            "LAMBDA_RUNTIME_DIR": str(runtime),
            "_HANDLER": built.handler,
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
