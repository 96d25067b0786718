"""Documents as AWS shows them, to be adopted by a world: of a block that is paid and waits for its start."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from simulator.capacity_blocks import SIZE_TAG

ACCOUNT = "123456789012"


def scheduled_block(
    reservation_id: str,
    size: int,
    start: datetime,
    length: timedelta = timedelta(days=1),
    tags: Mapping[str, str] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return an item of DescribeCapacityReservations: `size` p5.48xlarge in us-east-2a, if `changes` say no other."""
    all_tags = {SIZE_TAG: str(size), **(tags or {})}
    return {
        "CapacityReservationId": reservation_id,
        "OwnerId": ACCOUNT,
        "CapacityReservationArn": f"arn:aws:ec2:us-east-2:{ACCOUNT}:capacity-reservation/{reservation_id}",
        "AvailabilityZone": "us-east-2a",
        "AvailabilityZoneId": "use2-az1",
        "InstanceType": "p5.48xlarge",
        "InstancePlatform": "Linux/UNIX",
        "Tenancy": "default",
        "TotalInstanceCount": 0,
        "AvailableInstanceCount": 0,
        "EbsOptimized": False,
        "EphemeralStorage": False,
        "State": "scheduled",
        "StartDate": start,
        "EndDate": start + length,
        "EndDateType": "limited",
        "InstanceMatchCriteria": "targeted",
        "CreateDate": start - timedelta(days=14),
        "Tags": [{"Key": key, "Value": value} for key, value in all_tags.items()],
        "ReservationType": "capacity-block",
        **changes,
    }
