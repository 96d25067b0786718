"""The section `routes` of a pool's settings: parser, schema, page and example agree."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.slack.route import FIELDS, RouteSettings
from capacity_blocks.pool_settings import PoolSettingsError, policies, policy, routes

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "pool-settings.schema.json").read_text())
EXAMPLE = (ROOT / "examples" / "pool-settings.json").read_text()


def test_a_pool_without_routes_has_none_of_its_own() -> None:
    assert routes("{}") == RouteSettings()


def test_a_broken_route_breaks_the_pool() -> None:
    text = json.dumps({"routes": {"channel": "#training"}})

    with pytest.raises(PoolSettingsError, match=r'routes\.channel is "#training"'):
        routes(text)
    assert "routes.channel" in str(policies({"training": text}, Policy())["training"].broken)


odd: st.SearchStrategy[Any] = st.sampled_from([None, True, 3, "", "x", [], {}, ["here", 3]])
channels = st.sampled_from(["C012AB3CD", "G012AB3CD", "D012AB3CD", "C0\n", "c012", "#c", "C" * 22]) | odd
who = st.sampled_from(["here", "channel", "everyone", "U01", "W01", "S01", "S0", "U01\n", "<!here>"])
mentions = st.dictionaries(st.sampled_from([*Severity, "shrill"]), who | odd | st.lists(who, max_size=12), max_size=3)
# That a zone exists, a schema cannot say.
zones = st.sampled_from(["Europe/Berlin", "UTC", "Asia/Kolkata", "Europe/Berlin\n", "/etc/passwd", "5"]) | odd.filter(
    lambda value: value != "x"
)


@given(
    st.fixed_dictionaries(
        {}, optional={"channel": channels, "mentions": mentions | odd, "time_zone": zones, "chanel": odd}
    )
)
@settings_of_hypothesis(max_examples=300)
@example({"mentions": {"critical": []}})
@example({"mentions": {"critical": None}})
def test_the_parser_takes_what_the_schema_allows_and_nothing_else(section: dict[str, Any]) -> None:
    text = json.dumps({"routes": section})

    try:
        policy(text, Policy())
        is_taken = True
    except PoolSettingsError:
        is_taken = False

    assert is_taken == Draft202012Validator(SCHEMA).is_valid(json.loads(text))


def test_the_example_names_every_field() -> None:
    section = json.loads(EXAMPLE)["routes"]

    assert section.keys() == FIELDS.keys() == SCHEMA["properties"]["routes"]["properties"].keys()
    assert routes(EXAMPLE) == RouteSettings(
        channel="C012AB3CD",
        mentions={Severity.CRITICAL: ("S012AB3CD", "here"), Severity.WARNING: ("U045EF6GH",)},
        time_zone=ZoneInfo("Europe/Berlin"),
    )
