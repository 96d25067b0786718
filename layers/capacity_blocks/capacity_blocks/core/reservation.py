"""A Capacity Block reservation, as EC2 reports it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from capacity_blocks.core import tag


class ReservationState(StrEnum):
    """`CapacityReservationState` of EC2's model, and a name for what EC2 may add later."""

    PAYMENT_PENDING = "payment-pending"
    PAYMENT_FAILED = "payment-failed"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    PENDING = "pending"
    ASSESSING = "assessing"
    DELAYED = "delayed"
    UNSUPPORTED = "unsupported"
    CANCELLING = "cancelling"
    UNAVAILABLE = "unavailable"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, _value: object) -> "ReservationState":
        return cls.UNRECOGNISED


PAID = frozenset({ReservationState.SCHEDULED, ReservationState.ACTIVE})
DEAD = frozenset(
    {
        ReservationState.EXPIRED,
        ReservationState.CANCELLED,
        ReservationState.FAILED,
        ReservationState.PAYMENT_FAILED,
    }
)
# What a block passes through before it is paid; `pending` was seen by AWS ParallelCluster's tests.
UNPAID = frozenset({ReservationState.PAYMENT_PENDING, ReservationState.PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """One Capacity Block. `state` is EC2's word; for where it is in its life see `Timeline`."""

    reservation_id: str
    region: str
    owned: bool = True  # False: another account shares it with us through RAM
    instance_type: str
    instance_count: int
    available_count: int = 0  # free slots; 0 until the block is active
    state: ReservationState
    start: datetime
    end: datetime
    availability_zone: str
    availability_zone_id: str | None = None
    platform: str = "Linux/UNIX"
    tenancy: str = "default"
    ultraserver: bool | None = False  # None: not known
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"{self.reservation_id}: start and end must be timezone-aware")

    @property
    def pool(self) -> str | None:
        return self.tags.get(tag.POOL) or None

    @property
    def is_paid(self) -> bool:
        return self.state in PAID

    @property
    def is_dead(self) -> bool:
        """EC2 will never deliver it, or has ended it."""
        return self.state in DEAD
