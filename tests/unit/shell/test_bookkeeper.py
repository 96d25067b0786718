"""The money of a pool is changed by one run after another, whoever is faster."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from capacity_blocks.core.purchase import book_record
from capacity_blocks.core.purchase.book_record import BookFullError
from capacity_blocks.core.purchase.budget import Book, BudgetError, Entry, Standing
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.ports import AwsError
from capacity_blocks.purchasing.bookkeeper import TRIES, BookBusyError, Bookkeeper
from tests.fakes import FakePurchaseLedger, unclear
from tests.unit.core.purchase.intents import an_intent
from tests.unit.core.purchase.shapes import END, FEE, NOW, an_offering, some_settings

INTENT = an_intent()
OTHER = an_intent(request_id="june-training")
SETTINGS = some_settings()
ENTRY = Entry(intent_id=INTENT.intent_id, amount=FEE, month="2026-04", until=END)

BEFORE_EACH_CHANGE: dict[str, Callable[[Bookkeeper], object]] = {
    "reserve": lambda keeper: None,
    "commit": lambda keeper: keeper.reserve(NOW, INTENT, SETTINGS),
    "release": lambda keeper: keeper.reserve(NOW, INTENT, SETTINGS),
    "reinstate": lambda keeper: (keeper.reserve(NOW, INTENT, SETTINGS), keeper.release(NOW, INTENT)),
}
CHANGES: dict[str, Callable[[Bookkeeper], Book]] = {
    "reserve": lambda keeper: keeper.reserve(NOW, INTENT, SETTINGS),
    "commit": lambda keeper: keeper.commit(INTENT),
    "release": lambda keeper: keeper.release(NOW, INTENT),
    "reinstate": lambda keeper: keeper.reinstate(INTENT),
}
STANDINGS = {
    "reserve": Standing.RESERVED,
    "commit": Standing.COMMITTED,
    "release": Standing.RELEASED,
    "reinstate": Standing.RESERVED,
}
each_change = pytest.mark.parametrize("name", CHANGES)


@dataclass
class Overtaken(FakePurchaseLedger):
    """A ledger in which other runs reserve for intents of their own right before this one writes, `times` times."""

    times: int = 0

    def put_book(self, book: Book, replacing: Book) -> bool:
        if self.times:
            self.times -= 1
            faster = an_intent(an_offering(upfront_fee=Decimal(1)), request_id=f"faster-{self.times}")
            Bookkeeper(FakePurchaseLedger(run="run-2", books=self.books)).reserve(NOW, faster, SETTINGS)
        return super().put_book(book, replacing)


@pytest.fixture
def ledger() -> FakePurchaseLedger:
    return FakePurchaseLedger()


@each_change
def test_the_money_of_an_intent_is_booked_under_its_pool_by_its_terms(ledger: FakePurchaseLedger, name: str) -> None:
    keeper = Bookkeeper(ledger)
    BEFORE_EACH_CHANGE[name](keeper)

    after = CHANGES[name](keeper)

    assert after.entries == (replace(ENTRY, standing=STANDINGS[name]),)
    assert ledger.book("training") == after
    assert set(ledger.books) == {"training"}


@each_change
def test_what_is_booked_already_is_not_written_again(ledger: FakePurchaseLedger, name: str) -> None:
    keeper = Bookkeeper(ledger)
    BEFORE_EACH_CHANGE[name](keeper)
    after = CHANGES[name](keeper)
    ledger.errors["put_book"] = unclear()

    assert CHANGES[name](keeper) == after


@each_change
def test_a_run_that_is_overtaken_makes_its_change_to_what_the_faster_one_wrote(name: str) -> None:
    ledger = Overtaken()
    keeper = Bookkeeper(ledger)
    BEFORE_EACH_CHANGE[name](keeper)
    ledger.times = TRIES - 1

    after = CHANGES[name](keeper)

    assert after.entry(INTENT.intent_id) == replace(ENTRY, standing=STANDINGS[name])
    assert len(after.entries) == TRIES
    assert ledger.book("training") == after


@each_change
def test_a_run_that_is_overtaken_without_end_says_which_book_is_busy(name: str) -> None:
    ledger = Overtaken()
    keeper = Bookkeeper(ledger)
    BEFORE_EACH_CHANGE[name](keeper)
    before = ledger.book("training").entry(INTENT.intent_id)
    ledger.times = TRIES

    with pytest.raises(BookBusyError, match=r"^training: its book was changed by others 25 times") as raised:
        CHANGES[name](keeper)

    assert raised.value.pool == "training"
    assert ledger.book("training").entry(INTENT.intent_id) == before


def test_a_run_that_is_overtaken_by_the_last_of_the_budget_reserves_nothing() -> None:
    ledger = Overtaken(times=1)
    settings = some_settings(monthly_budget=FEE, most_per_pool=FEE)

    with pytest.raises(BudgetError, match=r"\$42,000 more, over \$1 reserved and \$0 spent in 2026-04"):
        Bookkeeper(ledger).reserve(NOW, INTENT, settings)

    assert ledger.book("training").entry(INTENT.intent_id) is None


def test_of_two_runs_that_want_the_last_of_the_budget_one_gets_it(ledger: FakePurchaseLedger) -> None:
    Bookkeeper(ledger).reserve(NOW, INTENT, SETTINGS)
    Bookkeeper(ledger.as_run("run-2")).reserve(NOW, OTHER, SETTINGS)

    with pytest.raises(BudgetError, match="is over the pool's monthly budget of"):
        Bookkeeper(ledger.as_run("run-3")).reserve(NOW, an_intent(number=2), SETTINGS)
    assert ledger.book("training").total("2026-04", Standing.RESERVED) == 2 * FEE


def test_a_reply_that_is_lost_for_good_is_an_error_and_the_change_is_made_again_without_harm(
    ledger: FakePurchaseLedger,
) -> None:
    ledger.lost["put_book"] = unclear()
    with pytest.raises(AwsError):
        Bookkeeper(ledger).reserve(NOW, INTENT, SETTINGS)
    del ledger.lost["put_book"]

    assert Bookkeeper(ledger.as_run("run-2")).reserve(NOW, INTENT, SETTINGS).entries == (ENTRY,)


def test_money_that_is_spent_is_not_released(ledger: FakePurchaseLedger) -> None:
    keeper = Bookkeeper(ledger)
    keeper.reserve(NOW, INTENT, SETTINGS)
    paid = keeper.commit(INTENT)

    with pytest.raises(BudgetError, match="is spent and cannot be released"):
        keeper.release(NOW, INTENT)
    assert ledger.book("training") == paid


def test_what_was_released_before_it_was_reserved_is_not_reserved_late(ledger: FakePurchaseLedger) -> None:
    Bookkeeper(ledger).release(NOW, INTENT)

    with pytest.raises(BudgetError, match="is released already"):
        Bookkeeper(ledger.as_run("run-2")).reserve(NOW, INTENT, SETTINGS)


def test_a_purchase_that_cannot_be_booked_is_refused_as_one_over_the_budget_is(
    ledger: FakePurchaseLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Bookkeeper(ledger).reserve(NOW, OTHER, SETTINGS)
    monkeypatch.setattr(book_record, "MOST_BYTES", 200)

    with pytest.raises(BookFullError) as raised:
        Bookkeeper(ledger).reserve(NOW, INTENT, SETTINGS)

    assert isinstance(raised.value, BudgetError)
    assert ledger.book("training") == before


def test_pools_have_books_of_their_own(ledger: FakePurchaseLedger) -> None:
    terms = replace(INTENT.terms, pool="research")
    elsewhere: Intent = replace(INTENT, request_id="research", terms=terms)
    keeper = Bookkeeper(ledger)
    keeper.reserve(NOW, INTENT, SETTINGS)

    after = keeper.reserve(NOW + timedelta(days=30), elsewhere, SETTINGS)

    assert after.entries == (replace(ENTRY, intent_id=elsewhere.intent_id, month="2026-05"),)
    assert ledger.book("training").entries == (ENTRY,)
