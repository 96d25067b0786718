"""A pool's book as a JSON document, and back: what the ledger keeps of its money."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase import canonical, money
from capacity_blocks.core.purchase.budget import Book, BudgetError, Entry, Standing

VERSION = 1
# DynamoDB takes items of up to 400 KB ("Constraints in Amazon DynamoDB"), and an entry is 130 to 190 bytes of ASCII:
# so many hold over 1,800 intents of a pool, that were bought or not. What is left above is for what must always be
# written: payments, releases, and what turned out to be bought.
MOST_BYTES = 350_000


class BookFullError(BudgetError):
    """The book has no room for the money of one more intent; nothing was changed."""


def of_book(book: Book) -> dict[str, Any]:
    return {
        "version": VERSION,
        "pool": book.pool,
        "book_version": book.version,
        "entries": [_of_entry(each) for each in book.entries],
    }


def to_book(document: Mapping[str, Any]) -> Book:
    """Read what `of_book` wrote; ValueError for a document of another version, or with a standing not known.

    Money that cannot be told apart is not counted as free: nothing can be bought until it can.
    """
    if document["version"] != VERSION:
        raise ValueError(f"{document['pool']}: a book of version {document['version']}, and {VERSION} is read")
    return Book(
        pool=document["pool"],
        version=int(document["book_version"]),
        entries=tuple(_to_entry(each) for each in document["entries"]),
    )


def text_of(book: Book, replacing: Book) -> str:
    """Write a book for the ledger. BookFullError if it counts money of an intent that `replacing` has no room for.

    What cannot be booked must not be bought. Nothing is taken out to make room: the history of money is a person's.
    """
    text = canonical.text(of_book(book))
    added = {each.intent_id for each in book.entries if each.amount} - {each.intent_id for each in replacing.entries}
    if added and len(text) > MOST_BYTES:
        raise BookFullError(
            f"{', '.join(sorted(added))}: the book of {book.pool} is full with {len(replacing.entries)} intents, so "
            "nothing more can be bought for this pool; take entries of blocks that have ended out of it, or buy for a "
            "pool of another name"
        )
    return text


def _of_entry(entry: Entry) -> dict[str, str]:
    return {
        "intent_id": entry.intent_id,
        "amount": money.canonical(entry.amount),
        "month": entry.month,
        "until": canonical.instant(entry.until),
        "standing": entry.standing.value,
    }


def _to_entry(document: Mapping[str, str]) -> Entry:
    return Entry(
        intent_id=document["intent_id"],
        amount=Decimal(document["amount"]),
        month=document["month"],
        until=datetime.fromisoformat(document["until"]),
        standing=Standing(document["standing"]),
    )
