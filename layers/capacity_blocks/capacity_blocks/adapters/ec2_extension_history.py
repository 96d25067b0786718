"""Every extension that was bought for some reservations, whatever became of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.ec2_extension import read_record
from capacity_blocks.core.extension.history import ExtensionRecord
from capacity_blocks.ports import AwsError

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client

FILTER_VALUES = 200  # the most values that an EC2 filter allows
PAGE_SIZE = 1000  # DescribeFutureCapacityMaxResults
OPERATION = "DescribeCapacityBlockExtensionHistory"


class Ec2ExtensionHistory:
    PERMISSIONS = frozenset({"ec2:DescribeCapacityBlockExtensionHistory"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client") -> None:
        self._client = client

    @raises_aws_error
    def records(self, reservation_ids: Sequence[str]) -> Mapping[str, tuple[ExtensionRecord, ...]]:
        """Return the extensions of each reservation, oldest first; each id has an entry.

        By filter: one id that EC2 does not know any more would fail the whole call if it were named outright.
        """
        found: dict[str, list[ExtensionRecord]] = defaultdict(list)
        for start in range(0, len(reservation_ids), FILTER_VALUES):
            asked = list(reservation_ids[start : start + FILTER_VALUES])
            pages = self._client.get_paginator("describe_capacity_block_extension_history").paginate(
                Filters=[{"Name": "capacity-reservation-id", "Values": asked}],
                PaginationConfig={"PageSize": PAGE_SIZE},
            )
            try:
                for record in (read_record(item) for page in pages for item in page["CapacityBlockExtensions"]):
                    found[record.reservation_id].append(record)
            except ValueError as error:  # what cannot be read may be the one that is looked for
                raise AwsError(OPERATION, "UnreadableExtension", str(error), definite=False) from error
        return {i: tuple(sorted(found[i], key=lambda r: (r.purchased_at, r.offering_id))) for i in reservation_ids}
