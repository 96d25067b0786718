"""The fake records of renewals and those in DynamoDB keep the same promises."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from capacity_blocks.adapters.dynamodb_renewals import DynamoDbRenewals
from capacity_blocks.renewal_ports import Renewals
from tests import aws
from tests.fakes.renewal import FakeRenewals
from tests.unit.core.reminder.shapes import DAY, END
from tests.unit.core.renewal.shapes import a_renewal


@pytest.fixture(params=["fake", "dynamodb"])
def renewals(request: pytest.FixtureRequest) -> Iterator[Renewals]:
    if request.param == "fake":
        yield FakeRenewals()
        return
    with aws.moto():
        yield DynamoDbRenewals(aws.ledger_table("ledger"), "ledger")


def test_what_was_never_decided_is_not_there(renewals: Renewals) -> None:
    assert renewals.recorded("cr-0a", END) is None


def test_a_decision_is_read_as_it_was_recorded(renewals: Renewals) -> None:
    assert renewals.record(a_renewal()) == a_renewal()
    assert renewals.recorded("cr-0a", END) == a_renewal()
    assert renewals.recorded("cr-0a", END + DAY) is None
    assert renewals.recorded("cr-0", END) is None


def test_the_first_decision_on_a_block_and_end_stands(renewals: Renewals) -> None:
    later = replace(a_renewal(), duration=14 * DAY)
    renewals.record(a_renewal())

    assert renewals.record(later) == a_renewal()
    assert renewals.record(a_renewal()) == a_renewal()
    assert renewals.recorded("cr-0a", END) == a_renewal()


def test_another_end_is_decided_anew(renewals: Renewals) -> None:
    moved = replace(a_renewal(), end=END + DAY)
    renewals.record(a_renewal())

    assert renewals.record(moved) == moved
