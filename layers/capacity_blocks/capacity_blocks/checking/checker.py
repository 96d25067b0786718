"""One look at the nodes of a target: say whether they are good, or from when on they should have been."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.checking.request import CheckRequest
from capacity_blocks.core import tag, wording
from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.drain.method import Kubernetes, Unclear, method
from capacity_blocks.core.group import EKS_CLUSTER, EKS_NODE_GROUP
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.readiness.verdict import Readiness, readiness
from capacity_blocks.core.target import TargetId
from capacity_blocks.core.wording.readiness import Subject
from capacity_blocks.draining.finder import Bearings, Place, PoolPolicies, take_bearings
from capacity_blocks.draining.log import Log
from capacity_blocks.executor import Speaker
from capacity_blocks.kubernetes_ports import KubernetesError, Nodes
from capacity_blocks.ports import AwsError, Clock

IN_SERVICE = "InService"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    clock: Clock
    place: Place
    policies: PoolPolicies
    speaker: Speaker
    open: Callable[[str], Nodes]  # the nodes of a cluster
    log: Log

    def check(self, request: CheckRequest) -> str:
        """Look once, tell what is to be told, and say what came of it.

        What cannot be seen is not known, which is no alarm: it is said once for the target, and looked for again.
        """
        members = [m for m in self.place.members.members(request.group) if m.lifecycle_state == IN_SERVICE]
        if not members:
            return "no instance is in service"
        member = self.place.of_target(members[0])
        how, policy = method(member), self.policies.of(member.tags.get(tag.POOL, ""))
        if not isinstance(how, Kubernetes | Unclear):
            return "its nodes are in no Kubernetes cluster"
        if policy.check_nodes is NodeCheck.OFF:
            return "the pool asks for none"
        bearings = take_bearings(self.place, Bearings(member=member, policy=policy, termination=None))
        if not bearings.pool or not bearings.reservation_id:
            return f"its group is in no pool, or on no block{_because(bearings.unread)}"
        if isinstance(how, Unclear):
            return self._unknown(request, _subject(request, bearings, ""), how.reason)
        subject = _subject(request, bearings, how.cluster)
        try:
            nodes = self.open(how.cluster).nodes_of([m.instance_id for m in members], bearings.instance_type)
        except (AwsError, KubernetesError) as error:
            return self._unknown(request, subject, str(error))
        found = readiness([m.instance_id for m in members], nodes, bearings.instance_type, policy.check_nodes)
        return self._found(request, subject, members, found, policy.check_nodes)

    def _found(
        self, request: CheckRequest, subject: Subject, members: Sequence[Member], found: Readiness, check: NodeCheck
    ) -> str:
        wanted = len(members) if request.wanted is None else request.wanted
        if found.is_good(wanted):
            self._tell(request, wording.readiness.nodes_ready(subject, found, check))
        elif _is_over(request.alarm_at, self.clock.now()):
            self._tell(request, wording.readiness.nodes_not_ready(subject, found, wanted))
        lacks = [f"{instance_id}: {lack}" for instance_id, lack in found.lacking]
        return "; ".join([f"{len(found.ready)} of {wanted} nodes are ready", *lacks])

    def _unknown(self, request: CheckRequest, subject: Subject, why: str) -> str:
        self.log("not seen", cluster=subject.cluster, error=why)
        if _is_over(request.alarm_at, self.clock.now()):
            self._tell(request, wording.readiness.nodes_unknown(subject, why))
        return f"not known: {why}"

    def _tell(self, request: CheckRequest, notice: Notice) -> None:
        if request.life:
            self.speaker.say(request.region, notice)


def _subject(request: CheckRequest, bearings: Bearings, cluster: str) -> Subject:
    tags = bearings.member.tags
    name, of_eks = tags.get(EKS_NODE_GROUP), tags.get(EKS_CLUSTER, "")
    target = TargetId(region=request.region, name=name or request.group, cluster=of_eks if name else "")
    return Subject(
        pool=bearings.pool,
        region=request.region,
        reservation_id=bearings.reservation_id,
        target=str(target),
        cluster=cluster,
        life=request.life,
    )


def _is_over(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and now >= instant


def _because(unread: str | None) -> str:
    return f": {unread}" if unread is not None else ""
