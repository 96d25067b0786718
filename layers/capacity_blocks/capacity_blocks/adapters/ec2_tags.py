"""Tags of reservations, set again where a purchase did not leave them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from capacity_blocks.adapters.aws_error import raises_aws_error

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import TagTypeDef


class Ec2Tags:
    PERMISSIONS = frozenset({"ec2:CreateTags"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client") -> None:
        self._client = client

    @raises_aws_error
    def add(self, reservation_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Tag each reservation, even when another of them cannot be tagged; other tags stay.

        One by one: a purchase makes a few at most, and one that EC2 does not find fails a call for all of them.
        """
        if not tags:
            return  # EC2 refuses an empty list
        listed: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in tags.items()]
        failures: list[ClientError | BotoCoreError] = []
        for reservation_id in reservation_ids:
            try:
                self._client.create_tags(Resources=[reservation_id], Tags=listed)
            except (ClientError, BotoCoreError) as error:
                failures.append(error)
        if failures:
            raise failures[0]
