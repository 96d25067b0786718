"""More time for a block: asked for, approved, bought once, paid; and what people may do about it."""

import json
from datetime import timedelta
from decimal import Decimal

from capacity_blocks.adapters.dynamodb_renewals import DynamoDbRenewals
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode
from simulator.capacity_blocks import Payment
from tests.e2e.extension_stage import NEW_END, PAID, Extender, extender
from tests.e2e.purchase_stage import MONEY
from tests.e2e.stage import END, REGION, SIZE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)
MOVED = "The extension is paid and the end has moved"
NOTHING = "Nothing was bought"
RENEWAL = {"mode": "extend", "hours": 24, "most_fee": "2000", "min_utilization_percent": 50}


def test_what_is_approved_is_bought_once_and_the_end_moves_when_it_is_paid() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=1)
        question = person.questions()[0]
        assert (question["Extends"], question["Ends now"], question["Ends then"]) == (
            person.block,
            "2027-03-21 11:30 UTC",
            "2027-03-22 11:30 UTC",
        )
        assert person.decide() == 200
        person.wait(minutes=2)
        assert (person.sold(), person.states(), person.ends_at()) == (1, ["payment pending"], END)

        person.wait(minutes=10)
        assert person.end(execution).state == MOVED
        assert (person.told(), person.states(), person.ends_at()) == (PAID, ["paid"], NEW_END)
        assert person.book() == [("1510", "committed")]


def test_a_payment_that_takes_nine_hours_leaves_the_old_end_until_then() -> None:
    with extender() as person:
        person.stage.engine().plan_payment(Payment(after=9 * HOUR))
        execution = person.extend()
        person.wait(hours=8)
        assert (person.states(), person.ends_at(), person.end(execution).status) == (
            ["payment pending"],
            END,
            "RUNNING",
        )

        person.wait(hours=1, minutes=15)
        assert (person.end(execution).state, person.ends_at(), person.told()) == (MOVED, NEW_END, PAID)


def test_who_rejects_it_ends_it_and_another_duration_may_be_asked_for_after_that() -> None:
    with extender() as person:
        first = person.start()
        person.wait(minutes=1)
        assert person.decide("reject") == 200
        person.wait(minutes=1)
        assert (person.end(first).state, person.states(), person.book()) == (
            NOTHING,
            ["rejected"],
            [("1510", "released")],
        )

        second = person.start("again", hours=48)
        person.wait(minutes=1)
        assert person.questions()[-1]["Ends then"] == "2027-03-23 11:30 UTC"
        assert person.decide() == 200
        person.wait(minutes=10)
        assert (person.end(second).state, person.states(), person.sold()) == (MOVED, ["rejected", "paid"], 1)


def test_a_question_that_nobody_answers_ends_in_an_hour_and_the_money_is_free_again() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=75)

        assert (person.end(execution).state, person.told()) == (NOTHING, ["extension-asked", "extension-expired"])
        assert (person.states(), person.book()) == (["closed"], [("1510", "released")])


def test_of_two_who_ask_for_more_time_at_once_one_is_asked_about() -> None:
    with extender() as person:
        first, second = person.start("one"), person.start("two", hours=48)
        person.wait(minutes=1)
        assert (len(person.questions()), person.end(second).state) == (1, NOTHING)
        assert sorted(person.told()) == ["extension-asked", "extension-unasked"]

        assert person.decide() == 200
        person.wait(minutes=10)
        late = person.start("three")  # the end has moved: this would be another day, and a question of its own
        person.wait(minutes=1)
        assert (person.sold(), person.end(first).state, person.end(late).status) == (1, MOVED, "RUNNING")
        person.decide("reject")
        person.wait(minutes=1)


def test_a_wish_for_an_end_that_has_moved_is_none() -> None:
    with extender() as person:
        person.extend()
        person.wait(minutes=10)
        late = person.start("late", end=END.isoformat())
        person.wait(minutes=1)

        assert (person.end(late).state, person.sold(), person.ends_at()) == (NOTHING, 1, NEW_END)
        assert "it was asked for at 2027-03-21 11:30 UTC" in person.stage.notices("extension-unasked")[0]["text"]


def test_what_is_sold_out_is_told_and_can_be_asked_for_later() -> None:
    with extender() as person:
        market = person.stage.engine()._holdings.market
        free, market.free = market.free, lambda *_: 0  # type: ignore[method-assign]  # nothing is left for a while
        first = person.start()
        person.wait(minutes=1)
        assert (person.end(first).state, person.told()) == (NOTHING, ["extension-unasked"])
        assert "EC2 has no such time on sale now" in person.stage.notices("extension-unasked")[0]["text"]

        market.free = free  # type: ignore[method-assign]
        second = person.extend(name="later")
        person.wait(minutes=10)
        assert (person.end(second).state, person.states()) == (MOVED, ["paid"])


