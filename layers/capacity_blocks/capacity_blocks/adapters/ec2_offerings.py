"""What EC2 has on sale: one search of offerings, in all its pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from capacity_blocks.adapters.aws_error import code, message
from capacity_blocks.adapters.ec2_offering import UnreadableOfferingError, read_offering
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Answer, Outcome, Query
from capacity_blocks.core.throttle import NOT_NOW

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client

HOUR = timedelta(hours=1)
PAGE_SIZE = 1000  # DescribeCapacityBlockOfferingsMaxResults; each page takes from a bucket of 10
# "The instance type 'c7i.4xlarge' is not supported for Capacity Blocks in 'us-west-2'." was seen in public logs. The
# same code comes for a date or a duration that EC2 does not take.
INVALID = "InvalidParameterValue"
NOT_OFFERED = "not supported for Capacity Blocks"


class Ec2Offerings:
    PERMISSIONS = frozenset({"ec2:DescribeCapacityBlockOfferings"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client", region: str) -> None:
        self._client = client
        self._region = region

    def search(self, query: Query, now: datetime) -> Answer:
        try:
            pages = self._client.get_paginator("describe_capacity_block_offerings").paginate(
                **_asked(query), PaginationConfig={"PageSize": PAGE_SIZE}
            )
            items: list[Mapping[str, Any]] = [item for page in pages for item in page["CapacityBlockOfferings"]]
        except ClientError as error:
            words = f"{code(error)}: {message(error)}"
            return Answer(query=query, outcome=_outcome(error), at=now, message=words)
        except (BotoCoreError, ResponseParserError, ValueError) as error:  # a date that is none is a ValueError
            words = f"{type(error).__name__}: {error}"
            return Answer(query=query, outcome=Outcome.FAILED, at=now, message=words)
        return self._answer(query, now, items)

    def _answer(self, query: Query, now: datetime, items: Sequence[Mapping[str, Any]]) -> Answer:
        """Return what is on sale. What cannot be read is left out and named, so that it hides nothing else.

        It can not be bought either, since only what is in an answer is. Where nothing can be read the search failed:
        that is not "sold out".
        """
        offerings: list[Offering] = []
        unreadable: list[str] = []
        for item in items:
            try:
                offerings.append(read_offering(item, self._region))
            except UnreadableOfferingError as error:
                unreadable.append(str(error))
        words = f"left out, as it cannot be read: {'; '.join(unreadable)}" if unreadable else ""
        nothing = Outcome.FAILED if unreadable else Outcome.SOLD_OUT
        outcome = Outcome.ON_SALE if offerings else nothing
        return Answer(query=query, outcome=outcome, at=now, offerings=tuple(offerings), message=words)


def _asked(query: Query) -> dict[str, Any]:
    """Lay out a query. The three ways to say what is wanted exclude each other.

    AllAvailabilityZones stays off: on, it adds Local Zones that the account has not opted into and so cannot use
    (DescribeCapacityBlockOfferingsRequest).
    """
    subject = query.subject
    asked: dict[str, Any] = {"CapacityDurationHours": subject.duration // HOUR, "EndDateRange": query.not_after}
    if query.not_before is not None:
        asked["StartDateRange"] = query.not_before
    if subject.is_ultraserver:
        return asked | {"UltraserverType": subject.types[0], "UltraserverCount": query.count}
    if subject.by_preference:
        preferences = [{"InstanceType": each} for each in subject.types]
        return asked | {"InstanceTypePreferences": preferences, "InstanceCount": query.count}
    return asked | {"InstanceType": subject.types[0], "InstanceCount": query.count}


def _outcome(error: ClientError) -> Outcome:
    if code(error) in NOT_NOW:
        return Outcome.THROTTLED
    if code(error) == INVALID and NOT_OFFERED in message(error):
        return Outcome.NOT_OFFERED
    return Outcome.FAILED
