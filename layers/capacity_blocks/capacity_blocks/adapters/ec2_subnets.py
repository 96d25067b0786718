"""Subnets and the zones that they are in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.core.target import Subnet

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client


class Ec2Subnets:
    PERMISSIONS = frozenset({"ec2:DescribeSubnets"})
    DEPENDENT_PERMISSIONS = frozenset[str]()
    READS = frozenset({"subnets"})  # what a purchase calls to see what there is, and what that takes
    READ_PERMISSIONS = frozenset({"ec2:DescribeSubnets"})

    def __init__(self, client: "EC2Client") -> None:
        self._client = client

    @raises_aws_error
    def subnets(self, subnet_ids: Sequence[str]) -> Sequence[Subnet]:
        """Return those of the subnets that exist."""
        if not subnet_ids:
            return []  # a filter without values is an error, and no filter would mean all subnets
        # A filter, because one unknown id among SubnetIds fails the whole call (InvalidSubnetID.NotFound). A group or
        # a tag names fewer subnets than a filter's 200 values: their ids share 5000 or 256 characters.
        pages = self._client.get_paginator("describe_subnets").paginate(
            Filters=[{"Name": "subnet-id", "Values": list(subnet_ids)}]
        )
        return [
            Subnet(
                subnet_id=item["SubnetId"],
                availability_zone=item["AvailabilityZone"],
                availability_zone_id=item["AvailabilityZoneId"],
            )
            for page in pages
            for item in page["Subnets"]
        ]
