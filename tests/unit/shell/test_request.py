"""What a run may be asked for, and by whom."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.action import Action, DeleteScheduledAction, Say
from capacity_blocks.request import CONSOLE_FIELDS, Request, RequestError, parse
from tests.factories import a_notice, at
from tests.unit.shell.stage import BIND, TRAIN

EVENT = {
    "version": "0",
    "id": "12345678-1234-1234-1234-123456789012",
    "detail-type": "Capacity Block Delivered",
    "source": "aws.ec2",
    "detail": {"capacity-reservation-id": "cr-0a", "end-date": "soon"},
}
PARSED: dict[str, tuple[object, Request]] = {
    "nothing": ({}, Request()),
    "an event of EC2": (EVENT, Request(trigger="Capacity Block Delivered")),
    "an event as the documentation writes it": (
        {"detail_type": "Capacity Block Delivered"}, Request(trigger="Capacity Block Delivered")
    ),
    "an event that claims to be a dry run": ({**EVENT, "dry_run": True}, Request(trigger="Capacity Block Delivered")),
    "an event without any detail": ({"detail-type": "x"}, Request(trigger="x")),
    "an event whose type is none": ({"detail-type": None}, Request(trigger="None")),
    "the sweep": ({"trigger": "sweep"}, Request(trigger="sweep")),
    "a schedule": (
        {"trigger": "look-again", "look_again_at": "2026-03-02T10:50:00Z"},
        Request(trigger="look-again", look_again_at=at("2026-03-02T10:50")),
    ),
    "an instant without a zone": (
        {"look_again_at": "2026-03-02T10:50:00"}, Request(look_again_at=at("2026-03-02T10:50"))
    ),
    "an instant in another zone": (
        {"look_again_at": "2026-03-02T12:50:00+02:00"}, Request(look_again_at=at("2026-03-02T10:50"))
    ),
    "a dry run of everything": ({"dry_run": True}, Request(dry_run=True)),
    "one pool": ({"pool": "training"}, Request(pool="training")),
    "one reservation": ({"reservation_id": "cr-0a"}, Request(reservation_id="cr-0a")),
    "one region": ({"region": "us-east-2"}, Request(region="us-east-2")),
    "nulls": ({"pool": None, "trigger": None}, Request()),
}  # fmt: skip


@pytest.mark.parametrize(("event", "expected"), PARSED.values(), ids=PARSED.keys())
def test_it_is_asked_for(event: object, expected: Request) -> None:
    assert parse(event) == expected


ALLOWED = "trigger, dry_run, pool, reservation_id, region, look_again_at"
WRONG: dict[str, tuple[object, str]] = {
    "a list": ([], "the event is list; allowed: a JSON object"),
    "a string": ("sweep", "the event is str; allowed: a JSON object"),
    "nothing at all": (None, "the event is NoneType; allowed: a JSON object"),
    "an unknown field": ({"dryrun": True}, f"'dryrun' is not a field of the event; allowed: {ALLOWED}"),
    "a dry run in words": ({"dry_run": "true"}, "dry_run is 'true'; allowed: true, false"),
    "a dry run in numbers": ({"dry_run": 1}, "dry_run is 1; allowed: true, false"),
    "a dry run that is null": ({"dry_run": None}, "dry_run is None; allowed: true, false"),
    "several pools": ({"pool": ["a"]}, "pool is ['a']; allowed: a string"),
    "a number of a reservation": ({"reservation_id": 7}, "reservation_id is 7; allowed: a string"),
    "a region that is none": ({"region": {}}, "region is {}; allowed: a string"),
    "an instant in words": (
        {"look_again_at": "soon"},
        "look_again_at is 'soon'; allowed: an instant such as 2026-03-02T10:50:00Z",
    ),
}


@pytest.mark.parametrize(("event", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_asked_for_is_refused_with_what_can(event: object, message: str) -> None:
    with pytest.raises(RequestError) as raised:
        parse(event)

    assert str(raised.value) == message


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*CONSOLE_FIELDS, "detail-type", "detail", "x"]), JSON) | JSON)
def test_any_json_is_a_request_or_refused(event: object) -> None:
    try:
        found = parse(event)
    except RequestError:
        return
    texts: list[object] = [found.trigger, found.pool, found.reservation_id, found.region]
    assert all(text is None or isinstance(text, str) for text in texts)
    assert found.look_again_at is None or found.look_again_at.tzinfo is not None


ABOUT: dict[str, tuple[Action, bool]] = {
    "an action on its block": (BIND, True),
    "an action on no block": (DeleteScheduledAction(target=TRAIN, reservation_id=None, name="x", reason="y"), False),
    "a notice of its block": (Say(notice=a_notice(), reason="x"), True),
    "a notice of another": (Say(notice=a_notice(reservation_id="cr-0b"), reason="x"), False),
    "a notice of no block": (Say(notice=a_notice(reservation_id=None), reason="x"), False),
}


@pytest.mark.parametrize(("action", "is_covered"), ABOUT.values(), ids=ABOUT.keys())
def test_a_request_for_one_reservation_covers_what_is_about_it(action: Action, is_covered: bool) -> None:
    assert Request(reservation_id="cr-0a").covers(action) is is_covered
    assert Request().covers(action)
