"""Capacity Blocks as EC2 reports them, and the instances that run in them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.core.pool import Occupant
from capacity_blocks.core.reservation import Reservation, ReservationState

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import CapacityReservationTypeDef, InstanceTypeDef

# EC2 reports a total of 0 until the block is active; until then the size that was bought is only in this tag.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-view.html
SIZE_TAG = "aws:ec2capacityreservation:incrementalRequestedQuantity"
GROUP_TAG = "aws:autoscaling:groupName"  # Auto Scaling puts it on each instance that it launches
PAGE_SIZE = 1000  # the most that these describe calls allow
FILTER_VALUES = 200  # the most values that an EC2 filter allows


class Ec2Reservations:
    """`account` is our own: blocks of another owner are shared with us."""

    PERMISSIONS = frozenset({"ec2:DescribeCapacityBlocks", "ec2:DescribeCapacityReservations", "ec2:DescribeInstances"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client", region: str, account: str) -> None:
        self._client = client
        self._region = region
        self._account = account
        self._ultraserver: dict[str, bool] = {}  # outlives one call, so that a throttle does not make us forget

    @raises_aws_error
    def capacity_blocks(self) -> Sequence[Reservation]:
        # There is no filter on the reservation type (DescribeCapacityReservationsRequest$Filters).
        pages = self._client.get_paginator("describe_capacity_reservations").paginate(
            PaginationConfig={"PageSize": PAGE_SIZE}
        )
        blocks = [
            item
            for page in pages
            for item in page["CapacityReservations"]
            if item.get("ReservationType") == "capacity-block"
        ]
        if blocks:
            self._learn_ultraservers([item["CapacityReservationId"] for item in blocks])
        return [self._reservation(item) for item in blocks]

    @raises_aws_error
    def occupants(self, reservation_ids: Sequence[str]) -> Mapping[str, tuple[Occupant, ...]]:
        found: dict[str, list[Occupant]] = defaultdict(list)
        for start in range(0, len(reservation_ids), FILTER_VALUES):
            pages = self._client.get_paginator("describe_instances").paginate(
                Filters=[
                    {"Name": "capacity-reservation-id", "Values": reservation_ids[start : start + FILTER_VALUES]},
                    {"Name": "instance-state-name", "Values": ["pending", "running"]},
                ],
                PaginationConfig={"PageSize": PAGE_SIZE},
            )
            for page in pages:
                for launch in page["Reservations"]:
                    for instance in launch["Instances"]:
                        found[instance["CapacityReservationId"]].append(_occupant(instance))
        return {i: tuple(sorted(found[i], key=lambda o: o.instance_id)) for i in reservation_ids}

    def _learn_ultraservers(self, reservation_ids: Sequence[str]) -> None:
        """Note which reservations belong to an UltraServer; leave what is known when EC2 does not say.

        A failure here must not hide the blocks: what is not known is None in the reservation, and drained early.
        """
        ultraservers: set[str] = set()
        try:
            for page in self._client.get_paginator("describe_capacity_blocks").paginate(
                PaginationConfig={"PageSize": PAGE_SIZE}
            ):
                for block in page["CapacityBlocks"]:
                    if block.get("UltraserverType"):
                        ultraservers.update(block.get("CapacityReservationIds", []))
        except (ClientError, BotoCoreError):
            return
        self._ultraserver = {i: i in ultraservers for i in reservation_ids}

    def _reservation(self, item: "CapacityReservationTypeDef") -> Reservation:
        tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}
        return Reservation(
            reservation_id=item["CapacityReservationId"],
            region=self._region,
            owned=item.get("OwnerId") == self._account,
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
            ultraserver=self._ultraserver.get(item["CapacityReservationId"]),
            tags=tags,
        )


def _occupant(instance: "InstanceTypeDef") -> Occupant:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    return Occupant(instance_id=instance["InstanceId"], group=tags.get(GROUP_TAG))
