"""The sections `reminders` and `renewal` of a pool's settings: parser, schema, page and example agree."""

import json
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
from capacity_blocks.core.reminder.settings import FIELDS as REMINDER_FIELDS
from capacity_blocks.core.reminder.settings import LADDER, Metric, ReminderSettings
from capacity_blocks.core.renewal.settings import FIELDS as RENEWAL_FIELDS
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from capacity_blocks.pool_settings import PoolSettingsError, policies, policy, reminders, renewal

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "pool-settings.schema.json").read_text())
EXAMPLE = (ROOT / "examples" / "pool-settings.json").read_text()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
METRIC = {"namespace": "CWAgent", "name": "gpu", "dimensions": {"AutoScalingGroupName": "training"}}
ON = {"mode": "extend", "hours": 168, "most_fee": "60000"}


def test_without_the_sections_there_is_the_default_ladder_and_nothing_is_renewed() -> None:
    assert reminders("{}") == ReminderSettings()
    assert LADDER == (14 * DAY, 7 * DAY, 3 * DAY, DAY, 14 * HOUR, 4 * HOUR, 2 * HOUR)
    assert renewal("{}") == renewal('{"renewal": {}}') == RenewalSettings(mode=RenewalMode.OFF)
    assert not renewal("{}").is_on


def test_reminders_are_read_with_their_rungs_in_order_each_once() -> None:
    section = {"hours_before_end": [2, 48, 2], "days": 14, "idle_below_percent": 0, "accelerator_metric": METRIC}

    assert reminders(json.dumps({"reminders": section})) == ReminderSettings(
        ladder=(48 * HOUR, 2 * HOUR),
        durations=(14 * DAY,),
        idle_below=0,
        accelerator_metric=Metric(namespace="CWAgent", name="gpu", dimensions=(("AutoScalingGroupName", "training"),)),
    )
    assert reminders('{"reminders": {"hours_before_end": []}}').ladder == ()


def test_renewal_is_read_with_what_it_may_cost() -> None:
    section = ON | {"lead_hours": 13, "min_utilization_percent": 80}

    assert renewal(json.dumps({"renewal": section})) == RenewalSettings(
        mode=RenewalMode.EXTEND, duration=7 * DAY, most_fee=Decimal(60000), lead=13 * HOUR, min_utilization=80
    )


DAYS = "whole days from 1 to 14, then whole weeks up to 182 days"
SOLD = "hours that EC2 sells: whole days up to 336, then whole weeks up to 4368"
WRONG = {
    "reminders that are none": ({"reminders": 14}, "reminders is 14; allowed: a JSON object"),
    "a rung of no time": (
        {"reminders": {"hours_before_end": [0]}},
        "reminders.hours_before_end is [0]; allowed: whole hours from 1 to 1344",
    ),
    "days that are not sold": ({"reminders": {"days": [15]}}, f"reminders.days is [15]; allowed: {DAYS}"),
    "a renewal that is none": ({"renewal": None}, "renewal is null; allowed: a JSON object"),
    "a mode that is none": (
        {"renewal": {"mode": "yes"}}, 'renewal.mode is "yes"; allowed: off, extend, buy_successor'
    ),
    "a renewal without a cap": (
        {"renewal": {"mode": "extend", "hours": 24}},
        'renewal.most_fee is missing; allowed: dollars as a string, 0.01 or more, e.g. "60000" or "3.95"',
    ),
    "a renewal without a duration": (
        {"renewal": {"mode": "buy_successor", "most_fee": "1"}}, f"renewal.hours is missing; allowed: {SOLD}"
    ),
    "hours that are not sold": ({"renewal": ON | {"hours": 360}}, f"renewal.hours is 360; allowed: {SOLD}"),
    "use that is none": (
        {"renewal": ON | {"min_utilization_percent": 0}},
        "renewal.min_utilization_percent is 0; allowed: a whole number of percent from 1 to 100",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG.keys())
def test_one_mistake_anywhere_breaks_the_pool_and_renews_nothing(settings: dict[str, Any], message: str) -> None:
    text = json.dumps(settings)

    assert policies({"training": text}, Policy()) == {"training": Policy(broken=message)}
    for read in (reminders, renewal):
        with pytest.raises(PoolSettingsError) as raised:
            read(text)
        assert str(raised.value) == message


def test_a_mistake_elsewhere_renews_nothing_either() -> None:
    with pytest.raises(PoolSettingsError):
        renewal(json.dumps({"renewal": ON, "scale_out": "yes"}))


numbers = st.sampled_from([0, 1, 2, 14, 15, 20, 21, 24, 25, 100, 101, 168, 336, 360, 504, 1344, 1345, 4368, 4536, 24.0])
odd = st.none() | st.booleans() | st.sampled_from(["", "24", 1.5])
words = st.sampled_from(["a", "", " a", "a\n", "é", "a b", "a" * 255, "a" * 256])
metrics = st.fixed_dictionaries(
    {"namespace": words, "name": words}, optional={"dimensions": st.dictionaries(words, words, max_size=2)}
)
reminding = st.fixed_dictionaries(
    {},
    optional={
        "hours_before_end": st.lists(numbers | odd, max_size=3) | st.just([1] * 21) | numbers | odd,
        "days": st.lists(numbers, max_size=4) | numbers | odd,
        "idle_below_percent": numbers | odd,
        "accelerator_metric": st.just(METRIC) | metrics | odd,
        "ladder": numbers,
    },
)
renewing = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["off", "extend", "buy_successor", "on", None]),
        "hours": numbers | odd,
        "most_fee": st.sampled_from(["60000", "0", "0.001", None, True]),
        "lead_hours": numbers | odd,
        "min_utilization_percent": numbers | odd,
    },
)


@given(st.fixed_dictionaries({}, optional={"reminders": reminding, "renewal": renewing}))
@settings_of_hypothesis(max_examples=400)
@example({"renewal": ON})
@example({"renewal": ON | {"hours": None}})
@example({"reminders": {"accelerator_metric": METRIC | {"statistic": "Average"}}})
def test_the_parser_takes_what_the_schema_allows_and_nothing_else(settings: dict[str, Any]) -> None:
    text = json.dumps(settings)

    try:
        policy(text, Policy())
        is_taken = True
    except PoolSettingsError:
        is_taken = False

    assert is_taken == Draft202012Validator(SCHEMA).is_valid(json.loads(text))


def test_the_example_names_every_field_and_renews_nothing() -> None:
    settings = json.loads(EXAMPLE)

    for name, known in (("reminders", REMINDER_FIELDS), ("renewal", RENEWAL_FIELDS)):
        assert settings[name].keys() == known.keys() == SCHEMA["properties"][name]["properties"].keys()
    assert reminders(EXAMPLE).ladder == LADDER
    assert not renewal(EXAMPLE).is_on
