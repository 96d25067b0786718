"""Extensions as EC2 describes them, offered or bought, read into the core's words."""

from collections.abc import Mapping
from typing import Any

from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.segment import Segment

Item = Mapping[str, Any]  # CapacityBlockExtensionOffering or CapacityBlockExtension


def read_offer(item: Item, region: str, reservation_id: str) -> Offering:
    """Read an extension offering of a reservation; ValueError where EC2 left out what nobody may buy without knowing.

    Its `StartDate` is that of the block and says nothing of the extension, which begins where the block ends.
    """
    whole = Segment(
        instance_type=_required(item, "InstanceType"),
        instance_count=_required(item, "InstanceCount"),
        availability_zone=_required(item, "AvailabilityZone"),
        availability_zone_id=item.get("AvailabilityZoneId"),
        start=_required(item, "CapacityBlockExtensionStartDate"),
        end=_required(item, "CapacityBlockExtensionEndDate"),
        upfront_fee=money.amount(item.get("UpfrontFee")),
        currency=item.get("CurrencyCode"),
        zone_type=item.get("ZoneType"),
    )
    return Offering(
        offering_id=_required(item, "CapacityBlockExtensionOfferingId"),
        region=region,
        whole=whole,
        tenancy=item.get("Tenancy", "default"),
        extends=reservation_id,
    )


def read_record(item: Item) -> ExtensionRecord:
    """Read an extension that was bought; ValueError where EC2 left out what tells it from others."""
    return ExtensionRecord(
        reservation_id=_required(item, "CapacityReservationId"),
        offering_id=_required(item, "CapacityBlockExtensionOfferingId"),
        status=ExtensionStatus(_required(item, "CapacityBlockExtensionStatus")),
        purchased_at=_required(item, "CapacityBlockExtensionPurchaseDate"),
        start=_required(item, "CapacityBlockExtensionStartDate"),
        end=_required(item, "CapacityBlockExtensionEndDate"),
        instance_type=item.get("InstanceType", ""),
        instance_count=item.get("InstanceCount", 0),
        availability_zone=item.get("AvailabilityZone", ""),
        upfront_fee=money.amount(item.get("UpfrontFee")),
        currency=item.get("CurrencyCode"),
    )


def _required(item: Item, name: str) -> Any:
    value = item.get(name)
    if value is None or value == "":
        raise ValueError(f"EC2 gives no {name}")
    return value
