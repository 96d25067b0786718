"""What may become of an intent, and what may not: one offering, one approval, one attempt."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.intent import (
    HOLDS_RESERVATIONS,
    NEXT,
    Intent,
    IntentState,
    TransitionError,
    ask,
    learned,
    moved,
    request_of,
)
from capacity_blocks.core.purchase.purchase_tag import history_line, tags_on_create
from tests.unit.core.purchase.intents import (
    PATHS,
    a_query,
    an_approval,
    an_approved_intent,
    an_intent,
    an_intent_in,
    some_terms,
)
from tests.unit.core.purchase.shapes import NOW, START, a_segment, an_offering

S = IntentState
HOUR = timedelta(hours=1)
LATER = NOW + HOUR

# The whole table: what follows what, and nothing else does.
LEGAL = {
    (S.ASKED, S.APPROVED), (S.ASKED, S.REJECTED), (S.ASKED, S.CLOSED),
    (S.APPROVED, S.ATTEMPTING), (S.APPROVED, S.CLOSED),
    (S.REJECTED, S.CLOSED),
    (S.ATTEMPTING, S.BOUGHT), (S.ATTEMPTING, S.REFUSED), (S.ATTEMPTING, S.UNKNOWN),
    (S.REFUSED, S.CLOSED),
    (S.UNKNOWN, S.BOUGHT), (S.UNKNOWN, S.REFUSED), (S.UNKNOWN, S.ADOPTED), (S.UNKNOWN, S.NOT_FOUND),
    (S.NOT_FOUND, S.BOUGHT), (S.NOT_FOUND, S.REFUSED), (S.NOT_FOUND, S.ADOPTED), (S.NOT_FOUND, S.CLOSED),
    (S.BOUGHT, S.PAYMENT_PENDING), (S.BOUGHT, S.PAID), (S.BOUGHT, S.PAYMENT_FAILED),
    (S.ADOPTED, S.PAYMENT_PENDING), (S.ADOPTED, S.PAID), (S.ADOPTED, S.PAYMENT_FAILED),
    (S.PAYMENT_PENDING, S.PAID), (S.PAYMENT_PENDING, S.PAYMENT_FAILED),
    (S.PAID, S.CLOSED), (S.PAYMENT_FAILED, S.CLOSED),
}  # fmt: skip


def in_state(state: IntentState) -> Intent:
    if state in PATHS:
        return an_intent_in(state)
    asked = an_intent()
    return asked if state is S.ASKED else replace(asked, state=state)


@pytest.mark.parametrize("after", S, ids=str)
@pytest.mark.parametrize("before", S, ids=str)
def test_an_intent_becomes_what_may_follow_and_nothing_else(before: IntentState, after: IntentState) -> None:
    intent, ids = in_state(before), ("cr-0b",) if after in HOLDS_RESERVATIONS else ()

    if (before, after) in LEGAL:
        became = moved(intent, after, LATER, "because", ids)
        assert (became.state, became.changed_at, became.reason) == (after, LATER, "because")
        assert set(became.reservation_ids) == {*intent.reservation_ids, *ids}
    else:
        with pytest.raises(TransitionError, match=f"^may-training-1-[0-9a-f]{{16}}: it is {before.value} and cannot"):
            moved(intent, after, LATER, "because", ids)


def test_every_state_has_its_row() -> None:
    assert set(NEXT) == set(S)


def test_the_refusal_says_what_it_may_become() -> None:
    with pytest.raises(TransitionError) as raised:
        moved(an_intent(), S.ATTEMPTING, LATER, "in a hurry")

    assert str(raised.value) == (
        f"{an_intent().intent_id}: it is asked and cannot become attempting: "
        "from there it can only become approved or closed or rejected"
    )


def test_an_attempt_is_recorded_with_its_instant_and_is_the_only_one() -> None:
    intent = an_approved_intent()
    attempting = moved(intent, S.ATTEMPTING, LATER, "the guards passed")

    assert attempting.attempted_at == LATER
    with pytest.raises(TransitionError, match="it has one attempt, and that was made"):
        moved(replace(attempting, state=S.APPROVED), S.ATTEMPTING, LATER, "again")


def test_there_is_no_attempt_once_the_approval_has_expired() -> None:
    intent = an_approved_intent()

    just_before = intent.expires_at - timedelta(microseconds=1)

    assert moved(intent, S.ATTEMPTING, just_before, "just in time").attempted_at == just_before
    with pytest.raises(TransitionError, match="its approval has expired"):
        moved(intent, S.ATTEMPTING, intent.expires_at, "too late")


@pytest.mark.parametrize(
    ("state", "ids", "takes"),
    [(S.BOUGHT, (), "at least one new reservation id"), (S.UNKNOWN, ("cr-0a",), "no reservation id")],
    ids=["none", "one too many"],
)
def test_reservations_come_with_a_purchase_and_only_with_it(
    state: IntentState, ids: tuple[str, ...], takes: str
) -> None:
    with pytest.raises(TransitionError, match=f"that takes {takes}$"):
        moved(an_intent_in(S.ATTEMPTING), state, LATER, "because", ids)


def test_a_reply_that_comes_late_is_still_the_truth() -> None:
    for state in (S.UNKNOWN, S.NOT_FOUND):
        bought = moved(an_intent_in(state), S.BOUGHT, LATER, "the reply came late", ("cr-0a",))
        assert bought.reservation_ids == ("cr-0a",)


def test_what_a_person_gave_up_can_turn_up_after_all() -> None:
    given_up = moved(an_intent_in(S.NOT_FOUND), S.CLOSED, LATER, "AWS says that nothing was bought")

    assert moved(given_up, S.ADOPTED, LATER, "it carries the tag", ("cr-0a",)).state is S.ADOPTED


@pytest.mark.parametrize("way", [(), (S.ATTEMPTING, S.BOUGHT, S.PAID)], ids=["never attempted", "paid"])
def test_what_was_closed_with_its_outcome_known_stays_closed(way: tuple[IntentState, ...]) -> None:
    intent = an_approved_intent()
    for step in (*way, S.CLOSED):
        intent = moved(intent, step, NOW, "a test", ("cr-0a",) if step is S.BOUGHT else ())

    with pytest.raises(TransitionError, match="it was closed with its outcome known"):
        moved(intent, S.ADOPTED, LATER, "it carries the tag", ("cr-0b",))


def test_reservations_that_show_up_later_are_added() -> None:
    paid = an_intent_in(S.PAID)

    assert learned(paid, ["cr-0z", "cr-0a"]) == replace(paid, reservation_ids=("cr-0a", "cr-0z"))
    with pytest.raises(TransitionError, match="it is unknown and holds no reservation to add to"):
        learned(an_intent_in(S.UNKNOWN), ["cr-0z"])


BOUGHT_BEFORE = {S.ATTEMPTING, S.UNKNOWN, S.NOT_FOUND, S.UNRECOGNISED, *HOLDS_RESERVATIONS}
BOUGHT_BEFORE |= {S.PAYMENT_PENDING, S.PAID, S.PAYMENT_FAILED}


@pytest.mark.parametrize("state", S, ids=str)
def test_whether_an_intent_may_have_bought_is_known_of_every_state(state: IntentState) -> None:
    assert in_state(state).may_have_bought == (state in BOUGHT_BEFORE)


def test_a_question_expires_as_set_but_in_time_for_the_payment() -> None:
    def asked(now: Any) -> Intent:
        return ask(now, "may-training", 2, some_terms(), a_query(), timedelta(hours=12))

    assert asked(NOW) == an_intent(number=2, asked_at=NOW, changed_at=NOW, expires_at=NOW + 12 * HOUR)
    assert asked(START - HOUR).expires_at == START - timedelta(minutes=10)


def test_an_intent_is_named_by_request_number_and_terms() -> None:
    intent = an_intent()

    assert intent.intent_id == f"may-training-1-{intent.terms.hash[:16]}"
    assert len({intent.intent_id, an_intent(number=2).intent_id, an_intent(an_offering("cb-0b")).intent_id}) == 3
    assert len(an_intent(request_id="r" * 40, number=9999).intent_id) <= 80


REQUESTS = {
    an_intent().intent_id: "may-training",
    an_intent(request_id="a-1-b", number=12).intent_id: "a-1-b",
    "": None, "may": None, "may-training": None, "-1-0a": None, "may-x-0a": None,
}  # fmt: skip


@pytest.mark.parametrize(("intent_id", "expected"), REQUESTS.items(), ids=map(repr, REQUESTS))
def test_the_request_of_an_intent_is_told_from_its_id(intent_id: str, expected: str | None) -> None:
    assert request_of(intent_id) == expected


def test_a_reservation_is_tagged_with_what_it_is_found_by() -> None:
    tags = (("Name", "ours"), ("deployment", "prod"))
    intent = an_intent(terms=some_terms(tags=tags))

    assert tags_on_create(intent, ["bob", "alice"]) == {
        "Name": "ours",
        "deployment": "prod",
        tag.POOL: "training",
        tag.INTENT: intent.intent_id,
        tag.UPFRONT_FEE: "42000",
        tag.APPROVED_BY: "alice, bob",
    }


def test_a_name_is_given_where_there_is_none_and_nobody_is_named_where_nobody_was_asked() -> None:
    tags = tags_on_create(an_intent(), [])

    assert tags["Name"] == f"training {an_intent().intent_id}"
    assert tags[tag.APPROVED_BY] == "nobody: within no_approval_up_to"


def test_the_fee_of_the_whole_is_not_written_on_each_of_several_reservations() -> None:
    split = an_intent(an_offering(segments=(a_segment(instance_count=4), a_segment(instance_count=4))))

    assert tag.UPFRONT_FEE not in tags_on_create(split, [])


def test_tags_fit_what_ec2_allows() -> None:
    tags = tags_on_create(an_intent(), [f"arn:aws:iam::123456789012:user/{'x' * 60}{n}" for n in range(9)])

    assert all(len(value) <= 256 for value in tags.values())


def test_the_history_says_who_what_when_and_for_how_much() -> None:
    bought = moved(
        replace(an_intent_in(S.ATTEMPTING), approvals=(an_approval(an_intent()),)),
        S.BOUGHT,
        LATER,
        "EC2 says so",
        ["cr-0a"],
    )

    assert history_line(bought) == {
        "intent": bought.intent_id,
        "state": "bought",
        "at": "2026-04-20T10:00:00+00:00",
        "reason": "EC2 says so",
        "offering": "cb-0a",
        "fee": "$42,000",
        "terms": bought.terms.hash,
        "approved by": "arn:aws:iam::123456789012:user/alice (function URL)",
        "reservations": "cr-0a",
    }


class AnyLife(RuleBasedStateMachine):
    """An intent to which anything may happen in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.intent = an_intent()
        self.attempts = 0
        self.known: set[str] = set()

    @rule(state=st.sampled_from(S), minutes=st.integers(0, 24 * 60), ids=st.sets(st.sampled_from(["cr-0a", "cr-0b"])))
    def happens(self, state: IntentState, minutes: int, ids: set[str]) -> None:
        at = NOW + timedelta(minutes=minutes)
        try:
            self.intent = moved(self.intent, state, at, "a test", ids)
        except TransitionError:
            return
        self.attempts += state is S.ATTEMPTING
        self.known |= ids

    @invariant()
    def one_attempt_and_nothing_forgotten(self) -> None:
        assert self.attempts <= 1
        assert (self.intent.attempted_at is not None) == (self.attempts == 1)
        assert set(self.intent.reservation_ids) == self.known
        assert not self.known or self.attempts == 1
        if self.attempts == 1 and self.intent.attempted_at is not None:
            assert self.intent.attempted_at < self.intent.expires_at


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=40, stateful_step_count=25)
