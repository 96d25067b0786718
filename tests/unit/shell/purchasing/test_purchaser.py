"""The purchase: only what passes every guard at the last moment, recorded before it is made, and once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.purchase.budget import Book, Entry, Standing
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.notices.sequel import goes_on
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import AwsError
from capacity_blocks.purchasing.purchaser import Purchaser
from capacity_blocks.purchasing.scribe import LostRaceError
from capacity_blocks.purchasing.step import UnknownIntentError
from capacity_blocks.purchasing.survey import UnreadError
from tests.factories import a_reservation
from tests.fakes import refused, unclear
from tests.unit.core.purchase.shapes import ALICE, END, START, an_offering
from tests.unit.shell.purchasing.scenario import SEGMENTS
from tests.unit.shell.purchasing.stage import Stage, a_stage, approved, chosen

S = IntentState


def purchase(stage: Stage, run: str = "purchaser") -> dict[str, Any]:
    return stage.steps(run).purchase({"intent": stage.named})


def test_what_was_approved_is_bought_recorded_and_told() -> None:
    stage = a_stage()
    intent = approved(stage)
    now = stage.clock.instant

    assert purchase(stage) == {"outcome": "bought", "told": "EC2 sold cb-0a at $42,000", "reservation_ids": ["cr-0001"]}
    assert stage.intent == replace(
        intent,
        state=S.BOUGHT,
        reason="EC2 sold cb-0a at $42,000",
        changed_at=now,
        attempted_at=now,
        attempted_offering_id="cb-0a",
        reservation_ids=("cr-0001",),
    )
    held = stage.market.bought["cr-0001"]
    assert (held.instance_type, held.instance_count, held.start, held.end) == ("p5.48xlarge", 8, START, END)
    assert held.tags == {
        "Name": f"training {intent.intent_id}",
        "capacity-blocks:pool": "training",
        "capacity-blocks:intent": intent.intent_id,
        "capacity-blocks:approved-by": ALICE,
        "capacity-blocks:upfront-fee": "42000",
    }
    assert (stage.money, stage.kinds) == ({"1": "reserved"}, ["approved"])


def test_again_it_buys_nothing_and_answers_how_it_stands() -> None:
    stage = a_stage()
    approved(stage)
    first = purchase(stage)

    assert purchase(stage, "again") == first
    assert list(stage.market.bought) == ["cr-0001"]


@pytest.mark.parametrize("state", [S.ASKED, S.REJECTED, S.CLOSED])
def test_what_is_not_approved_is_left_as_it_is(state: IntentState) -> None:
    stage = a_stage()
    chosen(stage)
    if state is not S.ASKED:
        stage.steps().scribe.move(stage.intent, state, "a test")
    before = stage.intent

    assert purchase(stage)["outcome"] == state.value
    assert (stage.intent, stage.market.bought) == (before, {})


def test_the_attempt_is_on_record_before_ec2_is_called() -> None:
    stage = a_stage()
    approved(stage)
    seen: list[tuple[str, IntentState]] = []

    def watch(name: str, call: Callable[[], Any]) -> Any:
        if name.startswith("purchases."):
            seen.append((name, stage.intent.state))
        return call()

    stage.steps("watched", watch).purchase({"intent": stage.named})

    assert seen == [("purchases.dry_run", S.APPROVED), ("purchases.purchase", S.ATTEMPTING)]


def test_an_attempt_that_cannot_be_recorded_is_not_made() -> None:
    stage = a_stage()
    approved(stage)
    stage.ledger.errors["put_intent"] = unclear("TransactWriteItems")

    with pytest.raises(AwsError):
        purchase(stage)
    assert (stage.intent.state, stage.market.bought) == (S.APPROVED, {})


def test_an_attempt_whose_record_is_in_doubt_is_not_made_either() -> None:
    stage = a_stage()
    approved(stage)
    stage.ledger.lost["put_intent"] = unclear("TransactWriteItems")

    with pytest.raises(AwsError):
        purchase(stage)
    stage.ledger.lost.clear()
    assert purchase(stage, "again")["outcome"] == "attempting"
    assert stage.market.bought == {}


def test_of_two_that_set_out_to_buy_one_loses() -> None:
    stage = a_stage()
    approved(stage)

    def at_the_same_time(name: str, call: Callable[[], Any]) -> Any:
        if name == "ledger.put_intent" and stage.intent.state is S.APPROVED:
            purchase(stage, "faster")
        return call()

    with pytest.raises(LostRaceError):
        stage.steps("slower", at_the_same_time).purchase({"intent": stage.named})
    assert (stage.intent.state, list(stage.market.bought)) == (S.BOUGHT, ["cr-0001"])


def test_a_refusal_ends_the_intent_whose_money_is_free_once_it_is_followed() -> None:
    stage = a_stage()
    approved(stage)
    stage.market.errors["purchase"] = refused("PurchaseCapacityBlock", "InsufficientInstanceCapacity")

    assert purchase(stage)["outcome"] == "refused"
    assert (stage.intent.state, stage.money, stage.kinds) == (S.REFUSED, {"1": "reserved"}, ["approved"])
    stage.steps("follower").follow({"intent": stage.named})
    assert (stage.money, stage.kinds) == ({"1": "released"}, ["approved", "refused"])


def test_no_answer_is_no_refusal_and_holds_the_money() -> None:
    stage = a_stage()
    approved(stage)
    stage.market.lost["purchase"] = unclear("PurchaseCapacityBlock")

    assert purchase(stage)["outcome"] == "unknown"
    assert (stage.intent.reservation_ids, stage.money) == ((), {"1": "reserved"})
    assert list(stage.market.bought) == ["cr-0001"]


def test_a_sale_without_a_name_is_looked_up_as_one_without_an_answer() -> None:
    stage = a_stage()
    approved(stage)
    stage.market.named = 0

    assert purchase(stage)["outcome"] == "unknown"


def test_all_reservations_of_a_purchase_are_kept() -> None:
    stage = a_stage(SEGMENTS)
    approved(stage, several_segments=True)

    assert purchase(stage)["reservation_ids"] == ["cr-0001", "cr-0002"]


def test_a_reply_that_cannot_be_written_down_against_others_is_an_error() -> None:
    stage = a_stage()
    approved(stage)

    def always_faster(name: str, call: Callable[[], Any]) -> Any:
        if name == "ledger.put_intent" and stage.intent.state is not S.APPROVED:
            intent = stage.intent
            stage.ledger.as_run("other").put_intent(replace(intent, reason=f"{intent.reason}."), intent)
        return call()

    with pytest.raises(LostRaceError, match="which could not be written down"):
        stage.steps("slow", always_faster).purchase({"intent": stage.named})
    assert (stage.intent.state, list(stage.market.bought)) == (S.ATTEMPTING, ["cr-0001"])


def gone(stage: Stage) -> None:
    stage.market.on_sale.clear()


def dearer(stage: Stage) -> None:
    stage.market.sell(an_offering(upfront_fee=Decimal("42000.01")))


def other(stage: Stage) -> None:
    stage.market.sell(an_offering(instance_count=4))


def too_late(stage: Stage) -> None:
    stage.clock.sleep_until(stage.intent.expires_at)


def switched_off(stage: Stage) -> None:
    stage.switches.on = False


def not_permitted(stage: Stage) -> None:
    stage.may_spend = False


def killed(stage: Stage) -> None:
    stage.switches.pulled = True


def without_settings(stage: Stage) -> None:
    stage.settings.held.clear()


def with_a_lower_cap(stage: Stage) -> None:
    stage.spend(most_per_purchase="41999.99")


def with_a_lower_budget(stage: Stage) -> None:
    stage.spend(monthly_budget="41999.99", most_per_pool="1000000")


def with_other_approvers(stage: Stage) -> None:
    stage.spend(approvers=["slack:T0TEAM/U0BOB"])


def with_two_approvers(stage: Stage) -> None:
    stage.spend(two_approvers_above="1000")


def covered(stage: Stage) -> None:
    stage.region.reservations.hold(a_reservation(start=START, end=END, state=ReservationState.PAYMENT_PENDING))


def without_a_subnet(stage: Stage) -> None:
    stage.region.subnets.held.clear()


def ended(stage: Stage) -> None:
    stage.ledger.end_request(stage.ledger.requests["may-training"], "its workflow is ABORTED")


def released(stage: Stage) -> None:
    stage.steps().bookkeeper.release(stage.clock.instant, stage.intent)


ASKS_AGAIN = (gone, dearer, other, too_late, without_a_subnet, with_a_lower_cap)
ENDS = (
    switched_off, not_permitted, killed, without_settings, with_a_lower_budget, with_other_approvers,
    with_two_approvers, covered, ended, released,
)  # fmt: skip


@pytest.mark.parametrize("change", [*ASKS_AGAIN, *ENDS])
def test_whatever_a_guard_finds_at_the_last_moment_stops_the_purchase(change: Callable[[Stage], None]) -> None:
    stage = a_stage()
    approved(stage)
    change(stage)

    answer = purchase(stage)

    assert (answer["outcome"], stage.intent.attempted_at, stage.market.bought) == ("closed", None, {})
    assert stage.money == {"1": "released"}
    assert (stage.ledger.requests["may-training"].ended is None) == (change in ASKS_AGAIN)
    assert answer["told"]


@pytest.mark.parametrize(("change", "asks_again"), [(gone, True), (killed, False)])
def test_whoever_follows_says_why_and_whether_the_request_goes_on(
    change: Callable[[Stage], None], asks_again: bool
) -> None:
    stage = a_stage()
    approved(stage)
    change(stage)
    purchase(stage)

    answer = stage.steps("follower").follow({"intent": stage.named})

    assert (answer["outcome"], answer["ask_again"], stage.kinds) == ("closed", asks_again, ["approved", "not-bought"])
    notice = stage.notifier.sent[-1]
    assert (goes_on(True) in notice.text + notice.next_step) == asks_again


def test_an_offering_under_another_id_is_the_same_if_it_is_no_dearer() -> None:
    stage = a_stage()
    approved(stage)
    stage.market.sell(an_offering("cb-0b", upfront_fee=Decimal(41000)))
    del stage.market.on_sale["cb-0a"]
    stage.market.on_sale["cb-0a"] = an_offering("cb-0b")  # EC2 still takes the id that was approved

    assert purchase(stage)["outcome"] == "bought"


def test_a_month_later_the_money_is_reserved_in_the_month_of_the_purchase() -> None:
    stage = a_stage()
    stage.spend(approve_within_hours=7 * 24)
    stage.clock.sleep_until(START - timedelta(days=5))  # April 29
    approved(stage)
    stage.clock.sleep_until(START - timedelta(days=3))

    assert purchase(stage)["outcome"] == "bought"
    assert [each.month for each in stage.book.entries] == ["2026-05"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("UnauthorizedOperation", "closed"), (None, "closed"), ("InvalidParameterValue", "closed")],
)
def test_whatever_else_a_dry_run_brings_ends_the_request(code: str | None, outcome: str) -> None:
    stage = a_stage()
    approved(stage)
    stage.market.dry_run_answer = (code, "so it is")

    assert purchase(stage)["outcome"] == outcome
    assert (stage.intent.attempted_at, stage.money, stage.market.bought) == (None, {"1": "released"}, {})
    words = stage.ledger.requests["may-training"].ended
    assert words == f"not bought: EC2 answers to a dry run of the purchase with {code or 'no code'}: so it is"


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "Client.RequestLimitExceeded", "InternalError"])
def test_a_dry_run_that_says_not_now_costs_no_approval(code: str) -> None:
    stage = a_stage()
    intent = approved(stage)
    stage.market.dry_run_answer = (code, "slow down")

    with pytest.raises(UnreadError, match=f"the dry run brought {code}"):
        purchase(stage)
    assert (stage.intent, stage.money, stage.market.bought) == (intent, {"1": "reserved"}, {})
    assert stage.ledger.requests["may-training"].ended is None


@pytest.mark.parametrize("what", ["spending", "killed", "settings", "groups", "reservations", "search", "throttled"])
def test_what_could_not_be_read_costs_no_approval_and_buys_nothing(what: str) -> None:
    stage = a_stage()
    intent = approved(stage)
    match what:
        case "spending":
            stage.switches.on = None
        case "killed":
            stage.switches.pulled = None
        case "settings":
            stage.settings.errors["texts"] = unclear("GetParametersByPath")
        case "groups":
            stage.region.groups.errors["tagged"] = unclear("DescribeAutoScalingGroups")
        case "reservations":
            stage.region.reservations.errors["capacity_blocks"] = unclear("DescribeCapacityReservations")
        case "search":
            stage.market.errors["search"] = refused("DescribeCapacityBlockOfferings")
        case _:
            stage.market.throttles = 1

    with pytest.raises((UnreadError, AwsError)):
        purchase(stage)
    assert (stage.intent, stage.money, stage.market.bought) == (intent, {"1": "reserved"}, {})


def test_without_time_for_the_call_it_is_not_begun() -> None:
    stage = a_stage()
    intent = approved(stage)
    now = stage.clock.instant
    steps = stage.steps()
    purchaser = Purchaser(
        clock=stage.clock,
        survey=steps.survey,
        ledger=steps.ledger,
        bookkeeper=steps.bookkeeper,
        scribe=steps.scribe,
        offerings=steps._market("offerings"),
        purchases=steps._market("purchases"),
        call_timeout=timedelta(seconds=60),
    )

    with pytest.raises(UnreadError, match="too little time is left"):
        purchaser.purchase({"intent": stage.named}, now + timedelta(seconds=60))
    assert (stage.intent, stage.market.bought) == (intent, {})
    purchaser.purchase({"intent": stage.named}, now + timedelta(seconds=61))
    assert list(stage.market.bought) == ["cr-0001"]


def test_another_request_of_the_pool_that_bought_the_same_time_stops_it_before_ec2_lists_anything() -> None:
    stage = a_stage()
    approved(stage)
    rows, kept = stage.ledger.requests, stage.ledger.kept
    theirs = replace(
        stage.intent, request_id="other", state=S.BOUGHT, reservation_ids=("cr-99",), attempted_at=stage.clock.instant
    )
    kept["other", 1] = theirs
    rows["other"] = replace(rows["may-training"], request_id="other")

    answer = purchase(stage)

    assert (answer["outcome"], stage.market.bought) == ("closed", {})
    assert theirs.intent_id in answer["told"]


def test_what_the_book_says_of_others_counts() -> None:
    stage = a_stage()
    approved(stage)
    entry = Entry(
        intent_id="other-1-00", amount=Decimal(58001), month="2026-04", until=END, standing=Standing.COMMITTED
    )
    book = stage.book
    stage.ledger.books["training"].append(
        Book(pool="training", version=book.version + 1, entries=(*book.entries, entry))
    )

    assert purchase(stage)["outcome"] == "closed"


def test_an_intent_that_was_never_made_buys_nothing() -> None:
    stage = a_stage()
    approved(stage)

    with pytest.raises(UnknownIntentError):
        stage.steps().purchase({"intent": {"request_id": "may-training", "intent_id": "may-training-1-00"}})
    assert stage.market.bought == {}
