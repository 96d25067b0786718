"""Intents, queries and books survive being stored: as JSON, and with the numbers that DynamoDB gives back."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.purchase import canonical
from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.book_record import MOST_BYTES, BookFullError, of_book, text_of, to_book
from capacity_blocks.core.purchase.budget import Book, Entry, Standing
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Query, Subject
from capacity_blocks.core.purchase.record import of_intent, of_query, to_intent, to_query
from capacity_blocks.core.purchase.segment import Segment
from capacity_blocks.core.purchase.terms import Terms
from tests.unit.core.purchase.intents import PATHS, a_query, an_intent, an_intent_in
from tests.unit.core.purchase.shapes import END


def stored(document: dict[str, Any]) -> Any:
    return json.loads(canonical.text(document), parse_int=Decimal)


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=zones)  # noqa: DTZ001  # with zones of it
texts = st.text(max_size=12)
amounts = st.decimals(0, 999_999_999, places=6) | st.integers(0, 999_999_999).map(Decimal)
counts = st.integers(1, 256)


def segments(fees: st.SearchStrategy[Decimal | None]) -> st.SearchStrategy[Segment]:
    return st.builds(
        Segment,
        instance_type=texts,
        instance_count=counts,
        availability_zone=texts,
        availability_zone_id=st.none() | texts,
        start=instants,
        end=instants,
        upfront_fee=fees,
        currency=st.none() | texts,
        zone_type=st.none() | texts,
    )


# Terms cannot be made of an offering with a fee that is not known, so every fee is there.
offerings = st.builds(
    Offering,
    offering_id=texts,
    region=texts,
    whole=segments(amounts),
    segments=st.lists(segments(amounts), max_size=3).map(tuple),
    tenancy=texts,
    ultraserver_type=st.none() | texts,
    ultraserver_count=st.none() | counts,
)
tags = st.dictionaries(texts, texts, max_size=4).map(lambda found: tuple(sorted(found.items())))
terms = st.builds(Terms, offering=offerings, pool=texts, platform=texts, tags=tags)
subjects = st.builds(
    Subject,
    region=texts,
    types=st.lists(texts, min_size=1, max_size=3).map(tuple),
    duration=st.integers(1, 182 * 24).map(lambda hours: timedelta(hours=hours)),
    by_preference=st.booleans(),
    is_ultraserver=st.booleans(),
)
queries = st.builds(Query, subject=subjects, count=counts, not_before=st.none() | instants, not_after=instants)
approvals = st.builds(Approval, by=texts, door=st.sampled_from(Door), at=instants, terms_hash=texts)
intents = st.builds(
    Intent,
    request_id=texts,
    number=st.integers(1, 999_999),
    terms=terms,
    query=queries,
    asked_at=instants,
    expires_at=instants,
    state=st.sampled_from(IntentState),
    changed_at=instants,
    reason=st.text(max_size=40),
    approvals=st.lists(approvals, max_size=3).map(tuple),
    attempted_at=st.none() | instants,
    reservation_ids=st.lists(texts, max_size=3).map(tuple),
)
entries = st.builds(
    Entry, intent_id=texts, amount=amounts, month=texts, until=instants, standing=st.sampled_from(Standing)
)
books = st.builds(Book, pool=texts, version=st.integers(0, 10_000), entries=st.lists(entries, max_size=4).map(tuple))


@given(query=queries)
def test_a_query_survives_being_stored(query: Query) -> None:
    assert to_query(stored(of_query(query))) == query


@given(intent=intents)
def test_an_intent_survives_being_stored(intent: Intent) -> None:
    read = to_intent(stored(of_intent(intent)))

    assert (read, read.intent_id) == (intent, intent.intent_id)


@given(intent=intents)
def test_an_intent_that_was_read_is_written_to_the_letter_as_it_was(intent: Intent) -> None:
    """A write asks for the very text that was read: else nothing could ever replace it."""
    written = canonical.text(of_intent(intent))

    assert canonical.text(of_intent(to_intent(json.loads(written)))) == written


@given(intent=intents, zone=zones)
def test_an_intent_is_written_alike_wherever_its_writer_is(intent: Intent, zone: timezone) -> None:
    elsewhere = replace(
        intent, asked_at=intent.asked_at.astimezone(zone), changed_at=intent.changed_at.astimezone(zone)
    )

    assert of_intent(elsewhere) == of_intent(intent)


@pytest.mark.parametrize("state", PATHS, ids=lambda state: state.value)
def test_an_intent_in_each_state_survives_being_stored(state: IntentState) -> None:
    intent = an_intent_in(state)

    assert to_intent(stored(of_intent(intent))) == intent


def test_the_document_of_a_given_intent_never_changes() -> None:
    # Stored for as long as the table is: a change to it is a change of VERSION, and reads the old one too.
    intent = an_intent_in(IntentState.BOUGHT)
    document = of_intent(intent)

    assert document | {"terms": {}} == {
        "version": 1,
        "request_id": "may-training",
        "number": 1,
        "terms": {},
        "query": {
            "region": "us-east-2",
            "types": ["p5.48xlarge"],
            "duration_seconds": 604800,
            "by_preference": False,
            "is_ultraserver": False,
            "count": 8,
            "not_before": "2026-05-01T00:00:00Z",
            "not_after": "2026-05-16T00:00:00Z",
        },
        "asked_at": "2026-04-20T08:00:00Z",
        "expires_at": "2026-04-20T20:00:00Z",
        "state": "bought",
        "changed_at": "2026-04-20T09:00:00Z",
        "reason": "a test",
        "approvals": [
            {
                "by": "arn:aws:iam::123456789012:user/alice",
                "door": "function URL",
                "at": "2026-04-20T09:00:00Z",
                "terms_hash": intent.terms.hash,
            }
        ],
        "attempted_at": "2026-04-20T09:00:00Z",
        "reservation_ids": ["cr-0a"],
    }


def test_the_id_that_was_asked_for_is_kept_and_what_was_written_without_it_reads_on() -> None:
    before = an_intent_in(IntentState.ATTEMPTING)
    after = replace(before, attempted_offering_id="cb-0f")

    assert "attempted_offering_id" not in of_intent(before)
    assert to_intent(stored(of_intent(before))) == before
    assert to_intent(stored(of_intent(after))) == after


def test_a_state_that_a_later_version_wrote_reads_as_not_recognised_and_may_have_bought() -> None:
    read = to_intent(stored(of_intent(an_intent()) | {"state": "sold on"}))

    assert (read.state, read.may_have_bought) == (IntentState.UNRECOGNISED, True)


@pytest.mark.parametrize("missing", of_intent(an_intent()))
def test_an_intent_with_a_part_missing_is_not_read(missing: str) -> None:
    document = of_intent(an_intent())
    del document[missing]

    with pytest.raises(KeyError, match=missing):
        to_intent(document)


def test_a_document_of_another_version_is_not_read() -> None:
    with pytest.raises(ValueError, match="may-training: an intent of version 2, and 1 is read"):
        to_intent(of_intent(an_intent()) | {"version": 2})
    with pytest.raises(ValueError, match="training: a book of version 2, and 1 is read"):
        to_book(of_book(Book(pool="training")) | {"version": 2})


def test_a_search_that_may_start_at_once_is_told_from_one_that_may_not() -> None:
    at_once = a_query(not_before=None)

    assert to_query(stored(of_query(at_once))) == at_once != a_query()


@given(book=books)
def test_a_book_survives_being_stored_to_the_cent(book: Book) -> None:
    read = to_book(stored(of_book(book)))

    assert read == book
    assert of_book(read) == of_book(book)


def test_money_of_a_standing_not_known_is_not_taken_for_free() -> None:
    book = Book(pool="training", entries=(ENTRY,))
    document = of_book(book)
    document["entries"][0]["standing"] = "refunded"

    with pytest.raises(ValueError, match="refunded"):
        to_book(document)


ENTRY = Entry(intent_id="may-training-1-x", amount=Decimal(42000), month="2026-04", until=END)


def a_book_of(count: int) -> Book:
    made = (replace(ENTRY, intent_id=f"may-training-{number:05}-x") for number in range(count))
    return Book(pool="training", version=count, entries=tuple(made))


def test_a_book_is_full_before_it_is_too_long_for_an_item() -> None:
    one = len(canonical.text(of_book(a_book_of(2)))) - len(canonical.text(of_book(a_book_of(1))))
    sizes = map(a_book_of, range(MOST_BYTES // one, 0, -1))
    full = next(book for book in sizes if len(canonical.text(of_book(book))) <= MOST_BYTES)

    assert full.version > 2_000
    assert text_of(full, replacing=a_book_of(full.version - 1)) == canonical.text(of_book(full))
    with pytest.raises(BookFullError, match=f"^may-training-0{full.version}-x: the book of training is full"):
        text_of(a_book_of(full.version + 1), replacing=full)


def test_a_full_book_still_tells_of_what_is_in_it() -> None:
    over = a_book_of(4_000)
    paid = replace(over, entries=(replace(over.entries[0], standing=Standing.COMMITTED), *over.entries[1:]))
    never = replace(ENTRY, intent_id="never", amount=Decimal(0), standing=Standing.RELEASED)

    for after in (paid, replace(over, entries=(*over.entries, never))):
        assert to_book(json.loads(text_of(after, replacing=over))) == after
