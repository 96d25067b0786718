"""The budget of a pool: it always adds up, whatever comes twice, late or out of order."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from capacity_blocks.core.purchase.budget import (
    Book,
    BudgetError,
    Entry,
    Standing,
    commit,
    month_of,
    reinstate,
    release,
    reserve,
    shortfalls,
)
from tests.factories import at
from tests.unit.core.purchase.shapes import END, NOW, some_settings

MONTHLY = some_settings(monthly_budget=Decimal(100), most_per_pool=Decimal(150))
MAY = at("2026-05-01T00:00")
EMPTY = Book(pool="training")


def booked(*entries: Entry) -> Book:
    return Book(pool="training", version=len(entries), entries=entries)


def entry(intent_id: str, amount: int, standing: Standing = Standing.RESERVED, month: str = "2026-04") -> Entry:
    return Entry(intent_id=intent_id, amount=Decimal(amount), month=month, until=END, standing=standing)


FULL = booked(entry("a", 40), entry("b", 50, Standing.COMMITTED), entry("c", 70, Standing.RELEASED))


def test_money_is_reserved_in_the_month_of_purchase() -> None:
    assert reserve(NOW, EMPTY, "a", Decimal(40), END, MONTHLY) == booked(entry("a", 40))


def test_reserving_twice_is_reserving_once() -> None:
    book = reserve(NOW, EMPTY, "a", Decimal(40), END, MONTHLY)

    assert reserve(NOW, book, "a", Decimal(40), END, MONTHLY) is book


def test_what_fits_exactly_is_affordable_and_a_cent_more_is_not() -> None:
    assert shortfalls(NOW, FULL, "d", Decimal(10), MONTHLY) == ()
    assert shortfalls(NOW, FULL, "d", Decimal("10.01"), MONTHLY) == (
        "$10.01 more, over $40 reserved and $50 spent in 2026-04, is over the pool's monthly budget of $100",
    )


def test_an_intents_own_reservation_is_not_counted_against_it() -> None:
    assert shortfalls(NOW, FULL, "a", Decimal(50), MONTHLY) == ()
    assert shortfalls(NOW, FULL, "a", Decimal(51), MONTHLY) != ()


def test_another_month_has_its_own_budget_but_blocks_that_run_on_count_for_the_pool() -> None:
    assert shortfalls(MAY, FULL, "d", Decimal(60), MONTHLY) == ()
    assert shortfalls(MAY, FULL, "d", Decimal(61), MONTHLY) == (
        "$61 more, over $90 in blocks that have not ended, is over the $150 that the pool may hold",
    )
    assert shortfalls(END, FULL, "d", Decimal(100), MONTHLY) == ()


def test_the_month_is_that_of_utc() -> None:
    assert month_of(at("2026-04-30T23:59").astimezone()) == "2026-04"
    assert month_of(MAY) == "2026-05"


def test_a_purchase_in_the_next_month_moves_its_reservation_there() -> None:
    moved = reserve(MAY, FULL, "a", Decimal(40), END, MONTHLY)

    assert moved.entry("a") == entry("a", 40, month="2026-05")
    assert (moved.total("2026-04", Standing.RESERVED), moved.version) == (Decimal(0), FULL.version + 1)


def test_a_reservation_does_not_move_into_a_month_that_is_full() -> None:
    full_may = booked(entry("a", 40), entry("b", 70, Standing.COMMITTED, "2026-05"))

    with pytest.raises(BudgetError, match="is over the pool's monthly budget"):
        reserve(MAY, full_may, "a", Decimal(40), END, MONTHLY)


REFUSED = {
    "over the budget": ("d", 11, "d: $11 more, over $40 reserved and $50 spent in 2026-04, is over the pool's"),
    "another amount": ("a", 41, "a: $40 is reserved for it, not $41"),
    "another amount than was spent": ("b", 51, "b: its $50 is committed already"),
    "an intent that is over": ("c", 70, "c: its $70 is released already"),
}


@pytest.mark.parametrize(("intent_id", "amount", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_reserved_says_why(intent_id: str, amount: int, message: str) -> None:
    with pytest.raises(BudgetError) as raised:
        reserve(NOW, FULL, intent_id, Decimal(amount), END, MONTHLY)

    assert str(raised.value).startswith(message)


def test_payment_commits_and_failure_releases_each_once() -> None:
    paid, freed = commit(FULL, "a"), release(NOW, FULL, "a")

    assert paid.entry("a") == entry("a", 40, Standing.COMMITTED)
    assert freed.entry("a") == entry("a", 40, Standing.RELEASED)
    assert commit(paid, "a") is paid
    assert release(NOW, freed, "a") is freed
    assert reserve(NOW, paid, "a", Decimal(40), END, MONTHLY) is paid


def test_money_that_was_spent_is_never_released() -> None:
    with pytest.raises(BudgetError, match=r"b: its \$50 is spent and cannot be released"):
        release(NOW, FULL, "b")


def test_what_was_never_reserved_cannot_be_spent() -> None:
    for book in (EMPTY, release(NOW, EMPTY, "a")):
        with pytest.raises(BudgetError, match="a: nothing was reserved for it"):
            commit(book, "a")
        with pytest.raises(BudgetError, match="a: nothing was reserved for it"):
            reinstate(book, "a")


def test_a_release_before_the_reservation_stops_the_reservation() -> None:
    released = release(NOW, EMPTY, "a")

    with pytest.raises(BudgetError, match=r"a: its \$0 is released already"):
        reserve(NOW, released, "a", Decimal(40), END, MONTHLY)


def test_what_was_given_up_and_turns_out_bought_counts_again_over_any_budget() -> None:
    full = replace(FULL, entries=(*FULL.entries, entry("d", 10)))

    back = reinstate(full, "c")

    assert back.entry("c") == entry("c", 70)
    assert back.total("2026-04", Standing.RESERVED, Standing.COMMITTED) == Decimal(170)
    assert reinstate(back, "c") is back
    assert commit(full, "c").entry("c") == entry("c", 70, Standing.COMMITTED)
    assert reinstate(full, "b") is full


AMOUNTS = {"a": Decimal(40), "b": Decimal("33.33"), "c": Decimal(90), "d": Decimal("0.01")}


class AnyOrder(RuleBasedStateMachine):
    """A book to which the steps of four intents come in any order, any number of times, over three months."""

    def __init__(self) -> None:
        super().__init__()
        self.book = EMPTY
        self.now = NOW
        self.forced = Decimal(0)  # what turned out to be bought after it was given up: no budget can stop it

    @rule(days=st.integers(0, 30))
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(intent_id=st.sampled_from(sorted(AMOUNTS)))
    def is_reserved(self, intent_id: str) -> None:
        try:
            after = reserve(self.now, self.book, intent_id, AMOUNTS[intent_id], END, MONTHLY)
        except BudgetError:
            return
        found = after.entry(intent_id)
        assert found is not None
        if found.standing is Standing.RESERVED:
            both = after.total(found.month, Standing.RESERVED, Standing.COMMITTED)
            assert found.month == month_of(self.now)
            assert both <= MONTHLY.monthly_budget or after is self.book or self.forced
        self._replayed(after, reserve(self.now, after, intent_id, AMOUNTS[intent_id], END, MONTHLY))

    @rule(intent_id=st.sampled_from(sorted(AMOUNTS)))
    def is_paid(self, intent_id: str) -> None:
        try:
            after = commit(self.book, intent_id)
        except BudgetError:
            return
        self._replayed(after, commit(after, intent_id))

    @rule(intent_id=st.sampled_from(sorted(AMOUNTS)))
    def is_released(self, intent_id: str) -> None:
        try:
            after = release(self.now, self.book, intent_id)
        except BudgetError:
            return
        self._replayed(after, release(self.now, after, intent_id))

    @rule(intent_id=st.sampled_from(sorted(AMOUNTS)))
    def turns_up(self, intent_id: str) -> None:
        try:
            after = reinstate(self.book, intent_id)
        except BudgetError:
            return
        self._replayed(after, reinstate(after, intent_id))

    def _replayed(self, after: Book, again: Book) -> None:
        assert again is after
        assert (after is self.book) == (after.version == self.book.version)
        for intent_id in AMOUNTS:
            before, now = self.book.entry(intent_id), after.entry(intent_id)
            if before is not None and before.standing is Standing.RELEASED and now != before and before.amount:
                self.forced += before.amount
        self.book = after

    @invariant()
    def it_adds_up(self) -> None:
        every = self.book.entries
        assert len({each.intent_id for each in every}) == len(every)
        assert all(each.amount in {AMOUNTS[each.intent_id], 0} for each in every)
        months = {each.month for each in every}
        by_month = sum((self.book.total(month, *Standing) for month in months), Decimal(0))
        assert by_month == sum((each.amount for each in every), Decimal(0))
        for month in months:
            parts = [self.book.total(month, standing) for standing in Standing]
            assert all(part >= 0 for part in parts)
            assert sum(parts, Decimal(0)) == self.book.total(month, *Standing)
            spent = self.book.total(month, Standing.RESERVED, Standing.COMMITTED)
            assert spent <= MONTHLY.monthly_budget + self.forced
        assert self.book.held(END) == 0


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=25)
