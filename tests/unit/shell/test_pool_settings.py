"""The settings of pools: what is read, what is refused, and that the schema, the table and the example agree."""

import json
import re
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from capacity_blocks.core import wording
from capacity_blocks.core.drain.checkpoint import CallWebhook
from capacity_blocks.core.drain.node import TaintEffect
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.pool_settings import DRAIN_FIELDS, FIELDS, PoolSettingsError, policies, policy
from tests.unit.shapes import a_pool

MINUTE = timedelta(minutes=1)
ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "pool-settings.schema.json").read_text())
EXAMPLE = (ROOT / "examples" / "pool-settings.json").read_text()
PAGE = (ROOT / "docs" / "pool-settings.md").read_text()
DEFAULT = Policy(drain_lead=41 * MINUTE, verify_within=16 * MINUTE)
SSM_STANDARD = 4096  # characters of a standard parameter, PutParameter


def test_settings_change_what_they_name_and_nothing_else() -> None:
    text = json.dumps(
        {
            "scale_out": False,
            "verify_within_minutes": 1,
            "check_nodes": "ready",
            "reservations": ["cr-0a", "cr-0b"],
            "price_per_instance_hour": {"p5.48xlarge": "31.46", "p4d.24xlarge": "11"},
            "drain": {
                "lead_minutes": 31,
                "ultraserver_lead_minutes": 1440,
                "at_most_minutes": 120,
                "hold_for_extension": True,
                "delete_emptydir_data": False,
                "force_unmanaged": False,
                "notice_minutes": 10080,
                "mark_minutes": 0,
                "checkpoint_minutes": 1440,
                "taint": "NoSchedule",
                "checkpoint": {"webhook": "https://hooks.example/save?pool=training"},
            },
            "money": {},
            "reminders": {},
            "renewal": {},
            "routes": {},
        }
    )

    assert policy(text, DEFAULT) == Policy(
        scale_out=False,
        verify_within=1 * MINUTE,
        check_nodes=NodeCheck.READY,
        reservations=("cr-0a", "cr-0b"),
        price_per_instance_hour={"p5.48xlarge": Decimal("31.46"), "p4d.24xlarge": Decimal(11)},
        drain_lead=31 * MINUTE,
        ultraserver_drain_lead=1440 * MINUTE,
        drain_at_most=120 * MINUTE,
        hold_for_extension=True,
        evict_local_storage=False,
        evict_unmanaged=False,
        notice_lead=10080 * MINUTE,
        mark_lead=0 * MINUTE,
        checkpoint_lead=1440 * MINUTE,
        taint=TaintEffect.NO_SCHEDULE,
        checkpoint=CallWebhook(url="https://hooks.example/save?pool=training"),
    )


def test_what_is_left_out_keeps_the_stacks_default() -> None:
    assert policy("{}", DEFAULT) == DEFAULT
    assert policy('{"drain": {}}', DEFAULT) == DEFAULT
    assert policy('{"drain": {"lead_minutes": 60}}', DEFAULT) == Policy(
        drain_lead=60 * MINUTE, verify_within=16 * MINUTE
    )


