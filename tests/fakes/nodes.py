"""Instances that wait for their end, what runs on them, and what is asked of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.drain.command import Command, CommandStatus
from capacity_blocks.core.drain.container import ContainerInstance, Task
from capacity_blocks.core.drain.member import WAITING, Member
from capacity_blocks.core.drain.node import Node, TaintEffect
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.core.readiness.device import Devices
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.kubernetes_ports import KubernetesError
from capacity_blocks.ports import AwsError, Clock
from tests.fakes.failing import Errors, perhaps_raise, refused, unclear

LOOK_EVERY = timedelta(seconds=5)


@dataclass
class Away:
    """An API that does not answer from one instant to another."""

    clock: Clock
    since: datetime | None = None
    until: datetime | None = None

    def leave(self, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until

    def perhaps_raise(self, operation: str) -> None:
        if self.since is not None and self.until is not None and self.since <= self.clock.now() < self.until:
            raise unclear(operation)


@dataclass
class FakeLifecycle:
    """`held` instances by id; one in `runs_out` waits until then. `completed` says when each was let go by us."""

    clock: Clock
    hook: timedelta | None = timedelta(minutes=7)
    held: dict[str, Member] = field(default_factory=dict)
    runs_out: dict[str, datetime] = field(default_factory=dict)
    completed: dict[str, datetime] = field(default_factory=dict)
    timed_out: list[str] = field(default_factory=list)
    drains: dict[str, datetime] = field(default_factory=dict)  # native drain actions by group
    errors: Errors = field(default_factory=dict)
    away: Away = field(init=False)

    def __post_init__(self) -> None:
        self.away = Away(self.clock)

    def add(self, *members: Member) -> None:
        for member in members:
            self.held[member.instance_id] = member
            if member.is_waiting and self.hook is not None:
                self.runs_out[member.instance_id] = self.clock.now() + self.hook

    def terminate(self, *instance_ids: str) -> None:
        self.add(*(replace(self.held[each], lifecycle_state=WAITING) for each in instance_ids))

    def member(self, instance_id: str) -> Member | None:
        self._call("member")
        return self.held.get(instance_id)

    def members(self, group: str) -> Sequence[Member]:
        self._call("members")
        return [member for member in self.held.values() if member.group == group]

    def drain_action(self, group: str) -> datetime | None:
        self._call("drain_action")
        return self.drains.get(group)

    def timeout(self, group: str) -> timedelta | None:
        self._call("timeout")
        return self.hook

    def heartbeat(self, member: Member) -> bool:
        self._call("heartbeat")
        _refuse_node_groups(member)
        if member.instance_id not in self.runs_out or self.hook is None:
            return False
        self.runs_out[member.instance_id] = self.clock.now() + self.hook
        return True

    def complete(self, member: Member) -> bool:
        self._call("complete")
        _refuse_node_groups(member)
        if self.runs_out.pop(member.instance_id, None) is None:
            return False
        del self.held[member.instance_id]
        self.completed[member.instance_id] = self.clock.now()
        return True

    def go_by_themselves(self, *instance_ids: str) -> None:
        """Let somebody else complete their actions."""
        for each in instance_ids:
            del self.runs_out[each], self.held[each]

    def _call(self, method: str) -> None:
        perhaps_raise(self.errors, method)
        self.away.perhaps_raise(method)
        for each in [i for i, due in self.runs_out.items() if due <= self.clock.now()]:
            self.timed_out.append(each)
            self.go_by_themselves(each)


def _refuse_node_groups(member: Member) -> None:
    if member.is_of_node_group:  # EKS's own group does not carry our tags, to which our permissions are bound
        raise refused("LifecycleAction")


@dataclass
class FakeBlocks:
    """`held` blocks by the instance in them; None: in none."""

    clock: Clock
    held: dict[str, Reservation | None] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # the instances that EC2 has ended
    errors: Errors = field(default_factory=dict)
    away: Away = field(init=False)

    def __post_init__(self) -> None:
        self.away = Away(self.clock)

    def is_running(self, instance_id: str) -> bool:
        perhaps_raise(self.errors, "is_running")
        self.away.perhaps_raise("is_running")
        return instance_id not in self.ended

    def block_of(self, instance_id: str) -> Reservation | None:
        perhaps_raise(self.errors, "block_of")
        self.away.perhaps_raise("block_of")
        return self.held[instance_id]


@dataclass
class FakeNodeGroupTags:
    held: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def tags(self, cluster: str, name: str) -> Mapping[str, str]:
        return self.held.get((cluster, name), {})


@dataclass
class FakePod:
    """A pod goes `takes` after it was told to. One that is `held` by a budget is not told; `scratch`: an emptyDir."""

    name: str
    takes: timedelta = timedelta(seconds=30)
    held: str = ""
    scratch: bool = False
    told_at: datetime | None = None

    def is_gone(self, now: datetime) -> bool:
        return self.told_at is not None and now >= self.told_at + self.takes


@dataclass
class FakeCluster:
    """Pods by instance. `crash` is raised at the looks that are counted in `crashes`."""

    clock: Clock
    policy: PodPolicy = field(default_factory=PodPolicy)
    pods: dict[str, list[FakePod]] = field(default_factory=dict)
    deadlines: dict[str, list[datetime]] = field(default_factory=dict)
    looks: int = 0
    crashes: frozenset[int] = frozenset()
    away: Away = field(init=False)

    def __post_init__(self) -> None:
        self.away = Away(self.clock)

    def look(self, instance_id: str, now: datetime, deadline: datetime) -> Progress:
        self.looks += 1
        if self.looks in self.crashes:
            raise CrashError
        self.away.perhaps_raise("ListPods")
        pods = self.pods.setdefault(instance_id, [])
        self.deadlines.setdefault(instance_id, []).append(deadline)
        for pod in pods:
            is_spared = pod.scratch and (self.policy.unread or not self.policy.evict_local_storage)
            if not pod.held and not is_spared and pod.told_at is None and now < deadline:
                pod.told_at = now
        left = [pod for pod in pods if not pod.is_gone(now)]
        told = tuple(pod.name for pod in pods if pod.told_at is not None)
        if not left:
            return Progress(verdict=Verdict.DRAINED, reasons=("no pod is left on the node",), evicted=told)
        stuck = tuple(f"{pod.name} is held back by PodDisruptionBudget {pod.held}" for pod in left if pod.held)
        is_over = now >= deadline
        return Progress(
            verdict=Verdict.LET_GO if is_over else Verdict.PENDING,
            reasons=stuck or ("pods stop",),
            evicted=told,
            left=tuple(pod.name for pod in left),
            stuck=stuck,
            look_again_at=None if is_over else min(now + LOOK_EVERY, deadline),
        )


class CrashError(BaseException):
    """The process is gone."""


@dataclass
class FakeNodes:
    """Nodes of Kubernetes: `marks` by instance, with their effects; `broken` ones refuse to be marked."""

    held: list[str] = field(default_factory=list)
    marks: dict[str, tuple[datetime, TaintEffect]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    devices: dict[str, tuple[Devices, ...]] = field(default_factory=dict)
    away: bool = False

    def find(self, instance_id: str, instance_type: str = "") -> Node | None:
        if instance_id not in self.held:
            return None
        return Node(name=f"node-{instance_id}", instance_id=instance_id, devices=self.devices.get(instance_id, ()))

    def read(self, node: Node) -> Node | None:
        return self.find(node.instance_id)

    def nodes_of(self, instance_ids: Collection[str], instance_type: str = "") -> Mapping[str, Node]:
        if self.away:
            raise KubernetesError("find nodes", "too slow")
        found = {each: self.find(each, instance_type) for each in instance_ids}
        return {each: node for each, node in found.items() if node is not None}

    def cordon(self, node: Node) -> None:
        raise AssertionError("a warning cordons nothing")

    def mark(self, node: Node, drain_at: datetime, effect: TaintEffect) -> None:
        if node.instance_id in self.broken:
            raise KubernetesError(f"mark node {node.name}", "not allowed", status=403)
        self.marks[node.instance_id] = (drain_at, effect)

    def unmark(self, node: Node) -> None:
        self.marks.pop(node.instance_id, None)


@dataclass
class FakeCommands:
    """`sent` commands in order: instances, document, mark, within. What `hidden` holds is not listed yet."""

    sent: list[tuple[tuple[str, ...], str, str, timedelta]] = field(default_factory=list)
    standing: dict[str, tuple[CommandStatus, str]] = field(default_factory=dict)  # by command id
    hidden: set[str] = field(default_factory=set)
    lost: bool = False  # the next answer to `send` is
    errors: Errors = field(default_factory=dict)

    def find(self, instance_id: str, document: str, mark: str) -> Command | None:
        perhaps_raise(self.errors, "find")
        for number, (ids, name, with_mark, _) in reversed(list(enumerate(self.sent))):
            if instance_id in ids and (name, with_mark) == (document, mark) and f"c-{number}" not in self.hidden:
                return self.read(f"c-{number}", instance_id)
        return None

    def read(self, command_id: str, instance_id: str) -> Command | None:
        perhaps_raise(self.errors, "read")
        if command_id in self.hidden:
            return None
        status, output = self.standing.get(command_id, (CommandStatus.IN_PROGRESS, ""))
        return Command(command_id=command_id, status=status, output=output)

    def send(self, instance_ids: Sequence[str], document: str, mark: str, within: timedelta) -> str:
        perhaps_raise(self.errors, "send")
        self.sent.append((tuple(instance_ids), document, mark, within))
        if self.lost:
            self.lost = False
            raise AwsError("SendCommand", "ReadTimeoutError", "no answer came", definite=False)
        return f"c-{len(self.sent) - 1}"


@dataclass
class FakeContainerInstances:
    """`held` by instance id, and the tasks on each; `asked` counts what is dear: the listings of tasks."""

    held: dict[str, ContainerInstance] = field(default_factory=dict)
    on: dict[str, list[Task]] = field(default_factory=dict)
    listed: int = 0
    errors: Errors = field(default_factory=dict)

    def find(self, instance_id: str, cluster: str | None) -> ContainerInstance | None:
        perhaps_raise(self.errors, "find")
        found = self.held.get(instance_id)
        return found if found is None or cluster in {None, found.cluster} else None

    def read(self, found: ContainerInstance) -> ContainerInstance | None:
        perhaps_raise(self.errors, "read")
        return next((each for each in self.held.values() if each.arn == found.arn), None)

    def drain(self, found: ContainerInstance) -> None:
        perhaps_raise(self.errors, "drain")
        for instance_id, each in self.held.items():
            if each.arn == found.arn:
                self.held[instance_id] = replace(each, status="DRAINING")

    def tasks(self, found: ContainerInstance) -> Sequence[Task]:
        perhaps_raise(self.errors, "tasks")
        self.listed += 1
        return list(self.on.get(found.arn, []))


@dataclass
class FakeWebhooks:
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    error: Exception | None = None

    def post(self, url: str, body: Mapping[str, Any]) -> None:
        if self.error is not None:
            raise self.error
        self.posted.append((url, dict(body)))
