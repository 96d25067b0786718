"""Capacity Blocks as EC2 reports them, and the instances that run in them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.ec2_reservation import (
    PAGE_SIZE,
    list_blocks,
    list_reservations,
    of_ultraservers,
    read_reservation,
    read_tags,
)
from capacity_blocks.core.pool import Extension, Occupant
from capacity_blocks.core.reservation import Reservation

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import InstanceTypeDef

GROUP_TAG = "aws:autoscaling:groupName"  # Auto Scaling puts it on each instance that it launches
FILTER_VALUES = 200  # the most values that an EC2 filter allows
PAYMENT_PENDING = "payment-pending"  # CapacityBlockExtensionStatus


class Ec2Reservations:
    """`account` is our own: blocks of another owner are shared with us."""

    PERMISSIONS = frozenset(
        {
            "ec2:DescribeCapacityBlockExtensionHistory",
            "ec2:DescribeCapacityBlocks",
            "ec2:DescribeCapacityReservations",
            "ec2:DescribeInstances",
        }
    )
    DEPENDENT_PERMISSIONS = frozenset[str]()
    READS = frozenset({"capacity_blocks"})  # what a purchase calls to see what there is, and what that takes
    READ_PERMISSIONS = frozenset({"ec2:DescribeCapacityBlocks", "ec2:DescribeCapacityReservations"})
    ENDS = frozenset({"capacity_blocks", "pending_extensions"})  # what a reminder calls, and what that takes
    END_PERMISSIONS = READ_PERMISSIONS | {"ec2:DescribeCapacityBlockExtensionHistory"}

    def __init__(self, client: "EC2Client", region: str, account: str) -> None:
        self._client = client
        self._region = region
        self._account = account
        self._ultraserver: dict[str, bool] = {}  # outlives one call, so that a throttle does not make us forget

    @raises_aws_error
    def capacity_blocks(self) -> Sequence[Reservation]:
        items = list_reservations(self._client.get_paginator("describe_capacity_reservations"))
        if items:
            self._learn_ultraservers([item["CapacityReservationId"] for item in items])
        return [
            read_reservation(
                item, self._region, self._account, ultraserver=self._ultraserver.get(item["CapacityReservationId"])
            )
            for item in items
        ]

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

    @raises_aws_error
    def pending_extensions(self, reservation_ids: Sequence[str]) -> Mapping[str, Extension]:
        found: dict[str, Extension] = {}
        for start in range(0, len(reservation_ids), FILTER_VALUES):
            pages = self._client.get_paginator("describe_capacity_block_extension_history").paginate(
                Filters=[
                    {"Name": "capacity-reservation-id", "Values": reservation_ids[start : start + FILTER_VALUES]},
                    {"Name": "capacity-block-extension-status", "Values": [PAYMENT_PENDING]},
                ],
                PaginationConfig={"PageSize": PAGE_SIZE},
            )
            for page in pages:
                for item in page["CapacityBlockExtensions"]:
                    reservation_id = item["CapacityReservationId"]
                    found[reservation_id] = Extension(
                        reservation_id=reservation_id, end=item["CapacityBlockExtensionEndDate"]
                    )
        return found

    def _learn_ultraservers(self, reservation_ids: Sequence[str]) -> None:
        """Note which reservations belong to an UltraServer; leave what is known when EC2 does not say.

        A failure here must not hide the blocks: what is not known is None in the reservation, and drained early.
        """
        try:
            ultraservers = of_ultraservers(list_blocks(self._client.get_paginator("describe_capacity_blocks")))
        except (ClientError, BotoCoreError):
            return
        self._ultraserver = {i: i in ultraservers for i in reservation_ids}


def _occupant(instance: "InstanceTypeDef") -> Occupant:
    return Occupant(instance_id=instance["InstanceId"], group=read_tags(instance.get("Tags", [])).get(GROUP_TAG))
