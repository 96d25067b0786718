"""The page and the examples of a purchase request say what is read."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from capacity_blocks.core.purchase.request import Instances, PurchaseRequest, PurchaseRequestError, UltraServers, parse
from capacity_blocks.core.purchase.request_field import FIELDS, PLATFORMS
from tests.unit.core.purchase.shapes import INPUT

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "purchase-request.schema.json").read_text())
PAGE = (ROOT / "docs" / "purchase-request.md").read_text()
EXAMPLES = sorted((ROOT / "examples").glob("purchase-request*.json"))
ROWS = re.findall(r"^\| `([a-z_]+)` \| (.+?) \| (.+?) \| .+? \|$", PAGE, flags=re.MULTILINE)


def test_the_table_of_the_page_has_a_row_for_each_field_in_order() -> None:
    assert [name for name, _, _ in ROWS] == [*FIELDS]
    assert {name for name, _, without in ROWS if without == "required"} == set(SCHEMA["required"])


def test_the_table_of_the_page_has_the_limits_of_the_schema() -> None:
    rows, definitions = {name: allowed for name, allowed, _ in ROWS}, SCHEMA["$defs"]
    count, days = definitions["count"], definitions["days"]

    for name in ("least_hours", "most_hours"):
        of = SCHEMA["properties"][name]
        assert rows[name] == f"whole hours from {of['minimum']} to {of['maximum']}"
    for name in ("instance_count", "ultraserver_count"):
        assert rows[name].startswith(f"a whole number from {count['minimum']} to {count['maximum']}")
    assert rows["duration_days"].startswith(f"whole days from {days['minimum']} to {days['maximum']}, ")
    for name in ("instance_types", "duration_days", "regions", "zones"):
        most = next(each["maxItems"] for each in SCHEMA["properties"][name]["anyOf"] if "maxItems" in each)
        assert rows[name].endswith(f"a list of at most {most}")
    assert rows["tags"].startswith(f"at most {SCHEMA['properties']['tags']['maxProperties']} tags")
    assert rows["platform"] == ", ".join(f"`{platform}`" for platform in PLATFORMS)


def test_the_table_of_the_page_has_the_defaults_of_a_request() -> None:
    defaults = {field.name: field.default for field in fields(PurchaseRequest)}
    shown = {
        name: json.loads(without.strip("`"))
        for name, _, without in ROWS
        if without.startswith("`") and " " not in without
    }

    assert shown == {
        name: defaults[name]
        for name in ("platform", "may_overlap", "several_segments", "automatic", "time_zone", "dry_run")
    }


def test_the_page_shows_an_error_as_it_is() -> None:
    with pytest.raises(PurchaseRequestError) as raised:
        parse(INPUT | {"time_zone": "Europe/Berln"})

    assert str(raised.value) in PAGE


def test_a_duration_is_made_legal_as_the_page_says() -> None:
    (note,) = parse(INPUT | {"duration_days": 16, "latest_end": "2028-01-01T00:00:00Z"}).notes

    assert "16 is searched for as 21" in note
    assert "16 is searched for as 21" in PAGE


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_right_and_the_page_points_to_it(path: Path) -> None:
    document = json.loads(path.read_text())

    assert parse(document).notes == ()
    assert Draft202012Validator(SCHEMA).is_valid(document)
    assert f"../examples/{path.name}" in PAGE


def test_the_examples_ask_for_both_kinds_and_show_every_field() -> None:
    documents = [json.loads(path.read_text()) for path in EXAMPLES]

    assert {type(parse(document).wanted) for document in documents} == {Instances, UltraServers}
    assert {name for document in documents for name in document} == FIELDS.keys()
