"""An extension as EC2's history shows it: the only trace of one, as it takes neither a client token nor tags."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class ExtensionStatus(StrEnum):
    """EC2's word for how an extension stands (botocore: CapacityBlockExtensionStatus), and a name for a new one."""

    PAYMENT_PENDING = "payment-pending"
    PAYMENT_SUCCEEDED = "payment-succeeded"
    PAYMENT_FAILED = "payment-failed"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, _value: object) -> "ExtensionStatus":
        return cls.UNRECOGNISED


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRecord:
    """One purchase of more time. `start` is the end that the block had, `end` the one that it has once this is paid."""

    reservation_id: str
    offering_id: str
    status: ExtensionStatus
    purchased_at: datetime
    start: datetime
    end: datetime
    instance_type: str = ""
    instance_count: int = 0
    availability_zone: str = ""
    upfront_fee: Decimal | None = None  # None: EC2 gave none that is an amount
    currency: str | None = None

    def __post_init__(self) -> None:
        if any(each.tzinfo is None for each in (self.purchased_at, self.start, self.end)):
            raise ValueError(f"{self.reservation_id}: the instants of its extension must be timezone-aware")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    @property
    def may_be_paid(self) -> bool:
        """Whether it moves the end, or may yet. A status that is not known may mean that."""
        return self.status is not ExtensionStatus.PAYMENT_FAILED
