"""What the section `money` of a pool's settings may say."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.purchase.approver import ALLOWED
from capacity_blocks.core.purchase.money_settings import MoneySettings, MoneySettingsError, parse
from tests.unit.core.purchase.shapes import ALICE, BOB, MONEY, some_settings

ROLE = "arn:aws:iam::123456789012:role/team/Lead"


def test_what_is_left_out_gives_no_power() -> None:
    least = {"most_per_purchase": "60000", "monthly_budget": "100000", "two_approvers_above": "0"}

    assert parse(least) == MoneySettings(
        most_per_purchase=Decimal(60000),
        monthly_budget=Decimal(100000),
        most_per_pool=Decimal(100000),
        most_per_gpu_hour=None,
        approvers=(),
        two_approvers_above=Decimal(0),
        no_approval_up_to=Decimal(0),
        console_approval_up_to=Decimal(0),
        approve_within=timedelta(hours=12),
    )


def test_every_field_is_read() -> None:
    full = MONEY | {
        "most_per_pool": "250000.50",
        "most_per_gpu_hour": "4.50",
        "approvers": [[ALICE, BOB], ROLE],
        "no_approval_up_to": 500,
        "console_approval_up_to": "10",
        "approve_within_hours": 4,
    }

    assert parse(full) == replace(
        some_settings(),
        most_per_pool=Decimal("250000.50"),
        most_per_gpu_hour=Decimal("4.50"),
        approvers=((ALICE, BOB), (ROLE,)),
        no_approval_up_to=Decimal(500),
        console_approval_up_to=Decimal(10),
        approve_within=timedelta(hours=4),
    )


@pytest.mark.parametrize("section", [None, {}], ids=repr)
def test_without_the_section_there_are_no_settings(section: object) -> None:
    assert parse(section) is None


MISTAKES: dict[str, tuple[object, str]] = {
    "no object": ([], "money is []; allowed: a JSON object"),
    "a sum that is left out": (
        {name: value for name, value in MONEY.items() if name != "monthly_budget"},
        'money.monthly_budget is missing; allowed: dollars as a string, 0.01 or more, e.g. "60000" or "3.95"',
    ),
    "a float": (
        MONEY | {"most_per_purchase": 1e6},
        'money.most_per_purchase is 1000000.0; allowed: dollars as a string, 0.01 or more, e.g. "60000" or "3.95"',
    ),
    "an approver by name": (MONEY | {"approvers": ["alice"]}, f'money.approvers is ["alice"]; allowed: {ALLOWED}'),
    "somebody twice": (
        MONEY | {"approvers": [BOB, [BOB]]},
        f'money.approvers is ["{BOB}", ["{BOB}"]]; allowed: each identity once',
    ),
    "a wish for a week and more": (
        MONEY | {"approve_within_hours": 169},
        "money.approve_within_hours is 169; allowed: whole hours from 1 to 168",
    ),
}


@pytest.mark.parametrize(("section", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_the_field_its_value_and_what_is_allowed(section: object, message: str) -> None:
    with pytest.raises(MoneySettingsError) as raised:
        parse(section)

    assert str(raised.value) == message


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(MoneySettingsError) as raised:
        parse({"most_per_purchase": -1, "limit": 5})

    assert str(raised.value).count("money.") > 3
    assert '"money.limit" is not a field' in str(raised.value)


NOT_KNOWN: dict[str, Any] = {
    "a session whose name the caller chose": "arn:aws:sts::123456789012:assumed-role/Lead/alice",
    "a federated user, whose name the caller chose": "arn:aws:sts::123456789012:federated-user/alice",
    "everybody": "*",
    "an account": "arn:aws:iam::123456789012:*",
    "no text": 5,
    "nobody": [],
}


@pytest.mark.parametrize("identity", NOT_KNOWN.values(), ids=NOT_KNOWN.keys())
def test_an_identity_that_is_only_claimed_cannot_be_listed(identity: object) -> None:
    with pytest.raises(MoneySettingsError, match="approvers is"):
        parse(MONEY | {"approvers": [identity]})


@pytest.mark.parametrize(
    "identity",
    [
        ALICE,
        BOB,
        ROLE,
        "arn:aws:iam::123456789012:root",
        "arn:aws-us-gov:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Lead_0a1b",
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Lead_0a1b/alice@example.com",
    ],
)
def test_an_identity_that_aws_or_slack_vouches_for_can_be_listed(identity: str) -> None:
    settings = parse(MONEY | {"approvers": [identity]})

    assert settings is not None
    assert settings.approvers == ((identity,),)
