"""What goes wrong around a purchase: prices that move, replies that are lost, payments that fail, people who stop."""

from datetime import timedelta
from decimal import Decimal

from simulator.capacity_blocks import Payment
from simulator.capacity_blocks.visibility import Lateness
from simulator.faults import Fault, Faults, Strike
from tests.e2e.purchase_stage import FEE, FUNCTION, PAID, buyer

ASKED_TWICE = ["purchase-asked", "purchase-approved", "purchase-not-bought", "purchase-asked"]
LOST = Faults(Strike(fault=Fault.REPLY_LOST, at="ec2.PurchaseCapacityBlock", mutating=True, caller=FUNCTION))


def test_what_became_dearer_or_is_gone_is_asked_about_anew_and_not_bought_in_silence() -> None:
    with buyer() as person:
        execution = person.start()
        person.wait(minutes=1)
        person.stage.engine().market.set_fee("p5.48xlarge", Decimal(40))
        person.decide()
        person.wait(minutes=2)
        first, second = person.questions()
        assert (first["Fee"], second["Fee"], person.sold()) == ("$1,510", "$1,920", 0)
        assert (person.told(), person.book()) == (ASKED_TWICE, [(FEE, "released"), ("1920", "reserved")])

        person.stage.engine().market.sell_out(second["Offering"])
        person.decide()
        person.wait(minutes=2)
        third = person.questions()[-1]
        assert (second["Start"] != third["Start"], person.sold()) == (True, 0)

        person.decide()
        person.wait(minutes=9)
        assert person.end(execution).state == "The block is paid and handed to its pool"
        assert person.states() == ["closed", "closed", "paid"]


def test_what_ec2_refuses_for_certain_is_asked_about_anew() -> None:
    with buyer() as person:
        person.stage.engine().quotas["p5"] = 1
        execution = person.buy()
        assert (person.states(), person.sold()) == (["refused", "asked"], 0)
        assert "InstanceLimitExceeded" in person.stage.notices("purchase-refused")[0]["text"]

        person.stage.engine().quotas["p5"] = 64
        person.decide()
        person.wait(minutes=9)
        assert person.end(execution).state == "The block is paid and handed to its pool"
        assert person.book() == [(FEE, "released"), (FEE, "committed")]


def test_a_purchase_whose_reply_is_lost_is_found_by_its_tag_however_late_that_shows() -> None:
    with buyer(faults=LOST) as person:
        person.stage.engine().plan_lateness(Lateness(tags=timedelta(minutes=5)))
        execution = person.buy()
        person.wait(minutes=2)
        assert person.told()[2:] == ["purchase-unknown"]

        person.wait(minutes=10)
        assert person.end(execution).state == "The block is paid and handed to its pool"
        assert person.told()[3:] == ["purchase-found", "purchase-paid"]
        assert (person.sold(), "adopted" in person.history()) == (1, True)


def test_a_purchase_that_nothing_tells_of_is_found_by_what_it_is_and_tagged_anew() -> None:
    with buyer(faults=LOST) as person:
        person.stage.engine().plan_lateness(Lateness(tags=timedelta(hours=5)))
        person.buy()
        person.wait(minutes=40)

        assert person.told()[2:5] == ["purchase-unknown", "purchase-found", "purchase-tags-repaired"]
        assert person.states() == ["paid"]


def test_a_purchase_that_nobody_can_find_is_a_persons_to_end() -> None:
    with buyer(faults=LOST) as person:
        person.stage.engine().plan_lateness(Lateness(listed=timedelta(hours=5)))
        execution = person.buy()
        person.wait(minutes=40)
        assert person.end(execution).state == "A person must find out what was bought"
        assert (person.told()[-1], person.book()) == ("purchase-not-found", [(FEE, "reserved")])

        person.wait(hours=5)  # it shows after all, and the sweep finds it
        assert (person.states(), person.book(), person.sold()) == (["paid"], [(FEE, "committed")], 1)


def test_a_payment_that_fails_is_told_and_its_money_is_free_again() -> None:
    with buyer() as person:
        person.stage.engine().plan_payment(Payment(after=timedelta(minutes=6), succeeds=False))
        execution = person.buy()
        person.wait(minutes=8)

        assert person.end(execution).state == "The payment failed"
        assert person.stage.notices()[-1]["severity"] == "critical"
        assert (person.told(), person.book()) == ([*PAID[:3], "purchase-payment-failed"], [(FEE, "released")])


def test_who_stops_the_workflow_during_the_payment_stops_no_purchase() -> None:
    with buyer() as person:
        execution = person.buy()
        person.stop(execution)
        person.wait(minutes=1)
        failed = person.stage.notices("purchase-request-failed")[0]
        assert (person.end(execution).status, "Still open" in failed["text"]) == ("ABORTED", True)

        person.wait(minutes=20)  # the sweep follows it
        assert (person.states(), person.book(), person.told()[-1]) == (["paid"], [(FEE, "committed")], "purchase-paid")

        person.redrive(execution)
        person.wait(minutes=5)
        assert (person.end(execution).state, person.sold()) == ("The block is paid and handed to its pool", 1)


def test_who_stops_the_workflow_at_the_question_and_redrives_it_buys_nothing() -> None:
    with buyer() as person:
        execution = person.start()
        person.wait(minutes=1)
        person.stop(execution)
        person.wait(minutes=1)
        assert (person.decide().status, person.book()) == (409, [(FEE, "released")])

        person.redrive(execution)
        person.wait(minutes=5)
        assert person.end(execution).state == "Nothing was bought"
        assert (person.states(), person.sold()) == (["closed"], 0)


def test_the_workflow_of_an_intent_started_again_by_hand_buys_nothing_more() -> None:
    with buyer() as person:
        person.buy()
        again = person.start_intent("by-hand")
        person.wait(minutes=9)

        assert (person.end(again).state, person.sold()) == ("The block is paid", 1)
