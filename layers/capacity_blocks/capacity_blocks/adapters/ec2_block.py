"""The Capacity Block that an instance runs in."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.ec2_reservation import list_block, list_blocks, of_ultraservers, read_reservation
from capacity_blocks.core.kind import by_type
from capacity_blocks.core.reservation import Reservation

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import CapacityReservationTypeDef


class Ec2Block:
    """`account` is our own: blocks of another owner are shared with us."""

    PERMISSIONS = frozenset({"ec2:DescribeCapacityBlocks", "ec2:DescribeCapacityReservations", "ec2:DescribeInstances"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client", region: str, account: str) -> None:
        self._client = client
        self._region = region
        self._account = account

    @raises_aws_error
    def block_of(self, instance_id: str) -> Reservation | None:
        # Neither call is paginated: one id, one answer.
        launches = self._client.describe_instances(InstanceIds=[instance_id])["Reservations"]
        ids = [i["CapacityReservationId"] for r in launches for i in r["Instances"] if i.get("CapacityReservationId")]
        if not ids:
            return None
        items = self._client.describe_capacity_reservations(CapacityReservationIds=ids)["CapacityReservations"]
        for item in items:
            if item.get("ReservationType") == "capacity-block":
                ultraserver = self._is_ultraserver(item)
                return read_reservation(item, self._region, self._account, ultraserver=ultraserver)
        return None

    @raises_aws_error
    def is_running(self, instance_id: str) -> bool:
        # Asked by filter: an id that EC2 has forgotten gives no error then, but nothing.
        pages = self._client.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": "instance-id", "Values": [instance_id]},
                {"Name": "instance-state-name", "Values": ["pending", "running"]},
            ]
        )
        return any(launch["Instances"] for page in pages for launch in page["Reservations"])

    def _is_ultraserver(self, item: "CapacityReservationTypeDef") -> bool | None:
        """Say whether it is one; None when EC2 does not tell, which must not hide when the block ends.

        All nodes of a block ask at once, so that what the type tells is not asked, and no more is listed than need be.
        """
        if by_type(item["InstanceType"]) is not None:
            return by_type(item["InstanceType"])
        pages, block_id = self._client.get_paginator("describe_capacity_blocks"), item.get("CapacityBlockId")
        try:
            blocks = list_block(pages, block_id) if block_id else list_blocks(pages)
        except (ClientError, BotoCoreError):
            return None
        return item["CapacityReservationId"] in of_ultraservers(blocks)
