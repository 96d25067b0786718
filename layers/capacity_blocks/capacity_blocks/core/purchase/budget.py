"""The budget of a pool: what is reserved and committed in each month, kept by intent so that it always adds up."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.money_settings import MoneySettings


class Standing(StrEnum):
    RESERVED = "reserved"  # asked for, or bought and not paid yet
    COMMITTED = "committed"  # paid
    RELEASED = "released"  # not spent after all; the intent is over


class BudgetError(Exception):
    """The book holds something else for an intent than what it is told; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The money of one intent. `month` is that of its purchase in UTC, `until` the end of what it buys."""

    intent_id: str
    amount: Decimal
    month: str
    until: datetime
    standing: Standing = Standing.RESERVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Every entry of a pool. Sums are never stored, so they cannot disagree with it.

    `version` grows with each change: a write that expects the version it read loses against a faster one. What
    changes nothing returns the same book.
    """

    pool: str
    version: int = 0
    entries: tuple[Entry, ...] = ()

    def entry(self, intent_id: str) -> Entry | None:
        return next((each for each in self.entries if each.intent_id == intent_id), None)

    def total(self, month: str, *standings: Standing) -> Decimal:
        return _sum(each for each in self.entries if each.month == month and each.standing in standings)

    def held(self, now: datetime) -> Decimal:
        """What blocks that have not ended cost, those not paid yet included."""
        return _sum(e for e in self.entries if e.until > now and e.standing is not Standing.RELEASED)


def month_of(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m}"


def shortfalls(now: datetime, book: Book, intent_id: str, amount: Decimal, settings: MoneySettings) -> tuple[str, ...]:
    """Return why the pool cannot afford `amount` more, over what its other intents take; empty if it can."""
    others = replace(book, entries=tuple(e for e in book.entries if e.intent_id != intent_id))
    month = month_of(now)
    reserved, committed = others.total(month, Standing.RESERVED), others.total(month, Standing.COMMITTED)
    held = others.held(now)
    reasons = []
    if reserved + committed + amount > settings.monthly_budget:
        reasons.append(
            f"{money.shown(amount)} more, over {money.shown(reserved)} reserved and {money.shown(committed)} spent in "
            f"{month}, is over the pool's monthly budget of {money.shown(settings.monthly_budget)}"
        )
    if held + amount > settings.most_per_pool:
        reasons.append(
            f"{money.shown(amount)} more, over {money.shown(held)} in blocks that have not ended, is over the "
            f"{money.shown(settings.most_per_pool)} that the pool may hold"
        )
    return tuple(reasons)


def reserve(
    now: datetime, book: Book, intent_id: str, amount: Decimal, until: datetime, settings: MoneySettings
) -> Book:
    """Reserve the money of an intent in the month of `now`. BudgetError says why where it cannot be.

    Again is harmless; in another month it moves there, since the month of the purchase is what counts.
    """
    entry = book.entry(intent_id)
    if entry is not None and entry.standing is not Standing.RESERVED:
        if entry.standing is Standing.COMMITTED and entry.amount == amount:
            return book
        raise BudgetError(f"{intent_id}: its {money.shown(entry.amount)} is {entry.standing.value} already")
    if entry is not None and entry.amount != amount:
        raise BudgetError(f"{intent_id}: {money.shown(entry.amount)} is reserved for it, not {money.shown(amount)}")
    if reasons := shortfalls(now, book, intent_id, amount, settings):
        raise BudgetError(f"{intent_id}: {'; '.join(reasons)}")
    return _with(book, Entry(intent_id=intent_id, amount=amount, month=month_of(now), until=until))


def commit(book: Book, intent_id: str) -> Book:
    """Turn what is reserved, or was released by mistake, into what is spent, in the month of its reservation."""
    entry = book.entry(intent_id)
    if entry is None or not entry.amount:
        raise BudgetError(f"{intent_id}: nothing was reserved for it, so nothing can be committed")
    return _with(book, replace(entry, standing=Standing.COMMITTED))


def reinstate(book: Book, intent_id: str) -> Book:
    """Reserve again what was released and turned out to be bought, over any budget: the book tells the truth."""
    entry = book.entry(intent_id)
    if entry is None or not entry.amount:
        raise BudgetError(f"{intent_id}: nothing was reserved for it, so nothing can be reserved again")
    is_released = entry.standing is Standing.RELEASED
    return _with(book, replace(entry, standing=Standing.RESERVED)) if is_released else book


def release(now: datetime, book: Book, intent_id: str) -> Book:
    """Give back what is reserved. Money that was spent stays spent: BudgetError.

    An intent that never reserved is entered with nothing, so that a reservation that comes too late finds it over.
    """
    entry = book.entry(intent_id)
    if entry is None:
        entry = Entry(intent_id=intent_id, amount=Decimal(0), month=month_of(now), until=now)
    if entry.standing is Standing.COMMITTED:
        raise BudgetError(f"{intent_id}: its {money.shown(entry.amount)} is spent and cannot be released")
    return _with(book, replace(entry, standing=Standing.RELEASED))


def _with(book: Book, entry: Entry) -> Book:
    if entry in book.entries:
        return book
    others = (each for each in book.entries if each.intent_id != entry.intent_id)
    entries = tuple(sorted((*others, entry), key=lambda each: each.intent_id))
    return replace(book, version=book.version + 1, entries=entries)


def _sum(entries: Iterable[Entry]) -> Decimal:
    return sum((each.amount for each in entries), Decimal(0))
