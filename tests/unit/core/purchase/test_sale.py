"""What was approved is bought under the id that it has now, or not at all."""

from dataclasses import replace
from decimal import Decimal

import pytest

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.sale import Changed, Gone, match
from tests.unit.core.purchase.shapes import a_segment, an_offering

APPROVED = an_offering()
RENAMED = replace(APPROVED, offering_id="cb-new")


def dearer(offering: Offering) -> Offering:
    return replace(offering, whole=replace(offering.whole, upfront_fee=Decimal("42000.01")))


def cheaper(offering: Offering) -> Offering:
    return replace(offering, whole=replace(offering.whole, upfront_fee=Decimal(30000)))


@pytest.mark.parametrize(
    ("on_sale", "bought"),
    [
        ([APPROVED], APPROVED),
        ([RENAMED], RENAMED),
        ([RENAMED, APPROVED], APPROVED),  # the id that was approved goes first
        ([RENAMED, cheaper(APPROVED)], cheaper(APPROVED)),
        ([dearer(RENAMED), replace(APPROVED, offering_id="cb-other")], replace(APPROVED, offering_id="cb-other")),
    ],
)
def test_what_is_the_same_at_no_higher_fee_is_what_to_buy(on_sale: list[Offering], bought: Offering) -> None:
    assert match(APPROVED, on_sale) == bought


def test_an_id_that_is_not_on_sale_is_never_bought() -> None:
    assert match(APPROVED, []) == Gone(reason=f"{APPROVED.offering_id} is no longer on sale")
    assert isinstance(match(APPROVED, None), Gone)


@pytest.mark.parametrize(
    "on_sale",
    [
        [dearer(APPROVED), RENAMED],  # what is said under the id that was approved counts
        [dearer(RENAMED)],
        [replace(APPROVED, whole=a_segment(instance_count=9)), RENAMED],
    ],
)
def test_what_changed_is_not_bought_silently(on_sale: list[Offering]) -> None:
    assert isinstance(match(APPROVED, on_sale), Changed)
