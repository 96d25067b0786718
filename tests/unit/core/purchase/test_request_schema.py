"""The documented schema of a purchase request: in step with what is read."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from capacity_blocks.core.purchase import request_field
from capacity_blocks.core.purchase.request import PurchaseRequestError, parse
from capacity_blocks.core.purchase.request_field import FIELDS, PLATFORMS
from tests.unit.core.purchase.shapes import INPUT

ROOT = Path(__file__).parents[4]
SCHEMA = json.loads((ROOT / "docs" / "purchase-request.schema.json").read_text())
SPACIOUS = INPUT | {"earliest_start": "2026-01-01T00:00:00Z", "latest_end": "2028-01-01T00:00:00Z"}
OPTIONAL = [name for name, field in FIELDS.items() if not field.required]


def is_read(document: object) -> bool:
    try:
        parse(document)
    except PurchaseRequestError:
        return False
    return True


def is_valid(document: object) -> bool:
    return Draft202012Validator(SCHEMA).is_valid(document)


# What a field may say and what it may not, short of what no schema can ask (see BEYOND_THE_SCHEMA).
INSTANTS = ["2026-05-01T00:00:00Z", "2026-05-01T02:00+02:00", "2026-05-01T00:00:00.5-11:30"]
NO_INSTANTS = ["2026-05-01T00:00:00", "2026-05-01", "1999-12-31T00:00:00Z", "2026-13-01T00:00:00Z", "tomorrow", 5, "",
               "2026-05-01T00:60:00Z", "3000-01-01T00:00:00Z", "2026-05-01T00:00:00Z\n"]  # fmt: skip
DOLLARS = ["0.01", "60000", "00.01", "999999999.999999", 1, 60000, 999999999]
NO_DOLLARS = ["0", "0.00", "0.009", "0.", "1.", "1000000000", "1.0000001", "$1", "1e3", "-1", "", "1\n", "٣",
              0, -1, 0.5, 10**9, True]  # fmt: skip
COUNTS = [1, 64, 8.0]
NO_COUNTS = [0, 65, 1.5, -1, "8", True, [8]]
SWITCHES = [True, False]
NO_SWITCHES = ["yes", 0, 1, "true", []]
SAYS: dict[str, tuple[list[Any], list[Any]]] = {
    "request_id": (["a", "May_2026-x", "a" * 40], ["", "-a", "a" * 41, "a b", "a\n", "ä", 5]),
    "pool": (["a", "ml.train_1-x", "a" * 64], ["", ".a", "a" * 65, "a b", "a\n", "ä", 5]),
    "instance_types": (
        ["p5.48xlarge", ["p5.48xlarge"], ["p5.48xlarge"] * 10, ["p6e-gb200.36xlarge", "p4d.24xlarge"]],
        [[], ["p5.48xlarge"] * 11, "p5", "P5.48xlarge", ["p5.48xlarge", None], [["p5.48xlarge"]], "p5.48xlarge\n", 5],
    ),
    "instance_count": (
        [*COUNTS, {"least": 4}, {"least": 4, "most": 8}, {"least": 64, "most": None}],
        [*NO_COUNTS, {}, {"most": 8}, {"least": None, "most": 8}, {"least": 0}, {"least": 4, "most": 65},
         {"least": 1, "x": 1}],
    ),
    "ultraserver_type": (["u-p6e-gb200x72"], ["p6e-gb200x72", "u-", "u-P6e", "u-p6e\n", 5, []]),
    "ultraserver_count": (COUNTS, [*NO_COUNTS, {"least": 1}]),
    "duration_days": ([1, 182, 7.0, [7], [7, 14], [7] * 40], [0, 183, 0.5, [], [7] * 41, [0], "7", True, [[7]], {}]),
    "least_hours": ([1, 24, 24.0], [0, 4369, 1.5, "24", True, [24]]),
    "most_hours": ([4368, 4368.0], [0, 4369, 1.5, "24", True, [24]]),
    "earliest_start": (INSTANTS, NO_INSTANTS),
    "latest_end": (["2027-05-01T00:00:00Z", "2027-05-01T02:00+02:00"], NO_INSTANTS),
    "regions": (
        ["us-east-1", ["us-gov-west-1", "eu-west-2"], ["us-east-1"] * 40],
        ["", [], ["us-east-1"] * 41, "US", "us-east-1a", 5],
    ),
    "zones": (
        ["us-east-1a", ["use1-az4", "us-east-1-dfw-2a"], ["us-east-1a"] * 100],
        ["", [], ["us-east-1a"] * 101, "A", "1a", 5],
    ),
    "most_upfront_fee": (DOLLARS, NO_DOLLARS),
    "most_per_gpu_hour": (DOLLARS, NO_DOLLARS),
    "platform": ([*PLATFORMS], ["Windows", "", 5, ["Linux/UNIX"]]),
    "tags": (
        [{}, {"a": ""}, {"k" * 128: "v" * 256}, {f"k{n}": "v" for n in range(40)}, {"awsome": "x", "ключ": "§"}],
        [[], "a", {"": "x"}, {"k" * 129: "x"}, {"a": "v" * 257}, {"aws:a": "x"}, {"AWS:a": "x"},
         {"Capacity-Blocks:a": "x"}, {"a": 5}, {"a": None}, {"a\n": "x"}, {"a": "x\n"},
         {f"k{n}": "v" for n in range(41)}],
    ),
    "may_overlap": (SWITCHES, NO_SWITCHES),
    "automatic": (SWITCHES, NO_SWITCHES),
    "several_segments": (SWITCHES, NO_SWITCHES),
    "look_until": (INSTANTS, NO_INSTANTS),
    "time_zone": (
        ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"],
        ["", "+02:00", "/etc/passwd", "../x", "UTC\n", 5],
    ),
    "dry_run": (SWITCHES, NO_SWITCHES),
}  # fmt: skip
KIND = ("instance_types", "instance_count", "ultraserver_type", "ultraserver_count")


def test_every_field_has_values_to_try() -> None:
    assert SAYS.keys() == FIELDS.keys() == SCHEMA["properties"].keys()


EACH = [
    pytest.param(name, value, is_right, id=f"{name}-{'right' if is_right else 'wrong'}-{n}")
    for name, said in SAYS.items()
    for is_right, values in zip((True, False), said, strict=True)
    for n, value in enumerate([*values, None] if is_right is (name in OPTIONAL) else values)
]


INSTANCES = dict.fromkeys(KIND) | {"instance_types": "p5.48xlarge", "instance_count": 8}
ULTRASERVERS = dict.fromkeys(KIND) | {"ultraserver_type": "u-p6e-gb200x72", "ultraserver_count": 1}


@pytest.mark.parametrize(("name", "value", "is_right"), EACH)
def test_schema_and_parser_agree_on_each_value_of_each_field(name: str, value: Any, is_right: bool) -> None:
    of_ultraservers = name in KIND and name.startswith("ultraserver") != (value is None)
    document = SPACIOUS | (ULTRASERVERS if of_ultraservers else INSTANCES) | {name: value}

    assert (is_read(document), is_valid(document)) == (is_right, is_right)


def values(name: str) -> st.SearchStrategy[Any]:
    right, wrong = SAYS[name]
    return st.sampled_from([*right, *right, *wrong, None])


@given(
    st.fixed_dictionaries({}, optional={name: st.sampled_from([*SAYS[name][0], None]) for name in KIND}),
    st.lists(st.sampled_from([*FIELDS]), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: values(name) for name in names})
    ),
    st.sets(st.sampled_from([*FIELDS]), max_size=1),
    st.sampled_from([{}, {}, {}, {"max_price": 1}]),
)
@settings(max_examples=300)
@example({}, {}, set(), {})
@example({"ultraserver_type": "u-a"}, {}, set(), {})
@example({"ultraserver_count": 1}, {}, set(), {})
def test_schema_and_parser_agree_on_whole_requests(
    kind: dict[str, Any], changes: dict[str, Any], left_out: set[str], unknown: dict[str, Any]
) -> None:
    base = {name: value for name, value in SPACIOUS.items() if name not in KIND} if kind else SPACIOUS
    document = {name: value for name, value in (base | kind | changes | unknown).items() if name not in left_out}

    assert is_read(document) == is_valid(document)


@pytest.mark.parametrize("document", [None, [], "buy", 5], ids=repr)
def test_what_is_no_object_is_none_for_the_schema_either(document: object) -> None:
    assert not is_valid(document)


BEYOND_THE_SCHEMA: dict[str, dict[str, Any]] = {
    "a day that there is not": {"latest_end": "2027-02-31T00:00:00Z"},
    "a zone that there is not": {"time_zone": "Europe/Berln"},
    "no room for a block": {"latest_end": "2026-01-02T00:00:00Z"},
    "hours the wrong way round": {"least_hours": 200, "most_hours": 199},
    "the most before the least": {"instance_count": {"least": 8, "most": 4}},
    "a whole amount with a point, which is no longer exact": {"most_upfront_fee": 60000.0},
    "a letter that cannot be seen": {"tags": {"a": "\u200b"}},
}


@pytest.mark.parametrize("changed", BEYOND_THE_SCHEMA.values(), ids=BEYOND_THE_SCHEMA.keys())
def test_what_a_schema_cannot_say_is_refused_all_the_same(changed: dict[str, Any]) -> None:
    document = SPACIOUS | changed

    assert (is_valid(document), is_read(document)) == (True, False)


def test_other_ways_to_write_an_instant_are_read_though_the_schema_shows_one() -> None:
    document = SPACIOUS | {"latest_end": "20280101T000000Z"}

    assert (is_valid(document), is_read(document)) == (False, True)


def test_the_schema_is_one_and_describes_every_field() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert all(described["description"] for described in SCHEMA["properties"].values())
    assert SCHEMA["required"] == [name for name, field in FIELDS.items() if field.required]


def test_names_are_matched_by_the_same_patterns() -> None:
    written = {
        "POOL": SCHEMA["properties"]["pool"]["pattern"],
        "REQUEST_ID": SCHEMA["properties"]["request_id"]["pattern"],
        "TIME_ZONE": SCHEMA["properties"]["time_zone"]["pattern"],
        "INSTANCE_TYPE": SCHEMA["$defs"]["instance_type"]["pattern"],
        "REGION": SCHEMA["$defs"]["region"]["pattern"],
        "ZONE": SCHEMA["$defs"]["zone"]["pattern"],
    }

    assert written == {name: f"^{getattr(request_field, name)}$(?!\\n)" for name in written}
