"""The attempts of one API call on their way: what strikes them before AWS has the request, and after."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from simulator import refusals
from simulator.call import Call
from simulator.clock import VirtualClock
from simulator.faults import Fault, Faults

_BEFORE = (Fault.NOT_SENT, Fault.DENIED, Fault.THROTTLE, Fault.SERVER_ERROR_BEFORE)
_AFTER = (Fault.SERVER_ERROR_AFTER, Fault.REPLY_LOST)
_REFUSALS = {
    Fault.DENIED: refusals.denied,
    Fault.THROTTLE: refusals.throttled,
    Fault.SERVER_ERROR_AFTER: refusals.server_error,
    Fault.SERVER_ERROR_BEFORE: refusals.server_error,
}


class Attempt:
    """What shall happen to the attempts of a call: each fault strikes as many of them as it was told to."""

    def __init__(self, call: Call, faults: Faults, protocol: str, read_timeout: float) -> None:
        self._call = call
        self._protocol = protocol
        self._patience = timedelta(seconds=read_timeout)
        self._left = {
            fault: faults.strike(fault, call.name, mutating=call.mutating, caller=call.caller)
            for fault in (*_BEFORE, *_AFTER)
        }
        self._late = faults.hold(Fault.REPLY_LATE, call.name, mutating=call.mutating, caller=call.caller)

    def send(self, send: Callable[[], Any], url: str, clock: VirtualClock) -> Any:
        """Send once, and answer or fail as the SDK would see it."""
        for fault in _BEFORE:
            if self._strikes(fault):
                return self._refused(fault, url)
        answer = send()
        late, self._late = self._late, timedelta()
        if late:
            clock.sleep(min(late, self._patience).total_seconds())
        if late > self._patience:
            raise ReadTimeoutError(endpoint_url=url)
        for fault in _AFTER:
            if self._strikes(fault):
                return self._refused(fault, url)
        return answer

    def _strikes(self, fault: Fault) -> bool:
        self._left[fault] -= 1
        return self._left[fault] >= 0

    def _refused(self, fault: Fault, url: str) -> Any:
        if fault is Fault.NOT_SENT:
            raise EndpointConnectionError(endpoint_url=url)
        if fault is Fault.REPLY_LOST:
            raise ConnectionClosedError(endpoint_url=url)
        return _REFUSALS[fault](self._call.service, self._call.operation, self._protocol, url)
