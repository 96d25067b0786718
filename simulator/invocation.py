"""One run of a Lambda function: what it is given, what came of it."""

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from greenlet import greenlet

from simulator.clock import VirtualClock
from simulator.sandbox import Sandbox
from simulator.waiting import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function as the template declares it, with its environment resolved."""

    logical_id: str
    name: str
    arn: str
    region: str
    code: Path
    layers: tuple[Path, ...]
    handler: str
    environment: Mapping[str, str]
    timeout: timedelta
    memory: int
    role: str
    reserved_concurrency: int | None
    dead_letters: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncPolicy:
    """AWS::Lambda::EventInvokeConfig: what happens to an event whose runs fail."""

    retries: int = 2
    max_age: timedelta = timedelta(hours=6)
    on_failure: str | None = None
    on_success: str | None = None


class HandlerError(Exception):
    """A run failed. `error_type` is what Lambda calls it: the exception's name, or Lambda's own word."""

    def __init__(self, error_type: str, message: str, trace: tuple[str, ...] = ()) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.trace = trace

    def as_payload(self) -> str:
        """Write the error as Lambda answers it to whoever invoked the function and waited."""
        return json.dumps({"errorMessage": self.message, "errorType": self.error_type, "stackTrace": self.trace})


class KilledError(BaseException):
    """Lambda ended the process. Nothing that a handler catches catches this."""


@dataclass(eq=False, slots=True)
class Invocation:
    """A run, from the moment Lambda took the event. `result` and `error` are set when it is over."""

    function: Function
    payload: str
    trigger: str
    request_id: str
    done: Signal
    started: datetime | None = None
    task: greenlet | None = None
    sandbox: Sandbox | None = None
    over: bool = False
    result: str | None = None
    error: HandlerError | None = None
    log: list[str] = field(default_factory=list)

    def still_alive(self) -> None:
        """Stop what goes on after the end: a `finally` of a killed handler would not have run at all."""
        if self.over:
            raise KilledError(self.request_id)

    def finish(self, result: str | None, error: HandlerError | None) -> None:
        if not self.over:
            self.over, self.result, self.error = True, result, error
            self.done.set()


class Context:
    """What a handler gets as its second argument, with the time left by the virtual clock."""

    def __init__(self, invocation: Invocation, clock: VirtualClock, deadline: datetime) -> None:
        function = invocation.function
        self.function_name = function.name
        self.function_version = "$LATEST"
        self.invoked_function_arn = function.arn
        self.memory_limit_in_mb = str(function.memory)
        self.aws_request_id = invocation.request_id
        self.log_group_name = function.environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = function.environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._clock = clock
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - self._clock.now()) / timedelta(milliseconds=1)))


def run_handler(invocation: Invocation, sandbox: Sandbox, context: Context) -> str:
    """Run the handler and answer what Lambda would: its result as JSON, or an error with Lambda's words."""
    function = invocation.function
    try:
        handler = sandbox.handler(function.handler)
    except (ImportError, SyntaxError) as failure:
        module = function.handler.rpartition(".")[0]
        message = f"Unable to import module '{module}': {failure}"
        raise HandlerError("Runtime.ImportModuleError", message) from failure
    except AttributeError as failure:
        raise HandlerError("Runtime.HandlerNotFound", f"Handler '{function.handler}' missing: {failure}") from failure
    except Exception as failure:
        raise _as_error(failure) from failure
    try:
        result = handler(json.loads(invocation.payload), context)
    except SystemExit as failure:
        raise HandlerError("Runtime.ExitError", f"RequestId: {invocation.request_id} Error: exit") from failure
    except Exception as failure:
        raise _as_error(failure) from failure
    try:
        return json.dumps(result)
    except (TypeError, ValueError) as failure:
        raise HandlerError("Runtime.MarshalError", f"Unable to marshal response: {failure}") from failure


def _as_error(failure: Exception) -> HandlerError:
    return HandlerError(type(failure).__name__, str(failure), tuple(traceback.format_exception(failure)))


def parsed(result: str | None) -> Any:
    return None if result is None else json.loads(result)
