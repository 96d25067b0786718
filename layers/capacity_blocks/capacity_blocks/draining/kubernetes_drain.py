"""The drain of one Kubernetes node, one look at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from time import monotonic

from capacity_blocks.core.drain.eviction import Answer, Asked, Eviction, asked
from capacity_blocks.core.drain.member import CLUSTER_TAG
from capacity_blocks.core.drain.node import Node
from capacity_blocks.core.drain.node_plan import POLL, NodePlan, node_plan
from capacity_blocks.core.drain.pod import Pod, PodPolicy
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.draining.plain import not_found, not_found_yet
from capacity_blocks.kubernetes_ports import KubernetesError, Nodes, Pods
from capacity_blocks.ports import AwsError

# A slow API may take seconds for each of forty pods. The instance's wait is kept alive between two looks, so that none
# may last: who was not asked in this one, those that stop soonest, is asked first in the next.
LONGEST_LOOK = timedelta(seconds=20)
READ_EVERY = timedelta(minutes=1)
NO_NODE = (
    f"it is no node of its cluster, so that nothing on it is drained: see that tag {CLUSTER_TAG}<name> of its group "
    "names the cluster where it works, unless it never joined one"
)
SILENT = "its node does not report to the cluster: no pod on it will stop"


class KubernetesDrain:
    """Remembers what was asked of each pod, so as not to ask too often. Nothing else would be lost with it."""

    def __init__(self, nodes: Nodes, pods: Pods, policy: PodPolicy, instance_type: str = "") -> None:
        self._nodes, self._pods, self._policy, self._instance_type = nodes, pods, policy, instance_type
        self._node: Node | None = None
        self._read_at: datetime | None = None
        self._missed = False  # whether a look has not found it
        self._asked: dict[str, Asked] = {}
        self._evicted: list[str] = []
        self._open: tuple[str, ...] = ()  # why pods can still come to the node

    def look(self, instance_id: str, now: datetime, deadline: datetime) -> Progress:
        """Do what is due on the node of this instance and say how its drain stands.

        An API that is away, or that will not let us in, is a reason like any other: until the deadline it is asked
        again, and at the deadline the instance is let go.
        """
        try:
            return self._look(instance_id, now, deadline)
        except (KubernetesError, AwsError) as error:
            words = (f"the cluster did not answer as it should: {error}",)
        moved = tuple(self._evicted)
        if now >= deadline:
            return Progress(verdict=Verdict.LET_GO, reasons=words, stuck=words, evicted=moved)
        again = min(now + POLL, deadline)
        return Progress(verdict=Verdict.PENDING, reasons=words, stuck=words, evicted=moved, look_again_at=again)

    def _look(self, instance_id: str, now: datetime, deadline: datetime) -> Progress:
        node = self._find(instance_id) if self._node is None else self._read(self._node, now)
        if node is None:
            is_sure, self._missed = self._missed, True
            return (not_found if is_sure else not_found_yet)(NO_NODE, now, deadline)
        self._node = node  # from here on it is read again, and not looked for
        if not node.cordoned and now < deadline:
            self._cordon(node)
        pods, until = self._pods.on_node(node.name), monotonic() + LONGEST_LOOK.total_seconds()
        while (plan := self._plan(now, pods, deadline)).evictions and monotonic() < until:
            for eviction in takewhile(lambda _: monotonic() < until, plan.evictions):
                self._evict(eviction, now)
        return self._progress(plan, node)

    def _find(self, instance_id: str) -> Node | None:
        """Look for the node; the second time among those too that carry no label of their instance's type."""
        return self._nodes.find(instance_id, "" if self._missed else self._instance_type)

    def _read(self, node: Node, now: datetime) -> Node:
        """Read it again from time to time: a kubelet falls silent or reports again, and somebody may uncordon it."""
        if self._read_at is None:
            self._read_at = now + READ_EVERY
        if now < self._read_at:
            return node
        self._read_at = now + READ_EVERY
        try:
            return self._nodes.read(node) or node  # one that is gone takes its pods with it: they are looked at anyway
        except KubernetesError:
            return node  # what an API that is away has to say, its pods say next

    def _plan(self, now: datetime, pods: Sequence[Pod], deadline: datetime) -> NodePlan:
        return node_plan(now, pods, self._asked, deadline, self._policy)

    def _cordon(self, node: Node) -> None:
        """Cordon the node, or go on without where we may not: its pods lose less by moving twice than by not moving."""
        try:
            self._nodes.cordon(node)
        except KubernetesError as error:
            if not 400 <= error.status < 500:
                raise
            self._open = (f"the node cannot be cordoned, so that pods may come back to it: {error}",)
        else:
            self._node, self._open = replace(node, cordoned=True), ()

    def _evict(self, eviction: Eviction, now: datetime) -> None:
        before = self._asked.get(eviction.pod.uid)
        reply = self._pods.evict(eviction)
        self._asked[eviction.pod.uid] = asked(before, reply, now)
        name = str(eviction.pod)
        if reply.answer is Answer.ACCEPTED and name not in self._evicted:
            self._evicted.append(name)

    def _progress(self, plan: NodePlan, node: Node) -> Progress:
        is_over = plan.verdict is Verdict.DRAINED
        trouble = (*self._open, *(() if node.ready or is_over else (SILENT,)))
        return Progress(
            verdict=plan.verdict,
            reasons=(*trouble, *plan.reasons),
            evicted=tuple(self._evicted),
            left=tuple(str(pod) for pod in plan.waiting),
            stuck=(*trouble, *plan.stuck),
            look_again_at=plan.look_again_at,
        )
