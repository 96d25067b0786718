"""What the account holds: reservations, the instances in them, the blocks around them and their extensions."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .agenda import Appointment

# "How Capacity Blocks work": instances are terminated from 30 minutes before the end, those of UltraServers from 60.
RECLAIM_LEAD = timedelta(minutes=30)
ULTRASERVER_RECLAIM_LEAD = timedelta(minutes=60)

# "View Capacity Blocks": the counts are 0 until the block is active; the size that was bought is in this tag.
SIZE_TAG = "aws:ec2capacityreservation:incrementalRequestedQuantity"
# Seen in fixtures of aws-parallelcluster.
TYPE_TAG = "aws:ec2capacityreservation:capacityReservationType"

CAPACITY_BLOCK = "capacity-block"


class State(StrEnum):
    """Every state that botocore's CapacityReservationState knows; the live ones of a block come first."""

    PAYMENT_PENDING = "payment-pending"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    EXPIRED = "expired"
    PAYMENT_FAILED = "payment-failed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PENDING = "pending"
    ASSESSING = "assessing"
    DELAYED = "delayed"
    UNSUPPORTED = "unsupported"
    CANCELLING = "cancelling"
    UNAVAILABLE = "unavailable"


ENDED = frozenset({State.EXPIRED, State.PAYMENT_FAILED, State.FAILED, State.CANCELLED})
NOT_YET_ACTIVE = frozenset({State.PAYMENT_PENDING, State.SCHEDULED, State.PENDING})


@dataclass(slots=True, kw_only=True)
class Placement:
    """An instance in a slot, from its launch until its clean-up is over."""

    instance_id: str
    account: str
    leaving: bool = False
    termination_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Block:
    """A Capacity Block as DescribeCapacityBlocks shows it: one UltraServer, or one reservation of instances."""

    block_id: str
    reservation_ids: list[str]
    created: datetime
    order: int
    ultraserver_type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    # DescribeCapacityBlockStatus, InterconnectStatus and TotalUnavailableCapacity; set by a story.
    interconnect_status: str = "ok"
    impaired_instances: int = 0


@dataclass(slots=True, kw_only=True)
class Reservation:
    """One reservation and what is known of its future. `size` is what was bought, whatever EC2 shows of it."""

    reservation_id: str
    owner: str
    arn: str
    instance_type: str
    platform: str
    availability_zone: str
    availability_zone_id: str
    size: int
    state: State
    start: datetime
    end: datetime | None
    created: datetime
    order: int
    tags: dict[str, str]
    tenancy: str = "default"
    reservation_type: str = CAPACITY_BLOCK
    block_id: str | None = None
    ultraserver_type: str | None = None
    placements: dict[str, Placement] = field(default_factory=dict)
    # Instances that a document counts but does not name: they hold slots until the reclaim.
    unnamed: int = 0
    # Members of a document that the engine keeps and shows but does not live by.
    kept: dict[str, Any] = field(default_factory=dict)
    appointments: list[Appointment] = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        return self.reservation_type == CAPACITY_BLOCK

    @property
    def reclaim_at(self) -> datetime | None:
        """When EC2 begins to terminate what is left. Only blocks are reclaimed."""
        if self.end is None or not self.is_block:
            return None
        return self.end - (ULTRASERVER_RECLAIM_LEAD if self.ultraserver_type else RECLAIM_LEAD)

    @property
    def total(self) -> int:
        return self.size if self.state in {State.ACTIVE, State.EXPIRED} else 0

    @property
    def used(self) -> int:
        """Slots with an instance in them or not cleaned up yet."""
        return len(self.placements) + self.unnamed

    @property
    def available(self) -> int:
        return self.size - self.used if self.state is State.ACTIVE else 0
