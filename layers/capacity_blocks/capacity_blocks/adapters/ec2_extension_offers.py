"""What EC2 has on sale to make a block longer: one search of extension offerings, in all its pages."""

from datetime import timedelta
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.ec2_extension import read_offer
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.ports import AwsError

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client

HOUR = timedelta(hours=1)
PAGE_SIZE = 1000  # DescribeCapacityBlockExtensionOfferingsMaxResults; each page takes from a bucket of 10
OPERATION = "DescribeCapacityBlockExtensionOfferings"


class Ec2ExtensionOffers:
    """Calls take from the same slow bucket as searches of new blocks: see core/purchase/pace.py."""

    PERMISSIONS = frozenset({"ec2:DescribeCapacityBlockExtensionOfferings"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client", region: str) -> None:
        self._client = client
        self._region = region

    @raises_aws_error
    def offers(self, reservation_id: str, duration: timedelta) -> tuple[Offering, ...]:
        pages = self._client.get_paginator("describe_capacity_block_extension_offerings").paginate(
            CapacityReservationId=reservation_id,
            CapacityBlockExtensionDurationHours=duration // HOUR,
            PaginationConfig={"PageSize": PAGE_SIZE},
        )
        items = [item for page in pages for item in page["CapacityBlockExtensionOfferings"]]
        try:
            return tuple(read_offer(item, self._region, reservation_id) for item in items)
        except ValueError as error:  # what cannot be read may be the best: it is no "sold out"
            words = f"{reservation_id}: {error}"
            raise AwsError(OPERATION, "UnreadableOffering", words, definite=False) from error