def test_nothing_is_bought_while_the_kill_switch_is_pulled_or_spending_is_off() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=1)
        person.buyer.put("/capacity-blocks/kill-switch", "pulled")
        assert person.decide() == 200
        person.wait(minutes=2)
        assert (person.end(execution).state, person.sold()) == (NOTHING, 0)
        assert (person.states(), person.book()) == (["closed"], [("1510", "released")])

        person.buyer.put("/capacity-blocks/kill-switch", "released")
        person.buyer.put("/capacity-blocks/spending", "off")
        second = person.start("second")
        person.wait(minutes=1)
        assert (person.end(second).state, len(person.questions())) == (NOTHING, 1)


def test_a_block_without_our_tag_or_too_close_to_its_end_is_not_extended() -> None:
    with extender() as person:
        other = person.stage.block(2, pool=None)
        stranger = person.start("stranger", reservation_id=other)
        person.wait(minutes=1)
        assert (person.end(stranger).status, "carries the tag" in person.end(stranger).words) == ("FAILED", True)

        person.stage.run_until(END - HOUR + MINUTE)
        late = person.start("late")
        person.wait(minutes=1)
        assert (person.end(late).state, person.sold()) == (NOTHING, 0)
        assert "until an hour before the end" in person.stage.notices("extension-unasked")[0]["text"]


def test_an_approval_that_comes_in_the_last_hour_is_too_late() -> None:
    with extender() as person:
        person.stage.run_until(END - HOUR - 10 * MINUTE)
        execution = person.start()
        person.wait(minutes=1)
        assert person.questions()[0]["Approve before"] == "2027-03-21 10:30 UTC"
        person.wait(minutes=9)

        assert person.decide() == 409
        person.wait(minutes=20)
        assert (person.end(execution).state, person.sold(), person.told()[-1]) == (NOTHING, 0, "extension-expired")


# --- without a question ----------------------------------------------------


def decided(person: Extender, utilization: str = "83") -> None:
    """Record that the block was used enough to be renewed, as reminders do."""
    client, table = person.stage.client("dynamodb"), person.stage.world.physical_id("Ledger")
    DynamoDbRenewals(client, table).record(
        Renewal(
            reservation_id=person.block,
            region=REGION,
            pool="training",
            instance_type="p5.48xlarge",
            instance_count=SIZE,
            end=END,
            mode=RenewalMode.EXTEND,
            duration=DAY,
            most_fee=Decimal(2000),
            utilization=Decimal(utilization),
            decided_at=person.stage.world.now,
        )
    )


def test_a_pool_that_renews_is_extended_without_a_question() -> None:
    with extender(asked=False, settings={"renewal": RENEWAL}) as person:
        decided(person)
        execution = person.start(automatic=True, most_fee="2000", why="83 % of it was in use")
        person.wait(minutes=10)

        assert (person.end(execution).state, person.ends_at()) == (MOVED, NEW_END)
        assert person.told() == ["extension-approved", "extension-bought", "extension-paid"]
        assert "83 % of it was in use" in person.stage.notices("extension-approved")[0]["text"]


def test_what_the_settings_or_the_record_do_not_allow_is_not_bought_and_not_asked_about() -> None:
    free = {**MONEY, "no_approval_up_to": "2000"}
    with extender(settings={"money": free, "renewal": RENEWAL}) as person:
        decided(person, "49")
        used_too_little = person.start("little", automatic=True)
        person.wait(minutes=1)
        assert (person.told(), person.end(used_too_little).state) == (["extension-unasked"], NOTHING)

        # What people hear when a renewal begins: this stops it.
        person.stage.settings("training", json.dumps({"money": free, "renewal": {"mode": "off"}}))
        switched_off = person.start("off", automatic=True)
        person.wait(minutes=1)
        assert (person.end(switched_off).state, person.sold()) == (NOTHING, 0)
        assert "renewal.mode is off, not extend" in person.stage.notices("extension-unasked")[-1]["text"]


def test_a_no_of_people_stands_over_what_nobody_asked_for() -> None:
    with extender(settings={"renewal": RENEWAL}) as person:
        decided(person)
        person.start()
        person.wait(minutes=1)
        person.decide("reject")
        person.wait(minutes=1)

        again = person.start("again", automatic=True)
        person.wait(minutes=1)
        assert (person.end(again).state, person.sold()) == (NOTHING, 0)


def test_a_machine_that_is_only_observed_buys_nothing() -> None:
    with extender(parameters={"EnablePurchases": "false"}) as person:
        execution = person.start()
        person.wait(minutes=1)

        assert (person.end(execution).state, person.sold(), person.questions()) == (NOTHING, 0, [])
