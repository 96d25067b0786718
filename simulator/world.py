"""A whole local AWS account on a virtual clock, with the product deployed in it from its own template."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulator import (
    changes,
    clients,
    creators,
    deployment,
    moto_account,
    randomness,
    sqs,
    sqs_queue,
    step_functions,
    template,
)
from simulator.assumptions import Assumptions
from simulator.calls import Calls
from simulator.clock import VirtualClock
from simulator.delivery import Delivery
from simulator.eventbridge import Event, EventBridge
from simulator.faults import Faults, Place, places
from simulator.function_url import Request, UrlAnswer
from simulator.journal import Journal
from simulator.lambda_ import Functions
from simulator.quiet import QuietSweeps
from simulator.region import Region
from simulator.sandbox import Sandboxes
from simulator.scheduler import Scheduler
from simulator.sns import Notice, Notifications
from simulator.stack import Stack

_START = datetime(2027, 3, 1, 9, tzinfo=UTC)
_STACK = "capacity-blocks"
# The sweeps that remind people, for the stories that are not about it: each look takes a while.
REMINDERS = ("GatherOffersFunctionSweep", "RemindFunctionSweep")

# Schedules that look through a queue.
_SWEPT = {"schedule NotifySlackFunctionSweep": "SlackQueue"}


class World:
    """One account, its Regions, one clock. Use it as a context manager; the same seed tells the same story."""

    def __init__(
        self,
        template: Path | None = Path("template.yaml"),
        parameters: Mapping[str, str] | None = None,
        *,
        start: datetime = _START,
        seed: int = 0,
        regions: Sequence[str] = ("us-east-2",),
        assumptions: Assumptions | None = None,
        faults: Faults | None = None,
        skip_quiet_sweeps: bool = False,
        sandboxes: Sandboxes | None = None,
        without: Collection[str] = (),
    ) -> None:
        """`without` names resources of the template that a story is not about and that nothing else refers to."""
        self.assumptions = assumptions or Assumptions()
        self.faults = faults or Faults()
        self.seed = seed
        self.home = regions[0]
        self.clock = VirtualClock(start)
        self.journal = Journal(self.clock.now)
        self.calls = Calls(self.clock, self.faults, self.assumptions.api_call, seed)
        self.functions = Functions(
            self.clock, self.assumptions, self.journal, seed, self.faults, sandboxes or Sandboxes()
        )
        self.regions: dict[str, Region] = {}
        self.stack: Stack | None = None
        delivery = Delivery(self.functions, self.client)
        shared = (self.clock, self.assumptions, self.faults, self.journal, delivery, seed)
        self._events = EventBridge(*shared)
        self._scheduler = Scheduler(*shared)
        self._notifications = Notifications(self.clock, self.assumptions, self.journal, delivery, seed)
        self._quiet = QuietSweeps(self.clock, self._stamp, self._is_idle)
        self._skip_quiet_sweeps = skip_quiet_sweeps
        self._template = template
        self._parameters = parameters or {}
        self._without = frozenset(without)
        self._region_names = tuple(regions)
        self._exits = ExitStack()
        self.functions.events.deliver = delivery.message

    # --- life ---

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            self._enter(exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def _enter(self, exits: ExitStack) -> None:
        self.faults.seed(self.seed)
        self.faults.tell = lambda fault, at: self.journal.add("fault", at, fault)
        exits.enter_context(randomness.seeded(self.seed))
        exits.enter_context(self.clock.installed())
        exits.enter_context(moto_account.mocked())
        exits.enter_context(clients.shared())
        for part in (self.calls, self.functions, self._events, self._scheduler, self._notifications):
            exits.enter_context(part.installed())
        exits.enter_context(sqs.installed(self.clock))
        exits.callback(self.clock.close)
        exits.callback(self.functions.runner.close)
        self.calls.on_gap = self._stop_with
        for name in self._region_names:
            emit = partial(self._emit_in, name)
            self.regions[name] = Region(name, self.clock, self.assumptions, self.seed, emit, self.journal)
        latency = self.assumptions.api_call.most  # drawn call by call: to leave calls out would change it
        if self._skip_quiet_sweeps and not latency and not self.faults.count_reads():
            self.functions.runner.on_begin.append(self._quiet.begun)
            self.functions.runner.on_end.append(self._quiet.ended)
            self._scheduler.skip = self._quiet.may_skip
        if self._template is not None:
            self._deploy(self._template, exits)

    def _deploy(self, path: Path, exits: ExitStack) -> None:
        translated = template.load(path, self._parameters, self.home)
        kept = {name: one for name, one in translated.resources.items() if name not in self._without}
        translated = replace(translated, resources=kept)
        if any(one["Type"] == "AWS::StepFunctions::StateMachine" for one in translated.resources.values()):
            executions = step_functions.Executions(self.clock, self.journal, self._events.emit)
            exits.enter_context(step_functions.installed(executions))
        self.stack = Stack(translated, creators.creators(self.client), self.home, _STACK, self.seed)
        self.stack.create()
        for function in deployment.functions(self.stack):
            self.functions.add(function)
        self.functions.urls = {url.function_arn: url for url in deployment.urls(self.stack)}
        for name, policy in deployment.policies(self.stack):
            self.functions.configure(name, policy)

    def _stop_with(self, gap: Exception) -> None:
        def stop() -> None:
            raise gap

        self.clock.call_in(timedelta(), stop, "gap")

    # --- time ---

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def run_until(self, end: datetime) -> None:
        """Let everything happen that is due up to and including `end`."""
        self.clock.run_until(end)

    def run_for(self, span: timedelta) -> None:
        self.clock.run_until(self.clock.now() + span)

    # --- what a person, a test or AWS does ---

    def client(self, service: str, region: str | None = None) -> Any:
        """Give a client of the account's administrator. Its calls are nobody's in the record."""
        return clients.client(service, region or self.home)

    def invoke(self, function: str, event: Any) -> Any:
        """Run a function as the console's test button does: its result, or HandlerError with Lambda's error type."""
        return self.functions.call(function, json.dumps(event), "console")

    def call_url(self, function: str, body: Any = None, **request: Any) -> UrlAnswer:
        """Call the URL of a function as `Request` says, signed by `caller_arn`. Who may not is answered 403."""
        return self.functions.call_url(function, Request(body=body, **request))

    def emit(
        self,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str] = (),
        region: str | None = None,
    ) -> Event:
        """Put an event of an AWS service on the default bus of a Region."""
        return self._events.emit(source, detail_type, detail, resources, region or self.home)

    def load(self, documents: Mapping[str, Any]) -> None:
        """Take over reservations and blocks as describe-* of the AWS CLI shows them, each in the Region of its zone."""
        reservations = documents.get("CapacityReservations", ())
        zones = {one["CapacityReservationId"]: one["AvailabilityZone"] for one in reservations}
        for reservation in reservations:
            self._region_of(reservation["AvailabilityZone"]).engine.adopt(reservation)
        for block in documents.get("CapacityBlocks", ()):
            self._region_of(zones[block["CapacityReservationIds"][0]]).engine.adopt_block(block)

    # --- what came of it ---

    @property
    def notices(self) -> list[Notice]:
        return self._notifications.notices

    @property
    def events(self) -> list[Event]:
        """All events of AWS services, lost ones included."""
        return self._events.events

    @property
    def skipped_sweeps(self) -> int:
        return self._quiet.skipped

    def places(self, caller: str | None = None) -> tuple[Place, ...]:
        """Enumerate the calls so far, of all or of one caller, so that another run can be struck at each of them."""
        return places(((call.name, call.mutating) for call in self.calls.of(caller)), caller or "*")

    def physical_id(self, logical_id: str) -> str:
        """Say what Ref answers for a resource of the template."""
        if self.stack is None:
            raise LookupError(f"{logical_id}: nothing is deployed")
        return self.stack.need(logical_id).ref

    def _region_of(self, zone: str) -> Region:
        """Find the Region of a zone: us-east-2a, or a Local Zone such as us-west-2-lax-1a."""
        for name in sorted(self.regions, key=len, reverse=True):
            if zone.startswith(name):
                return self.regions[name]
        raise LookupError(f"{zone} is in none of the world's Regions: {', '.join(self.regions)}")

    def _emit_in(
        self, region: str, source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str]
    ) -> None:
        self._events.emit(source, detail_type, detail, resources, region)

    def _is_idle(self, trigger: str) -> bool:
        queue = _SWEPT.get(trigger)
        if queue is None or self.stack is None or queue not in self.stack.resources:
            return False
        return sqs_queue.is_empty(self.stack.need(queue).ref, self.home)

    def _stamp(self) -> tuple[int, ...]:
        engines = (region.engine.version for region in self.regions.values())
        return (changes.current(), self.calls.mutations, *engines)
