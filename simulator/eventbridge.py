"""EventBridge: events in their real envelope, matched with the rules that the template made, delivered to targets."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock
from uuid import uuid4

from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import Rule, events_backends

from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock
from simulator.delivery import Delivery, UndeliverableError
from simulator.faults import Fault, Faults
from simulator.journal import Journal
from simulator.randomness import component
from simulator.target_input import render

Event = dict[str, Any]

# Assumed: the pauses after a failed delivery, in seconds; AWS says "exponential back-off and jitter".
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 600.0


class EventBridge:
    """The buses of all Regions. A rule sees the events of its own Region's bus only."""

    def __init__(
        self,
        clock: VirtualClock,
        assumptions: Assumptions,
        faults: Faults,
        journal: Journal,
        delivery: Delivery,
        seed: int,
    ) -> None:
        self._clock = clock
        self._assumptions = assumptions
        self._faults = faults
        self._journal = journal
        self._delivery = delivery
        self._rng = component(seed, "eventbridge")
        self._held_back: list[Event] = []
        self.events: list[Event] = []  # all that were emitted, lost ones included
        delivery.forward = self._receive

    def emit(
        self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str], region: str
    ) -> Event:
        """Put an event of an AWS service on the default bus of its Region."""
        event: Event = {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": DEFAULT_ACCOUNT_ID,
            "time": self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": list(resources),
            "detail": dict(detail),
        }
        self.events.append(event)
        self._journal.add("event", detail_type, f"{region} {', '.join(resources)}".rstrip())
        self._route_with_faults(event)
        return event

    def _route_with_faults(self, event: Event) -> None:
        strike, name = self._faults.strike, event["detail-type"]
        if strike(Fault.EVENT_LOST, name):
            return
        if strike(Fault.EVENT_REORDERED, name):
            self._held_back.append(event)
            self._clock.call_in(self._faults.late.most, lambda: self._let_go(event), name)
            return
        late = self._faults.draw(Fault.EVENT_LATE, self._faults.late) if strike(Fault.EVENT_LATE, name) else 0.0
        copies = 2 if strike(Fault.EVENT_DUPLICATED, name) else 1
        for number in range(copies):
            again = self._faults.draw(Fault.EVENT_DUPLICATED, self._faults.late) if number else 0.0
            self._clock.call_in(
                timedelta(seconds=late + again), lambda: self._route(event, event["region"], "default"), name
            )
        for held_back in self._held_back:  # it comes after this one; without any other, alone after a while
            pause = self._assumptions.event_delivery.most * 2
            self._clock.call_in(pause, partial(self._let_go, held_back), name)

    def _let_go(self, event: Event) -> None:
        if event in self._held_back:
            self._held_back.remove(event)
            self._route(event, event["region"], "default")

    def _receive(self, arn: str, event: Event) -> None:
        """Take an event from another bus: it keeps its envelope, the Region it came from included."""
        region, bus = arn.split(":")[3], arn.rpartition("/")[2]
        if bus not in events_backends[DEFAULT_ACCOUNT_ID][region].event_buses:
            raise LookupError(f"there is no bus {arn}")
        self._route(event, region, bus)

    def _route(self, event: Event, region: str, bus: str) -> None:
        rules = events_backends[DEFAULT_ACCOUNT_ID][region].event_buses[bus].rules
        for _, rule in sorted(rules.items()):
            self._match(rule, event)

    def _match(self, rule: Any, event: Event) -> None:
        if rule.state == "DISABLED" or rule.scheduled_expression or not rule.event_pattern.matches_event(event):
            return
        for target in rule.targets:
            delay = self._assumptions.event_delivery.draw(self._rng)
            self._clock.call_in(delay, partial(self._deliver, rule, target, event, 0, self._clock.now()))

    def _deliver(self, rule: Any, target: Mapping[str, Any], event: Event, failed: int, since: datetime) -> None:
        if self._faults.strike(Fault.DELIVERY_FAILED, event["detail-type"]):
            self._again(rule, target, event, failed + 1, since)
            return
        try:
            self._delivery.send(target["Arn"], render(target, event), event["detail-type"], target.get("SqsParameters"))
        except UndeliverableError as failure:
            self._bury(rule, target, event, failure, failed)

    def _again(self, rule: Any, target: Mapping[str, Any], event: Event, failed: int, since: datetime) -> None:
        policy = target.get("RetryPolicy", {})
        most = policy.get("MaximumRetryAttempts", self._assumptions.event_retries)
        age = policy.get("MaximumEventAgeInSeconds", self._assumptions.event_retry_age.total_seconds())
        pause = timedelta(seconds=min(_FIRST_PAUSE * 2 ** (failed - 1), _LONGEST_PAUSE) * self._rng.uniform(0.5, 1.0))
        if failed > most or (self._clock.now() + pause - since).total_seconds() > age:
            self._bury(rule, target, event, UndeliverableError("INTERNAL_ERROR", "retries are used up"), failed)
        else:
            self._clock.call_in(pause, lambda: self._deliver(rule, target, event, failed, since))

    def _bury(
        self, rule: Any, target: Mapping[str, Any], event: Event, failure: UndeliverableError, failed: int
    ) -> None:
        self._journal.add("event undelivered", event["detail-type"], f"{target['Arn']}: {failure}")
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue is not None:
            # "Using dead-letter queues to process undelivered events" lists these attributes.
            attributes = {
                "RULE_ARN": rule.arn,
                "TARGET_ARN": target["Arn"],
                "ERROR_CODE": failure.code,
                "ERROR_MESSAGE": failure.message,
                "RETRY_ATTEMPTS": str(failed),
            }
            self._delivery.message(queue, json.dumps(event), attributes)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Route what code puts on a bus with PutEvents in the same way; its own faults are the API's."""

        def send_to_targets(rule: Any, event: Mapping[str, Any], transform_input: bool = True) -> None:  # noqa: ARG001  # moto's
            time = event["time"]
            at = datetime.fromtimestamp(float(time), UTC) if not isinstance(time, datetime) else time
            put = {key: value for key, value in event.items() if key not in {"ingestion-time", "time"}}
            self._match(rule, {**put, "version": "0", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")})

        with mock.patch.object(Rule, "send_to_targets", send_to_targets):
            yield
