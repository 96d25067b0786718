"""How an attempt with an unknown outcome is looked up: what is found is adopted, and nothing is ever bought again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.intent import Intent, IntentState, moved
from capacity_blocks.core.purchase.lookup import (
    LISTED_WITHIN,
    Adopt,
    AskPerson,
    Candidate,
    Conclusion,
    LookAgain,
    conclude,
    looks,
)
from capacity_blocks.core.reservation import ReservationState
from tests.factories import a_reservation
from tests.unit.core.purchase.intents import an_intent, an_intent_in, some_terms
from tests.unit.core.purchase.shapes import END, NOW, START, a_segment, an_offering

TIMEOUT = timedelta(minutes=2)
UNKNOWN = an_intent_in(IntentState.UNKNOWN)
SCHEDULE = looks(NOW, TIMEOUT)
FIRST, LAST = SCHEDULE[0], SCHEDULE[-1]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TAGGED = {tag.INTENT: UNKNOWN.intent_id}
OTHER = {tag.INTENT: "june-1-0123456789abcdef"}


def seen(reservation_id: str = "cr-0a", created_at: datetime | None = NOW + SECOND, **changes: Any) -> Candidate:
    """Return a reservation that is just what was to be bought, without our tag."""
    given: dict[str, Any] = {
        "reservation_id": reservation_id, "start": START, "end": END, "tags": {},
        "state": ReservationState.PAYMENT_PENDING,
    }  # fmt: skip
    return Candidate(reservation=a_reservation(**(given | changes)), created_at=created_at)


def unknown(**changes: Any) -> Intent:
    """Return an attempt at another offering."""
    return replace(UNKNOWN, terms=some_terms(an_offering(**changes)))


def test_it_looks_first_when_the_function_cannot_buy_any_more_and_then_waits_longer_each_time() -> None:
    assert [(at - NOW).total_seconds() for at in SCHEDULE] == [150, 180, 240, 360, 600, 1050, 1950]


def test_what_is_stale_for_five_minutes_is_seen_in_the_end() -> None:
    assert timedelta(minutes=5) < LAST - FIRST


FOUND_BY_TAG: dict[str, Candidate] = {
    "on the reservation": seen(tags=TAGGED),
    "on the UltraServer's block": replace(seen(), block_tags=TAGGED),
    "whatever its state": seen(tags=TAGGED, state=ReservationState.PAYMENT_FAILED),
    "whatever it looks like": seen(tags=TAGGED, instance_count=0, availability_zone="us-east-2c", created_at=None),
}


@pytest.mark.parametrize("candidate", FOUND_BY_TAG.values(), ids=FOUND_BY_TAG.keys())
@pytest.mark.parametrize("now", [FIRST, SCHEDULE[3], LAST], ids=["first", "middle", "last"])
def test_what_carries_our_tag_is_adopted_at_any_look(candidate: Candidate, now: datetime) -> None:
    listing = [candidate, seen("cr-0b"), seen("cr-0c", tags=OTHER)]

    assert conclude(now, UNKNOWN, listing, TIMEOUT) == Adopt(
        reservation_ids=("cr-0a",), reason="it carries the tag of the intent"
    )


LOOKS: dict[str, tuple[datetime, list[Candidate] | None, Conclusion]] = {
    "nothing yet": (FIRST, [], LookAgain(at=SCHEDULE[1], reason="0 of 1 reservations carry its tag so far")),
    "between two looks": (
        SCHEDULE[2] + SECOND, [], LookAgain(at=SCHEDULE[3], reason="0 of 1 reservations carry its tag so far")
    ),
    "a failed look": (SCHEDULE[1], None, LookAgain(at=SCHEDULE[2], reason="the reservations could not be listed")),
    "something alike, before the last look": (
        SCHEDULE[-2], [seen()], LookAgain(at=LAST, reason="0 of 1 reservations carry its tag so far")
    ),
    "nothing at the last look": (
        LAST, [], AskPerson(reason="no reservation carries its tag, and none is what was to be bought")
    ),
    "a last look that failed": (
        LAST, None, LookAgain(at=LAST + MINUTE, reason="the reservations could not be listed")
    ),
    "looks that fail for two hours more": (
        LAST + LISTED_WITHIN, None, AskPerson(reason="the reservations could not be listed at the last look")
    ),
    "one alike at the last look": (
        LAST, [seen()],
        Adopt(
            reservation_ids=("cr-0a",), reason="it is what was to be bought, and was made since the attempt",
            remark="it does not carry the tag of the intent",
        ),
    ),
    "two alike at the last look": (
        LAST, [seen(), seen("cr-0b")],
        AskPerson(reason="2 reservations may be the 1 that were to be bought", candidates=("cr-0a", "cr-0b")),
    ),
    "one of which the size is not told": (
        LAST, [seen(instance_count=0)],
        AskPerson(reason="1 reservations may be the 1 that were to be bought", candidates=("cr-0a",)),
    ),
    "one of which the age is not told": (
        LAST, [seen(created_at=None)],
        AskPerson(reason="1 reservations may be the 1 that were to be bought", candidates=("cr-0a",)),
    ),
    "more with our tag than were to be bought": (
        FIRST, [seen(tags=TAGGED), seen("cr-0b", tags=TAGGED)],
        Adopt(
            reservation_ids=("cr-0a", "cr-0b"), reason="it carries the tag of the intent",
            remark="2 carry its tag and 1 were to be bought",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "listing", "expected"), LOOKS.values(), ids=LOOKS.keys())
def test_what_a_look_concludes(now: datetime, listing: list[Candidate] | None, expected: Conclusion) -> None:
    assert conclude(now, UNKNOWN, listing, TIMEOUT) == expected


NOT_OURS: dict[str, Candidate] = {
    "the tag of another intent": seen(tags=OTHER),
    "the tag of another intent on its block": replace(seen(), block_tags=OTHER),
    "another type": seen(instance_type="p5e.48xlarge"),
    "another count": seen(instance_count=4),
    "another zone": seen(availability_zone="us-east-2b"),
    "another region": seen(region="us-west-2"),
    "another start": seen(start=START + MINUTE),
    "another end": seen(end=END + MINUTE),
    "another platform": seen(platform="Windows"),
    "somebody else's, shared with us": seen(owned=False),
    "made long before the attempt": seen(created_at=NOW - MINUTE - SECOND),
    "made when the attempt was over": seen(created_at=NOW + TIMEOUT + MINUTE + SECOND),
}


@pytest.mark.parametrize("candidate", NOT_OURS.values(), ids=NOT_OURS.keys())
def test_what_is_not_ours_is_never_adopted(candidate: Candidate) -> None:
    assert conclude(LAST, UNKNOWN, [candidate], TIMEOUT) == AskPerson(
        reason="no reservation carries its tag, and none is what was to be bought"
    )


@pytest.mark.parametrize("created_at", [NOW - MINUTE, NOW + TIMEOUT + MINUTE])
def test_clocks_that_differ_by_a_minute_hide_nothing(created_at: datetime) -> None:
    assert isinstance(conclude(LAST, UNKNOWN, [seen(created_at=created_at)], TIMEOUT), Adopt)


def test_what_another_intent_holds_is_never_adopted_by_its_looks() -> None:
    assert conclude(LAST, UNKNOWN, [seen("cr-0a")], TIMEOUT, taken={"cr-0a"}) == AskPerson(
        reason="no reservation carries its tag, and none is what was to be bought"
    )


def test_once_a_person_was_asked_only_the_tag_counts() -> None:
    asked = moved(UNKNOWN, IntentState.NOT_FOUND, LAST, "nothing was found")

    assert conclude(LAST + MINUTE, asked, [seen()], TIMEOUT) == AskPerson(reason="nothing was found")
    assert isinstance(conclude(LAST + MINUTE, asked, [seen(tags=TAGGED)], TIMEOUT), Adopt)


PARTS = (
    a_segment(instance_count=4, availability_zone="us-east-2a"),
    a_segment(instance_count=4, availability_zone="us-east-2b"),
)
SPLIT = unknown(segments=PARTS)
SPLIT_TAG = {tag.INTENT: SPLIT.intent_id}
IN_A: dict[str, Any] = {"instance_count": 4}
IN_B: dict[str, Any] = {"instance_count": 4, "availability_zone": "us-east-2b"}
SERVERS = unknown(
    instance_type="p6e-gb200.36xlarge", instance_count=36, ultraserver_type="u-p6e-gb200x72", ultraserver_count=2
)
SERVER: dict[str, Any] = {"instance_type": "p6e-gb200.36xlarge", "instance_count": 18}
SEVERAL: dict[str, tuple[Intent, datetime, list[Candidate], Conclusion]] = {
    "all by tag": (
        SPLIT, FIRST, [seen("cr-0a", tags=SPLIT_TAG), seen("cr-0b", tags=SPLIT_TAG)],
        Adopt(reservation_ids=("cr-0a", "cr-0b"), reason="it carries the tag of the intent"),
    ),
    "one of two by tag, so far": (
        SPLIT, FIRST, [seen("cr-0a", tags=SPLIT_TAG)],
        LookAgain(at=SCHEDULE[1], reason="1 of 2 reservations carry its tag so far"),
    ),
    "one of two by tag, in the end": (
        SPLIT, LAST, [seen("cr-0a", tags=SPLIT_TAG)],
        Adopt(
            reservation_ids=("cr-0a",), reason="they carry the tag of the intent",
            remark="1 carry its tag and 2 were to be bought",
        ),
    ),
    "each segment once": (
        SPLIT, LAST, [seen("cr-0b", **IN_B), seen("cr-0a", **IN_A)],
        Adopt(
            reservation_ids=("cr-0a", "cr-0b"), reason="it is what was to be bought, and was made since the attempt",
            remark="it does not carry the tag of the intent",
        ),
    ),
    "one segment twice": (
        SPLIT, LAST, [seen("cr-0a", **IN_A), seen("cr-0c", **IN_A)],
        AskPerson(reason="2 reservations may be the 2 that were to be bought", candidates=("cr-0a", "cr-0c")),
    ),
    "as many UltraServers": (
        SERVERS, LAST, [seen("cr-0a", **SERVER), seen("cr-0b", **SERVER)],
        Adopt(
            reservation_ids=("cr-0a", "cr-0b"), reason="it is what was to be bought, and was made since the attempt",
            remark="it does not carry the tag of the intent",
        ),
    ),
    "UltraServers whose size no page tells": (
        unknown(instance_type="p6e-gb200.36xlarge", instance_count=0, ultraserver_type="u-x", ultraserver_count=1),
        LAST, [seen("cr-0a", **SERVER)],
        Adopt(
            reservation_ids=("cr-0a",), reason="it is what was to be bought, and was made since the attempt",
            remark="it does not carry the tag of the intent",
        ),
    ),
    "UltraServers whose size does not divide": (
        unknown(instance_type="p6e-gb200.36xlarge", instance_count=35, ultraserver_type="u-x", ultraserver_count=2),
        LAST, [seen("cr-0a", **SERVER), seen("cr-0b", **SERVER)],
        Adopt(
            reservation_ids=("cr-0a", "cr-0b"), reason="it is what was to be bought, and was made since the attempt",
            remark="it does not carry the tag of the intent",
        ),
    ),
    "one UltraServer too few": (
        SERVERS, LAST, [seen("cr-0a", **SERVER)],
        AskPerson(reason="1 reservations may be the 2 that were to be bought", candidates=("cr-0a",)),
    ),
    "one UltraServer too many": (
        SERVERS, LAST, [seen(f"cr-0{n}", **SERVER) for n in "abc"],
        AskPerson(reason="3 reservations may be the 2 that were to be bought", candidates=("cr-0a", "cr-0b", "cr-0c")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("intent", "now", "listing", "expected"), SEVERAL.values(), ids=SEVERAL.keys())
def test_several_reservations_of_one_purchase(
    intent: Intent, now: datetime, listing: list[Candidate], expected: Conclusion
) -> None:
    assert conclude(now, intent, listing, TIMEOUT) == expected


def test_what_never_attempted_is_not_looked_for() -> None:
    with pytest.raises(ValueError, match="it never attempted to buy"):
        conclude(FIRST, an_intent(), [], TIMEOUT)


def test_there_is_no_conclusion_that_buys() -> None:
    assert set(get_args(Conclusion)) == {Adopt, LookAgain, AskPerson}


candidates = st.builds(
    seen,
    st.sampled_from(["cr-0a", "cr-0b", "cr-0c", "cr-0d"]),
    created_at=st.sampled_from([None, NOW - timedelta(days=1), NOW, NOW + MINUTE]),
    tags=st.sampled_from([{}, TAGGED, OTHER]),
    instance_count=st.sampled_from([0, 4, 8]),
    availability_zone=st.sampled_from(["us-east-2a", "us-east-2b"]),
    owned=st.booleans(),
)


@given(
    listing=st.none() | st.lists(candidates, max_size=5, unique_by=lambda each: each.reservation.reservation_id),
    seconds=st.integers(0, 3600),
)
def test_whatever_is_listed_others_are_left_alone_and_ours_are_known_in_the_end(
    listing: Sequence[Candidate] | None, seconds: int
) -> None:
    now = NOW + timedelta(seconds=seconds)
    ids = {c.reservation.reservation_id: c for c in listing or ()}
    ours = {each for each, candidate in ids.items() if candidate.intent_id == UNKNOWN.intent_id}

    conclusion = conclude(now, UNKNOWN, listing, TIMEOUT)

    match conclusion:
        case Adopt(reservation_ids=adopted):
            assert ours <= set(adopted)
            assert all(ids[each].intent_id in {None, UNKNOWN.intent_id} for each in adopted)
        case LookAgain(at=again):
            assert now < again <= (LAST if listing is not None else LAST + LISTED_WITHIN)
            assert not ours
        case AskPerson(candidates=maybe):
            assert now >= LAST
            assert not ours
            assert all(ids[each].intent_id is None for each in maybe)
