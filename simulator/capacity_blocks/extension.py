"""More time for a block, as it is offered and as the history shows it: botocore's shapes for extensions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from .holdings import Document
from .inventory import Shelf
from .page import Reader
from .reservation import Reservation


class ExtensionStatus(StrEnum):
    """botocore, CapacityBlockExtensionStatus."""

    PAYMENT_PENDING = "payment-pending"
    PAYMENT_FAILED = "payment-failed"
    PAYMENT_SUCCEEDED = "payment-succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionOffering:
    """Time that could be added to one reservation, from its end on, all of its instances or none."""

    offering_id: str
    reservation_id: str
    shelf: Shelf
    count: int
    start: datetime
    end: datetime
    fee: Decimal


@dataclass(slots=True, kw_only=True)
class Extension:
    """One purchase of more time, as the history shows it."""

    offering: ExtensionOffering
    order: int
    purchased: datetime
    status: ExtensionStatus = ExtensionStatus.PAYMENT_PENDING


READERS: dict[str, Reader[Extension]] = {
    "availability-zone": lambda each: [each.offering.shelf.availability_zone],
    "availability-zone-id": lambda each: [each.offering.shelf.availability_zone_id],
    "capacity-block-extension-offering-id": lambda each: [each.offering.offering_id],
    "capacity-block-extension-status": lambda each: [each.status.value],
    "capacity-reservation-id": lambda each: [each.offering.reservation_id],
    "instance-type": lambda each: [each.offering.shelf.instance_type],
}


def offering_document(offering: ExtensionOffering, reservation: Reservation) -> Document:
    """One item of DescribeCapacityBlockExtensionOfferings. StartDate is the start of the block that would go on."""
    return {
        **_span_document(offering),
        "StartDate": reservation.start,
        "Tenancy": reservation.tenancy,
    }


def extension_document(extension: Extension) -> Document:
    """One item of DescribeCapacityBlockExtensionHistory."""
    return {
        **_span_document(extension.offering),
        "CapacityReservationId": extension.offering.reservation_id,
        "CapacityBlockExtensionStatus": extension.status.value,
        "CapacityBlockExtensionPurchaseDate": extension.purchased,
    }


def _span_document(offering: ExtensionOffering) -> Document:
    return {
        "CapacityBlockExtensionOfferingId": offering.offering_id,
        "InstanceType": offering.shelf.instance_type,
        "InstanceCount": offering.count,
        "AvailabilityZone": offering.shelf.availability_zone,
        "AvailabilityZoneId": offering.shelf.availability_zone_id,
        "CapacityBlockExtensionStartDate": offering.start,
        "CapacityBlockExtensionEndDate": offering.end,
        "CapacityBlockExtensionDurationHours": (offering.end - offering.start) // timedelta(hours=1),
        "UpfrontFee": str(offering.fee),
        "CurrencyCode": "USD",
        "ZoneType": offering.shelf.zone_type,
    }
