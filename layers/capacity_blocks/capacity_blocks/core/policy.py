"""What the operator of a pool asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings of one pool, over the stack's defaults. A lead is counted back from the end of a block."""

    drain_lead: timedelta = timedelta(minutes=40)
    ultraserver_drain_lead: timedelta = timedelta(minutes=70)
    verify_within: timedelta = timedelta(minutes=15)  # instances in service this long after the group was scaled out
    scale_out: bool = True
    reservations: tuple[str, ...] = ()  # taken as if tagged with the pool, for blocks that cannot carry our tag
    price_per_instance_hour: Mapping[str, Decimal] = field(default_factory=dict, hash=False)  # by type, in dollars
    unread: bool = False  # the settings may be right, but could not be read just now
    broken: str | None = None  # why the pool's own settings could not be read; the stack's defaults then stand

    @property
    def may_scale_out(self) -> bool:
        return self.scale_out and self.broken is None
