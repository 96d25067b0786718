"""What a purchase request may say, and what it is told when it says something else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_blocks.core.purchase.request import (
    Instances,
    PurchaseRequest,
    PurchaseRequestError,
    UltraServers,
    parse,
)
from capacity_blocks.core.purchase.request_field import FIELDS
from tests.factories import at
from tests.unit.core.purchase.shapes import INPUT, WEEK, a_request

DAY = timedelta(days=1)
FULL = INPUT | {
    "instance_types": ["p5en.48xlarge", "p5.48xlarge"],
    "instance_count": {"least": 4, "most": 8},
    "duration_days": [7, 14],
    "least_hours": 160,
    "most_hours": 340,
    "regions": ["us-east-2", "us-west-2"],
    "zones": ["us-east-2a", "usw2-az1"],
    "most_per_gpu_hour": "4.50",
    "platform": "Ubuntu Pro",
    "tags": {"deployment": "prod-adaptive", "Name": "training"},
    "may_overlap": True,
    "several_segments": True,
    "look_until": "2026-05-01T00:00:00+02:00",
    "time_zone": "Europe/Berlin",
    "dry_run": True,
}


def test_a_short_request_is_read_with_safe_defaults() -> None:
    assert parse(INPUT) == a_request()


def test_every_field_is_read() -> None:
    assert parse(FULL) == PurchaseRequest(
        request_id="may-training",
        pool="training",
        wanted=Instances(types=("p5en.48xlarge", "p5.48xlarge"), least=4, most=8),
        durations=(7 * DAY, 14 * DAY),
        least_duration=timedelta(hours=160),
        most_duration=timedelta(hours=340),
        earliest_start=at("2026-05-01T00:00"),
        latest_end=at("2026-05-16T00:00"),
        regions=("us-east-2", "us-west-2"),
        zones=("us-east-2a", "usw2-az1"),
        most_upfront_fee=Decimal(60000),
        most_per_gpu_hour=Decimal("4.50"),
        platform="Ubuntu Pro",
        tags=(("Name", "training"), ("deployment", "prod-adaptive")),
        may_overlap=True,
        several_segments=True,
        look_until=at("2026-04-30T22:00"),
        time_zone="Europe/Berlin",
        dry_run=True,
    )


def test_ultraservers_are_asked_for_by_type_and_count() -> None:
    given = {name: value for name, value in INPUT.items() if not name.startswith("instance_")}

    request = parse(given | {"ultraserver_type": "u-p6e-gb200x72", "ultraserver_count": 2})

    assert request == a_request(wanted=UltraServers(type="u-p6e-gb200x72", count=2))


def test_a_single_type_and_a_null_are_taken_as_people_mean_them() -> None:
    assert parse(INPUT | {"instance_types": "p5.48xlarge", "regions": None}) == a_request()


LEGAL: dict[Any, tuple[list[int], int]] = {
    1: ([1], 0), 14: ([14], 0), 15: ([21], 1), 21: ([21], 0), 22: ([28], 1), 182: ([182], 0), 176: ([182], 1),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), LEGAL.items(), ids=map(str, LEGAL))
def test_durations_are_made_ones_that_are_sold(asked: int, expected: tuple[list[int], int]) -> None:
    given = INPUT | {"duration_days": asked, "latest_end": "2027-05-01T00:00:00Z"}

    request = parse(given)

    assert ([each // DAY for each in request.durations], len(request.notes)) == expected


def test_a_duration_that_was_changed_is_said() -> None:
    request = parse(INPUT | {"duration_days": [16, 7], "latest_end": "2026-08-01T00:00:00Z"})

    assert request.durations == (21 * DAY, WEEK)
    assert request.notes == ("duration_days 16 is searched for as 21: past 14 days EC2 sells whole weeks",)


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a request id with a space": (
        {"request_id": "may training"},
        ('request_id is "may training"; allowed: 1 to 40 letters, digits, hyphens and underscores, the first a letter '
         "or digit"),
    ),
    "no request id": (
        {"request_id": None},
        "request_id is missing; allowed: 1 to 40 letters, digits, hyphens and underscores, the first a letter or digit",
    ),
    "an unknown field": ({"max_price": 1}, '"max_price" is not a field; allowed: ' + ", ".join(FIELDS)),
    "a count of none": (
        {"instance_count": 0},
        'instance_count is 0; allowed: a whole number from 1 to 64, or {"least": 4, "most": 8}',
    ),
    "the most before the least": (
        {"instance_count": {"least": 8, "most": 4}},
        ('instance_count is {"least": 8, "most": 4}; allowed: {"least": 4, "most": 8}, whole numbers from 1 to 64, '
         "least first"),
    ),
    "a time zone that is none": (
        {"time_zone": "Europe/Berln"},
        'time_zone is "Europe/Berln"; allowed: a time zone of the IANA database, such as Europe/Berlin',
    ),
    "a folder of time zones": (
        {"time_zone": "America"},
        'time_zone is "America"; allowed: a time zone of the IANA database, such as Europe/Berlin',
    ),
    "a way to another file": (
        {"time_zone": "../../../etc/passwd"},
        'time_zone is "../../../etc/passwd"; allowed: a time zone of the IANA database, such as Europe/Berlin',
    ),
    "half a day": ({"duration_days": 0.5}, "duration_days is 0.5; allowed: whole days from 1 to 182"),
    "no days": ({"duration_days": []}, "duration_days is []; allowed: a list of 1 to 40"),
    "true for a number": ({"duration_days": True}, "duration_days is true; allowed: whole days from 1 to 182"),
    "money as a float": (
        {"most_upfront_fee": 60000.5},
        'most_upfront_fee is 60000.5; allowed: dollars as a string, 0.01 or more, e.g. "60000" or "3.95"',
    ),
    "an instant without its offset": (
        {"latest_end": "2026-05-16T00:00:00"},
        'latest_end is "2026-05-16T00:00:00"; allowed: an instant with its offset, such as 2026-05-01T00:00:00Z',
    ),
    "a date": (
        {"latest_end": "2026-05-16"},
        'latest_end is "2026-05-16"; allowed: an instant with its offset, such as 2026-05-01T00:00:00Z',
    ),
    "a window that is too short": (
        {"latest_end": "2026-05-07T23:59:59Z"},
        ('latest_end is "2026-05-07T23:59:59Z"; allowed: at least 168 hours (least_hours, or the shortest of '
         "duration_days) after earliest_start"),
    ),
    "hours the wrong way round": (
        {"least_hours": 170}, "least_hours is 170; allowed: at most most_hours, which is 168"
    ),
    "both kinds of hardware": (
        {"ultraserver_type": "u-p6e-gb200x72", "ultraserver_count": 1},
        "exactly one of instance_types and ultraserver_type is wanted",
    ),
    "a type without its count": (
        {"instance_count": None},
        "instance_count is missing; allowed: instance_types and instance_count together",
    ),
    "our own tag": (
        {"tags": {"capacity-blocks:pool": "other"}},
        ('tags is {"capacity-blocks:pool": "other"}; allowed: an object of at most 40 tags, keys of 1 to 128 '
         "characters that begin neither with aws: nor with capacity-blocks:, values of at most 256 characters"),
    ),
    "a platform that blocks do not have": (
        {"platform": "Windows"},
        'platform is "Windows"; allowed: Linux/UNIX, Red Hat Enterprise Linux, RHEL with HA, SUSE Linux, Ubuntu Pro',
    ),
    "yes for true": ({"may_overlap": "yes"}, 'may_overlap is "yes"; allowed: true, false'),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_the_field_its_value_and_what_is_allowed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PurchaseRequestError) as raised:
        parse(INPUT | change)

    assert str(raised.value) == message


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(PurchaseRequestError) as raised:
        parse(INPUT | {"pool": 5, "duration_days": 0, "platform": "BeOS"})

    assert [mistake.split(" is ")[0] for mistake in str(raised.value).split("; ") if " is " in mistake] == [
        "pool",
        "duration_days",
        "platform",
    ]


@pytest.mark.parametrize("document", [None, [], "buy", 5], ids=repr)
def test_what_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(PurchaseRequestError, match="allowed: a JSON object"):
        parse(document)


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.required])
def test_what_the_money_hangs_on_must_be_said(name: str) -> None:
    with pytest.raises(PurchaseRequestError, match=f"^{name} is missing; allowed: "):
        parse({given: value for given, value in INPUT.items() if given != name})


def test_what_must_be_said_is_who_what_until_when_and_how_much() -> None:
    assert {name for name, field in FIELDS.items() if field.required} == {
        "request_id",
        "pool",
        "duration_days",
        "latest_end",
        "most_upfront_fee",
    }


def test_tags_may_be_as_long_as_ec2_takes_them() -> None:
    tags = {"a": "", "k" * 128: "v" * 256}

    assert dict(parse(INPUT | {"tags": tags}).tags) == tags
    with pytest.raises(PurchaseRequestError, match="tags is"):
        parse(INPUT | {"tags": {"a": "v" * 257}})


@pytest.mark.parametrize(
    "key", ["aws:pool", "AWS:x", "capacity-blocks:intent", "Capacity-Blocks:pool", "", "a" * 129, "a\nb"]
)
def test_a_tag_that_is_not_for_people_to_give_is_refused(key: str) -> None:
    with pytest.raises(PurchaseRequestError, match="tags is"):
        parse(INPUT | {"tags": {key: "x"}})


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(list(FULL.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def outcome(document: object) -> PurchaseRequest | str:
    try:
        return parse(document)
    except PurchaseRequestError as error:
        return str(error)


@given(changes=st.dictionaries(st.sampled_from(sorted(FIELDS)), anything, max_size=4))
@settings(max_examples=150)
def test_whatever_is_given_is_read_or_refused_with_words(changes: dict[str, Any]) -> None:
    read = outcome(FULL | changes)

    if isinstance(read, str):
        assert any(name in read for name in (*changes, "wanted"))
    else:
        assert read.durations
        assert read.least_duration <= read.most_duration
        assert read.most_upfront_fee > 0
        assert all(
            each in {*(n * DAY for n in range(1, 15)), *(n * WEEK for n in range(2, 27))} for each in read.durations
        )
