"""Whose turn it is to tell, and the threads of Slack, in the ledger's table."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.claim_item import Item, written
from capacity_blocks.adapters.conditional_put import put_if

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

KEPT = timedelta(days=240)  # as long as what was said of a block
TURN: Item = {"kind": {"S": "telling"}, "key": {"S": "slack"}}


class DynamoDbTellingLedger:
    PERMISSIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_aws_error
    def take_turn(self, run: str, now: datetime, until: datetime) -> bool:
        free: Item = {":now": {"S": written(now)}}
        return self._put_turn(run, until, "attribute_not_exists(kind) OR #until <= :now", {"#until": "until"}, free)

    @raises_aws_error
    def end_turn(self, run: str, until: datetime) -> None:
        self._put_turn(run, until, "#run = :run", {"#run": "run"}, {":run": {"S": run}})

    @raises_aws_error
    def thread(self, channel: str, subject: str) -> str | None:
        found = self._client.get_item(TableName=self._table, Key=_key(channel, subject), ConsistentRead=True)
        return found["Item"]["thread"]["S"] if "Item" in found else None

    @raises_aws_error
    def put_thread(self, channel: str, subject: str, thread: str, now: datetime) -> None:
        expires_at = {"N": str(int((now + KEPT).timestamp()))}
        item: Item = {**_key(channel, subject), "thread": {"S": thread}, "expires_at": expires_at}
        self._client.put_item(TableName=self._table, Item=item)

    def _put_turn(self, run: str, until: datetime, expression: str, names: dict[str, str], values: Item) -> bool:
        item: Item = {**TURN, "run": {"S": run}, "until": {"S": written(until)}}
        return put_if(self._client, self._table, item, expression, values, names) in (None, item)


def _key(channel: str, subject: str) -> Item:
    return {"kind": {"S": f"slack-thread#{channel}"}, "key": {"S": subject}}
