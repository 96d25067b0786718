"""Every Capacity Block of the account, for whoever looks for what an attempt to buy has made."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.ec2_reservation import (
    list_blocks,
    list_reservations,
    of_ultraservers,
    read_reservation,
    read_tags,
)
from capacity_blocks.core.purchase.lookup import Candidate

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import CapacityReservationTypeDef


class Ec2Candidates:
    """`account` is our own: blocks of another owner are shared with us."""

    PERMISSIONS = frozenset({"ec2:DescribeCapacityBlocks", "ec2:DescribeCapacityReservations"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client", region: str, account: str) -> None:
        self._client = client
        self._region = region
        self._account = account

    @raises_aws_error
    def candidates(self) -> Sequence[Candidate]:
        """Return every Capacity Block. Tags of an UltraServer that could not be read fail it: they may be the proof."""
        items = list_reservations(self._client.get_paginator("describe_capacity_reservations"))
        if not items:
            return []
        blocks = list_blocks(self._client.get_paginator("describe_capacity_blocks"))
        ultraservers = of_ultraservers(blocks)
        block_tags = {i: read_tags(b.get("Tags", [])) for b in blocks for i in b.get("CapacityReservationIds", [])}
        return [self._candidate(item, ultraservers, block_tags) for item in items]

    def _candidate(
        self,
        item: "CapacityReservationTypeDef",
        ultraservers: AbstractSet[str],
        block_tags: Mapping[str, Mapping[str, str]],
    ) -> Candidate:
        reservation_id = item["CapacityReservationId"]
        is_ultraserver = reservation_id in ultraservers
        return Candidate(
            reservation=read_reservation(item, self._region, self._account, ultraserver=is_ultraserver),
            created_at=item.get("CreateDate"),
            block_tags=block_tags.get(reservation_id),
        )
