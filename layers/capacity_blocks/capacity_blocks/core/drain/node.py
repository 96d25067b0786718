"""A Kubernetes node as a drain sees it, and the mark that says when its work will be drained."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from capacity_blocks.core.readiness.device import Devices

# On a marked node: as a label and as the key of a taint. Pods, schedulers and people read it.
DRAIN_AT = "capacity-blocks.io/drain-at"
INSTANCE_ID = "capacity-blocks.io/instance-id"  # a label by which the drain finds the node again in one small call
PROVIDER_ID = re.compile(r"aws:///[^/]*/(i-[0-9a-f]+)")


class TaintEffect(StrEnum):
    """What the mark asks of the scheduler.

    Preferring other nodes is the default. Often a block's nodes are the only ones with these accelerators: shut to new
    pods, a job that loses one worker in the last 50 minutes could not start it again, and all its nodes would idle,
    paid for. Pods that are placed all the same are drained like the others. Who runs long work beside short asks for
    `NoSchedule`, and lets the short tolerate it.
    """

    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_SCHEDULE = "NoSchedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    key: str
    effect: str  # Kubernetes' word: other people's taints may have ones that we do not know
    value: str | None = None
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    instance_id: str
    cordoned: bool = False
    ready: bool = True  # whether its kubelet reports; a silent one stops no pod
    taints: tuple[Taint, ...] = ()
    devices: tuple[Devices, ...] = ()
    version: str = ""  # of what was read, so that nobody's change in between is undone


def instance_id(provider_id: str | None) -> str | None:
    """Return the instance behind a node's `spec.providerID`; None for a node that is no EC2 instance."""
    match = PROVIDER_ID.fullmatch(provider_id or "")
    return match and match[1]


def mark_value(drain_at: datetime) -> str:
    """Write an instant as the value of a label may be: no colons, at most 63 characters, and sorted by time."""
    return f"{drain_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def marked(taints: Iterable[Taint], drain_at: datetime, effect: TaintEffect) -> tuple[Taint, ...]:
    """Return all taints that a marked node has: our one anew, with everybody else's."""
    return (*unmarked(taints), Taint(key=DRAIN_AT, value=mark_value(drain_at), effect=effect.value))


def is_marked(node: Node, drain_at: datetime, effect: TaintEffect) -> bool:
    """Whether the mark is on the node already: label and taint are set in one change."""
    wanted = (DRAIN_AT, mark_value(drain_at), effect.value)
    return [(t.key, t.value, t.effect) for t in node.taints if t.key == DRAIN_AT] == [wanted]


def unmarked(taints: Iterable[Taint]) -> tuple[Taint, ...]:
    return tuple(each for each in taints if each.key != DRAIN_AT)
