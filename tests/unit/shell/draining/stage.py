"""Instances that terminate, on a clock that lets several runs go side by side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core import tag
from capacity_blocks.core.drain.member import WAITING, Member
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.drain_ports import Drain
from capacity_blocks.draining.drainer import Drainer, Outcome
from capacity_blocks.draining.farewell import Farewell
from capacity_blocks.draining.finder import Place, PoolPolicies
from capacity_blocks.draining.methods import Methods
from capacity_blocks.draining.request import DrainRequest, parse_drain
from capacity_blocks.draining.teller import Teller
from capacity_blocks.executor import Speaker
from capacity_blocks.ports import AwsError
from simulator.clock import VirtualClock
from tests.factories import REGION, a_reservation, at
from tests.fakes import FakeDrainLedger, FakeLedger, FakeNotifier, FakePoolSettings
from tests.fakes.failing import perhaps_raise
from tests.fakes.nodes import (
    CrashError,
    FakeBlocks,
    FakeCluster,
    FakeCommands,
    FakeContainerInstances,
    FakeLifecycle,
    FakeNodeGroupTags,
    FakePod,
)

DRAIN_AT = at("2026-03-02T10:50")
DEADLINE = at("2026-03-02T10:59")
RECLAIM_AT = at("2026-03-02T11:00")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
I1 = "i-0a"
TAGS = {tag.POOL: "training", tag.DRAIN: "eks", tag.BOUND_TO: "cr-0a", "kubernetes.io/cluster/ml": "owned"}
FUNCTION = "drain-node"
SLICE = timedelta(minutes=13)


@dataclass(frozen=True)
class TaskClock:
    """What the shell is given of the virtual clock."""

    clock: VirtualClock

    def now(self) -> datetime:
        return self.clock.now()

    def sleep_until(self, instant: datetime) -> None:
        self.clock.sleep((instant - self.clock.now()).total_seconds())


@dataclass
class Stage:
    """`outcomes` by run. What a run starts by invoking the function runs a second later, as `r2`, `r3` and so on."""

    virtual: VirtualClock = field(default_factory=lambda: VirtualClock(DRAIN_AT))
    ledger: FakeLedger = field(default_factory=FakeLedger)
    drains: FakeDrainLedger = field(default_factory=FakeDrainLedger)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    settings: FakePoolSettings = field(default_factory=FakePoolSettings)
    commands: FakeCommands = field(default_factory=FakeCommands)
    container_instances: FakeContainerInstances = field(default_factory=FakeContainerInstances)
    node_groups: FakeNodeGroupTags = field(default_factory=FakeNodeGroupTags)
    outcomes: dict[str, Outcome | str] = field(default_factory=dict)
    log: list[tuple[datetime, str, dict[str, object]]] = field(default_factory=list)
    invoked: int = 1
    errors: dict[str, AwsError] = field(default_factory=dict)
    lasts: timedelta = SLICE

    def __post_init__(self) -> None:
        self.clock = TaskClock(self.virtual)
        self.lifecycle = FakeLifecycle(self.clock)
        self.blocks = FakeBlocks(self.clock)
        self.cluster = FakeCluster(self.clock)

    def add(
        self,
        *instance_ids: str,
        block: Reservation | None = None,
        state: str = WAITING,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Add instances with a pod each that takes half a minute to go."""
        for instance_id in instance_ids:
            member = Member(
                instance_id=instance_id,
                region=REGION,
                group="train",
                lifecycle_state=state,
                tags=TAGS | dict(tags or {}),
            )
            self.lifecycle.add(member)
            self.blocks.held[instance_id] = block or a_reservation()
            self.cluster.pods[instance_id] = [FakePod(f"ml/worker-{instance_id}")]

    def place(self) -> Place:
        return Place(
            name=REGION,
            members=self.lifecycle,
            actions=self.lifecycle,
            blocks=self.blocks,
            node_groups=self.node_groups,
        )

    def policies(self) -> PoolPolicies:
        return PoolPolicies(source=self.settings, default=Policy(), log=self.note)

    def methods(self) -> Methods:
        return Methods(
            kubernetes=self._kubernetes,
            container_instances=lambda: self.container_instances,
            commands=lambda: self.commands,
        )

    def _kubernetes(self, _cluster: str, policy: PodPolicy, _instance_type: str) -> Drain:
        self.cluster.policy = policy
        return self.cluster

    def drainer(self, run: str) -> Drainer:
        speaker = Speaker(ledger=self.ledger, notifier=self.notifier, clock=self.clock, run=run)
        return Drainer(
            clock=self.clock,
            place=self.place(),
            methods=self.methods(),
            policies=self.policies(),
            ledger=self.drains,
            farewell=Farewell(clock=self.clock, ledger=self.drains, history=self.ledger, log=self.note, run=run),
            teller=Teller(speaker=speaker, ledger=self.drains, log=self.note),
            invocations=self,
            log=self.note,
            function=FUNCTION,
            run=run,
        )

    def start(self, instance_id: str = I1, run: str = "r1", after: timedelta = timedelta(), **fields: Any) -> None:
        """Have a run begin for an instance. A crash ends it without a word; what AWS would not do fails it."""
        request = DrainRequest(instance_id=instance_id, region=REGION, **fields)

        def go() -> None:
            try:
                self.outcomes[run] = self.drainer(run).drain(request, self.clock.now() + self.lasts)
            except CrashError:
                self.outcomes[run] = "crashed"
            except AwsError as error:
                self.outcomes[run] = f"failed: {error.operation}"

        self.virtual.call_in(after, go, run)

    def invoke(self, function: str, event: Any) -> None:
        assert function == FUNCTION
        perhaps_raise(self.errors, "invoke")
        self.invoked += 1
        request = parse_drain(event, (REGION,), REGION)
        self.start(request.instance_id, f"r{self.invoked}", SECOND, termination=request.termination)

    def run(self, until: datetime = RECLAIM_AT) -> None:
        self.virtual.run_until(until)

    def at(self, instant: datetime, do: Callable[[], Any]) -> None:
        self.virtual.call_at(instant, lambda: (do(), None)[1])

    def note(self, message: str, **fields: object) -> None:
        self.log.append((self.clock.now(), message, fields))
