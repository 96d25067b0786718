"""Whose approval an intent needs where a pool renews: nobody's, for exactly what was recorded and is still wanted."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from capacity_blocks.core.purchase.approval import needed
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.renewal.settings import RenewalMode
from capacity_blocks.ports import AwsError
from capacity_blocks.renewing.permits import Permits
from tests.fakes import FakePoolSettings, refused
from tests.fakes.renewal import FakeRenewals
from tests.unit.core.purchase.intents import an_intent
from tests.unit.core.purchase.shapes import some_settings
from tests.unit.core.reminder.shapes import END
from tests.unit.core.renewal.shapes import CAP, a_renewal, extension_terms, successor_terms

SETTINGS = some_settings()
RENEWS = {"mode": "extend", "hours": 168, "most_fee": "50000"}
BUYS = RENEWS | {"mode": "buy_successor"}
RECORDED = FakeRenewals({("cr-0a", END): a_renewal()})
BOUGHT = FakeRenewals({("cr-0a", END): a_renewal(mode=RenewalMode.BUY_SUCCESSOR)})


def intent(terms: Terms, request_id: str = "extend-cr-0a-20260615t1130z") -> Intent:
    return an_intent(terms=terms, request_id=request_id)


def people(renewal: object, recorded: FakeRenewals, of: Intent) -> int:
    permits = Permits(pool_settings=FakePoolSettings({"training": json.dumps({"renewal": renewal})}), renewals=recorded)
    settings = permits.settings(of, SETTINGS)
    assert settings is not None
    return needed(of.terms.upfront_fee, settings)


FOLLOWING = intent(successor_terms(), "next-cr-0a-20260615t1130")


def test_an_extension_of_what_was_recorded_needs_nobody() -> None:
    assert people(RENEWS, RECORDED, intent(extension_terms())) == 0


def test_a_block_that_follows_what_was_recorded_needs_nobody() -> None:
    assert people(BUYS, BOUGHT, FOLLOWING) == 0


@pytest.mark.parametrize("renewal", [{}, {"mode": "off"}, RENEWS | {"most_fee": "49999.99"}, BUYS])
def test_settings_that_do_not_allow_it_ask_people(renewal: object) -> None:
    assert people(renewal, RECORDED, intent(extension_terms())) == 1


def test_without_a_record_people_are_asked() -> None:
    assert people(RENEWS, FakeRenewals(), intent(extension_terms())) == 1
    assert people(BUYS, FakeRenewals(), FOLLOWING) == 1


def test_any_other_purchase_of_the_pool_asks_people() -> None:
    assert people(BUYS, BOUGHT, intent(successor_terms(), "may-training")) == 1
    assert people(BUYS, BOUGHT, intent(successor_terms(), "next-cr-0b-20260615t1130")) == 1


def test_a_fee_beyond_the_record_asks_people() -> None:
    assert people(RENEWS, RECORDED, intent(extension_terms(CAP + Decimal("0.01")))) == 2


@pytest.mark.parametrize("text", ['{"renewal": {"mode": "extend"}}', "{", '{"renewal": 1}'])
def test_settings_that_are_broken_ask_people(text: str) -> None:
    permits = Permits(pool_settings=FakePoolSettings({"training": text}), renewals=RECORDED)

    assert permits.settings(intent(extension_terms()), SETTINGS) == SETTINGS


def test_a_pool_that_may_buy_nothing_stays_so() -> None:
    permits = Permits(pool_settings=FakePoolSettings({"training": json.dumps({"renewal": RENEWS})}), renewals=RECORDED)

    assert permits.settings(intent(extension_terms()), None) is None


def test_what_cannot_be_read_permits_nothing() -> None:
    held = FakePoolSettings({"training": json.dumps({"renewal": RENEWS})})
    unread = [
        Permits(pool_settings=held, renewals=replace(RECORDED, errors={"recorded": refused("GetItem")})),
        Permits(pool_settings=replace(held, errors={"texts": refused("GetParametersByPath")}), renewals=RECORDED),
    ]

    for permits in unread:
        with pytest.raises(AwsError):
            permits.settings(intent(extension_terms()), SETTINGS)
