"""What people are told of the nodes that a block has started, and of the hand-over from the block before."""

from dataclasses import dataclass

from capacity_blocks.core.chain import Joint
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.readiness.verdict import Readiness
from capacity_blocks.core.service import Service
from capacity_blocks.core.timeline import LAST_EXTENSION_BEFORE_END
from capacity_blocks.core.wording.phrase import life
from capacity_blocks.core.wording.succession import joint_key
from capacity_blocks.core.words import when

MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a look at nodes is about, as its keys and words name it."""

    pool: str
    region: str
    reservation_id: str
    target: str
    cluster: str
    life: str

    @property
    def key(self) -> str:
        return f"{self.reservation_id}:{self.target}"


def ready_key(pool: Pool, service: Service) -> str:
    return _ready(service.key, life(pool, service))


def not_ready_key(pool: Pool, service: Service) -> str:
    return _not_ready(service.key, life(pool, service))


def unknown_key(service: Service) -> str:
    return _unknown(str(service.target.id))


def nodes_ready(subject: Subject, found: Readiness, check: NodeCheck) -> Notice:
    with_all = ", with all of their accelerators" if check is NodeCheck.ACCELERATORS else ""
    return _about(
        subject,
        key=_ready(subject.key, subject.life),
        kind="nodes-ready",
        severity=Severity.INFO,
        title=f"{subject.target} is good: {len(found.ready)} of {len(found.ready)} nodes are ready{with_all}",
        text=f"All of them are in cluster {subject.cluster}, on {subject.reservation_id}, and take pods.",
    )


def nodes_not_ready(subject: Subject, found: Readiness, wanted: int) -> Notice:
    named = [f"{instance_id}: {lack}" for instance_id, lack in found.lacking[:MOST_NAMED]]
    more = [f"and {len(found.lacking) - MOST_NAMED} more"] if len(found.lacking) > MOST_NAMED else []
    absent = wanted - len(found.ready) - len(found.lacking)
    missing = [f"{absent} of {wanted} instances are not in service"] if absent > 0 else []
    return _about(
        subject,
        key=_not_ready(subject.key, subject.life),
        kind="nodes-not-ready",
        severity=Severity.CRITICAL,
        title=f"{subject.target} has {len(found.ready)} of {wanted} nodes ready on {subject.reservation_id}",
        text=f"In cluster {subject.cluster}: {'; '.join([*named, *more, *missing])}.",
        next_step=(
            "Look at the nodes (kubectl describe node), their kubelet and the device plugin; replace an instance whose "
            "accelerators have failed, by terminating it in its group."
        ),
    )


def nodes_unknown(subject: Subject, why: str) -> Notice:
    """Tell once for each target: whoever gives us no way into their cluster does not want to hear it every time."""
    return _about(
        subject,
        key=_unknown(subject.target),
        kind="nodes-unknown",
        severity=Severity.WARNING,
        title=f"Nobody can say whether the nodes of {subject.target} are ready",
        text=f"They were looked for in {f'cluster {subject.cluster}' if subject.cluster else 'no cluster'}: {why}.",
        next_step=(
            'Give the role of check_nodes an access entry and its RBAC, or set "check_nodes": "off" in the settings of '
            f"pool {subject.pool}."
        ),
    )


def handed_over(pool: Pool, joint: Joint) -> Notice:
    before, after = joint.before, joint.after
    return Notice(
        key=f"{joint_key(joint)}:handed-over",
        kind="handed-over",
        severity=Severity.INFO,
        title=f"{after} is good: {before} can hand over to it",
        text=(
            f"All {after.instances} instances of {after} serve, from {when(after.start)} on. Both blocks serve "
            f"side by side until {before} drains at {when(before.drain_at)}."
        ),
        next_step=f"Nothing to do: move work over when it suits, before {when(before.drain_at)}.",
        pool=pool.name,
        region=pool.region,
        reservation_id=after.reservation_ids[0],
    )


def hand_over_at_risk(pool: Pool, joint: Joint, served: int) -> Notice:
    before, after = joint.before, joint.after
    return Notice(
        key=f"{joint_key(joint)}:at-risk",
        kind="hand-over-at-risk",
        severity=Severity.CRITICAL,
        title=f"{after} is not good yet, and {before} drains at {when(before.drain_at)}",
        text=(
            f"{after} started at {when(after.start)}; {served} of its {after.instances} instances are in service. "
            f"From {when(before.drain_at)} on the pool has no others in place of the {before.instances} instances of "
            f"{before}."
        ),
        next_step=(
            f"See what keeps {after} from being good. To gain time, extend {before}: that is possible until "
            f"{when(before.end - LAST_EXTENSION_BEFORE_END)}."
        ),
        pool=pool.name,
        region=pool.region,
        reservation_id=after.reservation_ids[0],
    )


def _ready(about: str, of_life: str) -> str:
    return f"{about}:nodes-ready:{of_life}"


def _not_ready(about: str, of_life: str) -> str:
    return f"{about}:nodes-not-ready:{of_life}"


def _unknown(target: str) -> str:
    return f"{target}:nodes-unknown"


def _about(subject: Subject, **fields: object) -> Notice:
    return Notice(
        pool=subject.pool,
        region=subject.region,
        reservation_id=subject.reservation_id,
        target=subject.target,
        **fields,  # type: ignore[arg-type]  # the fields of Notice, named by our callers
    )
