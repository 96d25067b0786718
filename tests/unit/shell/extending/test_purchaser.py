"""The purchase of more time: only what passes every guard at the last moment, recorded before it is made, and once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.extension.history import ExtensionStatus
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.ports import AwsError
from capacity_blocks.purchasing.scribe import LostRaceError
from capacity_blocks.purchasing.survey import UnreadError
from tests.fakes import refused, unclear
from tests.unit.core.extension.extending import FEE, NEW_END, a_block, more_time
from tests.unit.core.purchase.shapes import END
from tests.unit.shell.extending.stage import DECIDED, EXECUTION, RENEWAL, REQUEST_ID, Call, Stage, approved, chosen

S = IntentState


def purchase(stage: Stage, run: str = "purchaser") -> dict[str, Any]:
    return stage.steps(run).purchase({"intent": stage.named})


def test_what_was_approved_is_bought_and_recorded() -> None:
    stage = Stage()
    intent = approved(stage)
    now = stage.clock.instant

    told = "EC2 sold cbe-0a at $42,297.50"
    assert purchase(stage) == {"outcome": "bought", "told": told, "reservation_ids": ["cr-0a"]}
    assert stage.intent == replace(
        intent,
        state=S.BOUGHT,
        reason=told,
        changed_at=now,
        attempted_at=now,
        reservation_ids=("cr-0a",),
        attempted_offering_id="cbe-0a",
    )
    assert [(each.offering_id, each.start, each.end) for each in stage.market.sold] == [("cbe-0a", END, NEW_END)]
    assert (stage.money, stage.kinds) == ({"1": "reserved"}, ["approved"])


def test_again_it_buys_nothing_and_answers_how_it_stands() -> None:
    stage = Stage()
    approved(stage)

    assert purchase(stage) == purchase(stage, "again")
    assert len(stage.market.sold) == 1


@pytest.mark.parametrize("state", [S.ASKED, S.REJECTED, S.CLOSED])
def test_what_is_not_approved_is_left_as_it_is(state: IntentState) -> None:
    stage = Stage()
    chosen(stage)
    if state is not S.ASKED:
        stage.steps().scribe.move(stage.intent, state, "a test")

    assert (purchase(stage)["outcome"], stage.market.sold) == (state.value, [])


def test_the_attempt_is_on_record_before_ec2_is_called() -> None:
    stage = Stage()
    approved(stage)
    seen: list[tuple[str, IntentState]] = []

    def watch(name: str, call: Call) -> Any:
        if name.startswith("extensions."):
            seen.append((name, stage.intent.state))
        return call()

    stage.steps("watched", watch).purchase({"intent": stage.named})

    assert seen == [("extensions.dry_run", S.APPROVED), ("extensions.purchase", S.ATTEMPTING)]


@pytest.mark.parametrize("kind", ["errors", "lost"])
def test_an_attempt_whose_record_fails_or_is_in_doubt_is_not_made(kind: str) -> None:
    stage = Stage()
    approved(stage)
    getattr(stage.ledger, kind)["put_intent"] = unclear("TransactWriteItems")

    with pytest.raises(AwsError):
        purchase(stage)
    getattr(stage.ledger, kind).clear()
    assert stage.market.sold == []
    if kind == "lost":  # nobody knows of what came before it: it is looked up, and never made again
        assert (purchase(stage, "again")["outcome"], stage.market.sold) == ("attempting", [])


def test_of_two_that_set_out_to_buy_one_loses() -> None:
    stage = Stage()
    approved(stage)

    def at_the_same_time(name: str, call: Call) -> Any:
        if name == "ledger.put_intent" and stage.intent.state is S.APPROVED:
            purchase(stage, "faster")
        return call()

    with pytest.raises(LostRaceError):
        stage.steps("slower", at_the_same_time).purchase({"intent": stage.named})
    assert (stage.intent.state, len(stage.market.sold)) == (S.BOUGHT, 1)


def test_it_is_bought_under_the_id_that_it_has_now_and_at_no_more_than_was_approved() -> None:
    stage = Stage()
    approved(stage)
    stage.market.on_sale.clear()
    stage.market.sell(more_time("cbe-new", upfront_fee=FEE - 1))

    assert purchase(stage)["told"] == "EC2 sold cbe-new at $42,296.50"


STOPPED: dict[str, tuple[Any, str, bool]] = {
    "it is gone": (lambda stage: stage.market.on_sale.clear(), "cbe-0a is no longer on sale", True),
    "it is dearer": (
        lambda stage: stage.market.sell(more_time(upfront_fee=FEE + 1)),
        "its fee is now $42,298.50, and $42,297.50 was approved",
        True,
    ),
    "EC2 sells nothing for this block any more": (
        lambda stage: stage.market.errors.update(offers=refused(code="IncorrectState")),
        "IncorrectState",
        True,
    ),
    "somebody extends it by hand": (
        lambda stage: stage.market.by_hand(more_time("cbe-hand")),
        "is payment-pending",
        False,
    ),
    "somebody has extended it by hand": (
        lambda stage: (stage.market.by_hand(more_time("cbe-hand")), stage.market.settle()),
        "cr-0a ends at 2026-05-18 11:30 UTC now",
        False,
    ),
    "the tag is gone": (lambda stage: stage.reservations.hold(a_block(tags={})), "does not carry the tag", False),
    "the kill switch": (lambda stage: setattr(stage.switches, "pulled", True), "the kill switch is pulled", False),
    "spending is off": (lambda stage: setattr(stage.switches, "on", False), "spending is not switched on", False),
    "the cap was lowered": (lambda stage: stage.spend(most_per_purchase="40000"), "over the pool's $40,000", True),
    "the approver is none any more": (lambda stage: stage.spend(approvers=[]), "takes 1 person and has 0", False),
    "the permission lacks": (
        lambda stage: setattr(stage.market, "dry_run_answer", ("UnauthorizedOperation", "no")),
        "UnauthorizedOperation",
        False,
    ),
    "the dry run was none": (
        lambda stage: setattr(stage.market, "dry_run_answer", (None, "EC2 answered with an extension")),
        "no code",
        False,
    ),
    "the month's budget is cut": (lambda stage: stage.spend(monthly_budget="42000"), "monthly budget", False),
}


@pytest.mark.parametrize(("change", "words", "asks_again"), STOPPED.values(), ids=STOPPED.keys())
def test_what_changed_since_the_approval_stops_it_and_its_money_is_free(
    change: Any, words: str, asks_again: bool
) -> None:
    stage = Stage()
    approved(stage)
    before = len(stage.market.sold)
    change(stage)
    by_hand = len(stage.market.sold) - before

    assert purchase(stage)["outcome"] == "closed"
    assert (words in stage.intent.reason, stage.money) == (True, {"1": "released"})
    assert len(stage.market.sold) == by_hand
    row = stage.ledger.requests[REQUEST_ID]
    assert (row.ended is None) == asks_again


def test_a_request_that_has_ended_buys_nothing() -> None:
    stage = Stage()
    approved(stage)
    stage.ledger.end_request(stage.ledger.requests[REQUEST_ID], "stopped")

    assert (purchase(stage)["outcome"], stage.market.sold) == ("closed", [])


@pytest.mark.parametrize(
    "break_it",
    [
        lambda stage: stage.market.errors.update(records=unclear()),
        lambda stage: stage.market.errors.update(offers=unclear(code="RequestLimitExceeded")),
        lambda stage: stage.reservations.errors.update(capacity_blocks=unclear()),
        lambda stage: stage.settings.errors.update(texts=unclear()),
        lambda stage: setattr(stage.switches, "on", None),
        lambda stage: setattr(stage.market, "dry_run_answer", ("RequestLimitExceeded", "slow down")),
    ],
)
def test_what_cannot_be_read_neither_buys_nor_costs_the_approval(break_it: Any) -> None:
    stage = Stage()
    approved(stage)
    break_it(stage)

    with pytest.raises((AwsError, UnreadError)):
        purchase(stage)
    assert (stage.intent.state, stage.market.sold) == (S.APPROVED, [])


def test_the_switch_that_is_thrown_while_the_attempt_is_written_stops_it() -> None:
    stage = Stage()
    approved(stage)

    def throw(name: str, call: Call) -> Any:
        if name == "ledger.put_intent":
            stage.switches.pulled = True
        return call()

    answer = stage.steps("watched", throw).purchase({"intent": stage.named})

    assert (answer["outcome"], stage.market.sold) == ("refused", [])
    assert "spending was switched off" in stage.intent.reason


def test_too_little_time_for_the_call_makes_no_attempt() -> None:
    stage = Stage()
    approved(stage)

    def slow(name: str, call: Call) -> Any:
        if name == "extensions.dry_run":
            stage.wait(timedelta(seconds=61))
        return call()

    with pytest.raises(UnreadError, match="too little time is left"):
        stage.steps("slow", slow).purchase({"intent": stage.named})
    assert stage.intent.state is S.APPROVED


ANSWERS: dict[str, tuple[Any, IntentState, int]] = {
    "a certain no": (lambda stage: stage.market.errors.update(purchase=refused()), S.REFUSED, 0),
    "no answer": (lambda stage: stage.market.errors.update(purchase=unclear()), S.UNKNOWN, 0),
    "a lost answer": (lambda stage: stage.market.lost.update(purchase=unclear()), S.UNKNOWN, 1),
}


@pytest.mark.parametrize(("change", "state", "sold"), ANSWERS.values(), ids=ANSWERS.keys())
def test_only_a_certain_no_is_a_no(change: Any, state: IntentState, sold: int) -> None:
    stage = Stage()
    approved(stage)
    change(stage)

    purchase(stage)
    stage.market.errors.clear()
    stage.market.lost.clear()

    assert (stage.intent.state, len(stage.market.sold), stage.money) == (state, sold, {"1": "reserved"})
    assert purchase(stage, "again")["outcome"] == state.value
    assert len(stage.market.sold) == sold


def test_a_reply_that_comes_after_the_look_ups_is_the_truth() -> None:
    stage = Stage()
    approved(stage)

    def late(name: str, call: Call) -> Any:
        made = call()
        if name == "extensions.purchase":
            stage.wait(timedelta(minutes=4))
            stage.steps("follower").follow({"intent": stage.named})
        return made

    stage.market.listed_after = timedelta(hours=1)
    stage.steps("slow", late).purchase({"intent": stage.named})

    assert (stage.intent.state, stage.intent.reservation_ids) == (S.BOUGHT, ("cr-0a",))


def test_what_is_being_bought_beside_it_stops_what_nobody_asked_for() -> None:
    """Of a successor and an extension that settings buy at the same time, at most one goes on."""
    stage = Stage()
    stage.spend(RENEWAL)
    stage.renewals.record(DECIDED)
    chosen(stage, automatic=True)
    other = Stage()
    other.ledger, other.reservations, other.market = stage.ledger, stage.reservations, stage.market

    def follows(name: str, call: Call) -> Any:
        made = call()
        if name == "ledger.put_intent" and stage.intent.state is S.ATTEMPTING:
            buy_successor(stage)
        return made

    answer = stage.steps("slower", follows).purchase({"intent": stage.named})

    assert (answer["outcome"], stage.market.sold) == ("refused", [])
    assert "may-training-1-d6c1d2586c87172e (payment-pending) is held from 2026-05-11 11:30" in stage.intent.reason


def buy_successor(stage: Stage) -> None:
    """Let another request of the pool attempt to buy a block that starts where this one ends."""
    from capacity_blocks.purchase_ports import RequestRow
    from tests.unit.core.purchase.intents import an_approved_intent
    from tests.unit.core.purchase.shapes import an_offering

    ledger = stage.ledger.as_run("other")
    row = RequestRow(
        request_id="may-training",
        digest="d",
        document={"request_id": "may-training", "pool": "training"},
        execution=EXECUTION,
        claimed_at=stage.clock.instant,
    )
    ledger.claim_request(row)
    intent = an_approved_intent(an_offering(start=END, end=NEW_END))
    attempting = replace(intent, state=S.ATTEMPTING, attempted_at=stage.clock.instant)
    ledger.put_intent(attempting, None)


def test_the_fee_counts_in_the_month_in_which_it_is_bought() -> None:
    stage = Stage()
    approved(stage)
    assert stage.book.total("2026-05") == Decimal(0)
    entry = stage.book.entry(stage.intent.intent_id)

    assert entry is not None
    assert (entry.month, entry.until, entry.amount) == ("2026-05", NEW_END, FEE)


def test_after_a_failed_payment_one_more_may_be_bought_and_no_second_one() -> None:
    stage = Stage()
    approved(stage)
    purchase(stage)
    stage.market.settle(ExtensionStatus.PAYMENT_FAILED)
    stage.steps().follow({"intent": stage.named})
    stage.wait(timedelta(minutes=5))
    chosen(stage)
    stage.steps().decide()
    purchase(stage)

    assert [each.state for each in stage.intents] == [S.PAYMENT_FAILED, S.BOUGHT]
    assert len(stage.market.sold) == 2
    assert chosen(stage)["outcome"] == "buy"  # which is to follow the one that is bought
    assert len(stage.intents) == 2
