"""The fake ledger of purchases and the one in DynamoDB keep the same promises."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from capacity_blocks.adapters.dynamodb_purchases import DynamoDbPurchaseLedger
from capacity_blocks.core.purchase.book_record import BookFullError
from capacity_blocks.core.purchase.budget import Book, Entry, Standing
from capacity_blocks.core.purchase.intent import Intent, IntentState, learned, moved
from capacity_blocks.core.purchase.purchase_tag import history_line
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow
from tests import aws
from tests.fakes import FakePurchaseLedger
from tests.unit.core.purchase.intents import PATHS, an_approved_intent, an_intent, an_intent_in, some_terms
from tests.unit.core.purchase.shapes import END, NOW, an_offering

SECOND = timedelta(seconds=1)
OLD, NEW = "arn:aws:states:us-east-2:123456789012:execution:purchase:old", "arn:new"
ROW = RequestRow(
    request_id="may-training",
    digest="d1",
    document={"request_id": "may-training", "instance_types": ["p5.48xlarge"], "latest_end": None, "team": "Zoë"},
    execution=OLD,
    claimed_at=NOW,
)
ASKED = an_intent()
APPROVED = an_approved_intent()
ATTEMPTING = moved(APPROVED, IntentState.ATTEMPTING, NOW, "the approval holds")
ENTRY = Entry(intent_id=ASKED.intent_id, amount=Decimal("42000.000001"), month="2026-04", until=END)
EMPTY = Book(pool="training")
BOOKED = Book(pool="training", version=1, entries=(ENTRY,))
PAID = Book(pool="training", version=2, entries=(replace(ENTRY, standing=Standing.COMMITTED),))

MOST = 1_871  # intents in a book, of the longest ids, fees and dates there can be

Runs = Callable[[str], PurchaseLedger]


@pytest.fixture(params=["fake", "dynamodb"])
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """Return what makes the same ledger for each of several runs."""
    if request.param == "fake":
        yield FakePurchaseLedger().as_run
        return
    with aws.moto():
        client = aws.ledger_table("ledger")
        yield partial(DynamoDbPurchaseLedger, client, "ledger")


@pytest.fixture
def ledger(runs: Runs) -> PurchaseLedger:
    return runs("run-1")


@pytest.fixture
def other(runs: Runs) -> PurchaseLedger:
    return runs("run-2")


# Requests


def test_a_request_that_nobody_made_is_not_there(ledger: PurchaseLedger) -> None:
    assert ledger.request("may-training") is None


def test_a_claimed_request_is_read_as_it_was_written(ledger: PurchaseLedger) -> None:
    assert ledger.claim_request(ROW) == ROW
    assert ledger.request("may-training") == ROW
    assert ledger.request("may") is None


TAKEN = replace(ROW, execution=NEW, digest="d2", claimed_at=NOW + SECOND)


def test_a_request_that_has_ended_can_be_taken_by_another_execution(ledger: PurchaseLedger) -> None:
    ledger.claim_request(ROW)
    ledger.end_request(ROW, "closed")
    ended = ledger.request("may-training")
    assert ended is not None

    assert ledger.take_request(TAKEN, replacing=ended) == TAKEN
    assert ledger.request("may-training") == TAKEN
    assert ledger.open_requests() == (TAKEN,)


def test_of_two_that_take_a_request_one_wins(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    ledger.claim_request(ROW)
    ledger.take_request(TAKEN, replacing=ROW)

    late = replace(TAKEN, execution="arn:late")
    assert other.take_request(late, replacing=ROW) == TAKEN
    assert ledger.take_request(TAKEN, replacing=ROW) == TAKEN  # again, as when a reply was lost


def test_a_request_that_ended_meanwhile_is_not_taken_as_one_that_has_not(ledger: PurchaseLedger) -> None:
    ledger.claim_request(ROW)
    ledger.end_request(ROW, "closed")

    assert ledger.take_request(TAKEN, replacing=ROW) == replace(ROW, ended="closed")
    assert ledger.take_request(TAKEN, replacing=replace(ROW, ended="paid")) == replace(ROW, ended="closed")


def test_a_request_that_is_started_twice_is_one_request(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    ledger.claim_request(ROW)

    assert other.claim_request(replace(ROW, execution=NEW, claimed_at=NOW + SECOND)) == ROW
    assert ledger.request("may-training") == ROW


def test_a_claim_that_is_made_again_finds_itself(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    ledger.claim_request(ROW)

    assert other.claim_request(replace(ROW, claimed_at=NOW + SECOND)) == ROW


def test_another_execution_goes_on_with_a_request_where_it_continues_the_one_that_holds_it(
    ledger: PurchaseLedger,
) -> None:
    ledger.claim_request(ROW)
    further = replace(ROW, execution=NEW, claimed_at=NOW + SECOND)

    assert ledger.claim_request(further, continues="arn:somebody-else") == ROW
    assert ledger.claim_request(further, continues=OLD) == further
    assert ledger.claim_request(further, continues=OLD) == further
    assert ledger.request("may-training") == further


def test_of_two_executions_that_continue_one_the_first_holds_the_request(
    ledger: PurchaseLedger, other: PurchaseLedger
) -> None:
    ledger.claim_request(ROW)
    first, second = replace(ROW, execution=NEW), replace(ROW, execution="arn:newer")

    assert ledger.claim_request(first, continues=OLD) == first
    assert other.claim_request(second, continues=OLD) == first


def test_what_continues_a_request_that_was_never_claimed_claims_it(ledger: PurchaseLedger) -> None:
    assert ledger.claim_request(ROW, continues=NEW) == ROW


def test_a_request_that_has_ended_is_claimed_by_nobody(ledger: PurchaseLedger) -> None:
    ledger.claim_request(ROW)
    ledger.end_request(ROW, "nothing")
    ended = replace(ROW, ended="nothing")

    assert ledger.claim_request(replace(ROW, execution=NEW)) == ended
    assert ledger.claim_request(replace(ROW, execution=NEW), continues=OLD) == ended
    assert ledger.claim_request(ROW) == ended


def test_the_first_word_on_how_a_request_came_out_stands(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    ledger.claim_request(ROW)
    ledger.end_request(ROW, "paid")
    other.end_request(ROW, "failed")

    assert ledger.request("may-training") == replace(ROW, ended="paid")


def test_an_execution_that_handed_its_request_on_does_not_end_it(ledger: PurchaseLedger) -> None:
    ledger.claim_request(ROW)
    further = replace(ROW, execution=NEW)
    ledger.claim_request(further, continues=OLD)

    ledger.end_request(ROW, "timed out")
    assert ledger.request("may-training") == further

    ledger.end_request(further, "paid")
    assert ledger.request("may-training") == replace(further, ended="paid")


def test_a_request_that_is_not_there_cannot_be_ended_into_being(ledger: PurchaseLedger) -> None:
    ledger.end_request(ROW, "failed")

    assert ledger.request("may-training") is None


def test_open_requests_are_those_that_have_not_ended_by_id(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    assert ledger.open_requests() == ()

    rows = [replace(ROW, request_id=each) for each in ("c", "a", "b")]
    for row in rows:
        ledger.claim_request(row)
    ledger.put_intent(an_intent(request_id="d"), replacing=None)
    other.end_request(rows[1], "paid")

    assert other.open_requests() == (rows[2], rows[0])


# Intents


def test_a_request_has_no_intents_at_first(ledger: PurchaseLedger) -> None:
    assert ledger.intents("may-training") == ()


@pytest.mark.parametrize("state", PATHS, ids=lambda state: state.value)
def test_an_intent_is_read_as_it_was_written(ledger: PurchaseLedger, state: IntentState) -> None:
    intent = an_intent_in(state)

    assert ledger.put_intent(intent, replacing=None)
    assert ledger.intents("may-training") == (intent,)


def test_the_intents_of_a_request_come_by_number_and_without_those_of_others(ledger: PurchaseLedger) -> None:
    mine = [an_intent(number=number) for number in (10, 2, 1)]
    for intent in (*mine, an_intent(request_id="may"), an_intent(request_id="may-training-2")):
        ledger.put_intent(intent, replacing=None)

    assert ledger.intents("may-training") == tuple(reversed(mine))


def test_an_intent_replaces_the_one_that_was_read(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    ledger.put_intent(ASKED, replacing=None)
    (read,) = other.intents("may-training")

    assert other.put_intent(APPROVED, replacing=read)
    assert ledger.put_intent(ATTEMPTING, replacing=APPROVED)
    assert other.intents("may-training") == (ATTEMPTING,)


DIFFERENT = {
    "state": replace(ASKED, state=IntentState.CLOSED),
    "reason": replace(ASKED, reason="."),
    "changed": replace(ASKED, changed_at=ASKED.changed_at + timedelta(microseconds=1)),
    "expiry": replace(ASKED, expires_at=ASKED.expires_at + SECOND),
    "approvals": replace(ASKED, approvals=APPROVED.approvals),
    "reservations": replace(ASKED, reservation_ids=("cr-0a",)),
    "fee": replace(ASKED, terms=some_terms(an_offering(upfront_fee=Decimal("42000.01")))),
}


@pytest.mark.parametrize("stored", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_an_intent_does_not_replace_one_that_is_not_to_the_letter_what_was_read(
    ledger: PurchaseLedger, other: PurchaseLedger, stored: Intent
) -> None:
    other.put_intent(stored, replacing=None)

    assert not ledger.put_intent(APPROVED, replacing=ASKED)
    assert ledger.intents("may-training") == (stored,)


def test_of_two_runs_one_makes_the_next_intent(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    assert ledger.put_intent(ASKED, replacing=None)
    assert not other.put_intent(an_intent(an_offering("cb-0b")), replacing=None)

    assert ledger.intents("may-training") == (ASKED,)


def test_of_two_runs_one_attempts_even_when_both_write_the_very_same(
    ledger: PurchaseLedger, other: PurchaseLedger
) -> None:
    ledger.put_intent(APPROVED, replacing=None)

    assert ledger.put_intent(ATTEMPTING, replacing=APPROVED)
    assert not other.put_intent(ATTEMPTING, replacing=APPROVED)


def test_a_write_that_is_sent_twice_is_its_runs_own_both_times(ledger: PurchaseLedger) -> None:
    for _ in range(2):
        assert ledger.put_intent(APPROVED, replacing=None)
    for _ in range(2):
        assert ledger.put_intent(ATTEMPTING, replacing=APPROVED)

    assert ledger.intents("may-training") == (ATTEMPTING,)


def test_a_write_that_is_sent_again_does_not_undo_what_came_after(
    ledger: PurchaseLedger, other: PurchaseLedger
) -> None:
    unknown = moved(ATTEMPTING, IntentState.UNKNOWN, NOW, "no reply came")
    ledger.put_intent(APPROVED, replacing=None)
    ledger.put_intent(ATTEMPTING, replacing=APPROVED)
    other.put_intent(unknown, replacing=ATTEMPTING)

    assert not ledger.put_intent(ATTEMPTING, replacing=APPROVED)
    assert ledger.intents("may-training") == (unknown,)


def test_an_intent_does_not_replace_one_that_is_gone(ledger: PurchaseLedger) -> None:
    assert not ledger.put_intent(APPROVED, replacing=ASKED)

    assert ledger.intents("may-training") == ()


# Task tokens


def test_the_newest_token_is_kept_for_each_intent(ledger: PurchaseLedger) -> None:
    second = an_intent(number=2)
    ledger.keep_token(ASKED, "t1")
    ledger.keep_token(second, "t2")
    ledger.keep_token(ASKED, "t3")

    assert [ledger.token(each) for each in (ASKED, second, an_intent(number=3))] == ["t3", "t2", None]


def test_a_token_outlives_what_becomes_of_the_intent_and_is_no_part_of_it(
    ledger: PurchaseLedger, other: PurchaseLedger
) -> None:
    ledger.keep_token(ASKED, "t0")
    assert ledger.intents("may-training") == ()

    ledger.put_intent(ASKED, replacing=None)
    ledger.keep_token(ASKED, "t1")

    assert other.put_intent(APPROVED, replacing=ASKED)
    assert other.token(APPROVED) == "t1"
    assert other.intents("may-training") == (APPROVED,)


# Books


def test_a_pool_that_never_reserved_has_an_empty_book(ledger: PurchaseLedger) -> None:
    assert ledger.book("training") == EMPTY


def test_a_book_is_read_as_it_was_written(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    assert ledger.put_book(BOOKED, replacing=EMPTY)
    assert other.put_book(PAID, replacing=other.book("training"))

    assert ledger.book("training") == PAID
    assert ledger.book("research") == Book(pool="research")


def test_a_book_does_not_replace_one_of_another_version(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    assert not ledger.put_book(PAID, replacing=BOOKED)
    other.put_book(BOOKED, replacing=EMPTY)
    assert not ledger.put_book(replace(BOOKED, entries=()), replacing=EMPTY)
    other.put_book(PAID, replacing=BOOKED)
    assert not ledger.put_book(replace(PAID, entries=()), replacing=BOOKED)

    assert ledger.book("training") == PAID


def test_a_book_that_is_sent_twice_is_its_runs_own_both_times_and_no_others(
    ledger: PurchaseLedger, other: PurchaseLedger
) -> None:
    for _ in range(2):
        assert ledger.put_book(BOOKED, replacing=EMPTY)

    assert not other.put_book(BOOKED, replacing=EMPTY)


def full_book(entries: int) -> Book:
    """Return a book of the longest ids, fees and dates there can be."""
    longest = replace(ENTRY, amount=Decimal("999999999.999999"), until=END + SECOND / 3)
    ids = (f"{'r' * 40}-{number:06}-{some_terms().hash[:16]}" for number in range(entries))
    return Book(pool="p" * 64, version=entries, entries=tuple(replace(longest, intent_id=each) for each in ids))


def test_a_full_book_takes_no_more_money_and_says_so(ledger: PurchaseLedger) -> None:
    full = full_book(MOST)
    newer = replace(full, version=MOST + 1, entries=(*full.entries, replace(ENTRY, intent_id="may-training-7-x")))
    assert ledger.put_book(full, replacing=Book(pool=full.pool))

    with pytest.raises(BookFullError, match=rf"may-training-7-x: the book of {full.pool} is full with {MOST} intents"):
        ledger.put_book(newer, replacing=full)
    assert ledger.book(full.pool) == full


def test_what_is_in_a_full_book_can_still_be_paid_and_what_is_not_released(ledger: PurchaseLedger) -> None:
    full = full_book(MOST)
    paid = tuple(replace(each, standing=Standing.COMMITTED) for each in full.entries)
    never = tuple(replace(ENTRY, intent_id=f"never-{n}", amount=Decimal(0)) for n in range(100))
    after = replace(full, version=MOST + 1, entries=(*paid, *never))
    ledger.put_book(full, replacing=Book(pool=full.pool))

    assert ledger.put_book(after, replacing=full)
    assert ledger.book(full.pool) == after


# History


def lines(ledger: PurchaseLedger, intent_id: str) -> list[dict[str, str]]:
    if isinstance(ledger, FakePurchaseLedger):
        return [line for line in ledger.history if line["intent"] == intent_id]
    assert isinstance(ledger, DynamoDbPurchaseLedger)
    found = ledger._client.query(
        TableName="ledger",
        KeyConditionExpression="kind = :kind",
        ExpressionAttributeValues={":kind": {"S": f"history#{intent_id}"}},
    )
    return [{name: text["S"] for name, text in item["line"]["M"].items()} for item in found["Items"]]


def test_each_state_of_an_intent_leaves_a_line_in_its_history(ledger: PurchaseLedger, other: PurchaseLedger) -> None:
    rejected = moved(ASKED, IntentState.REJECTED, NOW, "rejected by somebody")

    assert ledger.put_intent(ASKED, None)
    assert ledger.put_intent(APPROVED, ASKED)
    assert not other.put_intent(rejected, ASKED)  # too late: it leaves no line either

    assert lines(ledger, ASKED.intent_id) == [history_line(ASKED), history_line(APPROVED)]


def test_a_write_that_is_sent_twice_leaves_one_line(ledger: PurchaseLedger) -> None:
    for _ in range(2):
        ledger.put_intent(ASKED, replacing=None)

    assert lines(ledger, ASKED.intent_id) == [history_line(ASKED)]


def test_what_is_learned_within_a_state_is_a_line_of_its_own(ledger: PurchaseLedger) -> None:
    bought = moved(ATTEMPTING, IntentState.BOUGHT, NOW, "EC2 said so", ("cr-0a",))
    more = learned(bought, ("cr-0b",))
    ledger.put_intent(bought, replacing=None)
    ledger.put_intent(more, replacing=bought)

    assert lines(ledger, ASKED.intent_id) == [history_line(bought), history_line(more)]
