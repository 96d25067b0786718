"""The choice of an extension: who takes the request, and what becomes an intent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.extension.history import ExtensionStatus
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.query import Query, Subject
from capacity_blocks.core.purchase.request import PurchaseRequestError
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import AwsError
from capacity_blocks.purchasing.scribe import LostRaceError
from capacity_blocks.purchasing.step import StepError
from capacity_blocks.purchasing.survey import UnreadError
from tests.factories import REGION
from tests.fakes import refused, unclear
from tests.unit.core.extension.extending import EXTENDED_NOW, FEE, NEW_END, a_block, more_time
from tests.unit.core.purchase.shapes import END, WEEK
from tests.unit.shell.extending.stage import (
    DECIDED,
    EXECUTION,
    MINUTE,
    OTHER,
    RENEWAL,
    REQUEST_ID,
    Call,
    Stage,
    approved,
    bought,
    chosen,
    followed,
)

S = IntentState
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_cheapest_offer_becomes_an_intent_with_its_money_reserved() -> None:
    stage = Stage()
    stage.market.sell(more_time("cbe-dear", upfront_fee=FEE + 1), more_time("cbe-free", upfront_fee=None))

    answer = chosen(stage)

    intent = stage.intent
    assert answer == {
        "outcome": "ask",
        "intent": stage.named,
        "wait_until": (EXTENDED_NOW + timedelta(hours=12)).isoformat(),
        "told": "",
        "request": {"request_id": REQUEST_ID, "pool": "training", "end": "2026-05-11T11:30:00Z"},
    }
    assert (intent.terms.offering, intent.terms.extends, intent.terms.pool) == (more_time(), "cr-0a", "training")
    assert intent.query == Query(
        subject=Subject(region=REGION, types=("p5.48xlarge",), duration=WEEK),
        count=8,
        not_before=END,
        not_after=NEW_END,
    )
    assert (intent.number, intent.expires_at, stage.money) == (1, EXTENDED_NOW + timedelta(hours=12), {"1": "reserved"})


def test_run_again_it_finds_the_intent_that_it_made() -> None:
    stage = Stage()

    assert chosen(stage) == chosen(stage, run="again")
    assert len(stage.intents) == 1


def test_a_question_is_open_until_an_hour_before_the_end_at_most() -> None:
    stage = Stage()
    stage.clock.instant = END - timedelta(hours=3)

    chosen(stage)

    assert stage.intent.expires_at == END - timedelta(hours=1)


MALFORMED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "hours that are not sold": ({"hours": 25}, PurchaseRequestError, "extend.hours is 25"),
    "another region": ({"region": "us-west-2"}, StepError, 'extend.region is "us-west-2"; allowed: .* us-east-2'),
    "no such block": ({"reservation_id": "cr-0b"}, StepError, "a Capacity Block in us-east-2 that carries the tag"),
}


@pytest.mark.parametrize(("changes", "error", "words"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_wish_that_cannot_be_is_told_so(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    stage = Stage()

    with pytest.raises(error, match=words):
        chosen(stage, **changes)
    assert stage.ledger.requests == {}


def test_a_block_without_a_pool_is_nobodys_to_extend() -> None:
    stage = Stage()
    stage.reservations.hold(a_block(tags={}))

    with pytest.raises(StepError, match=tag.POOL):
        chosen(stage)


def test_a_wish_for_an_end_that_has_moved_claims_nothing() -> None:
    stage = Stage()
    stage.reservations.hold(a_block(end=NEW_END))

    answer = chosen(stage, end=END.isoformat())

    assert (answer["outcome"], answer["request"], stage.ledger.requests) == ("nothing", None, {})
    assert stage.kinds == ["unasked"]


def test_one_wish_is_for_one_end_however_late_its_step_is_run_again() -> None:
    stage = Stage()
    stage.spend(no_approval_up_to="50000", two_approvers_above="50000")
    stage.market.errors["offers"] = unclear()
    with pytest.raises(AwsError):
        chosen(stage)
    stage.market.errors.clear()
    stage.market.by_hand(more_time("cbe-hand"))
    stage.market.settle()
    stage.market.sell(more_time("cbe-next", start=NEW_END, end=NEW_END + WEEK))

    answer = chosen(stage, run="again")

    assert (answer["outcome"], "cr-0a ends at 2026-05-18 11:30 UTC now" in answer["told"]) == ("nothing", True)
    assert answer["request"]["request_id"] == REQUEST_ID  # which the last step of the workflow ends
    assert len(stage.ledger.requests) == 1


def test_a_wish_made_anew_while_nobody_knows_what_was_bought_gets_nothing_beyond_the_new_end() -> None:
    stage = Stage()
    approved(stage)
    stage.market.lost["purchase"] = unclear()
    stage.steps().purchase({"intent": stage.named})
    stage.market.listed_after = HOUR
    stage.market.settle()
    stage.market.sell(more_time("cbe-next", start=NEW_END, end=NEW_END + WEEK))

    answer = chosen(stage, OTHER)

    assert (answer["outcome"], len(stage.ledger.kept)) == ("nothing", 1)
    assert answer["told"] == f"{stage.intent.intent_id}, which extends it until 2026-05-18 11:30 UTC, is unknown"


def test_what_was_claimed_is_what_is_chosen_for() -> None:
    stage = Stage()
    chosen(stage, hours=168)
    stage.steps().decide("reject")
    stage.reservations.hold(a_block(tags={tag.POOL: "research"}))

    assert "does not carry the tag of pool training any more" in chosen(stage, hours=336)["told"]


# --- who has the request ---------------------------------------------------


def test_what_another_execution_asks_about_is_left_to_it() -> None:
    stage = Stage()
    chosen(stage)
    stage.wait(HOUR)

    answer = chosen(stage, OTHER, hours=336)

    assert (answer["outcome"], answer["request"], len(stage.intents)) == ("nothing", None, 1)
    assert stage.ledger.requests[REQUEST_ID].execution == EXECUTION
    assert stage.kinds == ["unasked"]


def test_an_execution_that_has_just_begun_is_given_time() -> None:
    stage = Stage()
    stage.market.errors["offers"] = unclear()
    with pytest.raises(AwsError):
        chosen(stage)
    stage.market.errors.clear()

    stage.wait(14 * MINUTE)
    assert chosen(stage, OTHER)["outcome"] == "nothing"
    stage.wait(MINUTE)
    assert chosen(stage, OTHER)["outcome"] == "ask"
    assert stage.ledger.requests[REQUEST_ID].execution == OTHER


@pytest.mark.parametrize("said", ["reject", "nobody answers"])
def test_what_came_to_nothing_is_taken_up_by_the_next_execution(said: str) -> None:
    stage = Stage()
    chosen(stage)
    if said == "reject":
        stage.steps().decide("reject")
    else:
        stage.wait(timedelta(hours=12))
    followed(stage)
    stage.steps("closer").close({"request": {"request_id": REQUEST_ID}, "execution": EXECUTION, "outcome": "closed"})
    stage.market.sell(more_time("cbe-1f", end=END + 14 * DAY, upfront_fee=Decimal(50000)))

    answer = chosen(stage, OTHER, hours=336)

    assert (answer["outcome"], stage.intent.number, stage.intent.terms.offering.duration) == ("ask", 2, 14 * DAY)
    assert stage.money == {"1": "released", "2": "reserved"}


def test_of_two_that_take_a_request_one_goes_on() -> None:
    """Both find it over; the row is written by one alone, and the other sees whose it is."""
    stage = Stage()
    chosen(stage)
    stage.steps().decide("reject")
    followed(stage)
    stage.steps().close({"request": {"request_id": REQUEST_ID}, "execution": EXECUTION, "outcome": "closed"})
    third = f"{EXECUTION}-third"

    def cut_in(name: str, call: Call) -> Any:
        if name == "ledger.take_request":
            chosen(stage, third, run="faster")
        return call()

    answer = stage.steps("slower", cut_in).choose(
        {"extend": {"reservation_id": "cr-0a", "region": REGION, "hours": 168}, "execution": OTHER}
    )

    assert (answer["outcome"], answer["told"]) == ("nothing", f"{third} works on it")
    assert [each.state for each in stage.intents] == [S.REJECTED, S.ASKED]


def test_of_two_runs_of_one_execution_one_makes_the_intent() -> None:
    stage = Stage()

    def cut_in(name: str, call: Call) -> Any:
        if name == "ledger.put_intent" and not stage.intents:
            chosen(stage, run="faster")
        return call()

    with pytest.raises(LostRaceError):
        stage.steps("slower", cut_in).choose(
            {"extend": {"reservation_id": "cr-0a", "region": REGION, "hours": 168}, "execution": EXECUTION}
        )
    assert len(stage.intents) == 1


# --- what forbids it -------------------------------------------------------


def test_what_is_bought_already_goes_on_with_that() -> None:
    stage = Stage()
    bought(stage)

    answer = chosen(stage)

    assert (answer["outcome"], answer["intent"]) == ("buy", stage.named)
    assert len(stage.market.sold) == 1


def test_what_another_execution_bought_is_not_bought_again_while_ec2_still_shows_the_old_end() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle(moves=False)
    stage.wait(HOUR)
    stage.steps().close({"request": {"request_id": REQUEST_ID}, "execution": EXECUTION, "outcome": "closed"})

    assert chosen(stage, OTHER)["outcome"] == "nothing"
    assert len(stage.market.sold) == 1


def test_what_nobody_sells_is_told() -> None:
    stage = Stage()
    stage.market.on_sale.clear()

    answer = chosen(stage)

    assert (answer["outcome"], answer["told"]) == ("nothing", "EC2 has no such time on sale")
    assert (stage.kinds, stage.intents) == (["unasked"], ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda stage: setattr(stage.switches, "on", False), "spending is not switched on"),
        (lambda stage: setattr(stage, "may_spend", False), "spending is not switched on"),
        (lambda stage: stage.market.by_hand(more_time("cbe-hand")), "payment-pending"),
        (lambda stage: stage.spend(most_per_purchase="42000"), "over the pool's $42,000"),
        (lambda stage: stage.spend(monthly_budget="42000"), "over the pool's monthly budget"),
        (lambda stage: stage.reservations.hold(a_block(state=ReservationState.DELAYED)), "is delayed"),
        (lambda stage: stage.settings.held.clear(), "no section money"),
        (lambda stage: stage.market.errors.update(offers=refused(code="IncorrectState")), "IncorrectState"),
    ],
)
def test_what_forbids_it_is_told_and_nothing_is_reserved(change: Any, words: str) -> None:
    stage = Stage()
    change(stage)

    answer = chosen(stage)

    assert answer["outcome"] == "nothing"
    assert (words in answer["told"], words in stage.notifier.sent[0].text) == (True, True)
    assert (stage.intents, stage.book.entries) == ((), ())


@pytest.mark.parametrize(
    "break_it",
    [
        lambda stage: stage.market.errors.update(records=unclear()),
        lambda stage: stage.market.errors.update(offers=unclear()),
        lambda stage: stage.reservations.errors.update(capacity_blocks=unclear()),
        lambda stage: stage.settings.errors.update(texts=unclear()),
        lambda stage: stage.settings.held.update(training="{"),
        lambda stage: setattr(stage.switches, "on", None),
        lambda stage: setattr(stage.switches, "pulled", None),
    ],
)
def test_what_cannot_be_read_is_no_reason_to_ask_or_to_give_up(break_it: Any) -> None:
    stage = Stage()
    break_it(stage)

    with pytest.raises((AwsError, UnreadError)):
        chosen(stage)
    assert (stage.intents, stage.kinds) == ((), [])


def test_after_thirty_questions_beyond_one_end_nobody_is_asked_any_more() -> None:
    stage = Stage()
    for _ in range(30):
        chosen(stage)
        stage.steps().decide("reject")
        followed(stage)

    assert chosen(stage)["outcome"] == "nothing"
    assert (len(stage.intents), stage.kinds[-1]) == (30, "tried-enough")


def test_a_fee_that_needs_nobody_is_approved_by_the_settings() -> None:
    stage = Stage()
    stage.spend(no_approval_up_to="50000", two_approvers_above="50000")

    assert chosen(stage)["outcome"] == "buy"
    assert (stage.intent.state, stage.kinds) == (S.APPROVED, ["approved"])


# --- without a question ----------------------------------------------------


def test_what_a_pool_renews_and_was_recorded_is_bought_without_a_question() -> None:
    stage = Stage()
    stage.spend(RENEWAL)
    stage.renewals.record(DECIDED)

    answer = chosen(stage, automatic=True, why="83 % of it was in use")
    stage.steps("purchaser").purchase({"intent": stage.named})

    assert (answer["outcome"], stage.intent.state) == ("buy", S.BOUGHT)
    assert "83 % of it was in use" in stage.notifier.sent[0].text


NOT_PERMITTED: dict[str, tuple[Any, Any, str]] = {
    "the pool does not renew": (None, DECIDED, "renewal.mode is off, not extend"),
    "it was not recorded": (RENEWAL, None, "it was not recorded that the block is used enough"),
    "it was used too little": (RENEWAL, replace(DECIDED, utilization=Decimal(49)), "the block was used 49 %"),
    "it is over the cap": (RENEWAL | {"most_fee": "42297"}, DECIDED, "is more than renewal.most_fee, $42,297"),
}
FREE = {"no_approval_up_to": "50000", "two_approvers_above": "50000"}  # dollars that take nobody's approval


@pytest.mark.parametrize("money", [{}, FREE], ids=["a fee for people", "a fee for nobody"])
@pytest.mark.parametrize(("renewal", "decided", "words"), NOT_PERMITTED.values(), ids=NOT_PERMITTED.keys())
def test_anything_else_that_nobody_asked_for_is_neither_bought_nor_asked_about(
    renewal: Any, decided: Any, words: str, money: dict[str, str]
) -> None:
    stage = Stage()
    stage.spend(renewal, **money)
    if decided is not None:
        stage.renewals.record(decided)

    answer = chosen(stage, automatic=True)

    assert (answer["outcome"], "nobody asked for it, and" in answer["told"], words in answer["told"]) == (
        "nothing",
        True,
        True,
    )
    assert (stage.intents, stage.kinds) == ((), ["unasked"])


def test_what_a_person_asks_for_is_asked_about_though_the_pool_renews_it() -> None:
    stage = Stage()
    stage.spend(RENEWAL)
    stage.renewals.record(DECIDED)

    assert chosen(stage)["outcome"] == "ask"


@pytest.mark.parametrize("money", [{}, FREE], ids=["a fee for people", "a fee for nobody"])
def test_what_was_switched_off_after_the_choice_is_not_bought_without_a_question(money: dict[str, str]) -> None:
    stage = Stage()
    stage.spend(RENEWAL, **money)
    stage.renewals.record(DECIDED)
    chosen(stage, automatic=True)
    stage.spend(RENEWAL | {"mode": "off"}, **money)

    assert stage.steps().purchase({"intent": stage.named})["outcome"] == "closed"
    assert (stage.market.sold, "renewal.mode is off, not extend" in stage.intent.reason) == ([], True)


def test_a_block_that_follows_keeps_it_from_being_extended_without_a_question() -> None:
    stage = Stage()
    stage.spend(RENEWAL)
    stage.renewals.record(DECIDED)
    follows = a_block(reservation_id="cr-0b", state=ReservationState.PAYMENT_PENDING, start=END, end=NEW_END)
    stage.reservations.hold(follows)

    assert "nobody asked for both" in chosen(stage, automatic=True)["told"]
    stage.wait(15 * MINUTE)
    assert chosen(stage, OTHER)["outcome"] == "ask"  # a person may want both


def test_blocks_side_by_side_are_each_extended_though_the_other_is_just_being() -> None:
    stage = Stage()
    stage.spend(RENEWAL, most_per_pool="100000", monthly_budget="100000")
    stage.reservations.hold(a_block(reservation_id="cr-0b"))
    stage.market.sell(more_time("cbe-0b", extends="cr-0b"))
    for reservation_id in ("cr-0a", "cr-0b"):
        stage.renewals.record(replace(DECIDED, reservation_id=reservation_id))

    outcomes = [
        chosen(stage, execution, reservation_id=reservation_id, automatic=True)["outcome"]
        for execution, reservation_id in ((EXECUTION, "cr-0a"), (OTHER, "cr-0b"))
    ]

    assert outcomes == ["buy", "buy"]
    assert stage.steps().purchase({"intent": stage.named})["outcome"] == "bought"


def test_nothing_that_nobody_asked_for_is_tried_again_after_a_payment_that_failed() -> None:
    stage = Stage()
    bought(stage)
    stage.market.settle(ExtensionStatus.PAYMENT_FAILED)
    followed(stage)
    stage.steps().close({"request": {"request_id": REQUEST_ID}, "execution": EXECUTION, "outcome": "failed"})

    assert chosen(stage, OTHER, automatic=True)["outcome"] == "nothing"
