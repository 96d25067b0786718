"""Requests, intents and books as items of the ledger's table, and back.

Each is one JSON text in its item, always written alike: so a write can ask for the very document that was read.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from capacity_blocks.adapters.claim_item import Item, written
from capacity_blocks.core.purchase import book_record, canonical, record
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.purchase_tag import history_line
from capacity_blocks.purchase_ports import RequestRow

ABSENT = "attribute_not_exists(kind)"
REQUESTS = "request"


def request_key(request_id: str) -> Item:
    return {"kind": {"S": REQUESTS}, "key": {"S": request_id}}


def request_item(row: RequestRow) -> Item:
    item = {
        **request_key(row.request_id),
        "digest": {"S": row.digest},
        "document": {"S": canonical.text(row.document)},
        "execution": {"S": row.execution},
        "claimed_at": {"S": canonical.instant(row.claimed_at)},
    }
    return item if row.ended is None else {**item, "ended": {"S": row.ended}}


def request_of(item: Mapping[str, Any]) -> RequestRow:
    return RequestRow(
        request_id=item["key"]["S"],
        digest=item["digest"]["S"],
        document=json.loads(item["document"]["S"]),
        execution=item["execution"]["S"],
        claimed_at=datetime.fromisoformat(item["claimed_at"]["S"]),
        ended=item["ended"]["S"] if "ended" in item else None,
    )


def is_still_row(row: RequestRow) -> tuple[str, Item]:
    """Return the condition that a request is stored as it was read, and the values in it."""
    item = request_item(row)
    values = {f":{name}": item[name] for name in ("execution", "digest", "claimed_at", "ended") if name in item}
    same = " AND ".join(f"{name.removeprefix(':')} = {name}" for name in values)
    return (same if row.ended is not None else f"{same} AND attribute_not_exists(ended)"), values


def intents_kind(request_id: str) -> str:
    return f"intent#{request_id}"


def intent_item(intent: Intent, run: str) -> Item:
    return {
        "kind": {"S": intents_kind(intent.request_id)},
        "key": {"S": _number(intent)},
        "intent": {"S": _intent_text(intent)},
        "run": {"S": run},
    }


def intent_of(item: Mapping[str, Any]) -> Intent:
    return record.to_intent(json.loads(item["intent"]["S"]))


def line_item(intent: Intent, run: str) -> Item:
    """Return the line that an intent leaves in its history, which is only ever added to."""
    line = {name: {"S": text} for name, text in history_line(intent).items()}
    # A write that is sent again is the same line. Within a state, approvals and reservations only ever become more.
    more = f"{len(intent.approvals)}#{len(intent.reservation_ids)}"
    key = f"{written(intent.changed_at)}#{run}#{intent.state.value}#{more}"
    return {"kind": {"S": f"history#{intent.intent_id}"}, "key": {"S": key}, "line": {"M": line}}


def is_still(intent: Intent | None) -> tuple[str, Item]:
    """Return the condition that an intent is stored as it was read (None: not at all), and the values in it."""
    return (ABSENT, {}) if intent is None else ("intent = :read", {":read": {"S": _intent_text(intent)}})


def token_key(intent: Intent) -> Item:
    return {"kind": {"S": f"token#{intent.request_id}"}, "key": {"S": _number(intent)}}


def book_key(pool: str) -> Item:
    return {"kind": {"S": "budget"}, "key": {"S": pool}}


def book_item(book: Book, replacing: Book, run: str) -> Item:
    return {
        **book_key(book.pool),
        "book": {"S": book_record.text_of(book, replacing)},
        "version": {"N": str(book.version)},
        "run": {"S": run},
    }


def book_of(item: Mapping[str, Any]) -> Book:
    return book_record.to_book(json.loads(item["book"]["S"]))


def has_version(book: Book) -> tuple[str, Item]:
    """Return the condition that the stored book has the version of `book`, and the values in it."""
    return (ABSENT, {}) if not book.version else ("version = :version", {":version": {"N": str(book.version)}})


def _intent_text(intent: Intent) -> str:
    return canonical.text(record.of_intent(intent))


def _number(intent: Intent) -> str:
    return f"{intent.number:06}"  # so that keys sort as numbers do
