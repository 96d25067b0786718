"""Lambda's own queue: events that nobody waits for are run, tried again, and put aside when they keep failing."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock
from simulator.invocation import AsyncPolicy, Function, Invocation
from simulator.journal import Journal, written
from simulator.runner import Runner

Deliver = Callable[[str, str, Mapping[str, str]], None]  # to which ARN, what, with which message attributes

# "How Lambda handles errors and retries with asynchronous invocation": an event that finds no free place is tried
# again, after 1 second at first and then with growing pauses of up to 5 minutes.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """An event in the queue: how often its run failed, and how long it waits when no place is free."""

    function: Function
    payload: str
    trigger: str
    request_id: str
    taken_at: datetime
    failed: int = 0
    pause: timedelta = _FIRST_PAUSE


class AsyncEvents:
    """The queues of all functions, by the policy of each."""

    def __init__(self, clock: VirtualClock, assumptions: Assumptions, journal: Journal, runner: Runner) -> None:
        self._clock = clock
        self._assumptions = assumptions
        self._journal = journal
        self._runner = runner
        self.policies: defaultdict[str, AsyncPolicy] = defaultdict(AsyncPolicy)
        self.deliver: Deliver = _no_delivery

    def send(self, function: Function, payload: str, trigger: str) -> None:
        """Take an event. A function's run begins after what is due already."""
        event = _Event(
            function=function,
            payload=payload,
            trigger=trigger,
            request_id=self._runner.new_id(),
            taken_at=self._clock.now(),
        )
        self._again(event, timedelta())

    def _again(self, event: _Event, pause: timedelta) -> None:
        self._clock.call_in(pause, lambda: self._attempt(event), event.trigger)

    def _attempt(self, event: _Event) -> None:
        policy = self.policies[event.function.arn]
        if self._runner.is_full(event.function):
            if self._is_too_old(event, policy, event.pause):
                self._give_up(event, policy, "EventAgeExceeded", None)
            else:
                self._again(replace(event, pause=min(event.pause * 2, _LONGEST_PAUSE)), event.pause)
            return
        run = self._runner.invocation(event.function, event.payload, event.trigger, event.request_id)
        self._runner.run(run)
        if run.error is not None:
            self._failed(event, policy, run)
        elif policy.on_success is not None:
            self._tell(policy.on_success, event, "Success", run)

    def _failed(self, event: _Event, policy: AsyncPolicy, run: Invocation) -> None:
        failed = replace(event, failed=event.failed + 1, pause=_FIRST_PAUSE)
        if event.failed >= policy.retries:
            self._give_up(failed, policy, "RetriesExhausted", run)
            return
        pause = self._assumptions.async_retries[event.failed]
        if self._is_too_old(event, policy, pause):
            self._give_up(failed, policy, "EventAgeExceeded", run)
        else:
            self._again(failed, pause)

    def _is_too_old(self, event: _Event, policy: AsyncPolicy, pause: timedelta) -> bool:
        return self._clock.now() + pause - event.taken_at > policy.max_age

    def _give_up(self, event: _Event, policy: AsyncPolicy, condition: str, last: Invocation | None) -> None:
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
            self._tell(policy.on_failure, event, condition, last)

    def _tell(self, arn: str, event: _Event, condition: str, last: Invocation | None) -> None:
        """Send a destination record, as "Capturing records of Lambda asynchronous invocations" shows it."""
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": written(self._clock.now()),
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": f"{event.function.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": event.failed + (condition == "Success"),
            },
            "requestPayload": json.loads(event.payload),
        }
        if last is not None:
            record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST"}
            if last.error is not None:
                record["responseContext"]["functionError"] = "Unhandled"
            record["responsePayload"] = json.loads(last.error.as_payload() if last.error else last.result or "null")
        self.deliver(arn, json.dumps(record), {})


def _no_delivery(arn: str, _payload: str, _attributes: Mapping[str, str]) -> None:
    raise LookupError(f"nothing delivers to {arn}")
