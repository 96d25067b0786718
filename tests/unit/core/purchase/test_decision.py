"""Whose answer counts, and what each person is told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from capacity_blocks.core.purchase.approval import Approval, Door, counted, needed
from capacity_blocks.core.purchase.approver import person
from capacity_blocks.core.purchase.decision import Answer, approve, approve_by_settings, reject
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.money_settings import MoneySettings
from tests.unit.core.purchase.intents import an_approval, an_approved_intent, an_intent
from tests.unit.core.purchase.shapes import ALICE, BOB, MALLORY, NOW, an_offering, some_settings

ONE = some_settings()
TWO = some_settings(two_approvers_above=Decimal(40000))
CONSOLE = some_settings(console_approval_up_to=Decimal(42000))
ASKED = an_intent()
BY_ALICE = an_approval(ASKED)
BY_CONSOLE = an_approval(ASKED, by="console", door=Door.CONSOLE)
ROLE = "arn:aws:iam::123456789012:role/team/Lead"
SESSION = "arn:aws:sts::123456789012:assumed-role/Lead/"
SSO_ROLE = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Lead_0a"
SSO_SESSION = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Lead_0a/"


def test_one_listed_person_approves() -> None:
    answer = approve(NOW, ASKED, BY_ALICE, ONE)

    assert answer == Answer(intent=an_approved_intent_by(BY_ALICE), told="Approved: $42,000 for cb-0a.")


def an_approved_intent_by(*approvals: Approval) -> Intent:
    who = ", ".join(each.by for each in approvals)
    return replace(ASKED, state=IntentState.APPROVED, approvals=approvals, changed_at=NOW, reason=f"approved by {who}")


def test_above_the_second_limit_it_takes_two() -> None:
    first = approve(NOW, ASKED, BY_ALICE, TWO)
    second = approve(NOW, first.intent, an_approval(ASKED, by=BOB), TWO)

    assert first == Answer(
        intent=replace(ASKED, approvals=(BY_ALICE,)), told="Approved by you; 1 more must approve $42,000."
    )
    assert second.intent == an_approved_intent_by(BY_ALICE, an_approval(ASKED, by=BOB))


def test_the_same_person_twice_is_still_one() -> None:
    first = approve(NOW, ASKED, BY_ALICE, TWO).intent

    assert approve(NOW, first, BY_ALICE, TWO) == Answer(
        intent=first, told="You have approved this already; another person is needed."
    )


UNHEARD: dict[str, tuple[Intent, Approval, MoneySettings | None, str]] = {
    "somebody who is not listed": (
        ASKED, an_approval(ASKED, by=MALLORY), ONE, f"{MALLORY} is not one of the pool's approvers"
    ),
    "nobody is listed": (ASKED, BY_ALICE, some_settings(approvers=()), f"{ALICE} is not one of the pool's approvers"),
    "no settings": (ASKED, BY_ALICE, None, "the pool has no settings for money, so nobody can approve"),
    "the console": (
        ASKED, BY_CONSOLE, ONE, "a console test event does not say who sent it, and serves up to $0 only"
    ),
    "the console, above its own limit": (
        ASKED, BY_CONSOLE, some_settings(console_approval_up_to=Decimal("41999.99")),
        "a console test event does not say who sent it, and serves up to $41,999.99 only",
    ),
    "the console, in an approver's name": (
        ASKED, an_approval(ASKED, door=Door.CONSOLE), ONE,
        "a console test event does not say who sent it, and serves up to $0 only",
    ),
    "other terms": (
        ASKED, an_approval(an_intent(an_offering(upfront_fee=Decimal(1)))), ONE,
        "the answer is for other terms than those of the question",
    ),
    "a question that has expired": (
        replace(ASKED, expires_at=NOW), BY_ALICE, ONE, "the question expired at 2026-04-20 09:00 UTC"
    ),
    "a question that was answered": (
        an_approved_intent(), BY_ALICE, ONE,
        "the question was answered, and the intent is approved since 2026-04-20 09:00 UTC",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("intent", "approval", "settings", "reason"), UNHEARD.values(), ids=UNHEARD.keys())
def test_an_answer_that_does_not_count_changes_nothing_and_says_why(
    intent: Intent, approval: Approval, settings: MoneySettings | None, reason: str
) -> None:
    assert approve(NOW, intent, approval, settings) == Answer(intent=intent, told=f"Not approved: {reason}.")
    assert reject(NOW, intent, approval, settings) == Answer(intent=intent, told=f"Not rejected: {reason}.")


def test_the_console_serves_up_to_its_own_limit() -> None:
    assert approve(NOW, ASKED, BY_CONSOLE, CONSOLE).intent.state is IntentState.APPROVED


def test_the_console_is_one_person_however_often_it_approves() -> None:
    two = replace(CONSOLE, two_approvers_above=Decimal(0))
    first = approve(NOW, ASKED, BY_CONSOLE, two).intent

    assert approve(NOW, first, replace(BY_CONSOLE, by="somebody else"), two).intent == first


def test_one_listed_person_rejects() -> None:
    answer = reject(NOW, ASKED, BY_ALICE, ONE)

    assert answer == Answer(
        intent=replace(ASKED, state=IntentState.REJECTED, changed_at=NOW, reason=f"rejected by {ALICE}"),
        told=f"Rejected: nothing is bought for {ASKED.intent_id}.",
    )


def test_a_fee_that_needs_nobody_is_approved_by_the_settings_alone() -> None:
    small = some_settings(no_approval_up_to=Decimal(42000))

    assert approve_by_settings(NOW, ASKED, small).state is IntentState.APPROVED
    for settings in (None, ONE, some_settings(no_approval_up_to=Decimal("41999.99"))):
        assert approve_by_settings(NOW, ASKED, settings) == ASKED
    rejected = reject(NOW, ASKED, BY_ALICE, small).intent
    assert approve_by_settings(NOW, rejected, small) == rejected


NEEDED = {(0, 10): 0, (10, 10): 0, (11, 10): 1, (50, 10): 1, (51, 10): 2, (40, 100): 0, (60, 100): 2}


@pytest.mark.parametrize(("case", "expected"), NEEDED.items(), ids=map(str, NEEDED))
def test_how_many_must_approve_follows_from_the_fee(case: tuple[int, int], expected: int) -> None:
    fee, free = case
    settings = some_settings(no_approval_up_to=Decimal(free), two_approvers_above=Decimal(50))

    assert needed(Decimal(fee), settings) == expected


PEOPLE: dict[str, tuple[str, tuple[tuple[str, ...], ...], str | None]] = {
    "a listed user": (ALICE, ((ALICE,),), ALICE),
    "somebody else": (MALLORY, ((ALICE,), (ROLE,)), None),
    "nobody is listed": (ALICE, (), None),
    "a person by another name": (BOB, ((ALICE, BOB),), ALICE),
    "a session of a role": (f"{SESSION}alice", ((ROLE,),), ROLE),
    "another session of that role is the same, for its name is only claimed": (f"{SESSION}bob", ((ROLE,),), ROLE),
    "a role of the same name in another account": (SESSION.replace("9012", "9999") + "x", ((ROLE,),), None),
    "a role with a longer name": (SESSION.replace("Lead", "Leader") + "x", ((ROLE,),), None),
    "a session that AWS named": (f"{SSO_SESSION}ann@x.org", ((SSO_ROLE,),), f"{SSO_SESSION}ann@x.org"),
    "a session that AWS named, listed itself": (f"{SSO_SESSION}ann@x.org", ((BOB, f"{SSO_SESSION}ann@x.org"),), BOB),
    "a role among a person's names is that person": (f"{SSO_SESSION}ann@x.org", ((BOB, SSO_ROLE),), BOB),
    "the role itself does not call": (f"{ROLE}x", ((ROLE,),), None),
}


@pytest.mark.parametrize(("by", "approvers", "expected"), PEOPLE.values(), ids=PEOPLE.keys())
def test_a_person_is_known_by_what_they_cannot_choose(
    by: str, approvers: tuple[tuple[str, ...], ...], expected: str | None
) -> None:
    assert person(by, approvers) == expected


def test_who_counts_and_who_does_not_is_said_of_each() -> None:
    other = an_approval(an_intent(an_offering("cb-0b")))
    late = replace(an_approval(ASKED, by=BOB), at=ASKED.expires_at)
    approvals = [BY_ALICE, BY_ALICE, other, late, an_approval(ASKED, by=MALLORY)]

    assert counted(approvals, ASKED.terms.upfront_fee, ASKED.terms.hash, ONE, ASKED.expires_at) == (
        frozenset({ALICE}),
        (
            f"{ALICE} approved other terms",
            f"{BOB} approved after 2026-04-20 20:00 UTC, when the question had expired",
            f"{MALLORY} is not one of the pool's approvers",
        ),
    )


def test_an_approver_who_was_removed_counts_no_more() -> None:
    approved = approve(NOW, ASKED, BY_ALICE, ONE).intent

    people, _ = counted(
        approved.approvals, ASKED.terms.upfront_fee, ASKED.terms.hash, replace(ONE, approvers=((BOB,),)),
        ASKED.expires_at + timedelta(days=1),
    )  # fmt: skip

    assert people == frozenset()
