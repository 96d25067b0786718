"""The budget under contention: runs that overtake each other, writes from stale reads, replies that are lost.

Whatever happens, the book is what one change after another makes of it, and no reservation goes over the budget.
"""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import Enum, auto
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from capacity_blocks.adapters.dynamodb_purchases import DynamoDbPurchaseLedger
from capacity_blocks.core.purchase import budget
from capacity_blocks.core.purchase.budget import Book, BudgetError, Standing
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.ports import AwsError
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from tests import aws
from tests.fakes import FakePurchaseLedger, unclear
from tests.unit.core.purchase.intents import an_intent
from tests.unit.core.purchase.shapes import END, NOW, an_offering, some_settings

POOL = "training"
MONEY = some_settings(monthly_budget=Decimal(100), most_per_pool=Decimal(150))
FEES = [Decimal(fee) for fee in ("40", "33.33", "90", "26.67", "0.01", "15", "15", "50", "9.99", "60", "5", "22.5")]
UNTIL = END + timedelta(days=60)  # so that blocks of several months count for the pool at a time
INTENTS = [
    an_intent(an_offering(upfront_fee=fee, end=UNTIL), number=number) for number, fee in enumerate(FEES, start=1)
]
AMOUNTS = {each.intent_id: each.terms.upfront_fee for each in INTENTS}

Change = Callable[[Book], Book]
RESERVE, COMMIT, RELEASE, REINSTATE = "reserve", "commit", "release", "reinstate"
verbs = st.sampled_from([RESERVE, RESERVE, COMMIT, RELEASE, REINSTATE])
intents = st.sampled_from(INTENTS)


class Fate(Enum):
    """What becomes of a write."""

    OVERTAKEN = auto()  # another run is done before it
    SENT_TWICE = auto()  # the reply is lost, and the SDK sends it again
    SENT_TWICE_AND_OVERTAKEN = auto()  # with another run's whole change in between
    REPLY_LOST = auto()  # carried out, and the run never knows
    NEVER_SENT = auto()


@dataclass(frozen=True, kw_only=True)
class Strike:
    fate: Fate
    verb: str
    intent: Intent


strikes = st.lists(st.builds(Strike, fate=st.sampled_from(Fate), verb=verbs, intent=intents), max_size=3)


@dataclass
class Struck:
    """One run's ledger. Each of its first writes meets the next of `strikes`; `others` acts for another run."""

    ledger: Any
    others: Callable[[str, Intent], object]
    log: list[Book]
    strikes: list[Strike] = field(default_factory=list)

    def book(self, pool: str) -> Book:
        found: Book = self.ledger.book(pool)
        return found

    def put_book(self, book: Book, replacing: Book) -> bool:
        strike = self.strikes.pop(0) if self.strikes else None
        if strike is None:
            return self._put(book, replacing)
        if strike.fate is Fate.NEVER_SENT:
            raise unclear("PutItem", "ConnectTimeoutError")
        if strike.fate is Fate.OVERTAKEN:
            self.others(strike.verb, strike.intent)
            return self._put(book, replacing)
        self._put(book, replacing)
        if strike.fate is Fate.REPLY_LOST:
            raise unclear("PutItem")
        if strike.fate is Fate.SENT_TWICE_AND_OVERTAKEN:
            self.others(strike.verb, strike.intent)
        return self._put(book, replacing)

    def _put(self, book: Book, replacing: Book) -> bool:
        """Write through, and note what came of it, as anybody sees who reads the ledger."""
        before = self.ledger.book(POOL)
        is_written: bool = self.ledger.put_book(book, replacing)
        after: Book = self.ledger.book(POOL)
        if after != before:
            self.log.append(after)
        assert after == (book if is_written else before), "what it says of a write is so"
        return is_written


