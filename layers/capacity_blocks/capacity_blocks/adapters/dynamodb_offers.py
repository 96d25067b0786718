"""What was looked up ahead of reminders, in the ledger's table (keys `kind` and `key`), until the end has passed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.claim_item import Item, written
from capacity_blocks.adapters.conditional_put import put_if
from capacity_blocks.core.purchase import canonical
from capacity_blocks.core.reminder import found as record
from capacity_blocks.core.reminder.found import Found

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

KEPT_AFTER_END = timedelta(days=1)
NOTHING_FOUND = "attribute_not_exists(#key) OR attribute_exists(failed)"


class DynamoDbOffers:
    PERMISSIONS = frozenset({"dynamodb:PutItem", "dynamodb:Query"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_aws_error
    def put(self, found: Found, region: str) -> None:
        """Write what was found: the latest look counts, whoever made it; one that failed, only where none has found."""
        expires_at = int((found.want.end + KEPT_AFTER_END).timestamp())
        item: Item = {
            "kind": {"S": _kind(region)},
            "key": {"S": found.want.key},
            "looked_at": {"S": written(found.at)},
            "document": {"S": canonical.text(record.to_document(found))},
            "expires_at": {"N": str(expires_at)},
        }
        if found.trouble:
            put_if(self._client, self._table, item | {"failed": {"BOOL": True}}, NOTHING_FOUND, names={"#key": "key"})
        else:
            self._client.put_item(TableName=self._table, Item=item)

    @raises_aws_error
    def instants(self, region: str) -> Mapping[str, datetime]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ProjectionExpression="#key, looked_at",
            ExpressionAttributeNames={"#key": "key"},  # a reserved word
            ExpressionAttributeValues={":kind": {"S": _kind(region)}},
        )
        return {
            item["key"]["S"]: datetime.fromisoformat(item["looked_at"]["S"]) for page in pages for item in page["Items"]
        }

    @raises_aws_error
    def of(self, region: str, reservation_id: str) -> tuple[Found, ...]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind AND begins_with(#key, :block)",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":kind": {"S": _kind(region)}, ":block": {"S": f"{reservation_id}#"}},
        )
        return tuple(
            record.read(item["key"]["S"], datetime.fromisoformat(item["looked_at"]["S"]), item["document"]["S"])
            for page in pages
            for item in page["Items"]
        )


def _kind(region: str) -> str:
    return f"offers#{region}"
