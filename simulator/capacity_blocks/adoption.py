"""Blocks that were not bought here: documents as the AWS CLI prints them become reservations with a future."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from .holdings import Document, Holdings
from .lifecycle import Lifecycle
from .reservation import CAPACITY_BLOCK, ENDED, SIZE_TAG, Block, Reservation, State
from .slot import Slots
from .tagging import Tagging

# Members that the engine lives by and prints itself; all others are kept as they came.
_OWN = frozenset(
    {
        "CapacityReservationId",
        "OwnerId",
        "CapacityReservationArn",
        "AvailabilityZoneId",
        "InstanceType",
        "InstancePlatform",
        "AvailabilityZone",
        "Tenancy",
        "TotalInstanceCount",
        "AvailableInstanceCount",
        "State",
        "StartDate",
        "EndDate",
        "CreateDate",
        "Tags",
        "CapacityAllocations",
        "ReservationType",
        "CapacityBlockId",
        "LaunchStatus",
    }
)


class Adoption:
    """Take over what somebody else bought, or what was bought by hand."""

    def __init__(self, holdings: Holdings, lifecycle: Lifecycle, slots: Slots, tagging: Tagging) -> None:
        self._holdings = holdings
        self._lifecycle = lifecycle
        self._slots = slots
        self._tagging = tagging

    def adopt(self, document: Document, instances: Sequence[str] = ()) -> str:
        """Take over one item of describe-capacity-reservations, with the instances that are known to run in it.

        Slots that the document counts as used and nobody names stay used until the reclaim.
        """
        reservation = self._read(document)
        self._holdings.reservations[reservation.reservation_id] = reservation
        for instance_id in instances:
            self._slots.seat(reservation, instance_id, self._holdings.account)
        if reservation.state is State.ACTIVE:
            in_use = reservation.size - int(document.get("AvailableInstanceCount", reservation.size))
            reservation.unnamed = max(0, in_use - len(instances))
        self._holdings.touch()
        self._tagging.tell(reservation.reservation_id)
        self._lifecycle.begin(reservation)
        return reservation.reservation_id

    def adopt_block(self, document: Document) -> str:
        """Take over one item of describe-capacity-blocks, whose reservations must have been taken over before."""
        block_id = document["CapacityBlockId"]
        reservations = [self._holdings.reservations[each] for each in document["CapacityReservationIds"]]
        self._holdings.blocks[block_id] = Block(
            block_id=block_id,
            reservation_ids=[each.reservation_id for each in reservations],
            created=instant(document["CreateDate"]) if "CreateDate" in document else reservations[0].created,
            order=self._holdings.next_order(),
            ultraserver_type=document.get("UltraserverType"),
            tags=_tags(document),
        )
        for reservation in reservations:
            reservation.block_id = block_id
            reservation.ultraserver_type = document.get("UltraserverType")
            self._lifecycle.follow_end(reservation)
        self._holdings.touch()
        self._tagging.tell(block_id)
        return str(block_id)

    def _read(self, document: Document) -> Reservation:
        reservation_id = document["CapacityReservationId"]
        if reservation_id in self._holdings.reservations:
            raise ValueError(f"{reservation_id} is here already")
        zone = document["AvailabilityZone"]
        if not zone.startswith(self._holdings.region):
            raise ValueError(f"{reservation_id} is in {zone}, which is not in {self._holdings.region}")
        start = instant(document["StartDate"]) if "StartDate" in document else instant(document["CreateDate"])
        return Reservation(
            reservation_id=reservation_id,
            owner=document.get("OwnerId", self._holdings.account),
            arn=document.get("CapacityReservationArn", self._holdings.arn(f"capacity-reservation/{reservation_id}")),
            instance_type=document["InstanceType"],
            platform=document.get("InstancePlatform", "Linux/UNIX"),
            availability_zone=zone,
            availability_zone_id=document["AvailabilityZoneId"]
            if "AvailabilityZoneId" in document
            else self._zone_id(zone),
            size=_size(document),
            state=State(document["State"]),
            start=start,
            end=instant(document["EndDate"]) if "EndDate" in document else None,
            created=instant(document["CreateDate"]) if "CreateDate" in document else start,
            order=self._holdings.next_order(),
            tags=_tags(document),
            tenancy=document.get("Tenancy", "default"),
            # botocore, ReservationType: an On-Demand Capacity Reservation is "default"; the member may be absent.
            reservation_type=document.get("ReservationType", "default"),
            block_id=document.get("CapacityBlockId"),
            kept=_with_instants({key: value for key, value in document.items() if key not in _OWN}),
        )

    def _zone_id(self, zone: str) -> str:
        """The id of a zone by its name, as far as the inventory knows it."""
        ids = {each.availability_zone: each.availability_zone_id for each in self._holdings.market.shelves}
        if zone not in ids:
            raise ValueError(f"the document has no AvailabilityZoneId, and nothing is known of {zone}")
        return ids[zone]


def instant(value: Any) -> datetime:
    """An instant as boto3 gives it or as the AWS CLI prints it; without an offset it is UTC."""
    parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _size(document: Document) -> int:
    """What was bought: in a tag for a block that is not active, in the count otherwise."""
    # Samples of aws-parallelcluster have numbers as strings, hence int().
    count = int(document.get("TotalInstanceCount", 0))
    size = int(_tags(document).get(SIZE_TAG, count))
    is_block = document.get("ReservationType") == CAPACITY_BLOCK
    if is_block and document["State"] == State.ACTIVE and count:
        return count
    if is_block and size < 1 and document["State"] not in ENDED:
        raise ValueError(f"{document['CapacityReservationId']}: neither the count nor the tag {SIZE_TAG} says its size")
    return size if is_block else count


def _with_instants(document: Document) -> Document:
    """Members that are kept as they came, with the dates in them read: botocore's names for those end in Date."""
    read: Document = {}
    for key, value in document.items():
        if isinstance(value, dict):
            read[key] = _with_instants(value)
        else:
            read[key] = instant(value) if key.endswith("Date") else value
    return read


def _tags(document: Document) -> dict[str, str]:
    return {each["Key"]: each.get("Value", "") for each in document.get("Tags") or ()}
