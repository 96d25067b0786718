"""Until when something can be bought, and until when it is paid."""

from datetime import datetime, timedelta

import pytest

from capacity_blocks.core.purchase.deadline import last_purchase_at, paid_before
from capacity_blocks.core.purchase.offering import Offering
from tests.unit.core.purchase.shapes import START, an_offering

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BLOCK, EXTENSION = an_offering(), an_offering("cbe-0a", extends="cr-0a")


@pytest.mark.parametrize(
    ("offering", "bought_at", "expected"),
    [
        (BLOCK, START - 24 * HOUR, START - 12 * HOUR),
        (BLOCK, START - 12 * HOUR, START - 5 * MINUTE),
        (BLOCK, START - HOUR, START - 5 * MINUTE),
        (EXTENSION, START - 24 * HOUR, START - 12 * HOUR),
        (EXTENSION, START - 12 * HOUR, START - 35 * MINUTE),
        (EXTENSION, START - HOUR, START - 35 * MINUTE),
    ],
)
def test_payment_is_due_within_twelve_hours_and_some_minutes_before_the_start(
    offering: Offering, bought_at: datetime, expected: datetime
) -> None:
    assert paid_before(bought_at, offering) == expected


def test_a_block_is_bought_until_ten_minutes_before_it_starts_and_an_extension_an_hour_before_the_block_ends() -> None:
    assert (last_purchase_at(BLOCK), last_purchase_at(EXTENSION)) == (START - 10 * MINUTE, START - HOUR)
