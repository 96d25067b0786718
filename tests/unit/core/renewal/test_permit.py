"""Exact terms need nobody's approval only where all of it holds: the settings, the record, and what is bought."""

from datetime import timedelta
from decimal import Decimal

import pytest

from capacity_blocks.core.purchase.approval import needed
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.renewal.permit import objections, widened
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from tests.unit.core.purchase.shapes import some_settings
from tests.unit.core.reminder.shapes import DAY, END, HOUR, a_block, an_extension
from tests.unit.core.renewal.shapes import CAP, a_renewal, extension_terms, renewing, successor_terms

BUYS = RenewalMode.BUY_SUCCESSOR
CENT = Decimal("0.01")


def test_an_extension_within_settings_and_record_needs_nobody() -> None:
    assert objections(extension_terms(), renewing(), a_renewal()) == ()


def test_so_does_a_block_that_follows() -> None:
    assert objections(successor_terms(), renewing(BUYS), a_renewal(mode=BUYS)) == ()


REFUSED = {
    "it is off": (
        extension_terms(), RenewalSettings(), a_renewal(),
        ("the pool's setting renewal.mode is off, not extend",),
    ),
    "another way is on": (
        successor_terms(), renewing(), a_renewal(),
        ("the pool's setting renewal.mode is extend, not buy_successor",),
    ),
    "it costs a cent more": (
        extension_terms(CAP + CENT), renewing(), a_renewal(),
        ("$50,000.01 is more than renewal.most_fee, $50,000",),
    ),
    "it lasts longer": (
        extension_terms(days=14), renewing(), a_renewal(), ("it lasts 336 hours, and renewal.hours is 168",)
    ),
    "nothing was recorded": (
        extension_terms(), renewing(), None, ("it was not recorded that the block is used enough",)
    ),
    "another pool was recorded": (
        extension_terms(), renewing(), a_renewal(pool="art"),
        ("what was recorded is for pool art in us-east-2, to extend",),
    ),
    "another way was recorded": (
        extension_terms(), renewing(), a_renewal(mode=BUYS),
        ("what was recorded is for pool training in us-east-2, to buy_successor",),
    ),
    "another block was recorded": (
        extension_terms(), renewing(), a_renewal(reservation_id="cr-0b"), ("what was recorded is for cr-0b",)
    ),
    "other hardware": (
        successor_terms(instance_count=9), renewing(BUYS), a_renewal(mode=BUYS), ("the block has 8 x p5.48xlarge",)
    ),
    "another type": (
        successor_terms(instance_type="p5e.48xlarge"), renewing(BUYS), a_renewal(mode=BUYS),
        ("the block has 8 x p5.48xlarge",),
    ),
    "it starts an hour late": (
        successor_terms(gap=HOUR), renewing(BUYS), a_renewal(mode=BUYS),
        ("it starts at 2026-06-15 12:30 UTC, and the block ends at 2026-06-15 11:30 UTC",),
    ),
    "it starts early": (
        successor_terms(gap=-HOUR), renewing(BUYS), a_renewal(mode=BUYS),
        ("it starts at 2026-06-15 10:30 UTC, and the block ends at 2026-06-15 11:30 UTC",),
    ),
    "the end has moved": (
        Terms(
            offering=an_extension(7, CAP, a_block(end=END + DAY)), pool="training", platform="Linux/UNIX"
        ),
        renewing(), a_renewal(),
        ("it starts at 2026-06-16 11:30 UTC, and the block ends at 2026-06-15 11:30 UTC",),
    ),
    "it was used too little for the settings of now": (
        extension_terms(), renewing(min_utilization=98), a_renewal(),
        ("the block was used 97.2 %, and renewal.min_utilization_percent is 98",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("terms", "settings", "recorded", "reasons"), REFUSED.values(), ids=REFUSED.keys())
def test_otherwise_people_are_asked(
    terms: Terms, settings: RenewalSettings, recorded: Renewal | None, reasons: tuple[str, ...]
) -> None:
    assert objections(terms, settings, recorded) == reasons


def test_settings_without_a_duration_permit_nothing() -> None:
    assert objections(extension_terms(), renewing(duration=None), a_renewal()) == (
        "it lasts 168 hours, and renewal.hours is 0",
    )
    assert objections(extension_terms(), renewing(duration=timedelta(0)), a_renewal()) != ()


def test_wider_settings_are_wider_for_that_fee_alone() -> None:
    settings = some_settings(no_approval_up_to=Decimal(0), two_approvers_above=Decimal(100))
    wider = widened(extension_terms(), settings)

    assert (needed(CAP, settings), needed(CAP, wider)) == (2, 0)
    assert needed(CAP + CENT, wider) > 0
    assert (wider.most_per_purchase, wider.monthly_budget, wider.approvers) == (
        settings.most_per_purchase,
        settings.monthly_budget,
        settings.approvers,
    )


def test_they_never_narrow_what_the_pool_allows() -> None:
    settings = some_settings(no_approval_up_to=Decimal(90000), two_approvers_above=Decimal(95000))

    assert widened(extension_terms(), settings) == settings
