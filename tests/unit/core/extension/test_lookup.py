"""What EC2's history tells of an attempt whose outcome nobody knows."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.extension.lookup import conclude, may_be_bought, ours, standing
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.lookup import Adopt, AskPerson, LookAgain, looks
from tests.unit.core.extension.extending import EXTENDED_NOW, NEW_END, a_record, an_extension, an_extension_in
from tests.unit.core.purchase.shapes import END, START

TIMEOUT = timedelta(seconds=120)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
S, E = IntentState, ExtensionStatus
UNKNOWN = an_extension_in(S.UNKNOWN)
LOOKS = looks(EXTENDED_NOW, TIMEOUT)
LAST = LOOKS[-1]


@pytest.mark.parametrize("now", [LOOKS[0], LAST, LAST + DAY])
def test_what_was_bought_from_our_end_to_ours_during_the_attempt_is_ours(now: Any) -> None:
    reason = "EC2's history has cbe-0a, bought at 2026-05-09 11:30 UTC: payment-pending"

    assert conclude(now, UNKNOWN, [a_record()], TIMEOUT) == Adopt(reservation_ids=("cr-0a",), reason=reason)


NOT_OURS: dict[str, ExtensionRecord] = {
    "another block": a_record(reservation_id="cr-0b"),
    "another start": a_record(start=START),
    "another end": a_record(end=END + DAY),
    "before the attempt": a_record(purchased_at=EXTENDED_NOW - MINUTE - SECOND),
    "after the function was over": a_record(purchased_at=EXTENDED_NOW + TIMEOUT + MINUTE + SECOND),
}


@pytest.mark.parametrize("record", NOT_OURS.values(), ids=NOT_OURS.keys())
def test_anything_else_is_somebody_elses(record: ExtensionRecord) -> None:
    assert ours(UNKNOWN, [record], TIMEOUT) is None
    assert isinstance(conclude(LOOKS[0], UNKNOWN, [record], TIMEOUT), LookAgain)
    assert isinstance(conclude(LAST, UNKNOWN, [record], TIMEOUT), AskPerson)


@pytest.mark.parametrize("purchased_at", [EXTENDED_NOW - MINUTE, EXTENDED_NOW + TIMEOUT + MINUTE])
def test_clocks_may_differ_a_little(purchased_at: Any) -> None:
    assert ours(UNKNOWN, [a_record(purchased_at=purchased_at)], TIMEOUT) is not None


KEPT = replace(UNKNOWN, attempted_offering_id="cbe-0a")
AT_MIDNIGHT = EXTENDED_NOW.replace(hour=0, minute=0)


@pytest.mark.parametrize("purchased_at", [EXTENDED_NOW, AT_MIDNIGHT, EXTENDED_NOW + 6 * MINUTE])
def test_under_the_id_that_was_asked_for_it_is_ours_however_ec2_dates_it(purchased_at: Any) -> None:
    found = conclude(LOOKS[0], KEPT, [a_record(purchased_at=purchased_at)], TIMEOUT)

    assert isinstance(found, Adopt)


def test_under_another_id_it_is_somebody_elses_though_all_else_is_the_same() -> None:
    by_hand = a_record(offering_id="cbe-hand")

    assert ours(KEPT, [by_hand], TIMEOUT) is None
    assert conclude(LAST, KEPT, [by_hand], TIMEOUT) == AskPerson(
        reason="EC2's history of the block does not have it, and cbe-hand from the same end"
    )


def test_of_two_attempts_under_one_id_the_time_tells() -> None:
    later = replace(KEPT, number=2, attempted_at=EXTENDED_NOW + DAY)
    records = [a_record(status=E.PAYMENT_FAILED), a_record(purchased_at=EXTENDED_NOW + DAY)]

    assert ours(KEPT, records, TIMEOUT, (KEPT, later)) == records[0]
    assert ours(later, records, TIMEOUT, (KEPT, later)) == records[1]
    assert ours(later, records[:1], TIMEOUT, (KEPT, later)) is None


MAYBE: dict[str, tuple[list[ExtensionRecord], datetime | None, bool]] = {
    "nothing at all": ([], END, False),
    "a block that is gone": ([], None, False),
    "one of any id that is paid": ([a_record(offering_id="cbe-1f", status=E.PAYMENT_SUCCEEDED)], END, True),
    "one whose payment failed": ([a_record(status=E.PAYMENT_FAILED)], END, False),
    "one from another end": ([a_record(start=START, end=END)], END, False),
    "an end that has moved": ([], NEW_END, True),
    "an end that has moved less": ([], NEW_END - SECOND, False),
}


@pytest.mark.parametrize(("records", "end", "maybe"), MAYBE.values(), ids=MAYBE.keys())
def test_nobodys_word_counts_against_what_ec2_lists(
    records: list[ExtensionRecord], end: datetime | None, maybe: bool
) -> None:
    assert may_be_bought(KEPT, records, end) is maybe


def test_of_several_the_one_that_is_spent_decides() -> None:
    records = [a_record(offering_id=f"cbe-{status.value}", status=status) for status in E]

    for order in (records, records[::-1]):
        found = ours(UNKNOWN, order, TIMEOUT)
        assert found is not None
        assert found.status is E.PAYMENT_SUCCEEDED


def test_who_never_attempted_has_bought_nothing() -> None:
    assert ours(an_extension(), [a_record()], TIMEOUT) is None
    with pytest.raises(ValueError, match="it never attempted to extend"):
        conclude(LAST, an_extension(), [a_record()], TIMEOUT)


def test_looks_come_at_longer_and_longer_intervals_and_then_a_person_is_asked() -> None:
    now, seen = LOOKS[0] - SECOND, []
    while isinstance(found := conclude(now, UNKNOWN, [], TIMEOUT), LookAgain):
        now = found.at
        seen.append(now)

    assert tuple(seen) == LOOKS
    assert found == AskPerson(reason="EC2's history of the block does not have it")


def test_a_person_is_told_what_else_extends_the_block() -> None:
    found = conclude(LAST, UNKNOWN, [a_record(offering_id="cbe-1f", end=END + DAY)], TIMEOUT)

    assert isinstance(found, AskPerson)
    assert found.reason.endswith("and cbe-1f from the same end")


def test_a_history_that_cannot_be_read_is_no_empty_one() -> None:
    assert isinstance(conclude(LAST, UNKNOWN, None, TIMEOUT), LookAgain)
    assert conclude(LAST + timedelta(hours=2), UNKNOWN, None, TIMEOUT) == AskPerson(
        reason="the block's extensions could not be read at the last look"
    )


def test_what_a_person_was_asked_about_is_adopted_when_it_shows() -> None:
    lost = an_extension_in(S.NOT_FOUND)

    assert isinstance(conclude(LAST + DAY, lost, [a_record()], TIMEOUT), Adopt)
    assert conclude(LAST + DAY, lost, [], TIMEOUT) == AskPerson(reason="a test")


STANDS = {
    E.PAYMENT_PENDING: S.PAYMENT_PENDING,
    E.UNRECOGNISED: S.PAYMENT_PENDING,
    E.PAYMENT_SUCCEEDED: S.PAID,
    E.PAYMENT_FAILED: S.PAYMENT_FAILED,
}


@pytest.mark.parametrize("status", E)
def test_only_what_ec2_says_ends_the_wait(status: ExtensionStatus) -> None:
    assert standing(a_record(status=status)) is STANDS[status]


def test_what_is_not_listed_yet_is_pending() -> None:
    assert standing(None) is S.PAYMENT_PENDING
