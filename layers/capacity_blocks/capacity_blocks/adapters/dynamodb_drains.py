"""The drains of instances, in the ledger's table: a kind for each block, a key for each instance."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.claim_item import Item, written
from capacity_blocks.adapters.conditional_put import put_if
from capacity_blocks.adapters.drain_item import drain_key, drain_kind, item_of, record_of
from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Report

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

KEPT = timedelta(days=240)  # as long as what was said of a block
LAST_BLOCKS = 5  # of a pool: what drains of older ones took says little of the next
MILLISECOND = timedelta(milliseconds=1)


class DynamoDbDrainLedger:
    PERMISSIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_aws_error
    def read(self, reservation_id: str, instance_id: str) -> DrainRecord | None:
        key = drain_key(reservation_id, instance_id)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return record_of(found["Item"]) if "Item" in found else None

    @raises_aws_error
    def write(self, record: DrainRecord, replacing: DrainRecord | None) -> bool:
        """Write under the condition that nobody else has. That the very same is there already is success."""
        item = item_of(record) | self._expiry(record.started)
        if replacing is None:
            return self._put(item, "attribute_not_exists(kind)", {}, {})
        # Each write of a holder moves `until` on, or is by another run: the two tell one state from the next.
        values: Item = {":run": {"S": replacing.run}, ":until": {"S": written(replacing.until)}}
        return self._put(item, "#run = :run AND #until = :until", {"#run": "run", "#until": "until"}, values)

    @raises_aws_error
    def records(self, reservation_id: str) -> Sequence[DrainRecord]:
        return [record_of(item) for item in self._of_kind(drain_kind(reservation_id))]

    def results(self, reservation_id: str) -> Sequence[Report]:
        reports = (record.report for record in self.records(reservation_id))
        return [report for report in reports if report is not None]

    def under_way(self, reservation_ids: Sequence[str], now: datetime) -> frozenset[str]:
        return frozenset(
            record.instance_id
            for reservation_id in reservation_ids
            for record in self.records(reservation_id)
            if record.is_under_way(now)
        )

    @raises_aws_error
    def measure(self, pool: str, reservation_id: str, took: timedelta, now: datetime) -> None:
        item: Item = {
            "kind": {"S": _lengths(pool)},
            "key": {"S": reservation_id},
            "took": {"N": str(took // MILLISECOND)},
            "at": {"S": written(now)},
            **self._expiry(now),
        }
        self._put(item, "attribute_not_exists(took) OR took < :took", {}, {":took": item["took"]})

    @raises_aws_error
    def longest(self, pool: str) -> timedelta | None:
        newest = sorted(self._of_kind(_lengths(pool)), key=lambda item: item["at"]["S"])[-LAST_BLOCKS:]
        return max((int(item["took"]["N"]) * MILLISECOND for item in newest), default=None)

    def _of_kind(self, kind: str) -> list[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    def _put(self, item: Item, expression: str, names: dict[str, str], values: Item) -> bool:
        return put_if(self._client, self._table, item, expression, values, names) in (None, item)

    def _expiry(self, instant: datetime) -> Item:
        return {"expires_at": {"N": str(int((instant + KEPT).timestamp()))}}


def _lengths(pool: str) -> str:
    return f"drain-length#{pool}"