SECTIONED = ("drain", "money", "reminders", "renewal", "routes")
SECTIONS = (
    "scale_out, verify_within_minutes, check_nodes, reservations, price_per_instance_hour, drain, money, reminders, "
    "renewal, routes"
)
LEAD, DOLLARS = "whole minutes from 31 to 1440", 'dollars as a string, more than 0, e.g. "31.46"'
CHECKPOINT = 'an object with one of "ssm_document", the name or ARN of a document, and "webhook", an https URL'
WRONG = {
    "a list": ("[]", "the settings are []; allowed: a JSON object"),
    "null": ("null", "the settings are null; allowed: a JSON object"),
    "an unknown field": ('{"scaleout": true}', f'"scaleout" is not a setting; allowed: {SECTIONS}'),
    "an unknown field of a section": (
        '{"drain": {"lead": 40}}',
        f'"drain.lead" is not a setting; allowed: {", ".join(f"drain.{name}" for name in DRAIN_FIELDS)}',
    ),
    "a section that is none": ('{"drain": 40}', "drain is 40; allowed: a JSON object"),
    "a section that is null": ('{"routes": null}', "routes is null; allowed: a JSON object"),
    "a look at nodes that is none": (
        '{"check_nodes": true}', 'check_nodes is true; allowed: "accelerators", "ready", "off"'
    ),
    "a switch in words": ('{"scale_out": "no"}', 'scale_out is "no"; allowed: true, false'),
    "a switch in numbers": ('{"scale_out": 0}', "scale_out is 0; allowed: true, false"),
    "a lead inside the reclaim window": (
        '{"drain": {"lead_minutes": 30}}', f"drain.lead_minutes is 30; allowed: {LEAD}"
    ),
    "a lead of more than a day": ('{"drain": {"lead_minutes": 1441}}', f"drain.lead_minutes is 1441; allowed: {LEAD}"),
    "a lead that is not whole": ('{"drain": {"lead_minutes": 40.5}}', f'drain.lead_minutes is "40.5"; allowed: {LEAD}'),
    "a lead in words": ('{"drain": {"lead_minutes": "40"}}', f'drain.lead_minutes is "40"; allowed: {LEAD}'),
    "a lead that is a switch": ('{"drain": {"lead_minutes": true}}', f"drain.lead_minutes is true; allowed: {LEAD}"),
    "a time that is a switch, which Python takes for 1": (
        '{"verify_within_minutes": true}', "verify_within_minutes is true; allowed: whole minutes from 1 to 1440"
    ),
    "a lead beyond all numbers": (
        '{"drain": {"lead_minutes": 1e999999999}}', f'drain.lead_minutes is "1E+999999999"; allowed: {LEAD}'
    ),
    "no number": ('{"drain": {"lead_minutes": NaN}}', f"drain.lead_minutes is NaN; allowed: {LEAD}"),
    "an UltraServer's lead inside its reclaim window": (
        '{"drain": {"ultraserver_lead_minutes": 60}}',
        "drain.ultraserver_lead_minutes is 60; allowed: whole minutes from 61 to 1440",
    ),
    "a drain of more than a hook's time": (
        '{"drain": {"at_most_minutes": 121}}',
        "drain.at_most_minutes is 121; allowed: whole minutes from 1 to 120",
    ),
    "a drain of no time": (
        '{"drain": {"at_most_minutes": 0}}', "drain.at_most_minutes is 0; allowed: whole minutes from 1 to 120"
    ),
    "a notice of more than a week before": (
        '{"drain": {"notice_minutes": 10081}}',
        "drain.notice_minutes is 10081; allowed: whole minutes from 0 to 10080",
    ),
    "a taint that spares nothing": (
        '{"drain": {"taint": "NoExecute"}}',
        'drain.taint is "NoExecute"; allowed: "PreferNoSchedule", "NoSchedule"',
    ),
    "a checkpoint by two ways": (
        '{"drain": {"checkpoint": {"ssm_document": "save", "webhook": "https://a"}}}',
        f'drain.checkpoint is {{"ssm_document": "save", "webhook": "https://a"}}; allowed: {CHECKPOINT}',
    ),
    "a checkpoint by none": (
        '{"drain": {"checkpoint": {}}}', f"drain.checkpoint is {{}}; allowed: {CHECKPOINT}"
    ),
    "a checkpoint in the open": (
        '{"drain": {"checkpoint": {"webhook": "http://a"}}}',
        f'drain.checkpoint is {{"webhook": "http://a"}}; allowed: {CHECKPOINT}',
    ),
    "a checkpoint by a name": (
        '{"drain": {"checkpoint": "save"}}', f'drain.checkpoint is "save"; allowed: {CHECKPOINT}'
    ),
    "no time to come into service": (
        '{"verify_within_minutes": 0}', "verify_within_minutes is 0; allowed: whole minutes from 1 to 1440"
    ),
    "one reservation, not in a list": (
        '{"reservations": "cr-0a"}', 'reservations is "cr-0a"; allowed: a list of reservation ids, cr-…'
    ),
    "an offering among the reservations": (
        '{"reservations": ["cr-0a", "cb-0a"]}',
        'reservations is ["cr-0a", "cb-0a"]; allowed: a list of reservation ids, cr-…',
    ),
    "a price as a number": (
        '{"price_per_instance_hour": {"p5.48xlarge": 31.46}}',
        f'"price_per_instance_hour.p5.48xlarge" is "31.46"; allowed: {DOLLARS}',
    ),
    "a price of nothing": (
        '{"price_per_instance_hour": {"p5": "0.00"}}', f'"price_per_instance_hour.p5" is "0.00"; allowed: {DOLLARS}'
    ),
    "a price with a sign": (
        '{"price_per_instance_hour": {"p5": "$31"}}', f'"price_per_instance_hour.p5" is "$31"; allowed: {DOLLARS}'
    ),
    "what is long, cut short": (
        json.dumps({"scale_out": "no" * 100}), f'scale_out is "{"no" * 49}n...; allowed: true, false'
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_with_its_value_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(PoolSettingsError) as raised:
        policy(text, DEFAULT)

    assert str(raised.value) == message


BROKEN = {
    "nothing": "",
    "half of it": '{"scale_out": tr',
    "brackets beyond measure": "[" * 4000,
    "objects beyond measure": '{"drain":' * 450,
    "a list nearly beyond measure": '{"reservations": ' + "[" * 900 + "]" * 900 + "}",
    "a number beyond measure": '{"verify_within_minutes": ' + "9" * 5000 + "}",
    "half of a letter": '{"\\ud800": 1}',
    "half of a letter in money": '{"money": {"\\ud800": 1, "approvers": ["\\ud800"]}}',
    "approvers nearly beyond measure": '{"money": {"approvers": ' + "[" * 900 + "]" * 900 + "}}",
    "money beyond measure": '{"money": {"monthly_budget": 1e999999999}}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_settings_that_are_none_break_their_own_pool_alone_and_can_be_told(text: str) -> None:
    found = policies({"training": text, "art": '{"scale_out": false}'}, DEFAULT)

    assert found["art"].broken is None
    assert found["training"].broken
    assert not found["training"].may_scale_out
    assert found["training"].drain_lead == DEFAULT.drain_lead
    notice = wording.setting.broken_settings(a_pool(policy=found["training"]))
    assert json.loads(json.dumps(notice.text).encode()) == notice.text
    assert notice.key.encode()


def test_broken_settings_leave_all_defaults_in_place_and_take_nothing_of_what_was_right() -> None:
    text = '{"scale_out": true, "reservations": ["cr-0a"], "drain": {"lead_minutes": 20}}'

    assert policies({"training": text}, DEFAULT) == {
        "training": Policy(
            drain_lead=41 * MINUTE,
            verify_within=16 * MINUTE,
            broken="drain.lead_minutes is 20; allowed: whole minutes from 31 to 1440",
        )
    }


numbers = st.integers(-5, 2000) | st.sampled_from([30.0, 31.0, 40.0, 40.5, 60, 61, 1440, 1441, 1440.0, 10**30, 1e300])
scalars = st.none() | st.booleans() | numbers | st.text(max_size=8)
prices = st.from_regex(r"\A[0-9]{0,7}\.?[0-9]{0,5}\n?\Z") | st.just("31.46")
ids = st.from_regex(r"\Acr-[0-9a-f]{1,4}\Z") | st.sampled_from(["cr-0a\n", "cr-", "cr-0A", "cb-0a", "xcr-0a"])


def mostly(sound: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return what may well be sound, and now and then anything at all."""
    return st.integers(0, 9).flatmap(lambda n: scalars if n == 0 else sound)


documents_named = st.from_regex(r"\A[a-zA-Z0-9_.:/ -]{0,8}\n?\Z") | st.sampled_from(["s" * 128, "s" * 129])
webhooks = st.from_regex(r"\Ahttps?://[a-z ]{0,4}\n?\Z") | st.just("https://hooks.example/ä")
checkpoints = st.fixed_dictionaries({}, optional={"ssm_document": documents_named, "webhook": webhooks, "x": scalars})
switches = mostly(st.booleans())
drain_fields: dict[str, st.SearchStrategy[Any]] = {
    name: mostly(st.sampled_from([0, 1, 30, 31, 60, 61, 120, 121, 1440, 1441, 10080, 10081]) | numbers)
    for name in DRAIN_FIELDS
} | {
    "hold_for_extension": switches,
    "delete_emptydir_data": switches,
    "force_unmanaged": switches,
    "taint": st.sampled_from(["PreferNoSchedule", "NoSchedule", "NoExecute"]) | scalars,
    "checkpoint": mostly(checkpoints),
    "lead": numbers,
}
drains = st.lists(st.sampled_from(sorted(drain_fields)), unique=True, max_size=2).flatmap(
    lambda chosen: st.fixed_dictionaries({name: drain_fields[name] for name in chosen})
)
fields_of: dict[str, st.SearchStrategy[Any]] = {
    "scale_out": mostly(st.booleans()),
    "verify_within_minutes": mostly(numbers),
    "check_nodes": st.sampled_from(["accelerators", "ready", "off", "on", None]) | scalars,
    "reservations": mostly(st.lists(ids, max_size=3)),
    "price_per_instance_hour": mostly(st.dictionaries(st.text(max_size=4), prices, max_size=2)),
    "drain": mostly(drains),
    "money": mostly(st.just({})),  # its fields: test_pool_money.py
    "reminders": mostly(st.just({})),  # its fields, and those of the next: test_pool_renewal.py
    "renewal": mostly(st.just({})),
    "routes": mostly(st.just({})),  # test_pool_routes.py
}
names = st.lists(st.sampled_from([*fields_of]), max_size=3, unique=True)
documents = names.flatmap(lambda chosen: st.fixed_dictionaries({name: fields_of[name] for name in chosen}))


@given(documents | documents | st.dictionaries(st.text(max_size=4), scalars, max_size=2) | scalars)
@settings_of_hypothesis(max_examples=300)
@example(json.loads(EXAMPLE))
@example({"drain": {"lead_minutes": 40.0}})
@example({"drain": {"lead_minutes": True}})
@example({"reservations": ["cr-0a\n"]})
@example({"price_per_instance_hour": {"": "0001.50"}})
@example({"price_per_instance_hour": {"p5": "31.46\n"}})
@example({"price_per_instance_hour": {"p5": "٣"}})
def test_the_parser_takes_what_the_schema_allows_and_nothing_else(settings: Any) -> None:
    text = json.dumps(settings)

    try:
        policy(text, DEFAULT)
        is_taken = True
    except PoolSettingsError:
        is_taken = False

    assert is_taken == Draft202012Validator(SCHEMA).is_valid(json.loads(text))


@given(st.text(max_size=60))
def test_any_text_is_a_policy_or_broken(text: str) -> None:
    found = policies({"training": text}, DEFAULT)["training"]

    assert found.broken is None or not found.may_scale_out


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_field_of_the_schema_is_described() -> None:
    sections = (SCHEMA["properties"], *(SCHEMA["properties"][name]["properties"] for name in SECTIONED))

    assert all(described["description"] for section in sections for described in section.values())


def test_the_example_names_every_field_and_is_right() -> None:
    settings = json.loads(EXAMPLE)

    assert settings.keys() == FIELDS.keys() == SCHEMA["properties"].keys()
    assert settings["drain"].keys() == DRAIN_FIELDS.keys()
    assert policy(EXAMPLE, Policy()).broken is None
    assert len(EXAMPLE) < SSM_STANDARD


def test_the_table_of_the_page_has_a_row_for_each_field_with_the_limits_of_the_schema() -> None:
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", PAGE, flags=re.MULTILINE))
    described = {name: of for name, of in SCHEMA["properties"].items() if "properties" not in of}
    for section in SECTIONED:
        described |= {f"{section}.{name}": of for name, of in SCHEMA["properties"][section]["properties"].items()}

    assert rows.keys() == described.keys()
    for name, of in described.items():
        if "minimum" in of:
            unit = name.rsplit("_", 1)[1]
            span = f"whole {unit} from {of['minimum']} to {of['maximum']}"
            assert rows[name] == ("a whole number of percent" if unit == "percent" else span)


def test_the_page_shows_an_error_as_it_is_and_tells_the_limit_of_ssm() -> None:
    with pytest.raises(PoolSettingsError) as raised:
        policy('{"drain": {"lead_minutes": 20}}', DEFAULT)

    assert str(raised.value) in PAGE
    assert f"4 KB ({SSM_STANDARD} characters)" in PAGE


def test_as_many_reservations_as_the_page_says_fit_into_a_parameter() -> None:
    many = json.loads(EXAMPLE) | {"reservations": [f"cr-{n:017x}" for n in range(110)]}
    text = json.dumps(many, separators=(",", ":"))

    assert len(text) < SSM_STANDARD
    assert len(policy(text, Policy()).reservations) == 110


def test_every_setting_of_a_policy_can_be_set() -> None:
    attributes = {field[0] for field in [*FIELDS.values(), *DRAIN_FIELDS.values()] if field is not None}

    assert attributes == {f.name for f in fields(Policy)} - {"broken", "unread"}
