"""What EC2's history tells of an attempt whose outcome nobody knows."""

from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.extension.lookup import conclude, ours, standing
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.lookup import Adopt, AskPerson, LookAgain, looks
from tests.unit.core.extension.extending import EXTENDED_NOW, a_record, an_extension, an_extension_in
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
    assert found == AskPerson(reason="EC2's history of the block has nothing that was bought while it was attempted")


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
