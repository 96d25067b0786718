"""A Capacity Block as EC2 describes it, read into the core's words."""

from typing import TYPE_CHECKING

from capacity_blocks.core.kind import by_type
from capacity_blocks.core.reservation import Reservation, ReservationState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from types_boto3_ec2.paginator import DescribeCapacityBlocksPaginator, DescribeCapacityReservationsPaginator
    from types_boto3_ec2.type_defs import CapacityBlockTypeDef, CapacityReservationTypeDef, TagTypeDef

# EC2 reports a total of 0 until the block is active; until then the size that was bought is only in this tag.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-view.html
SIZE_TAG = "aws:ec2capacityreservation:incrementalRequestedQuantity"
PAGE_SIZE = 1000  # the most that these describe calls allow


def list_reservations(paginator: "DescribeCapacityReservationsPaginator") -> "list[CapacityReservationTypeDef]":
    """Return the reservations of all pages that are Capacity Blocks, whatever their state."""
    # There is no filter on the reservation type (DescribeCapacityReservationsRequest$Filters).
    return [
        item
        for page in paginator.paginate(PaginationConfig={"PageSize": PAGE_SIZE})
        for item in page["CapacityReservations"]
        if item.get("ReservationType") == "capacity-block"
    ]


def list_blocks(paginator: "DescribeCapacityBlocksPaginator") -> "list[CapacityBlockTypeDef]":
    """Return what DescribeCapacityBlocks lists in all pages: each UltraServer, with its reservations."""
    pages = paginator.paginate(PaginationConfig={"PageSize": PAGE_SIZE})
    return [block for page in pages for block in page["CapacityBlocks"]]


def list_block(paginator: "DescribeCapacityBlocksPaginator", block_id: str) -> "list[CapacityBlockTypeDef]":
    """Return the one block of this id. Ids and a page size together are refused by EC2's describe calls."""
    return [block for page in paginator.paginate(CapacityBlockIds=[block_id]) for block in page["CapacityBlocks"]]


def of_ultraservers(blocks: "Iterable[CapacityBlockTypeDef]") -> frozenset[str]:
    """Return the ids of the reservations that belong to an UltraServer."""
    return frozenset(i for b in blocks if b.get("UltraserverType") for i in b.get("CapacityReservationIds", []))


def read_tags(listed: "Iterable[TagTypeDef]") -> "Mapping[str, str]":
    return {tag["Key"]: tag["Value"] for tag in listed}


def read_reservation(
    item: "CapacityReservationTypeDef", region: str, account: str, *, ultraserver: bool | None
) -> Reservation:
    """Read a reservation. `account` is our own: blocks of another owner are shared with us.

    Where EC2 did not tell whether it is an UltraServer, its type may.
    """
    tags = read_tags(item.get("Tags", []))
    return Reservation(
        reservation_id=item["CapacityReservationId"],
        region=region,
        owned=item.get("OwnerId") == account,
        instance_type=item["InstanceType"],
        instance_count=item["TotalInstanceCount"] or int(tags.get(SIZE_TAG, "0")),
        available_count=item["AvailableInstanceCount"],
        state=ReservationState(item["State"]),
        start=item["StartDate"],
        end=item["EndDate"],
        availability_zone=item["AvailabilityZone"],
        availability_zone_id=item.get("AvailabilityZoneId"),
        platform=item["InstancePlatform"],
        tenancy=item["Tenancy"],
        ultraserver=by_type(item["InstanceType"]) if ultraserver is None else ultraserver,
        tags=tags,
    )
