"""Every AWS API call of the process passes here: it is recorded, struck by faults, and its answer validated."""

import copy
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from simulator import validation
from simulator.assumptions import Delay
from simulator.attempt import Attempt
from simulator.call import CALLER, READS, Call, CrashedError
from simulator.capacity_blocks.visibility import AS_OF
from simulator.clock import VirtualClock
from simulator.faults import Fault, Faults
from simulator.randomness import component


class Calls:
    """The record of all calls of handlers and workflows, and the place where faults strike them."""

    def __init__(self, clock: VirtualClock, faults: Faults, latency: Delay, seed: int) -> None:
        self._clock = clock
        self._faults = faults
        self._latency = latency
        self._rng = component(seed, "api")
        self._attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
        self._answers: dict[str, list[tuple[datetime, Any]]] = defaultdict(list)
        self.log: list[Call] = []
        self.mutations = 0  # by anybody: while it stands still, nobody has asked for a change
        self.on_gap: Callable[[Exception], None] = lambda _gap: None

    def of(self, caller: str | None = None) -> list[Call]:
        return [call for call in self.log if caller in {None, call.caller}]

    @contextmanager
    def installed(self) -> Iterator[None]:
        ask: Any = BaseClient._make_api_call  # type: ignore[attr-defined]  # private: the one door of all calls
        send, write = BotocoreStubber.__call__, ActionResult.execute_result

        @wraps(ask)
        def asked(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
            return self._asked(lambda: ask(client, operation, parameters), client, operation, parameters)

        @wraps(send)
        def sent(stubber: Any, event_name: str, request: Any, **rest: Any) -> Any:
            return self._sent(lambda: send(stubber, event_name, request, **rest), event_name, request)

        @wraps(write)
        def written(result: Any, context: Any) -> Any:
            method = getattr(type(context.response), _snake(context.operation_model.name), None)
            if getattr(method, "__module__", "").startswith("simulator."):
                validation.check_raw(context.operation_model, result.result)
            return write(result, context)

        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(BaseClient, "_make_api_call", asked))
            stack.enter_context(mock.patch.object(BotocoreStubber, "__call__", sent))
            stack.enter_context(mock.patch.object(ActionResult, "execute_result", written))
            yield

    def _asked(self, ask: Callable[[], Any], client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
        caller = CALLER.get()
        mutating = not operation.startswith(READS) and not parameters.get("DryRun")
        self.mutations += mutating
        if caller is None:
            return self._validated(ask, client, operation)
        caller.still_alive()
        if self._latency.most:
            self._clock.sleep(self._latency.draw(self._rng).total_seconds())
        service = client.meta.service_model.service_name
        call = Call(
            at=self._clock.now(),
            caller=caller.name,
            request_id=caller.request_id,
            region=client.meta.region_name,
            service=service,
            operation=operation,
            mutating=mutating,
        )
        return self._struck(lambda: self._validated(ask, client, operation), call, client, parameters)

    def _struck(self, ask: Callable[[], Any], call: Call, client: Any, parameters: Mapping[str, Any]) -> Any:
        caller = CALLER.get()
        can_crash = caller is not None and caller.can_crash
        if can_crash and self._strikes(Fault.CRASH_BEFORE, call):
            raise CrashedError(f"before {call.name}")
        stall = self._faults.hold(Fault.STALL, call.name, mutating=call.mutating, caller=call.caller)
        if stall:
            self._clock.sleep(stall.total_seconds())
        protocol, config = client.meta.service_model.resolved_protocol, client.meta.config
        self._attempt.set(Attempt(call, self._faults, protocol, config.read_timeout))
        place = len(self.log)
        self.log.append(call)
        try:
            answer = self._maybe_stale(ask, call, parameters)
        except ClientError as refusal:
            self.log[place] = replace(call, error=refusal.response["Error"]["Code"])
            if can_crash and self._strikes(Fault.CRASH_AFTER, call):
                raise CrashedError(f"after {call.name}, which was refused") from refusal
            raise
        except BotoCoreError as failure:
            self.log[place] = replace(call, error=type(failure).__name__)
            if can_crash:
                raise
            raise _as_seen_by_workflow(failure, call.operation) from failure
        finally:
            self._attempt.set(None)
        if can_crash and self._strikes(Fault.CRASH_AFTER, call):
            raise CrashedError(f"after {call.name}")
        return answer

    def _strikes(self, fault: Fault, call: Call) -> bool:
        return self._faults.strike(fault, call.name, mutating=call.mutating, caller=call.caller) > 0

    def _maybe_stale(self, ask: Callable[[], Any], call: Call, parameters: Mapping[str, Any]) -> Any:
        # DynamoDB: a consistent read "reflects the updates from all prior write operations that were successful".
        if call.mutating or parameters.get("ConsistentRead") or not self._faults.among(Fault.STALE_READ):
            return ask()
        answers = self._answers[f"{call.region} {call.name} {json.dumps(parameters, sort_keys=True, default=str)}"]
        if self._strikes(Fault.STALE_READ, call):
            age = timedelta(seconds=self._faults.draw(Fault.STALE_READ, self._faults.staleness))
            for at, answer in reversed(answers):
                if call.at - self._faults.staleness.most <= at <= call.at - age:
                    return copy.deepcopy(answer)
            token = AS_OF.set(call.at - age)
            try:
                return ask()  # nobody has asked before: EC2 does not show yet what is younger
            finally:
                AS_OF.reset(token)
        answer = ask()
        answers.append((call.at, copy.deepcopy(answer)))
        while answers[0][0] < call.at - self._faults.staleness.most:
            answers.pop(0)
        return answer

    def _validated(self, ask: Callable[[], Any], client: Any, operation: str) -> Any:
        try:
            answer = ask()
            validation.check(client.meta.service_model.operation_model(operation), answer)
        except (validation.AnswerViolationError, NotImplementedError) as gap:
            self.on_gap(gap)
            raise
        return answer

    def _sent(self, send: Callable[[], Any], event_name: str, request: Any) -> Any:
        attempt = self._attempt.get()
        if attempt is None:
            return self._received(send, event_name)
        return attempt.send(lambda: self._received(send, event_name), request.url, self._clock)

    def _received(self, send: Callable[[], Any], event_name: str) -> Any:
        """Let AWS carry out a request."""
        token = CALLER.set(None)  # what moto itself does on the way is no call of the handler's
        chance = mock_random.getstate() if event_name.rpartition(".")[2].startswith(READS) else None
        try:
            return send()
        finally:
            CALLER.reset(token)
            if chance is not None:  # to look changes nothing, not even which ids are drawn later
                mock_random.setstate(chance)


def _as_seen_by_workflow(failure: BotoCoreError, operation: str) -> ClientError:
    """Name what a state catches when no answer came: "Lambda errors" lists Lambda.SdkClientException for it."""
    return ClientError(
        {
            "Error": {"Code": "SdkClientException", "Message": str(failure)},
            "ResponseMetadata": {
                "HTTPStatusCode": 0,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
