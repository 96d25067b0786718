"""A renewal that was decided without a person: of which block and end, within what, and on which figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase import canonical, money
from capacity_blocks.core.renewal.settings import RenewalMode

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """There is one for each block and end. It says that the block was known to be used enough, and buys nothing."""

    reservation_id: str
    region: str
    pool: str
    instance_type: str
    instance_count: int
    end: datetime  # of the block when it was decided
    mode: RenewalMode
    duration: timedelta
    most_fee: Decimal
    utilization: Decimal  # percent, over the last day
    decided_at: datetime


def to_document(renewal: Renewal) -> dict[str, Any]:
    return {
        "reservation_id": renewal.reservation_id,
        "region": renewal.region,
        "pool": renewal.pool,
        "instance_type": renewal.instance_type,
        "instance_count": renewal.instance_count,
        "end": canonical.instant(renewal.end),
        "mode": renewal.mode.value,
        "hours": renewal.duration // HOUR,
        "most_fee": money.canonical(renewal.most_fee),
        "utilization": money.canonical(renewal.utilization),
        "decided_at": canonical.instant(renewal.decided_at),
    }


def from_document(document: Mapping[str, Any]) -> Renewal:
    """Read what `to_document` wrote; ValueError or KeyError for anything else."""
    return Renewal(
        reservation_id=document["reservation_id"],
        region=document["region"],
        pool=document["pool"],
        instance_type=document["instance_type"],
        instance_count=int(document["instance_count"]),
        end=datetime.fromisoformat(document["end"]),
        mode=RenewalMode(document["mode"]),
        duration=int(document["hours"]) * HOUR,
        most_fee=Decimal(document["most_fee"]),
        utilization=Decimal(document["utilization"]),
        decided_at=datetime.fromisoformat(document["decided_at"]),
    )
