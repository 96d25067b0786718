"""Every call of the Kubernetes API passes here: it is recorded, and struck by faults as calls of AWS are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest import mock

import httpx2

from simulator.call import CALLER, CrashedError
from simulator.clock import VirtualClock
from simulator.faults import Fault, Faults

MUTATING = ("PATCH", "POST")
RESOURCE = re.compile(r"/api/v1/(?:namespaces/[^/]+/)?(?P<resource>\w+)(?:/[^/]+)?(?:/(?P<sub>\w+))?$")
RETRY_AFTER = 1  # seconds: what API Priority and Fairness asks of those whom it turns away


@dataclass(frozen=True, slots=True, kw_only=True)
class WireCall:
    """`name` is such as "kubernetes.POST pods/eviction"."""

    at: datetime
    caller: str
    name: str
    mutating: bool


class Wire:
    """Between the functions and their cluster. What strikes an attempt strikes the call: nothing sends it again."""

    def __init__(self, clock: VirtualClock, faults: Faults) -> None:
        self._clock, self._faults = clock, faults
        self.log: list[WireCall] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        send = httpx2.Client.send
        wire = self

        def sent(client: httpx2.Client, request: httpx2.Request, **options: Any) -> httpx2.Response:
            return wire._sent(lambda: send(client, request, **options), request)

        with mock.patch.object(httpx2.Client, "send", sent):
            yield

    def _sent(self, send: Any, request: httpx2.Request) -> httpx2.Response:
        caller = CALLER.get()
        match = RESOURCE.fullmatch(request.url.path)
        if caller is None or match is None:
            answer: httpx2.Response = send()
            return answer
        caller.still_alive()
        resource = "/".join(part for part in (match["resource"], match["sub"]) if part)
        call = WireCall(
            at=self._clock.now(),
            caller=caller.name,
            name=f"kubernetes.{request.method} {resource}",
            mutating=request.method in MUTATING,
        )
        self.log.append(call)
        return self._struck(send, request, call)

    def _struck(self, send: Any, request: httpx2.Request, call: WireCall) -> httpx2.Response:
        if self._strikes(Fault.CRASH_BEFORE, call):
            raise CrashedError(f"before {call.name}")
        stall = self._faults.hold(Fault.STALL, call.name, mutating=call.mutating, caller=call.caller)
        if stall:
            self._clock.sleep(stall.total_seconds())
        if self._strikes(Fault.NOT_SENT, call):
            raise httpx2.ConnectError("the cluster is not reached", request=request)
        if self._strikes(Fault.THROTTLE, call):
            return _refused(request, 429, "TooManyRequests")
        if self._strikes(Fault.SERVER_ERROR_BEFORE, call):
            return _refused(request, 503, "ServiceUnavailable")
        answer: httpx2.Response = send()
        if self._strikes(Fault.CRASH_AFTER, call):
            raise CrashedError(f"after {call.name}")
        if self._strikes(Fault.REPLY_LOST, call):
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return answer

    def _strikes(self, fault: Fault, call: WireCall) -> bool:
        return self._faults.strike(fault, call.name, mutating=call.mutating, caller=call.caller) > 0


def _refused(request: httpx2.Request, code: int, reason: str) -> httpx2.Response:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    return httpx2.Response(code, json=status, headers={"Retry-After": str(RETRY_AFTER)}, request=request)
