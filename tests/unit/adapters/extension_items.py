"""An extension of a block as EC2 writes it, offered and bought, and what it is in the core's words."""

from decimal import Decimal
from typing import Any

from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.segment import Segment
from tests.factories import END, REGION, START, at

NEW_END = at("2026-03-09T11:30")
BOUGHT_AT = at("2026-03-01T10:00")
SPAN: dict[str, Any] = {
    "CapacityBlockExtensionOfferingId": "cbe-0a",
    "InstanceType": "p5.48xlarge",
    "InstanceCount": 8,
    "AvailabilityZone": "us-east-2a",
    "AvailabilityZoneId": "use2-az1",
    "CapacityBlockExtensionStartDate": END,
    "CapacityBlockExtensionEndDate": NEW_END,
    "CapacityBlockExtensionDurationHours": 168,
    "UpfrontFee": "42297.50",
    "CurrencyCode": "USD",
    "ZoneType": "availability-zone",
}
OFFERED: dict[str, Any] = {**SPAN, "StartDate": START, "Tenancy": "default"}
BOUGHT: dict[str, Any] = {
    **SPAN,
    "CapacityReservationId": "cr-0a",
    "CapacityBlockExtensionStatus": "payment-pending",
    "CapacityBlockExtensionPurchaseDate": BOUGHT_AT,
}
OFFERING = Offering(
    offering_id="cbe-0a",
    region=REGION,
    whole=Segment(
        instance_type="p5.48xlarge",
        instance_count=8,
        availability_zone="us-east-2a",
        availability_zone_id="use2-az1",
        start=END,
        end=NEW_END,
        upfront_fee=Decimal("42297.50"),
        zone_type="availability-zone",
    ),
    extends="cr-0a",
)
RECORD = ExtensionRecord(
    reservation_id="cr-0a",
    offering_id="cbe-0a",
    status=ExtensionStatus.PAYMENT_PENDING,
    purchased_at=BOUGHT_AT,
    start=END,
    end=NEW_END,
    instance_type="p5.48xlarge",
    instance_count=8,
    availability_zone="us-east-2a",
    upfront_fee=Decimal("42297.50"),
    currency="USD",
)


def without(item: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != name}
