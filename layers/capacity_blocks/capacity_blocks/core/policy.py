"""What the operator of a pool asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from capacity_blocks.core.drain.checkpoint import Checkpoint
from capacity_blocks.core.drain.node import TaintEffect
from capacity_blocks.core.readiness.check import NodeCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings of one pool, over the stack's defaults."""

    drain_lead: timedelta = timedelta(minutes=40)  # before the end of a block
    ultraserver_drain_lead: timedelta = timedelta(minutes=70)
    drain_at_most: timedelta = timedelta(minutes=10)  # for an instance that terminates before its block drains
    hold_for_extension: bool = False  # put a drain off while an extension is being paid, where there is time to
    evict_local_storage: bool = True  # pods with an emptyDir, whose content goes with the node in any case
    evict_unmanaged: bool = True  # pods that no controller starts anew
    notice_lead: timedelta = timedelta(hours=24)  # this and the next two before the drain; 0: not at all
    mark_lead: timedelta = timedelta(minutes=50)
    checkpoint_lead: timedelta = timedelta(minutes=20)
    taint: TaintEffect = TaintEffect.PREFER_NO_SCHEDULE  # of marked nodes
    checkpoint: Checkpoint | None = None
    verify_within: timedelta = timedelta(minutes=15)  # instances in service this long after the group was scaled out
    check_nodes: NodeCheck = NodeCheck.ACCELERATORS  # before a target that is in a cluster counts as good
    scale_out: bool = True
    reservations: tuple[str, ...] = ()  # taken as if tagged with the pool, for blocks that cannot carry our tag
    price_per_instance_hour: Mapping[str, Decimal] = field(default_factory=dict, hash=False)  # by type, in dollars
    unread: bool = False  # the settings may be right, but could not be read just now
    broken: str | None = None  # why the pool's own settings could not be read; the stack's defaults then stand

    @property
    def may_scale_out(self) -> bool:
        return self.scale_out and self.broken is None
