"""How purchases lie in the table, and that every read of them is consistent and whole."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.dynamodb_purchases import DynamoDbPurchaseLedger
from capacity_blocks.core.purchase.book_record import of_book
from capacity_blocks.core.purchase.budget import Book, Entry
from capacity_blocks.core.purchase.purchase_tag import history_line
from capacity_blocks.core.purchase.record import of_intent
from capacity_blocks.ports import AwsError
from capacity_blocks.purchase_ports import RequestRow
from tests import aws
from tests.unit.core.purchase.intents import an_approved_intent, an_intent
from tests.unit.core.purchase.shapes import END, NOW

ROW = RequestRow(
    request_id="may-training", digest="d1", document={"pool": "training", "a": 1}, execution="arn:old", claimed_at=NOW
)
INTENT = an_intent()
ENTRY = Entry(intent_id=INTENT.intent_id, amount=Decimal(42000), month="2026-04", until=END)
BOOK = Book(pool="training", version=1, entries=(ENTRY,))
STORED_ROW = {
    "kind": {"S": "request"},
    "key": {"S": "may-training"},
    "digest": {"S": "d1"},
    "document": {"S": '{"a":1,"pool":"training"}'},
    "execution": {"S": "arn:old"},
    "claimed_at": {"S": "2026-04-20T09:00:00Z"},
}


@pytest.fixture
def client() -> Iterator[Any]:
    with aws.moto():
        client = aws.ledger_table("ledger")
        yield client


@pytest.fixture
def ledger(client: Any) -> DynamoDbPurchaseLedger:
    return DynamoDbPurchaseLedger(client, "ledger", "run-1")


def stored(client: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.scan(TableName="ledger")["Items"]
    return sorted(items, key=lambda item: str(item["kind"]["S"]))


def test_a_request_is_stored_under_its_id_and_with_how_it_ended(client: Any, ledger: DynamoDbPurchaseLedger) -> None:
    ledger.claim_request(ROW)
    assert stored(client) == [STORED_ROW]

    ledger.end_request(ROW, "paid")
    assert stored(client) == [{**STORED_ROW, "ended": {"S": "paid"}}]


def test_an_intent_is_stored_as_one_text_with_the_run_that_wrote_it_and_a_line_of_its_history(
    client: Any, ledger: DynamoDbPurchaseLedger
) -> None:
    ledger.put_intent(INTENT, replacing=None)

    line, item = stored(client)
    assert json.loads(item.pop("intent")["S"]) == of_intent(INTENT)
    assert item == {"kind": {"S": "intent#may-training"}, "key": {"S": "000001"}, "run": {"S": "run-1"}}
    assert line == {
        "kind": {"S": f"history#{INTENT.intent_id}"},
        "key": {"S": "2026-04-20T08:00:00.000000+00:00#run-1#asked#0#0"},
        "line": {"M": {name: {"S": text} for name, text in history_line(INTENT).items()}},
    }


def test_a_token_is_stored_beside_its_intent(client: Any, ledger: DynamoDbPurchaseLedger) -> None:
    ledger.keep_token(INTENT, "t1")

    assert stored(client) == [{"kind": {"S": "token#may-training"}, "key": {"S": "000001"}, "token": {"S": "t1"}}]


def test_a_book_is_stored_under_its_pool_with_its_version(client: Any, ledger: DynamoDbPurchaseLedger) -> None:
    ledger.put_book(BOOK, replacing=Book(pool="training"))

    (item,) = stored(client)
    assert json.loads(item.pop("book")["S"]) == {
        "version": 1,
        "pool": "training",
        "book_version": 1,
        "entries": [
            {
                "intent_id": INTENT.intent_id,
                "amount": "42000",
                "month": "2026-04",
                "until": "2026-05-11T11:30:00Z",
                "standing": "reserved",
            }
        ],
    }
    assert item == {
        "kind": {"S": "budget"},
        "key": {"S": "training"},
        "version": {"N": "1"},
        "run": {"S": "run-1"},
    }


def test_nothing_of_a_purchase_ever_expires(client: Any, ledger: DynamoDbPurchaseLedger) -> None:
    ledger.claim_request(ROW)
    ledger.put_intent(INTENT, replacing=None)
    ledger.keep_token(INTENT, "t1")
    ledger.put_book(BOOK, replacing=Book(pool="training"))

    assert len(stored(client)) == 5
    assert not any("expires_at" in item for item in stored(client))


def test_every_page_of_intents_is_read_consistently() -> None:
    client = aws.client("dynamodb")
    intents = (an_approved_intent(), an_intent(number=2))
    asked = {
        "TableName": "ledger",
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": {":kind": {"S": "intent#may-training"}},
        "ConsistentRead": True,
    }
    last = {"kind": {"S": "intent#may-training"}, "key": {"S": "000001"}}
    first, second = ({"intent": {"S": json.dumps(of_intent(each))}} for each in intents)
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [first], "LastEvaluatedKey": last}, asked)
        stub.add_response("query", {"Items": [second]}, {**asked, "ExclusiveStartKey": last})

        assert DynamoDbPurchaseLedger(client, "ledger", "run-1").intents("may-training") == intents


def test_every_page_of_open_requests_is_read_consistently() -> None:
    client = aws.client("dynamodb")
    asked = {
        "TableName": "ledger",
        "KeyConditionExpression": "kind = :kind",
        "FilterExpression": "attribute_not_exists(ended)",
        "ExpressionAttributeValues": {":kind": {"S": "request"}},
        "ConsistentRead": True,
    }
    last = {"kind": {"S": "request"}, "key": {"S": "june"}}
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [], "LastEvaluatedKey": last}, asked)
        stub.add_response("query", {"Items": [STORED_ROW]}, {**asked, "ExclusiveStartKey": last})

        assert DynamoDbPurchaseLedger(client, "ledger", "run-1").open_requests() == (ROW,)


READS = {
    "request": (lambda ledger: ledger.request("may-training"), "request", "may-training", STORED_ROW, ROW),
    "token": (lambda ledger: ledger.token(INTENT), "token#may-training", "000001", {"token": {"S": "t1"}}, "t1"),
    "book": (
        lambda ledger: ledger.book("training"),
        "budget",
        "training",
        {"book": {"S": json.dumps(of_book(BOOK))}},
        BOOK,
    ),
}


@pytest.mark.parametrize(("ask", "kind", "key", "item", "read"), READS.values(), ids=READS.keys())
def test_every_item_is_read_consistently(ask: Any, kind: str, key: str, item: Any, read: Any) -> None:
    client = aws.client("dynamodb")
    asked = {"TableName": "ledger", "Key": {"kind": {"S": kind}, "key": {"S": key}}, "ConsistentRead": True}
    with Stubber(client) as stub:
        stub.add_response("get_item", {"Item": item}, asked)

        assert ask(DynamoDbPurchaseLedger(client, "ledger", "run-1")) == read


ASKED = {
    "claim_request": lambda ledger: ledger.claim_request(ROW),
    "request": lambda ledger: ledger.request("may-training"),
    "open_requests": lambda ledger: ledger.open_requests(),
    "end_request": lambda ledger: ledger.end_request(ROW, "paid"),
    "intents": lambda ledger: ledger.intents("may-training"),
    "put_intent": lambda ledger: ledger.put_intent(INTENT, replacing=None),
    "book": lambda ledger: ledger.book("training"),
    "put_book": lambda ledger: ledger.put_book(BOOK, replacing=Book(pool="training")),
    "keep_token": lambda ledger: ledger.keep_token(INTENT, "t1"),
    "token": lambda ledger: ledger.token(INTENT),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
def test_a_ledger_that_does_not_answer_is_an_error_and_not_an_empty_one(client: Any, ask: Any) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        ask(DynamoDbPurchaseLedger(client, "no-such-table", "run-1"))


def cancelled(*reasons: str) -> bool:
    """Put an intent, and have DynamoDB cancel the transaction for the reasons given."""
    client = aws.client("dynamodb")
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            http_status_code=400,
            modeled_fields={"CancellationReasons": [{"Code": reason} for reason in reasons]},
        )
        return DynamoDbPurchaseLedger(client, "ledger", "run-1").put_intent(INTENT, replacing=None)


def test_of_two_runs_that_write_an_intent_at_one_time_neither_need_win() -> None:
    assert not cancelled("TransactionConflict", "None")


@pytest.mark.parametrize("reasons", [("ThrottlingError", "None"), ("None", "TransactionConflict")], ids=str)
def test_an_intent_that_is_not_written_for_another_reason_is_an_error(reasons: tuple[str, str]) -> None:
    with pytest.raises(AwsError, match="TransactWriteItems: TransactionCanceledException"):
        cancelled(*reasons)


WRITES: dict[str, Any] = {
    "transact_write_items": lambda ledger: ledger.put_intent(INTENT, replacing=None),
    "put_item": lambda ledger: ledger.put_book(BOOK, replacing=Book(pool="training")),
}


@pytest.mark.parametrize(("method", "write"), WRITES.items(), ids=WRITES.keys())
def test_a_write_whose_reply_does_not_come_is_an_error_after_which_nothing_is_known(method: str, write: Any) -> None:
    client = aws.client("dynamodb")
    with Stubber(client) as stub:
        stub.add_client_error(method, "InternalServerError", http_status_code=500)
        with pytest.raises(AwsError, match="InternalServerError") as raised:
            write(DynamoDbPurchaseLedger(client, "ledger", "run-1"))

    assert not raised.value.definite
