"""What was seen of drains, as plain data: each node, and all of a target's together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_DRAINED = "drained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The drain of one node, as the ledger has it."""

    instance_id: str
    started: datetime
    ended: datetime
    verdict: str
    reasons: tuple[str, ...]
    evicted: tuple[str, ...]
    was_told: bool  # people heard that it was stuck

    @property
    def is_clean(self) -> bool:
        return self.verdict == _DRAINED

    @property
    def took(self) -> timedelta:
        return self.ended - self.started


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """The drain of one target at the end of its block; `began` is when its desired capacity became zero."""

    reservation_id: str
    target: str
    pool: str
    began: datetime
    given_up: timedelta  # paid, and not used though EC2 would not have terminated anything yet
    nodes: tuple[Node, ...]  # in the order in which they ended

    @property
    def clean(self) -> int:
        return sum(node.is_clean for node in self.nodes)

    @property
    def let_go(self) -> int:
        return len(self.nodes) - self.clean

    @property
    def evicted(self) -> int:
        return sum(len(node.evicted) for node in self.nodes)

    @property
    def typical(self) -> timedelta:
        """From the start of the drain until half of the nodes were empty."""
        return self.nodes[(len(self.nodes) - 1) // 2].ended - self.began

    @property
    def slowest(self) -> timedelta:
        return self.nodes[-1].ended - self.began
