from dataclasses import replace
from decimal import Decimal

import pytest

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.intent import IntentState
from tests.unit.core.purchase.intents import an_approval, an_approved_intent, an_intent
from tests.unit.core.purchase.notice_values import BERLIN, BY_ALICE, EXECUTION, WHAT, expected, heard_of, in_state
from tests.unit.core.purchase.shapes import ALICE, BOB, some_settings

NEXT = "It is bought next, after a last look at whether it is still on sale at this fee and within every limit."
FREE = "Nothing was bought; the $42,000 reserved for it is free again."
GOES_ON = "The request goes on: it searches again, and asks anew about what it finds."
TWO = some_settings(two_approvers_above=Decimal(30000))


def test_one_of_two_is_heard_and_the_other_named() -> None:
    assert notices.heard(intent=heard_of(ALICE), settings=TWO, execution=EXECUTION) == expected(
        "heard",
        key=":1",
        severity=Severity.WARNING,
        title=f"One more must approve $42,000 for {WHAT}",
        text=(
            f"Approved so far by {ALICE} (by function URL). A fee above $30,000 takes two different people. Still to "
            f"be asked:\n- {BOB}"
        ),
        next_step="Approve or reject it before 2026-04-20 20:00 UTC, with the commands of the question.",
        facts=(*BY_ALICE, ("Approve before", "2026-04-20 20:00 UTC")),
    )


def test_another_identity_of_who_has_approved_is_not_asked_for() -> None:
    settings = some_settings(two_approvers_above=Decimal(30000), approvers=((BOB, ALICE), ("arn:x",)))

    assert notices.heard(intent=heard_of(ALICE), settings=settings, execution=EXECUTION).text.endswith(":\n- arn:x")


def test_an_approval_names_who_gave_it() -> None:
    intent = replace(an_approved_intent(), approvals=(an_approval(an_intent()), an_approval(an_intent(), BOB)))

    assert notices.approved(intent=intent, execution=EXECUTION) == expected(
        "approved",
        severity=Severity.INFO,
        title=f"Approved: $42,000 for {WHAT}",
        text=f"Approved by {ALICE} (by function URL) and {BOB} (by Slack). {NEXT}",
        facts=(("Approved by", f"{ALICE}, {BOB}"),),
    )


def test_an_approval_by_the_settings_names_their_limit() -> None:
    settings = some_settings(no_approval_up_to=Decimal(45000))

    assert notices.approved_by_settings(intent=an_intent(), settings=settings, execution=EXECUTION) == expected(
        "approved",
        severity=Severity.INFO,
        title=f"No approval needed: $42,000 for {WHAT}",
        text=f"The settings of pool training let fees up to $45,000 be spent unasked. {NEXT}",
        facts=(("Approved by", "nobody: within no_approval_up_to, $45,000"),),
    )


@pytest.mark.parametrize(("looks_again", "sequel"), [(True, GOES_ON), (False, "The request is over.")])
def test_a_rejection_says_whose_and_what_follows(looks_again: bool, sequel: str) -> None:
    intent = replace(an_intent(), state=IntentState.REJECTED, reason=f"rejected by {BOB}")

    assert notices.rejected(intent=intent, looks_again=looks_again, execution=EXECUTION) == expected(
        "rejected",
        severity=Severity.INFO,
        title=f"Rejected: $42,000 for {WHAT}",
        text=f"It was rejected by {BOB}. {FREE} {sequel}",
        facts=(),
    )


def test_a_question_that_nobody_answered_is_told() -> None:
    assert notices.expired(intent=an_intent(), looks_again=True, execution=EXECUTION) == expected(
        "expired",
        severity=Severity.WARNING,
        title=f"Not approved in time: $42,000 for {WHAT}",
        text=f"The question was open until 2026-04-20 20:00 UTC. {FREE} {GOES_ON}",
        next_step=(
            "Be ready for the next question; approve_within_hours in the pool's settings says how long each is open."
        ),
        facts=(),
    )


def test_a_question_that_one_of_two_answered_names_that_one() -> None:
    notice = notices.expired(intent=heard_of(ALICE), looks_again=False, execution=EXECUTION, time_zone=BERLIN)

    assert notice.text == (
        "The question was open until 2026-04-20 20:00 UTC = Mon 20 Apr 22:00 CEST. It was approved by "
        f"{ALICE} (by function URL) until then. {FREE} The request is over."
    )
    assert notice.next_step == "If it is still wanted, start a request with a new request_id."


def test_the_facts_of_an_intent_name_all_its_reservations() -> None:
    intent = replace(in_state(IntentState.PAID), reservation_ids=("cr-0a", "cr-0b"))
    notice = notices.approved(intent=intent, execution=EXECUTION)

    assert notice.reservation_id is None
    assert dict(notice.facts)["Reservations"] == "cr-0a, cr-0b"
