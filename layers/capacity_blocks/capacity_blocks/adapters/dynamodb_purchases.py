"""Purchase requests, intents and budgets, in the ledger's table (keys `kind` and `key`). Nothing of it expires."""

from typing import TYPE_CHECKING

from capacity_blocks.adapters import purchase_item
from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.claim_item import Item
from capacity_blocks.adapters.conditional_put import put_if
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.purchase_ports import RequestRow

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

# "TransactWriteItems", CancellationReasons: the row is not what was read, or another run is writing it right now.
LOST_RACES = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class DynamoDbPurchaseLedger:
    """`run` is this invocation's own name, no other's, not even of a repeated one.

    By it a write whose reply was lost is known again when the SDK has sent it twice, and is told from another run's
    write of the very same thing: of two runs that set out to buy by one intent, one must lose.
    """

    # TransactWriteItems is no action of IAM's: each of its parts is ("Using IAM with DynamoDB transactions").
    PERMISSIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "DynamoDBClient", table: str, run: str) -> None:
        self._client = client
        self._table = table
        self._run = run

    @raises_aws_error
    def claim_request(self, row: RequestRow, continues: str | None = None) -> RequestRow:
        expression, values = purchase_item.ABSENT, Item()
        if continues is not None:
            held = "execution = :continues AND digest = :digest AND attribute_not_exists(ended)"
            expression = f"{expression} OR ({held})"
            values = {":continues": {"S": continues}, ":digest": {"S": row.digest}}
        item = purchase_item.request_item(row)
        stands = put_if(self._client, self._table, item, expression, values)
        # This execution's own claim may stand there: a reply was lost, or its first state ran twice. It is told by
        # the row, so there is nothing more to find out here.
        return purchase_item.request_of(item if stands is None else stands)

    @raises_aws_error
    def take_request(self, row: RequestRow, replacing: RequestRow) -> RequestRow:
        item = purchase_item.request_item(row)
        stands = put_if(self._client, self._table, item, *purchase_item.is_still_row(replacing))
        return purchase_item.request_of(item if stands is None else stands)

    @raises_aws_error
    def request(self, request_id: str) -> RequestRow | None:
        item = self._get(purchase_item.request_key(request_id))
        return None if item is None else purchase_item.request_of(item)

    @raises_aws_error
    def open_requests(self) -> tuple[RequestRow, ...]:
        # Those that have ended are read too, and left out by DynamoDB: pages of 1 MB, each some hundred requests.
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            FilterExpression="attribute_not_exists(ended)",
            ExpressionAttributeValues={":kind": {"S": purchase_item.REQUESTS}},
            ConsistentRead=True,
        )
        return tuple(purchase_item.request_of(item) for page in pages for item in page["Items"])

    @raises_aws_error
    def end_request(self, row: RequestRow, ended: str) -> None:
        # Only for the execution that held it when it was read: one that goes on with the request ends it itself.
        item = {**purchase_item.request_item(row), "ended": {"S": ended}}
        held = {":execution": {"S": row.execution}}
        put_if(self._client, self._table, item, "execution = :execution AND attribute_not_exists(ended)", held)

    @raises_aws_error
    def intents(self, request_id: str) -> tuple[Intent, ...]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": purchase_item.intents_kind(request_id)}},
            ConsistentRead=True,
        )
        return tuple(purchase_item.intent_of(item) for page in pages for item in page["Items"])

    @raises_aws_error
    def put_intent(self, intent: Intent, replacing: Intent | None) -> bool:
        # With its line in the history in one transaction: neither is there without the other, whatever crashes.
        item, (expression, values) = purchase_item.intent_item(intent, self._run), purchase_item.is_still(replacing)
        put = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": expression,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **({"ExpressionAttributeValues": values} if values else {}),  # DynamoDB refuses an empty one
        }
        line = {"TableName": self._table, "Item": purchase_item.line_item(intent, self._run)}
        try:
            self._client.transact_write_items(TransactItems=[{"Put": put}, {"Put": line}])  # type: ignore[typeddict-item]  # put has an optional key
        except self._client.exceptions.TransactionCanceledException as error:
            reason = error.response["CancellationReasons"][0]
            if reason["Code"] not in LOST_RACES:
                raise
            return reason.get("Item") == item
        return True

    @raises_aws_error
    def book(self, pool: str) -> Book:
        item = self._get(purchase_item.book_key(pool))
        return Book(pool=pool) if item is None else purchase_item.book_of(item)

    @raises_aws_error
    def put_book(self, book: Book, replacing: Book) -> bool:
        item = purchase_item.book_item(book, replacing, self._run)
        return self._put_own(item, *purchase_item.has_version(replacing))

    @raises_aws_error
    def keep_token(self, intent: Intent, token: str) -> None:
        # A row of its own, so that it can be written blindly: whoever keeps a token cannot touch, nor be lost to a
        # race over, the row that money hangs on; and all of that row is one write under one condition.
        self._client.put_item(TableName=self._table, Item={**purchase_item.token_key(intent), "token": {"S": token}})

    @raises_aws_error
    def token(self, intent: Intent) -> str | None:
        item = self._get(purchase_item.token_key(intent))
        return None if item is None else item["token"]["S"]

    def _get(self, key: Item) -> Item | None:
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return found.get("Item")

    def _put_own(self, item: Item, expression: str, values: Item) -> bool:
        """Write `item`, with the name of this run in it, under a condition; True if it stands, now or from before."""
        return put_if(self._client, self._table, item, expression, values) in (None, item)
