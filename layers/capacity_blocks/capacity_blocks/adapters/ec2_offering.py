"""A Capacity Block offering as EC2 describes it, read into the core's words."""

from collections.abc import Mapping
from typing import Any

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.segment import Segment

Item = Mapping[str, Any]  # CapacityBlockOffering or its Segment: types-boto3 1.43 knows neither segments nor their like


class UnreadableOfferingError(Exception):
    """EC2 left out, or garbled, what nobody may buy without knowing."""


def read_offering(item: Item, region: str) -> Offering:
    """Read an offering, or raise UnreadableOfferingError, which names it.

    A fee that is no amount, and a currency that is not named, are left for the core to refuse, which can show them.
    """
    try:
        return Offering(
            offering_id=_required(item, "CapacityBlockOfferingId"),
            region=region,
            whole=_segment(_with_instances(item)),
            segments=tuple(_segment(each) for each in item.get("CapacityBlockOfferingSegments", [])),
            tenancy=item.get("Tenancy", "default"),
            ultraserver_type=item.get("UltraserverType"),
            ultraserver_count=item.get("UltraserverCount"),
        )
    except ValueError as error:
        name = item.get("CapacityBlockOfferingId") or "an offering without an id"
        raise UnreadableOfferingError(f"{name}: {error}") from error


def _segment(item: Item) -> Segment:
    return Segment(
        instance_type=_required(item, "InstanceType"),
        instance_count=_required(item, "InstanceCount"),
        availability_zone=_required(item, "AvailabilityZone"),
        availability_zone_id=item.get("AvailabilityZoneId"),
        start=_required(item, "StartDate"),
        end=_required(item, "EndDate"),
        upfront_fee=money.amount(item.get("UpfrontFee")),
        currency=item.get("CurrencyCode"),
        zone_type=item.get("ZoneType"),
    )


def _with_instances(item: Item) -> Item:
    """Stand in for the instances of UltraServers where EC2 does not name them; assumed that it may not.

    They are counted in UltraServers. No reservation is of type "unnamed", so none is taken for one by its attributes.
    """
    return {"InstanceType": "unnamed", "InstanceCount": 0, **item} if item.get("UltraserverType") else item


def _required(item: Item, name: str) -> Any:
    value = item.get(name)
    if value is None or value == "":
        raise ValueError(f"EC2 gives no {name}")
    return value
