"""When a block is renewed without a question, and what its workflow is given."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase.request import Instances, parse
from capacity_blocks.core.reminder.succession import Succession
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.core.renewal import notice
from capacity_blocks.core.renewal.decision import (
    NotRenewed,
    asked,
    attempt,
    decide,
    execution,
    is_due,
    next_attempt_at,
)
from capacity_blocks.core.renewal.record import from_document, to_document
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from capacity_blocks.core.reservation import ReservationState
from tests.unit.core.reminder.shapes import DAY, END, HOUR, a_block
from tests.unit.core.renewal.shapes import CAP, DECIDED_AT, a_renewal, renewing

SECOND = timedelta(seconds=1)
BUYS = RenewalMode.BUY_SUCCESSOR
BLOCK = a_block()


def due(now: Any = END - DAY, settings: RenewalSettings | None = None, covered: bool = False, **changes: Any) -> bool:
    is_paying = changes.pop("is_paying", False)
    settings = settings or renewing()
    return is_due(now, replace(BLOCK, **changes), settings, Succession(is_covered=covered), is_paying=is_paying)


@pytest.mark.parametrize(
    ("now", "is_in_time"),
    [(END - DAY - SECOND, False), (END - DAY, True), (END - HOUR - SECOND, True), (END - HOUR, False), (END, False)],
)
def test_it_is_decided_from_the_lead_to_an_hour_before_the_end(now: Any, is_in_time: bool) -> None:
    assert due(now) is is_in_time
    assert due(now, renewing(BUYS)) is is_in_time


def test_the_lead_is_the_pools() -> None:
    assert not due(END - 13 * HOUR - SECOND, renewing(lead=13 * HOUR))
    assert due(END - 13 * HOUR, renewing(lead=13 * HOUR))


def test_what_continues_already_is_not_renewed() -> None:
    assert not due(covered=True)
    assert not due(is_paying=True)


@pytest.mark.parametrize(
    "changes",
    [{"state": ReservationState.PAYMENT_PENDING}, {"state": ReservationState.UNRECOGNISED}, {"owned": False}],
)
def test_what_cannot_be_extended_is_not(changes: dict[str, Any]) -> None:
    assert not due(**changes)


@pytest.mark.parametrize("changes", [{"ultraserver": True}, {"ultraserver": None}, {"instance_count": 0}])
def test_no_block_is_bought_after_one_that_cannot_be_named(changes: dict[str, Any]) -> None:
    assert not due(settings=renewing(BUYS), **changes)
    assert due(**changes)  # an extension names the block itself


def test_it_is_off_unless_asked_for() -> None:
    assert not due(settings=RenewalSettings())
    assert not due(settings=renewing(RenewalMode.OFF))


def test_a_block_that_is_known_to_be_used_is_renewed() -> None:
    usage = Usage(instances=Decimal("97.2"))

    assert decide(DECIDED_AT, BLOCK, "training", renewing(), usage) == a_renewal()
    assert decide(DECIDED_AT, BLOCK, "training", renewing(BUYS), usage) == a_renewal(mode=BUYS)


def test_the_least_use_is_enough_and_less_is_not() -> None:
    at_least = decide(DECIDED_AT, BLOCK, "training", renewing(), Usage(instances=Decimal(50)))

    assert at_least == a_renewal(utilization=Decimal(50))
    assert decide(DECIDED_AT, BLOCK, "training", renewing(), Usage(instances=Decimal("49.9"))) == NotRenewed(
        reason="49.9 % of it was in use over the last day, and the pool's settings ask for 50 %"
    )


def test_what_is_not_known_renews_nothing() -> None:
    unknown = "how much it is used is not known"

    assert decide(DECIDED_AT, BLOCK, "training", renewing(), Usage()) == NotRenewed(reason=unknown)
    busy_elsewhere = Usage(accelerators=Decimal(100), trouble="no answer")
    assert decide(DECIDED_AT, BLOCK, "training", renewing(), busy_elsewhere) == NotRenewed(
        reason=f"{unknown} (no answer)"
    )


def test_a_decision_is_kept_and_read_as_it_was() -> None:
    assert from_document(to_document(a_renewal())) == a_renewal()


def test_an_extension_is_asked_for_with_its_cap_as_automatic() -> None:
    assert asked(a_renewal(), BLOCK) == {
        "extend": {
            "reservation_id": "cr-0a",
            "region": "us-east-2",
            "hours": 168,
            "why": "renewed without a question: 97.2 % of it was in use",
            "automatic": True,
            "most_fee": "50000",
            "end": "2026-06-15T11:30:00Z",
        }
    }
    assert execution(a_renewal()) == "renew-cr-0a-20260615t1130"
    assert execution(a_renewal(), 3) == "renew-cr-0a-20260615t1130-3"


ATTEMPTS = {
    timedelta(0): None,
    timedelta(minutes=59): None,
    timedelta(minutes=60): 1,
    timedelta(minutes=69): 1,
    timedelta(minutes=70): None,
    timedelta(minutes=185): 3,
}


@pytest.mark.parametrize(("passed", "number"), ATTEMPTS.items(), ids=str)
def test_an_extension_is_tried_again_each_hour_and_a_successor_never(passed: timedelta, number: int | None) -> None:
    begun_at = END - DAY

    assert attempt(begun_at + passed, begun_at, renewing()) == number
    assert attempt(begun_at + passed, begun_at, renewing(RenewalMode.BUY_SUCCESSOR)) is None
    assert attempt(begun_at + passed, None, renewing()) == 0
    assert next_attempt_at(begun_at + passed, begun_at) == begun_at + HOUR * (passed // HOUR + 1)


def test_a_block_that_follows_is_asked_for_from_the_end_on_and_must_not_overlap() -> None:
    request = parse(asked(a_renewal(mode=BUYS), BLOCK))

    assert request.request_id == "next-cr-0a-20260615t1130"
    assert (request.earliest_start, request.latest_end) == (END, END + 7 * DAY)
    assert (request.least_duration, request.most_duration) == (7 * DAY, 7 * DAY)
    assert request.wanted == Instances(types=("p5.48xlarge",), least=8, most=8)
    assert (request.most_upfront_fee, request.may_overlap) == (CAP, False)
    assert request.look_until == END - HOUR


def test_people_are_told_what_began_and_how_to_stop_it() -> None:
    told = notice.begun(BLOCK, a_renewal())

    assert (told.key, told.severity) == ("cr-0a:renewal:20260615T1130Z", Severity.INFO)
    assert told.title == "cr-0a is to be extended without a question"
    assert told.text == (
        "It ends at 2026-06-15 11:30 UTC. As the settings of pool training ask for, it is extended for 168 hours and "
        "at most $50,000: 97.2 % of it was in use over the last day. All limits of the pool hold, and what comes of it "
        "is told. If nothing does, it is tried again each hour until an hour before the end. Until an extension is "
        "paid the old end stands."
    )
    assert told.next_step == 'To stop it, set "renewal" of the pool to {"mode": "off"} or pull the kill switch.'


def test_people_are_told_why_it_does_not_begin() -> None:
    why = NotRenewed(reason="how much it is used is not known")
    told = notice.not_renewed(DECIDED_AT, BLOCK, "training", renewing(BUYS), why)

    assert (told.key, told.severity) == ("cr-0a:not-renewed:20260615T1130Z", Severity.WARNING)
    assert told.title == "cr-0a is not followed by a new block by itself"
    assert "at 2026-06-14 11:30 UTC how much it is used is not known." in told.text