class Contested(RuleBasedStateMachine):
    """One pool's book, changed by ever new runs over some months."""

    def __init__(self) -> None:
        super().__init__()
        self.as_run = self.ledgers()
        self.now = NOW
        self.log = [Book(pool=POOL)]  # every book there ever was
        self.checked = 0
        self.runs = 0
        self.read: tuple[Struck, Book] | None = None

    def ledgers(self) -> Callable[[str], Any]:
        return FakePurchaseLedger().as_run

    @rule(days=st.integers(1, 20))
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(verb=verbs, intent=intents, strikes=strikes)
    def a_run_changes_the_book(self, verb: str, intent: Intent, strikes: list[Strike]) -> None:
        began = len(self.log) - 1
        try:
            after = self._done(self._struck(strikes), verb, intent)
        except AwsError:
            return  # nothing is known, and nothing promised
        except BudgetError as error:
            # Refused for what is in the book by then, and for nothing else.
            with pytest.raises(BudgetError, match=f"^{re.escape(str(error))}$"):
                self._change(verb, intent)(self.log[-1])
            return
        assert after in self.log[began:], "what a run is told was the book after it began"
        assert self._change(verb, intent)(after) is after, "its change is in it"

    @rule()
    def a_run_reads_the_book_and_is_held_up(self) -> None:
        ledger = self._struck([])
        self.read = ledger, ledger.book(POOL)

    @precondition(lambda self: self.read is not None)
    @rule(verb=verbs, intent=intents)
    def the_run_that_was_held_up_writes(self, verb: str, intent: Intent) -> None:
        assert self.read is not None
        ledger, book = self.read
        try:
            after = self._change(verb, intent)(book)
        except BudgetError:
            return
        if after is book:
            return
        is_current = book == self.log[-1]
        assert ledger.put_book(after, replacing=book) == is_current, "a stale write loses, another wins"
        self.read = None

    @invariant()
    def each_book_is_the_one_before_with_one_change(self) -> None:
        for before, after in pairwise(self.log[self.checked :]):
            assert after.version == before.version + 1
            kept = set(before.entries) & set(after.entries)
            assert len(kept) == len(after.entries) - 1 <= len(before.entries)
            assert {each.intent_id for each in before.entries} <= {each.intent_id for each in after.entries}
            (changed,) = set(after.entries) - kept
            was = before.entry(changed.intent_id)
            if changed.standing is Standing.RESERVED and (was is None or was.standing is Standing.RESERVED):
                assert after.total(changed.month, Standing.RESERVED, Standing.COMMITTED) <= MONEY.monthly_budget
                assert after.held(self.now) <= MONEY.most_per_pool
        self.checked = len(self.log) - 1

    @invariant()
    def it_adds_up(self) -> None:
        book = self.as_run("an auditor").book(POOL)
        assert book == self.log[-1]
        ids = [each.intent_id for each in book.entries]
        assert len(set(ids)) == len(ids)
        assert all(each.amount in {AMOUNTS[each.intent_id], 0} for each in book.entries)
        months = {each.month for each in book.entries}
        by_standing = sum((book.total(month, standing) for month in months for standing in Standing), Decimal(0))
        assert by_standing == sum((each.amount for each in book.entries), Decimal(0))

    def _struck(self, strikes: list[Strike]) -> Struck:
        self.runs += 1
        return Struck(ledger=self.as_run(f"run-{self.runs}"), others=self._faster, log=self.log, strikes=[*strikes])

    def _faster(self, verb: str, intent: Intent) -> None:
        try:
            self._done(self._struck([]), verb, intent)
        except BudgetError:
            return

    def _done(self, ledger: Struck, verb: str, intent: Intent) -> Book:
        keeper = Bookkeeper(ledger)  # type: ignore[arg-type]  # it knows of books alone
        match verb:
            case "reserve":
                return keeper.reserve(self.now, intent, MONEY)
            case "commit":
                return keeper.commit(intent)
            case "release":
                return keeper.release(self.now, intent)
            case _:
                return keeper.reinstate(intent)

    def _change(self, verb: str, intent: Intent) -> Change:
        name, fee, now = intent.intent_id, intent.terms.upfront_fee, self.now
        match verb:
            case "reserve":
                return lambda book: budget.reserve(now, book, name, fee, UNTIL, MONEY)
            case "commit":
                return lambda book: budget.commit(book, name)
            case "release":
                return lambda book: budget.release(now, book, name)
            case _:
                return lambda book: budget.reinstate(book, name)


class ContestedInDynamoDb(Contested):
    """The same in DynamoDB's table."""

    def ledgers(self) -> Callable[[str], Any]:
        self.stack = ExitStack()
        self.stack.enter_context(aws.moto())
        client = aws.ledger_table("ledger")
        return lambda run: DynamoDbPurchaseLedger(client, "ledger", run)

    def teardown(self) -> None:
        self.stack.close()


TestContested = Contested.TestCase
TestContested.settings = settings(max_examples=150, stateful_step_count=40)
TestContestedInDynamoDb = ContestedInDynamoDb.TestCase
TestContestedInDynamoDb.settings = settings(max_examples=10, stateful_step_count=20)
