"""A region of fakes with one group, and the shell around it; and calls that can be struck between any two of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.binder import Binder
from capacity_blocks.core import tag
from capacity_blocks.core.action import Bind, Unbind
from capacity_blocks.core.group import EKS_CLUSTER, EKS_NODE_GROUP, Group, NodeGroup, targets
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.target import Target, TargetId, TemplateVersion
from capacity_blocks.executor import Executor, LiveExecutor, NodeFunctions, Speaker
from capacity_blocks.observer import read_details
from capacity_blocks.ports import Ledger, NodeGroupDescription, NodeGroupStatus, Region
from capacity_blocks.reconciler import PolicyReader, Reconciler, Report
from capacity_blocks.request import Request
from tests.factories import REGION, SUBNET, a_group, a_launch_template, a_node_group, a_target, at
from tests.fakes import (
    FakeClock,
    FakeDrainLedger,
    FakeInvocations,
    FakeLedger,
    FakeNotifier,
    FakePoolSettings,
    FakeRegion,
)

NOW = at("2026-02-20T09:00")
MINUTE = timedelta(minutes=1)
TRAIN = a_target().id
GPU = a_node_group().id
BIND = Bind(target=TRAIN, reservation_id="cr-0a", subnets=("subnet-a",), reason="it is free")
BIND_GPU = replace(BIND, target=GPU)
UNBIND = Unbind(target=TRAIN, reservation_id="cr-0a", reason="the block is ended")
# A free group as its owner made it: candidate subnets of two zones, and a size of its own.
ORIGINAL = a_group(subnets=("subnet-a", "subnet-b"), maximum=12)


@dataclass
class Stage:
    """One region and everything that the stack owns. `port` is what the shell is given of the region."""

    region: FakeRegion = field(default_factory=FakeRegion)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    drains: FakeDrainLedger = field(default_factory=FakeDrainLedger)
    invocations: FakeInvocations = field(default_factory=FakeInvocations)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    settings: FakePoolSettings = field(default_factory=FakePoolSettings)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        self.region.templates.add(a_launch_template())
        self.region.subnets.add(SUBNET)

    @property
    def port(self) -> Region:
        return self.region.port

    @property
    def group(self) -> Group:
        return self.region.groups.groups["train"]

    def add_node_group(self) -> None:
        """Add an EKS managed node group, and the Auto Scaling group behind it."""
        behind = {EKS_CLUSTER: "ml", EKS_NODE_GROUP: "gpu"}
        self.region.groups.add(a_group("eks-gpu", tags=behind))
        self.region.node_groups.add(
            NodeGroup(name="gpu", cluster="ml", arn="arn:gpu", tags={tag.POOL: "training"}),
            NodeGroupDescription(
                status=NodeGroupStatus.ACTIVE,
                capacity_type="CAPACITY_BLOCK",
                template=TemplateVersion(template_id="lt-0a", version="1"),
                subnets=("subnet-a",),
                maximum=8,
            ),
        )

    def seen(self, target: TargetId = TRAIN) -> Target:
        """Return a target as a run observes it now, with its details."""
        found = targets(
            self.region.groups.groups.values(),
            self.region.node_groups.held.values(),
            self.region.groups.scheduled_actions(),
        )
        seen = next(t for t in found if t.id == target)
        return replace(seen, details=read_details(self.port, seen))

    def speaker(self, run: str = "run") -> Speaker:
        return Speaker(ledger=self.ledger, notifier=self.notifier, clock=self.clock, run=run)

    def live(self, run: str = "run", **functions: str | None) -> LiveExecutor:
        """Return what carries actions out, each function under its own name, or as `functions` says."""
        named: dict[str, str | None] = {name: functions.get(name, name) for name in ("drain", "warn", "check")}
        node_functions = NodeFunctions(
            invocations=lambda: self.invocations, drain=named["drain"], warn=named["warn"], check=named["check"]
        )
        return LiveExecutor(
            clock=self.clock, ledger=self.ledger, speaker=self.speaker(run), node_functions=node_functions, run=run
        )

    def reconciler(self, executor: Executor | None = None, run: str = "run", **changes: Any) -> Reconciler:
        given: dict[str, Any] = {
            "clock": self.clock,
            "regions": [self.port],
            "policy_reader": PolicyReader(self.settings, self.policy),
            "ledger": self.ledger,
            "drains": self.drains,
            "executor": executor or self.live(run),
            "speaker": self.speaker(run),
        }
        return Reconciler(**(given | changes))

    def reconcile(self, **request: Any) -> Report:
        return self.reconciler().reconcile(Request(**request))


def a_stage() -> Stage:
    """Return a stage with the free group `train`."""
    stage = Stage()
    stage.region.groups.add(ORIGINAL)
    return stage


Hook = Callable[[str], None]


class Struck:
    """A port whose every call goes through `before` and `after`: where a run may crash, or another cut in."""

    def __init__(self, port: Any, name: str, before: Hook, after: Hook) -> None:
        self._port, self._name, self._before, self._after = port, name, before, after

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)

        def struck(*args: Any, **kwargs: Any) -> Any:
            self._before(f"{self._name}.{method}")
            answer = call(*args, **kwargs)
            self._after(f"{self._name}.{method}")
            return answer

        return struck


def struck_region(port: Region, before: Hook, after: Hook) -> Region:
    names = [f.name for f in fields(port) if f.name != "name"]
    parts: dict[str, Any] = {n: Struck(getattr(port, n), n, before, after) for n in names}
    return Region(name=port.name, **parts)


def struck_ledger(ledger: FakeLedger, before: Hook, after: Hook) -> Ledger:
    struck: Any = Struck(ledger, "ledger", before, after)
    return struck  # type: ignore[no-any-return]  # a proxy of all of it


def binder(stage: Stage, run: str = "run") -> Binder:
    return Binder(ledger=stage.ledger, run=run)


def minutes(count: float) -> datetime:
    return NOW + count * MINUTE


__all__ = ["REGION"]
