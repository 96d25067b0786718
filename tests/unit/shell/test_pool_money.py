"""The section `money` of a pool's settings: what breaks the pool, and that parser, schema, page and example agree."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.purchase.money_settings import FIELDS, MOST_APPROVERS, MoneySettings
from capacity_blocks.pool_settings import PoolSettingsError, money, policies, policy

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "pool-settings.schema.json").read_text())
SECTION = SCHEMA["properties"]["money"]
EXAMPLE = (ROOT / "examples" / "pool-settings.json").read_text()
PAGE = (ROOT / "docs" / "pool-settings.md").read_text()
LEAST = {"most_per_purchase": "60000", "monthly_budget": "100000.50", "two_approvers_above": "0"}
MIA = "slack:T012/U045"


def test_what_a_pool_may_spend_is_read_for_those_who_spend() -> None:
    text = json.dumps({"scale_out": False, "money": LEAST | {"most_per_gpu_hour": 3.95, "approve_within_hours": 4}})

    assert money(text) == MoneySettings(
        most_per_purchase=Decimal(60000),
        monthly_budget=Decimal("100000.50"),
        most_per_pool=Decimal("100000.50"),
        most_per_gpu_hour=Decimal("3.95"),
        two_approvers_above=Decimal(0),
        approve_within=timedelta(hours=4),
    )


@pytest.mark.parametrize("text", ["{}", '{"money": {}}', '{"scale_out": true}'])
def test_without_the_section_a_pool_may_spend_nothing(text: str) -> None:
    assert money(text) is None


SUM = 'dollars as a string, 0.01 or more, e.g. "60000" or "3.95"'
WRONG = {
    "no object": ({"money": []}, "money is []; allowed: a JSON object"),
    "null": ({"money": None}, "money is null; allowed: a JSON object"),
    "a sum in words": (
        {"money": LEAST | {"most_per_purchase": "a lot"}}, f'money.most_per_purchase is "a lot"; allowed: {SUM}'
    ),
    "a sum that is left out": (
        {"money": {name: LEAST[name] for name in ("most_per_purchase", "two_approvers_above")}},
        f"money.monthly_budget is missing; allowed: {SUM}",
    ),
    "an unknown field": (
        {"money": LEAST | {"cap": 1}},
        f'"money.cap" is not a field; allowed: {", ".join(f"money.{name}" for name in FIELDS)}',
    ),
    "a mistake elsewhere": ({"money": LEAST, "scale_out": "yes"}, 'scale_out is "yes"; allowed: true, false'),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG.keys())
def test_one_mistake_anywhere_breaks_the_pool_and_stops_its_money(settings: dict[str, Any], message: str) -> None:
    text = json.dumps(settings)

    found = policies({"training": text, "art": "{}"}, Policy())

    assert found == {"training": Policy(broken=message), "art": Policy()}
    with pytest.raises(PoolSettingsError) as raised:
        money(text)
    assert str(raised.value) == message


# At most six decimals, which a schema cannot ask of a number.
NUMBERS = [0, 0.01, 0.009, 3.95, 500, 60000.0, 999999999, 10**9, 1e300, -1]
TEXTS = [
    "0", "0.0", "0.", "0.00", "00", "00.01", "0.009", "0.01", "60000",
    "999999999.999999", "1000000000", "1.", "1.0000001", "-1", "$1", "1e3", "٣",
]  # fmt: skip
amounts = st.sampled_from([*NUMBERS, *TEXTS, "", "1\n", True])
ACCOUNT = "111122223333"
WHO = ("root", "user/mia", "user/", "role/Lead", "role/a/b/Lead", "role/", "role/a b", "role/é", "group/a")
SESSIONS = ("AWSReservedSSO_A_1/mia", "AWSReservedSSO_/mia", "Lead/mia", "AWSReservedSSO_A/b/c")
identities = st.sampled_from(
    [
        *(f"arn:{partition}:iam::{ACCOUNT}:{who}" for partition in ("aws", "aws-cn", "AWS") for who in WHO),
        *(f"arn:aws:sts::{ACCOUNT}:assumed-role/{session}" for session in SESSIONS),
        *(MIA, "slack:T012", "slack:t012/U045", f"{MIA}\n", "mia", "", "arn:aws:iam::1:root"),
    ]
)


def _in_lists(names: list[str], cuts: list[int]) -> list[str | list[str]]:
    """Put some of them into lists of their own, as the identities of one person."""
    return [[name] if cut == 0 else [name, f"{name}1"] if cut == 1 else name for name, cut in zip(names, cuts)]  # noqa: B905  # fewer names than cuts


# Each identity once over all lists, which a schema cannot ask for either.
approvers = st.builds(_in_lists, st.lists(identities, max_size=4, unique=True), st.tuples(*[st.integers(0, 5)] * 4))
odd_approvers = st.sampled_from(
    [[], [[]], "mia", [1], [[1]], [f"slack:T012/U{n:02}" for n in range(MOST_APPROVERS + 1)]]
)
optional: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.none() | st.just("500") | amounts for name in FIELDS if name not in LEAST},
    "approvers": st.none() | approvers | approvers | odd_approvers,
    "approve_within_hours": st.sampled_from([1, 168, 12.0, 0, 169, 1.5, "12", True, None]),
}
sections = st.one_of(
    st.fixed_dictionaries({name: st.just("500") for name in LEAST}, optional=optional),
    st.fixed_dictionaries({name: st.just("500") | amounts for name in LEAST}),
    st.fixed_dictionaries({}, optional={name: st.none() | st.just("500") for name in LEAST} | {"cap": st.just(1)}),
)


@given(sections)
@settings_of_hypothesis(max_examples=300)
@example({})
@example(dict.fromkeys(LEAST))
@example(LEAST | {"approvers": [f"slack:T012/U{n:02}" for n in range(MOST_APPROVERS)]})
@example(LEAST | {"approvers": [MIA, MIA]})
def test_the_parser_takes_what_the_schema_allows_and_nothing_else(section: dict[str, Any]) -> None:
    text = json.dumps({"money": section})

    try:
        policy(text, Policy())
        is_taken = True
    except PoolSettingsError:
        is_taken = False

    assert is_taken == Draft202012Validator(SCHEMA).is_valid(json.loads(text))


BEYOND_THE_SCHEMA = {
    "more than six decimals": '{"most_per_purchase": 60000.0000001}',
    "somebody in two lists": json.dumps({"approvers": [MIA, [MIA]]}),
}


@pytest.mark.parametrize("changed", BEYOND_THE_SCHEMA.values(), ids=BEYOND_THE_SCHEMA.keys())
def test_what_a_schema_cannot_say_is_refused_all_the_same(changed: str) -> None:
    text = json.dumps({"money": LEAST | json.loads(changed)})

    assert Draft202012Validator(SCHEMA).is_valid(json.loads(text))
    with pytest.raises(PoolSettingsError):
        money(text)


def test_the_example_names_every_field_and_is_right() -> None:
    found = money(EXAMPLE)

    assert json.loads(EXAMPLE)["money"].keys() == FIELDS.keys() == SECTION["properties"].keys()
    assert found is not None
    assert len(found.approvers) == 2


def test_schema_and_page_say_which_sums_must_be_written_out() -> None:
    required = {name for name, field in FIELDS.items() if field.required}
    said = re.findall(r"^\| `money\.([a-z_]+)` \| .+? \| required \|", PAGE, flags=re.MULTILINE)

    assert required == set(said) == set(SECTION["anyOf"][1]["required"])
    assert required == LEAST.keys()


def test_every_identity_that_the_page_shows_can_approve() -> None:
    shown = re.findall(r"^\| `((?:arn|slack):[^`]+)` \|", PAGE, flags=re.MULTILINE)
    found = money(json.dumps({"money": LEAST | {"approvers": shown}}))

    assert found is not None
    assert found.approvers == tuple((identity,) for identity in shown)
    assert len(shown) == 4
