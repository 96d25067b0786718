"""Changes a pool's book through the ledger: read, change, write, and again whenever another run was faster."""

from collections.abc import Callable
from datetime import datetime

from capacity_blocks.core.purchase import budget
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.purchase_ports import PurchaseLedger

# Whenever one run loses, another has won: so many times in a row is no race any more, but something that is wrong.
TRIES = 25


class BookBusyError(Exception):
    """Other runs changed a book again and again. This one's change is to be made again, later."""

    def __init__(self, pool: str) -> None:
        super().__init__(f"{pool}: its book was changed by others {TRIES} times while this change was written")
        self.pool = pool


class Bookkeeper:
    """Each change is harmless when it is made again, and raises BudgetError where the book does not allow it."""

    def __init__(self, ledger: PurchaseLedger) -> None:
        self._ledger = ledger

    def reserve(self, now: datetime, intent: Intent, settings: MoneySettings) -> Book:
        terms = intent.terms
        fee, until = terms.upfront_fee, terms.offering.end
        return self._changed(intent, lambda book: budget.reserve(now, book, intent.intent_id, fee, until, settings))

    def commit(self, intent: Intent) -> Book:
        return self._changed(intent, lambda book: budget.commit(book, intent.intent_id))

    def release(self, now: datetime, intent: Intent) -> Book:
        return self._changed(intent, lambda book: budget.release(now, book, intent.intent_id))

    def reinstate(self, intent: Intent) -> Book:
        return self._changed(intent, lambda book: budget.reinstate(book, intent.intent_id))

    def _changed(self, intent: Intent, change: Callable[[Book], Book]) -> Book:
        """Return the book with the change in it, as it was read or written."""
        pool = intent.terms.pool
        for _ in range(TRIES):
            book = self._ledger.book(pool)
            after = change(book)
            if after is book or self._ledger.put_book(after, replacing=book):
                return after
        raise BookBusyError(pool)
