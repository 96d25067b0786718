"""Lambda: the functions that the template declares, and the ways in which they are invoked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction

from simulator import function_url
from simulator.assumptions import Assumptions
from simulator.async_events import AsyncEvents
from simulator.clock import VirtualClock
from simulator.faults import Fault, Faults
from simulator.function_url import FORBIDDEN, FunctionUrl, Request, UrlAnswer
from simulator.invocation import AsyncPolicy, Function, HandlerError, Invocation, parsed
from simulator.journal import Journal
from simulator.runner import Runner
from simulator.sandbox import Sandboxes


class Functions:
    """All functions of the account."""

    def __init__(
        self,
        clock: VirtualClock,
        assumptions: Assumptions,
        journal: Journal,
        seed: int,
        faults: Faults,
        sandboxes: Sandboxes,
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._by_arn: dict[str, Function] = {}
        self.urls: dict[str, FunctionUrl] = {}
        self.runner = Runner(clock, assumptions, journal, seed, sandboxes)
        self.events = AsyncEvents(clock, assumptions, journal, self.runner)

    @property
    def invocations(self) -> list[Invocation]:
        """All runs, in the order in which they were begun."""
        return self.runner.invocations

    def add(self, function: Function) -> None:
        self._by_arn[function.arn] = function

    def configure(self, name: str, policy: AsyncPolicy) -> None:
        """Say what happens to the events of a function."""
        self.events.policies[self.find(name).arn] = policy

    def find(self, name: str) -> Function:
        """Find a function by its ARN (with or without a qualifier), its name or its logical id."""
        for function in self._by_arn.values():
            if name in {function.arn, f"{function.arn}:$LATEST", function.name, function.logical_id}:
                return function
        raise LookupError(f"there is no function {name}")

    def __iter__(self) -> Iterator[Function]:
        return iter(tuple(self._by_arn.values()))

    def send(self, name: str, payload: str, trigger: str) -> None:
        """Hand over an event and do not wait: InvocationType Event. Lambda may run one event more than once."""
        function = self.find(name)
        self.events.send(function, payload, trigger)
        if self._faults.strike(Fault.INVOKED_TWICE_AT_ONCE, function.logical_id):
            self.events.send(function, payload, trigger)
        if self._faults.strike(Fault.INVOKED_TWICE_IN_A_ROW, function.logical_id):
            self._clock.call_in(function.timeout, lambda: self.events.send(function, payload, trigger), trigger)

    def call(self, name: str, payload: str, trigger: str) -> Any:
        """Invoke and wait: InvocationType RequestResponse. Outside any task, virtual time runs meanwhile.

        Of two at once the first answers, of two in a row the second, as when a caller tries again unseen.
        """
        function = self.find(name)
        if self.runner.is_full(function):
            raise HandlerError("TooManyRequestsException", "Rate Exceeded.")
        invocation = self._begin(function, payload, trigger)
        if self._faults.strike(Fault.INVOKED_TWICE_AT_ONCE, function.logical_id):
            self._begin(function, payload, trigger)
        invocation.done.wait()
        if self._faults.strike(Fault.INVOKED_TWICE_IN_A_ROW, function.logical_id):
            invocation = self._begin(function, payload, trigger)
            invocation.done.wait()
        if invocation.error is not None:
            raise invocation.error
        return parsed(invocation.result)

    def _begin(self, function: Function, payload: str, trigger: str) -> Invocation:
        invocation = self.runner.invocation(function, payload, trigger, self.runner.new_id())
        self._clock.call_in(timedelta(), lambda: self.runner.run(invocation), trigger)
        return invocation

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Answer moto's Invoke, so that code and workflows reach functions by Lambda's API too."""

        def invoke(record: Any, body: Any, headers: Any, answer_headers: Any) -> str:
            return self._invoke(record, body, headers, answer_headers)  # a bound method would not get the record

        with mock.patch.object(LambdaFunction, "invoke", invoke):
            yield

    def call_url(self, name: str, request: Request) -> UrlAnswer:
        """Call a function's URL and wait."""
        function = self.find(name)
        url = self.urls.get(function.arn)
        if url is None:
            raise LookupError(f"{name} has no function URL")
        if not function_url.allows(url, request):
            return FORBIDDEN
        payload = function_url.event(url, request, self.runner.new_id(), self._clock.now())
        try:
            return function_url.answer(self.call(function.arn, json.dumps(payload), "URL"))
        except HandlerError as error:
            return function_url.failure(error)

    def _invoke(self, record: Any, body: Any, headers: Any, answer_headers: Any) -> str:
        payload = (body.decode() if isinstance(body, bytes) else body) or "{}"
        if headers.get("x-amz-invocation-type") == "Event":
            self.send(record.function_arn, payload, "Invoke")
            return ""
        try:
            return json.dumps(self.call(record.function_arn, payload, "Invoke"))
        except HandlerError as error:
            if error.error_type == "TooManyRequestsException":
                raise LambdaClientError(error.error_type, error.message) from error
            answer_headers["x-amz-function-error"] = "Unhandled"
            return error.as_payload()
