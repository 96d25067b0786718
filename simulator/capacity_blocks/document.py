"""Reservations and blocks as EC2 prints them: the shapes CapacityReservation, CapacityBlock and CapacityBlockStatus."""

from collections.abc import Mapping
from datetime import datetime

from .holdings import Document, Holdings
from .reservation import Block, Reservation, State

# botocore, CapacityBlockResourceState: narrower than the states of a reservation.
_BLOCK_STATES = frozenset(
    {
        State.ACTIVE,
        State.EXPIRED,
        State.UNAVAILABLE,
        State.CANCELLED,
        State.FAILED,
        State.SCHEDULED,
        State.PAYMENT_PENDING,
        State.PAYMENT_FAILED,
    }
)


def tag_list(tags: Mapping[str, str]) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def reservation_document(reservation: Reservation, now: datetime, tags: Mapping[str, str]) -> Document:
    """One item of DescribeCapacityReservations, with the tags that show. Members that EC2 leaves out are left out."""
    in_use = [{"AllocationType": "used", "Count": reservation.used}] if reservation.used else []
    document: Document = {
        **reservation.kept,
        "CapacityReservationId": reservation.reservation_id,
        "OwnerId": reservation.owner,
        "CapacityReservationArn": reservation.arn,
        "AvailabilityZoneId": reservation.availability_zone_id,
        "InstanceType": reservation.instance_type,
        "InstancePlatform": reservation.platform,
        "AvailabilityZone": reservation.availability_zone,
        "Tenancy": reservation.tenancy,
        "TotalInstanceCount": reservation.total,
        "AvailableInstanceCount": reservation.available,
        "State": reservation.state.value,
        "StartDate": reservation.start,
        "CreateDate": reservation.created,
        "Tags": tag_list(tags),
        "CapacityAllocations": in_use,
        "ReservationType": reservation.reservation_type,
    }
    if reservation.end is not None:
        document["EndDate"] = reservation.end
    if reservation.block_id is not None:
        document["CapacityBlockId"] = reservation.block_id
    if reservation.ultraserver_type is not None:
        # botocore, CapacityReservation.LaunchStatus: only supported for UltraServers.
        document["LaunchStatus"] = "launchable" if is_launchable(reservation, now) else "unlaunchable"
    return document


def is_launchable(reservation: Reservation, now: datetime) -> bool:
    reclaim_at = reservation.reclaim_at
    return reservation.state is State.ACTIVE and (reclaim_at is None or now < reclaim_at)


def block_state(block: Block, holdings: Holdings) -> State:
    """The state of its reservations; one that the narrower list lacks shows as unavailable (assumed)."""
    states = {holdings.reservations[each].state for each in block.reservation_ids}
    state = states.pop() if len(states) == 1 else State.UNAVAILABLE
    return state if state in _BLOCK_STATES else State.UNAVAILABLE


def block_document(block: Block, holdings: Holdings, tags: Mapping[str, str]) -> Document:
    """One item of DescribeCapacityBlocks, with the tags that show."""
    reservations = [holdings.reservations[each] for each in block.reservation_ids]
    document: Document = {
        "CapacityBlockId": block.block_id,
        "AvailabilityZone": reservations[0].availability_zone,
        "AvailabilityZoneId": reservations[0].availability_zone_id,
        "CapacityReservationIds": list(block.reservation_ids),
        "StartDate": min(each.start for each in reservations),
        "CreateDate": block.created,
        "State": block_state(block, holdings).value,
        "Tags": tag_list(tags),
    }
    ends = [each.end for each in reservations if each.end is not None]
    if ends:
        document["EndDate"] = max(ends)
    if block.ultraserver_type is not None:
        document["UltraserverType"] = block.ultraserver_type
    return document


def block_status_document(block: Block, holdings: Holdings) -> Document:
    """One item of DescribeCapacityBlockStatus. Unavailable means impaired for the block, in use for a reservation."""
    reservations = [holdings.reservations[each] for each in block.reservation_ids]
    total = sum(each.total for each in reservations)
    impaired = min(block.impaired_instances, total)
    document: Document = {
        "CapacityBlockId": block.block_id,
        "TotalCapacity": total,
        "TotalAvailableCapacity": max(0, sum(each.available for each in reservations) - impaired),
        "TotalUnavailableCapacity": impaired,
        "CapacityReservationStatuses": [
            {
                "CapacityReservationId": each.reservation_id,
                "TotalCapacity": each.total,
                "TotalAvailableCapacity": each.available,
                "TotalUnavailableCapacity": each.total - each.available,
            }
            for each in reservations
        ],
    }
    if block.ultraserver_type is not None:
        # The interconnect is what makes an UltraServer; assumed to be absent for a block of instances.
        document["InterconnectStatus"] = block.interconnect_status
    return document
