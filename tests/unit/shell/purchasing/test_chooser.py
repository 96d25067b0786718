"""Choosing an offering: one open intent for a request, with its money reserved; or the reason why not."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.purchase.intent import IntentState, ask
from capacity_blocks.core.purchase.record import to_query
from capacity_blocks.core.purchase.terms import from_document
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.purchasing.step import StepError
from capacity_blocks.purchasing.survey import UnreadError
from tests.factories import a_reservation
from tests.fakes import refused, unclear
from tests.unit.core.purchase.shapes import BOB, END, NOW, START, an_offering
from tests.unit.shell.purchasing.stage import (
    EXECUTION,
    Stage,
    a_decision,
    a_document,
    a_stage,
    approved,
    bought,
    chosen,
    minutes,
    opened,
)

DEARER = an_offering("cb-0b", upfront_fee=Decimal(50000))
LOOKING: dict[str, Any] = {"look_until": "2026-05-01T00:00:00Z"}


def choose(stage: Stage, search: dict[str, Any] | None = None, execution: str = EXECUTION, **changes: Any) -> Any:
    """Choose for a request that was opened before."""
    document = a_document(**changes)
    found = search or stage.steps().search({"request": document})
    return stage.steps("again").choose({"request": document, "search": found, "execution": execution, "looks": 1})


def test_the_best_becomes_the_question_and_its_money_is_reserved() -> None:
    stage = a_stage(DEARER, an_offering())
    found = stage.steps().search({"request": a_document()})

    answer = chosen(stage)

    best = found["candidates"][0]
    intent = ask(NOW, "may-training", 1, from_document(best["terms"]), to_query(best["query"]), timedelta(hours=12))
    assert stage.intents == (intent,)
    assert intent.terms.offering == an_offering()
    assert answer == {
        "outcome": "ask",
        "intent": {"request_id": "may-training", "number": 1, "intent_id": intent.intent_id},
        "wait_until": "2026-04-20T21:00:00+00:00",
        "told": best["why"],
    }
    assert (stage.money, stage.kinds) == ({"1": "reserved"}, [])


def test_run_again_it_finds_the_question_that_it_made() -> None:
    stage = a_stage()
    first = chosen(stage)

    again = choose(stage)

    assert (again["outcome"], again["intent"]) == ("ask", first["intent"])
    assert (len(stage.intents), len(stage.ledger.books["training"])) == (1, 2)


def test_after_a_crash_the_money_is_reserved_by_the_next_run() -> None:
    stage = a_stage()
    stage.ledger.errors["put_book"] = unclear("PutItem")
    with pytest.raises(Exception, match="PutItem"):
        chosen(stage)
    assert (len(stage.intents), stage.money) == (1, {})
    stage.ledger.errors.clear()

    assert choose(stage)["outcome"] == "ask"
    assert (len(stage.intents), stage.money) == (1, {"1": "reserved"})


def test_where_the_settings_ask_for_nobody_it_is_approved_and_told() -> None:
    stage = a_stage()
    stage.spend(no_approval_up_to="42000")

    answer = chosen(stage)

    assert (answer["outcome"], stage.intent.state, stage.intent.approvals) == ("buy", IntentState.APPROVED, ())
    assert (stage.money, stage.kinds) == ({"1": "reserved"}, ["approved"])


def test_a_cent_more_is_a_question() -> None:
    stage = a_stage()
    stage.spend(no_approval_up_to="41999.99")

    assert (chosen(stage)["outcome"], stage.intent.state) == ("ask", IntentState.ASKED)


def test_the_first_is_not_asked_for_if_a_guard_forbids_it() -> None:
    stage = a_stage(an_offering(), an_offering("cb-0b", upfront_fee=Decimal(30000), start=START, end=END))
    found = stage.steps().search({"request": a_document()})
    assert [each["terms"]["offering_id"] for each in found["candidates"]] == ["cb-0b", "cb-0a"]
    found["candidates"][0]["terms"]["pool"] = "other"
    opened(stage)

    assert choose(stage, found)["outcome"] == "ask"
    assert stage.intent.terms.offering.offering_id == "cb-0a"


def test_nothing_on_sale_ends_a_request_that_searches_once() -> None:
    stage = Stage()

    answer = chosen(stage)

    assert answer == {
        "outcome": "nothing",
        "intent": None,
        "wait_until": None,
        "told": "nothing on sale may be bought: nothing was found",
    }
    assert (stage.intents, stage.kinds) == ((), ["nothing-on-sale"])


def test_nothing_on_sale_is_looked_for_again_as_long_as_the_request_says() -> None:
    stage = Stage()

    answer = chosen(stage, **LOOKING)

    assert (answer["outcome"], answer["wait_until"]) == ("look_again", "2026-04-20T09:10:00+00:00")
    assert stage.kinds == ["standing"]


def test_how_it_stands_is_told_once_a_day() -> None:
    stage = Stage()
    chosen(stage, **LOOKING)

    for _ in range(5):
        stage.clock.sleep_until(stage.clock.instant + timedelta(minutes=10))
        choose(stage, **LOOKING)
    assert stage.kinds == ["standing"]
    stage.clock.sleep_until(minutes(24 * 60))
    choose(stage, **LOOKING)
    assert stage.kinds == ["standing", "standing"]


def test_the_end_of_a_long_search_is_told() -> None:
    stage = Stage()
    stage.clock.sleep_until(minutes(30))

    answer = chosen(stage, look_until="2026-04-20T09:35:00Z")

    assert (answer["outcome"], stage.kinds) == ("nothing", ["search-over"])


@pytest.mark.parametrize("state", [ReservationState.SCHEDULED, ReservationState.PAYMENT_PENDING])
def test_a_pool_that_is_covered_is_final_and_nobody_is_asked(state: ReservationState) -> None:
    stage = a_stage()
    stage.region.reservations.hold(a_reservation(start=START, end=END, state=state))

    answer = chosen(stage, **LOOKING)

    assert (answer["outcome"], stage.intents, stage.kinds) == ("nothing", (), ["unasked"])
    assert "cr-0a" in answer["told"]


def test_a_pool_that_may_overlap_is_asked_all_the_same() -> None:
    stage = a_stage()
    stage.region.reservations.hold(a_reservation(start=START, end=END))

    assert chosen(stage, may_overlap=True)["outcome"] == "ask"


def test_switched_off_nobody_is_asked_and_the_request_looks_again() -> None:
    stage = a_stage()
    stage.switches.on = False

    answer = chosen(stage, **LOOKING)

    assert (answer["outcome"], stage.intents) == ("look_again", ())
    assert stage.kinds == ["unasked", "standing"]


def test_over_the_budget_nobody_is_asked() -> None:
    stage = a_stage()
    stage.spend(monthly_budget="41999.99")

    answer = chosen(stage)

    assert (answer["outcome"], stage.intents, stage.money) == ("nothing", (), {})
    assert "over the pool's monthly budget" in answer["told"]


def test_money_that_went_to_another_intent_in_between_closes_this_one() -> None:
    stage = a_stage()
    stage.ledger.errors["put_book"] = unclear("PutItem")
    with pytest.raises(Exception, match="PutItem"):
        chosen(stage)
    stage.ledger.errors.clear()
    stage.spend(monthly_budget="40000")

    answer = choose(stage)

    assert (answer["outcome"], stage.intent.state, stage.money) == (
        "nothing", IntentState.CLOSED, {"1": "released"}
    )  # fmt: skip
    assert stage.kinds == ["not-bought"]


@pytest.mark.parametrize("what", ["spending", "killed", "settings", "groups"])
def test_what_could_not_be_read_is_tried_again_and_nothing_is_made_of_it(what: str) -> None:
    stage = a_stage()
    found = stage.steps().search({"request": opened(stage)})
    match what:
        case "spending":
            stage.switches.on = None
        case "killed":
            stage.switches.pulled = None
        case "settings":
            stage.settings.errors["texts"] = unclear("GetParametersByPath")
        case _:
            stage.region.groups.errors["tagged"] = unclear("DescribeAutoScalingGroups")

    with pytest.raises(UnreadError):
        choose(stage, found)
    assert (stage.intents, stage.money, stage.kinds) == ((), {}, [])


def test_a_pool_without_settings_for_money_is_told_so_and_nothing_is_asked() -> None:
    stage = a_stage()
    stage.settings.held.clear()

    answer = chosen(stage)

    assert (answer["outcome"], stage.intents, stage.kinds) == ("nothing", (), ["unasked"])
    assert "has no section money" in answer["told"]


def test_what_may_have_been_bought_is_followed_and_nothing_else_is_chosen() -> None:
    stage = a_stage(an_offering(), DEARER)
    stage.market.lost["purchase"] = unclear("PurchaseCapacityBlock")
    intent = bought(stage)

    answer = choose(stage)

    assert (answer["outcome"], answer["intent"], answer["told"]) == (
        "buy", stage.named, f"{intent.intent_id} is unknown"
    )  # fmt: skip
    assert len(stage.intents) == 1


def test_an_approval_is_kept_when_the_choice_is_made_again() -> None:
    stage = a_stage()
    intent = approved(stage)

    answer = choose(stage)

    assert (answer["outcome"], answer["intent"], stage.intent) == ("buy", stage.named, intent)


def test_after_a_rejection_nothing_else_is_asked() -> None:
    stage = a_stage(an_offering(), DEARER)
    chosen(stage)
    stage.steps().decide(a_decision(stage, BOB, "reject"))

    answer = choose(stage)

    assert (answer["outcome"], answer["told"]) == ("nothing", "somebody has rejected what was found")
    assert len(stage.intents) == 1


def test_a_refusal_by_ec2_makes_a_new_question() -> None:
    stage = a_stage(an_offering())
    intent = approved(stage)
    stage.market.errors["purchase"] = refused("PurchaseCapacityBlock")
    stage.steps("purchaser").purchase({"intent": stage.named})

    answer = choose(stage)

    assert (answer["outcome"], stage.intent.number) == ("ask", 2)
    assert stage.intent.intent_id != intent.intent_id
    assert stage.money == {"1": "reserved", "2": "reserved"}  # the first is released by whoever follows it


def test_ten_offerings_that_came_to_nothing_are_enough() -> None:
    stage = a_stage()
    stage.spend(monthly_budget="1000000")
    chosen(stage)
    for _ in range(9):
        stage.steps().scribe.move(stage.intent, IntentState.CLOSED, "a test")
        choose(stage)
    stage.steps().scribe.move(stage.intent, IntentState.CLOSED, "a test")

    answer = choose(stage)

    assert (answer["outcome"], len(stage.intents)) == ("nothing", 10)
    assert answer["told"] == "10 offerings were tried for this request; start another one"


def test_a_request_that_has_ended_chooses_nothing() -> None:
    stage = a_stage()
    opened(stage)
    stage.ledger.end_request(stage.ledger.requests["may-training"], "paid")

    assert choose(stage)["told"] == "the request has ended: paid"
    assert stage.intents == ()


def test_only_the_execution_that_holds_the_request_chooses() -> None:
    stage = a_stage()
    opened(stage)

    assert choose(stage, execution=f"{EXECUTION}-again") == {
        "outcome": "nothing",
        "intent": None,
        "wait_until": None,
        "told": f"{EXECUTION} works on the request",
    }
    assert stage.intents == ()


def test_a_request_that_nobody_opened_is_refused() -> None:
    with pytest.raises(StepError, match='request_id is "may-training"; allowed: one that a workflow has opened'):
        choose(a_stage())


def test_the_request_that_was_claimed_counts_and_not_what_the_workflow_says() -> None:
    stage = a_stage(DEARER)
    found = stage.steps().search({"request": opened(stage, most_upfront_fee="60000")})
    opened_with = stage.ledger.requests["may-training"]
    stage.ledger.requests["may-training"] = opened_with.__class__(
        **{name: getattr(opened_with, name) for name in ("request_id", "digest", "execution", "claimed_at")},
        document=a_document(most_upfront_fee="45000"),
    )

    assert choose(stage, found)["outcome"] == "nothing"
    assert stage.intents == ()


@pytest.mark.parametrize("search", [{"candidates": [{}]}, {"candidates": 7}, {"search_again_at": "soon"}])
def test_what_is_no_answer_of_a_search_is_refused(search: dict[str, Any]) -> None:
    stage = a_stage()
    opened(stage)

    with pytest.raises(StepError, match="search is not the answer of a search"):
        choose(stage, search)
