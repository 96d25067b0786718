"""What a drain needs of a Kubernetes cluster."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from capacity_blocks.core.drain.eviction import Eviction, Reply
from capacity_blocks.core.drain.node import Node, TaintEffect
from capacity_blocks.core.drain.pod import Pod


class KubernetesError(Exception):
    """A call of the Kubernetes API failed. `status` is that of HTTP, 0 for no answer; `reason` is Kubernetes' own."""

    def __init__(
        self,
        operation: str,
        message: str,
        *,
        status: int = 0,
        reason: str = "",
        causes: tuple[tuple[str, str], ...] = (),  # reason and message of each
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{operation}: {status or 'no answer'}{f' {reason}' if reason else ''}: {message}")
        self.operation, self.message, self.status, self.reason = operation, message, status, reason
        self.causes, self.retry_after = causes, retry_after


class Nodes(Protocol):
    def find(self, instance_id: str, instance_type: str = "") -> Node | None:
        """Return the node that is this instance; None when every node was looked at and none is it.

        `instance_type` narrows the search in a large cluster. It must be the instance's own.
        """

    def read(self, node: Node) -> Node | None:
        """Return the node as it is now; None when it is gone."""

    def nodes_of(self, instance_ids: Collection[str], instance_type: str = "") -> Mapping[str, Node]:
        """Return the node of each instance that is one, by instance id, after one search for all of them."""

    def cordon(self, node: Node) -> None: ...
    def mark(self, node: Node, drain_at: datetime, effect: TaintEffect) -> None:
        """Set our taint and labels on the node, in place of what we set before."""

    def unmark(self, node: Node) -> None:
        """Take them off again."""


class Pods(Protocol):
    def on_node(self, name: str) -> Sequence[Pod]:
        """Return every pod on the node, in all pages; raise KubernetesError, never part of them."""

    def evict(self, eviction: Eviction) -> Reply:
        """Ask for the eviction of exactly this pod. Raise KubernetesError only where the API does not answer."""
