"""Lambda: runs functions as tasks of the virtual clock, with its time-outs, retries and reserved concurrency."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction

from simulator.assumptions import Assumptions
from simulator.calls import CALLER, Caller, CrashedError
from simulator.clock import VirtualClock
from simulator.invocation import (
    AsyncPolicy,
    Context,
    Function,
    HandlerError,
    Invocation,
    KilledError,
    parsed,
    run_handler,
)
from simulator.journal import Journal, written
from simulator.randomness import component
from simulator.sandbox import Sandbox
from simulator.waiting import Signal

Deliver = Callable[[str, str, Mapping[str, str]], None]  # to which ARN, what, with which message attributes

# "Lambda quotas": an asynchronous event that finds no free place is tried again, after 1 second at first and then
# with growing pauses of up to 5 minutes.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """An event in Lambda's own queue."""

    function: Function
    payload: str
    trigger: str
    request_id: str
    taken_at: datetime


class Functions:
    """All functions of the account, and what becomes of their events."""

    def __init__(self, clock: VirtualClock, assumptions: Assumptions, journal: Journal, seed: int) -> None:
        self._clock = clock
        self._assumptions = assumptions
        self._journal = journal
        self._rng = component(seed, "lambda")
        self._by_arn: dict[str, Function] = {}
        self._policies: defaultdict[str, AsyncPolicy] = defaultdict(AsyncPolicy)
        self._idle: defaultdict[str, list[Sandbox]] = defaultdict(list)
        self._running: defaultdict[str, int] = defaultdict(int)
        self.invocations: list[Invocation] = []
        self.on_begin: list[Callable[[Invocation], None]] = []
        self.on_end: list[Callable[[Invocation], None]] = []
        self.deliver: Deliver = _no_delivery
        clock.on_park.append(self._on_park)
        clock.on_switch.append(self._on_switch)
        self._current: dict[Any, Invocation] = {}

    # --- what the template declares ---

    def add(self, function: Function) -> None:
        self._by_arn[function.arn] = function

    def configure(self, arn: str, policy: AsyncPolicy) -> None:
        self._policies[arn] = policy

    def find(self, name: str) -> Function:
        """Find a function by its ARN (with or without a qualifier), its name or its logical id."""
        for function in self._by_arn.values():
            if name in {function.arn, function.name, function.logical_id} or name == f"{function.arn}:$LATEST":
                return function
        raise LookupError(f"there is no function {name}")

    def __iter__(self) -> Iterator[Function]:
        return iter(tuple(self._by_arn.values()))

    # --- invoking ---

    def send(self, name: str, payload: str, trigger: str) -> None:
        """Hand over an event and do not wait: InvocationType Event."""
        function = self.find(name)
        event = _Event(
            function=function,
            payload=payload,
            trigger=trigger,
            request_id=str(uuid4()),
            taken_at=self._clock.now(),
        )
        self._clock.call_in(timedelta(), lambda: self._attempt(event, 0, _FIRST_PAUSE), trigger)

    def call(self, name: str, payload: str, trigger: str) -> Any:
        """Invoke and wait: InvocationType RequestResponse. Outside any task, virtual time runs meanwhile."""
        function = self.find(name)
        if self._is_full(function):
            raise HandlerError("TooManyRequestsException", "Rate Exceeded.")
        invocation = self._invocation(function, payload, trigger, str(uuid4()))
        self._clock.call_in(timedelta(), lambda: self._run(invocation), trigger)
        invocation.done.wait()
        if invocation.error is not None:
            raise invocation.error
        return parsed(invocation.result)

    def _attempt(self, event: _Event, failed: int, pause: timedelta) -> None:
        policy = self._policies[event.function.arn]
        if self._is_full(event.function):
            if self._clock.now() + pause - event.taken_at > policy.max_age:
                self._give_up(event, policy, "EventAgeExceeded", failed, None)
            else:
                longer = min(pause * 2, _LONGEST_PAUSE)
                self._clock.call_in(pause, lambda: self._attempt(event, failed, longer), event.trigger)
            return
        invocation = self._invocation(event.function, event.payload, event.trigger, event.request_id)
        self._run(invocation)
        if invocation.error is None:
            if policy.on_success is not None:
                self._tell(policy.on_success, event, "Success", failed + 1, invocation)
            return
        pauses = self._assumptions.async_retries
        if failed >= policy.retries:
            self._give_up(event, policy, "RetriesExhausted", failed + 1, invocation)
        elif self._clock.now() + pauses[failed] - event.taken_at > policy.max_age:
            self._give_up(event, policy, "EventAgeExceeded", failed + 1, invocation)
        else:
            self._clock.call_in(pauses[failed], lambda: self._attempt(event, failed + 1, _FIRST_PAUSE), event.trigger)

    def _give_up(
        self, event: _Event, policy: AsyncPolicy, condition: str, attempts: int, last: Invocation | None
    ) -> None:
        self._journal.add("event given up", event.function.logical_id, f"{event.trigger}: {condition}")
        if event.function.dead_letters is not None:
            error = last.error if last else None
            attributes = {
                "RequestID": event.request_id,
                "ErrorCode": "200",
                "ErrorMessage": error.message[:1024] if error else condition,
            }
            self.deliver(event.function.dead_letters, event.payload, attributes)
        if policy.on_failure is not None:
            self._tell(policy.on_failure, event, condition, attempts, last)

    def _tell(self, arn: str, event: _Event, condition: str, attempts: int, last: Invocation | None) -> None:
        """Send a destination record, as "Capturing records of asynchronous invocations" shows it."""
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": written(self._clock.now()),
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": f"{event.function.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": json.loads(event.payload),
        }
        if last is not None:
            record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST"}
            if last.error is not None:
                record["responseContext"]["functionError"] = "Unhandled"
            record["responsePayload"] = json.loads(last.error.as_payload() if last.error else last.result or "null")
        self.deliver(arn, json.dumps(record), {})

    # --- one run ---

    def _is_full(self, function: Function) -> bool:
        limit = function.reserved_concurrency
        return limit is not None and self._running[function.arn] >= limit

    def _invocation(self, function: Function, payload: str, trigger: str, request_id: str) -> Invocation:
        invocation = Invocation(function, payload, trigger, request_id, Signal(self._clock))
        self._running[function.arn] += 1
        self.invocations.append(invocation)
        return invocation

    def _run(self, invocation: Invocation) -> None:
        """Run to the end, in the calling task. Virtual time passes while the environment starts and the code sleeps."""
        function, clock = invocation.function, self._clock
        idle = self._idle[function.arn]
        warm = bool(idle)
        invocation.sandbox = idle.pop() if warm else self._sandbox(function)
        delay = self._assumptions.warm_start if warm else self._assumptions.cold_start
        clock.sleep(delay.draw(self._rng).total_seconds())
        invocation.started, invocation.task = clock.now(), clock.current_task()
        deadline = clock.now() + function.timeout
        alarm = clock.call_at(deadline, lambda: self._time_out(invocation), "time-out")
        self._current[invocation.task] = invocation
        token = CALLER.set(
            Caller(name=function.logical_id, request_id=invocation.request_id, still_alive=invocation.still_alive)
        )
        reusable = False
        for begun in self.on_begin:
            begun(invocation)
        invocation.sandbox.enter()
        try:
            invocation.finish(run_handler(invocation, invocation.sandbox, Context(invocation, clock, deadline)), None)
            reusable = True
        except HandlerError as error:
            invocation.finish(None, error)
            reusable = not error.error_type.startswith("Runtime.")
        except CrashedError as crash:
            message = f"RequestId: {invocation.request_id} Error: Runtime exited with error: signal: killed ({crash})"
            invocation.finish(None, HandlerError("Runtime.ExitError", message))
        except KilledError:
            pass  # its outcome was set by what killed it
        finally:
            CALLER.reset(token)
            invocation.sandbox.leave()
            del self._current[invocation.task]
            alarm.cancel()
            self._running[function.arn] -= 1
            if reusable:
                idle.append(invocation.sandbox)
        self._record(invocation)
        for ended in self.on_end:
            ended(invocation)

    def _sandbox(self, function: Function) -> Sandbox:
        return Sandbox((function.code, *function.layers), function.environment, self._log)

    def _log(self, line: str) -> None:
        invocation = self._current.get(self._clock.current_task())
        if invocation is not None:
            invocation.log.append(line)

    def _time_out(self, invocation: Invocation) -> None:
        seconds = invocation.function.timeout.total_seconds()
        message = f"{written(self._clock.now())} {invocation.request_id} Task timed out after {seconds:.2f} seconds"
        invocation.finish(None, HandlerError("Sandbox.Timedout", message))
        if invocation.task is not None:
            self._clock.resume(invocation.task, KilledError(invocation.request_id))

    def _record(self, invocation: Invocation) -> None:
        outcome = "ok" if invocation.error is None else invocation.error.error_type
        self._journal.add("invocation", invocation.function.logical_id, f"{invocation.trigger}: {outcome}")

    def _on_park(self) -> None:
        invocation = self._current.get(self._clock.current_task())
        if invocation is not None and invocation.sandbox is not None:
            invocation.still_alive()
            invocation.sandbox.leave()

    def _on_switch(self) -> None:
        invocation = self._current.get(self._clock.current_task())
        if invocation is not None and invocation.sandbox is not None:
            invocation.sandbox.enter()

    def close(self) -> None:
        """End what still runs: nothing of it may speak to AWS any more."""
        for invocation in self._current.values():
            invocation.finish(None, HandlerError("Sandbox.Closed", "the world has ended"))

    # --- the Invoke API ---

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Answer moto's Invoke, so that code and workflows reach functions by Lambda's API too."""

        def invoke(record: Any, body: Any, headers: Any, answer_headers: Any) -> str:
            payload = (body.decode() if isinstance(body, bytes) else body) or "{}"
            name, kind = record.function_arn, headers.get("x-amz-invocation-type", "RequestResponse")
            if kind == "Event":
                self.send(name, payload, "Invoke")
                return ""
            try:
                return json.dumps(self.call(name, payload, "Invoke"))
            except HandlerError as error:
                if error.error_type == "TooManyRequestsException":
                    raise LambdaClientError(error.error_type, error.message) from error
                answer_headers["x-amz-function-error"] = "Unhandled"
                return error.as_payload()

        with mock.patch.object(LambdaFunction, "invoke", invoke):
            yield


def _no_delivery(arn: str, _payload: str, _attributes: Mapping[str, str]) -> None:
    raise LookupError(f"nothing delivers to {arn}")
