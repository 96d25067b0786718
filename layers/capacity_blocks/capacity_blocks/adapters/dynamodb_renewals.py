"""What was renewed without asking, in the ledger's table (keys `kind` and `key`). Nothing of it expires."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.claim_item import Item
from capacity_blocks.adapters.conditional_put import put_if
from capacity_blocks.core.purchase import canonical
from capacity_blocks.core.renewal import record
from capacity_blocks.core.renewal.record import Renewal

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


class DynamoDbRenewals:
    PERMISSIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem"})
    DEPENDENT_PERMISSIONS = frozenset[str]()
    READS = frozenset({"recorded"})  # what whoever spends calls to see what was decided, and what that takes
    READ_PERMISSIONS = frozenset({"dynamodb:GetItem"})

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_aws_error
    def record(self, renewal: Renewal) -> Renewal:
        item = {
            **_key(renewal.reservation_id, renewal.end),
            "document": {"S": canonical.text(record.to_document(renewal))},
        }
        stands = put_if(self._client, self._table, item, "attribute_not_exists(kind)")
        return renewal if stands is None else _read(stands)

    @raises_aws_error
    def recorded(self, reservation_id: str, end: datetime) -> Renewal | None:
        found = self._client.get_item(TableName=self._table, Key=_key(reservation_id, end), ConsistentRead=True)
        return _read(found["Item"]) if "Item" in found else None


def _key(reservation_id: str, end: datetime) -> Item:
    return {"kind": {"S": "renewal"}, "key": {"S": f"{reservation_id}#{canonical.instant(end)}"}}


def _read(item: Item) -> Renewal:
    return record.from_document(json.loads(item["document"]["S"]))
