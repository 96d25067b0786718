"""What has been said, claimed and done, in one DynamoDB table (keys `kind` and `key`, expiry `expires_at`)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code, raises_aws_error
from capacity_blocks.adapters.claim_item import Item, claim_key, claim_of, condition, item_of, written
from capacity_blocks.adapters.conditional_put import CONDITION_FAILED, put_if
from capacity_blocks.core.binding import Claim
from capacity_blocks.core.target import TargetId

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

SAYING_TAKES = timedelta(minutes=1)  # a notice that was claimed this long ago was never sent
# A block is bought up to 8 weeks ahead and lasts up to 182 days: what was said of it is remembered that long.
NOTICES_KEPT = timedelta(days=240)
WATCH: Item = {"kind": {"S": "watch"}, "key": {"S": "watch"}}


class DynamoDbLedger:
    """`namespace` keeps the notices of two modes apart: what was said while only observing is said again for real."""

    PERMISSIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "DynamoDBClient", table: str, namespace: str) -> None:
        self._client = client
        self._table = table
        self._namespace = namespace
        self._lines = count()  # sets lines apart that one run writes at one instant

    @raises_aws_error
    def said(self, region: str) -> Mapping[str, datetime]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            FilterExpression="attribute_exists(said_at)",
            ProjectionExpression="#key, said_at",
            ExpressionAttributeNames={"#key": "key"},  # a reserved word
            ExpressionAttributeValues={":kind": {"S": self._notices(region)}},
        )
        return {
            item["key"]["S"]: datetime.fromisoformat(item["said_at"]["S"]) for page in pages for item in page["Items"]
        }

    @raises_aws_error
    def begin_saying(self, region: str, key: str, run: str, now: datetime) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=self._notice(region, key, now, {"run": {"S": run}, "claimed_at": {"S": written(now)}}),
                # This run's own claim may be a reply that was lost: the SDK has then sent the claim again.
                ConditionExpression=(
                    "attribute_not_exists(kind) OR "
                    "(attribute_not_exists(said_at) AND (claimed_at <= :forgotten OR run = :run))"
                ),
                ExpressionAttributeValues={
                    ":forgotten": {"S": written(now - SAYING_TAKES)},
                    ":run": {"S": run},
                },
            )
        except ClientError as error:
            if code(error) == CONDITION_FAILED:
                return False
            raise
        return True

    @raises_aws_error
    def was_said(self, region: str, key: str) -> bool:
        found = self._client.get_item(
            TableName=self._table, Key={"kind": {"S": self._notices(region)}, "key": {"S": key}}, ConsistentRead=True
        )
        return "said_at" in found.get("Item", {})

    @raises_aws_error
    def has_said(self, region: str, key: str, now: datetime) -> None:
        item = self._notice(region, key, now, {"said_at": {"S": written(now)}})
        self._client.put_item(TableName=self._table, Item=item)

    @raises_aws_error
    def claim(self, target: TargetId) -> Claim | None:
        found = self._client.get_item(TableName=self._table, Key=claim_key(target), ConsistentRead=True)
        return claim_of(found["Item"], target) if "Item" in found else None

    @raises_aws_error
    def put_claim(self, claim: Claim, replacing: Claim | None) -> bool:
        expression, names, values = condition(replacing)
        return self._put_once(item_of(claim), expression, names, values)

    @raises_aws_error
    def append(self, reservation_id: str, now: datetime, run: str, line: Mapping[str, str]) -> None:
        for number in self._lines:
            item: Item = {
                "kind": {"S": f"history#{reservation_id}"},
                "key": {"S": f"{written(now)}#{run}#{number}"},
                "line": {"M": {name: {"S": text} for name, text in line.items()}},
            }
            # Lambda repeats a failed run under its own name: a line may be there from the first time.
            if self._put_once(item, "attribute_not_exists(kind)", {}, {}):
                return

    @raises_aws_error
    def take_watch(self, run: str) -> None:
        self._client.put_item(TableName=self._table, Item={**WATCH, "run": {"S": run}})

    @raises_aws_error
    def keeps_watch(self, run: str) -> bool:
        found = self._client.get_item(TableName=self._table, Key=WATCH, ConsistentRead=True)
        return "Item" in found and found["Item"]["run"]["S"] == run

    def _put_once(self, item: Item, expression: str, names: Mapping[str, str], values: Item) -> bool:
        """Write `item` under a condition. That the very same item is there already is success: a reply was lost."""
        return put_if(self._client, self._table, item, expression, values, names) in (None, item)

    def _notices(self, region: str) -> str:
        return f"{self._namespace}-notice#{region}"

    def _notice(self, region: str, key: str, now: datetime, content: Item) -> Item:
        expires_at = int((now + NOTICES_KEPT).timestamp())
        return {
            "kind": {"S": self._notices(region)},
            "key": {"S": key},
            "expires_at": {"N": str(expires_at)},
            **content,
        }
