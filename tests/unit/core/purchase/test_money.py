"""How amounts of money are read and shown."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.purchase.money import MOST, amount, canonical, shown

AMOUNTS = {
    "283": Decimal(283),
    "755.00": Decimal("755.00"),
    "0": Decimal(0),
    60000: Decimal(60000),
    Decimal("3.95"): Decimal("3.95"),
}


@pytest.mark.parametrize(("written", "expected"), AMOUNTS.items(), ids=map(repr, AMOUNTS))
def test_an_amount_is_read_exactly(written: object, expected: Decimal) -> None:
    assert amount(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        *("", "1,000", "-1", "+1", "1e9", "NaN", "Infinity", " 1", "1.", ".5", "1.0000001", "1234567890", "\u0663"),
        *(1.5, True, None, -1, 10**9, Decimal("NaN"), Decimal("Infinity"), Decimal("1e-7"), ["1"]),
    ],
    ids=repr,
)
def test_what_is_no_amount_is_none(written: object) -> None:
    assert amount(written) is None


SHOWN = {
    Decimal(60000): "$60,000",
    Decimal("755.00"): "$755",
    Decimal("3.9"): "$3.90",
    Decimal("31.464"): "$31.464",
    Decimal("3.93300000001"): "$3.9331",
    Decimal("0.00001"): "$0.0001",
}


@pytest.mark.parametrize(("exact", "expected"), SHOWN.items(), ids=map(str, SHOWN))
def test_an_amount_is_shown_as_people_write_it(exact: Decimal, expected: str) -> None:
    assert shown(exact) == expected


def test_another_currency_is_named() -> None:
    assert (shown(Decimal(10), "CNY"), shown(Decimal(10), None)) == ("CNY 10", "an unnamed currency 10")


amounts = st.decimals(min_value=0, max_value=MOST - 1, places=6)


@given(exact=amounts)
def test_an_amount_is_never_shown_as_less_than_it_is(exact: Decimal) -> None:
    assert Decimal(shown(exact).removeprefix("$").replace(",", "")) >= exact


@given(exact=amounts, zeros=st.integers(0, 3))
def test_the_canonical_form_is_the_same_for_the_same_amount(exact: Decimal, zeros: int) -> None:
    longer = Decimal(f"{exact:f}" + "0" * zeros)

    assert canonical(longer) == canonical(exact)
    assert Decimal(canonical(exact)) == exact


@given(one=amounts, other=amounts)
def test_the_canonical_form_differs_for_different_amounts(one: Decimal, other: Decimal) -> None:
    assert (canonical(one) == canonical(other)) == (one == other)
