"""What goes wrong around an extension: lost replies, payments that fail, people who buy by hand or stop."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from simulator.capacity_blocks import Payment
from simulator.capacity_blocks.visibility import Lateness
from simulator.faults import Fault, Faults, Strike
from tests.e2e.extension_stage import FUNCTION, NEW_END, PAID, Extender, extender
from tests.e2e.purchase_stage import MONEY
from tests.e2e.stage import END

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MOVED = "The extension is paid and the end has moved"
NOTHING = "Nothing was bought"
LOST = Faults(Strike(fault=Fault.REPLY_LOST, at="ec2.PurchaseCapacityBlockExtension", mutating=True, caller=FUNCTION))
UNSENT = Faults(
    Strike(fault=Fault.CRASH_BEFORE, at="ec2.PurchaseCapacityBlockExtension", mutating=True, caller=FUNCTION)
)


def by_hand(person: Extender, hours: int = 24, **payment: Any) -> None:
    """Let somebody extend the block in the console."""
    person.stage.extend(person.block, hours, **payment)


def nothing_was_bought(person: Extender) -> dict[str, Any]:
    intent = person.tally().intents[-1]
    named = {"request_id": intent["request_id"], "number": intent["number"]}
    event = {"intent": {**named, "intent_id": person.questions()[-1]["Intent"]}, "nothing_was_bought": True}
    return dict(person.stage.world.invoke("FollowExtensionFunction", event))


def test_a_payment_that_fails_leaves_the_old_end_and_people_may_try_once_more() -> None:
    with extender() as person:
        person.stage.engine().plan_payment(Payment(after=6 * MINUTE, succeeds=False))
        first = person.extend()
        person.wait(minutes=10)
        assert (person.end(first).state, person.ends_at()) == ("The payment failed", END)
        assert (person.told()[-1], person.book()) == ("extension-payment-failed", [("1510", "released")])
        assert person.stage.notices("extension-payment-failed")[0]["severity"] == "critical"

        automatic = person.start("automatic", automatic=True)
        person.wait(minutes=1)
        assert person.end(automatic).state == NOTHING  # what failed is a person's to try again

        second = person.extend(name="again")
        person.wait(minutes=10)
        assert (person.end(second).state, person.ends_at(), person.states()) == (
            MOVED,
            NEW_END,
            ["payment failed", "paid"],
        )


def test_an_extension_whose_reply_is_lost_is_found_in_the_history_however_late_it_shows() -> None:
    with extender(faults=LOST) as person:
        person.stage.engine().plan_lateness(Lateness(listed=15 * MINUTE))
        execution = person.extend()
        person.wait(minutes=5)
        assert person.told()[2:] == ["extension-unknown"]

        person.wait(minutes=15)
        assert person.end(execution).state == MOVED
        assert person.told()[3:] == ["extension-found", "extension-paid"]
        assert (person.sold(), person.states(), person.ends_at()) == (1, ["paid"], NEW_END)


def test_while_nobody_knows_whether_it_was_bought_nothing_more_is() -> None:
    with extender(faults=LOST) as person:
        person.stage.engine().plan_lateness(Lateness(listed=15 * MINUTE))
        person.stage.engine().plan_payment(Payment(after=HOUR))
        person.extend()
        second = person.start("second")
        person.wait(minutes=5)
        assert (person.end(second).state, person.told()[-1]) == (NOTHING, "extension-unknown")

        person.wait(hours=2)
        assert (person.sold(), person.states()) == (1, ["paid"])


def test_nor_beyond_the_end_that_it_has_moved() -> None:
    free = {"money": {**MONEY, "no_approval_up_to": "2000"}}
    with extender(faults=LOST, asked=False, settings=free) as person:
        person.stage.engine().plan_lateness(Lateness(listed=2 * HOUR))
        person.start("first")
        person.wait(minutes=12)
        assert (person.states(), person.ends_at()) == (["unknown"], NEW_END)

        second = person.start("second")
        person.wait(hours=5)
        assert (person.end(second).state, person.sold(), person.ends_at()) == (NOTHING, 1, NEW_END)
        assert (person.states(), person.book()) == (["paid"], [("1510", "committed")])


def test_an_extension_that_nobody_can_find_is_a_persons_to_end() -> None:
    with extender(faults=UNSENT) as person:
        execution = person.extend()
        person.wait(minutes=45)
        assert person.end(execution).state == "A person must find out what was bought"
        assert (person.told()[-1], person.book(), person.sold()) == ("extension-not-found", [("1510", "reserved")], 0)

        assert nothing_was_bought(person)["outcome"] == "closed"
        person.wait(minutes=30)
        assert (person.states(), person.book()) == (["closed"], [("1510", "released")])

        second = person.extend(name="again")
        person.wait(minutes=10)
        assert (person.end(second).state, person.states(), person.sold()) == (MOVED, ["closed", "paid"], 1)


def test_what_shows_after_a_person_was_asked_is_taken_over_all_the_same() -> None:
    with extender(faults=LOST) as person:
        person.stage.engine().plan_lateness(Lateness(listed=2 * HOUR))
        execution = person.extend()
        person.wait(minutes=45)
        assert person.end(execution).state == "A person must find out what was bought"

        person.wait(hours=2)
        assert (person.states(), person.book(), person.sold()) == (["paid"], [("1510", "committed")], 1)


def test_what_shows_after_a_second_wish_has_come_and_gone_is_taken_over_too() -> None:
    with extender(faults=LOST) as person:
        person.stage.engine().plan_lateness(Lateness(listed=2 * HOUR))
        person.stage.engine().plan_payment(Payment(after=5 * HOUR))
        person.extend()
        person.wait(minutes=45)
        assert nothing_was_bought(person)["outcome"] == "closed"
        second = person.start("second")
        person.wait(minutes=1)
        assert (person.end(second).state, person.book()) == (NOTHING, [("1510", "released")])

        person.wait(hours=7)
        assert (person.states(), person.book(), person.sold()) == (["paid"], [("1510", "committed")], 1)


def test_what_somebody_buys_by_hand_between_question_and_approval_is_not_bought_again() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=1)
        by_hand(person, paid_after=HOUR)
        person.buyer.stage.world.run_for(MINUTE)
        assert person.decide() == 200
        person.wait(minutes=2)

        assert (person.end(execution).state, person.sold(), person.states()) == (NOTHING, 1, ["closed"])
        assert "is payment-pending" in person.stage.notices("extension-not-bought")[0]["text"]
        assert person.book() == [("1510", "released")]
        person.ours_apart()


def test_what_was_bought_by_hand_and_paid_moves_the_end_so_that_the_question_is_void() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=1)
        by_hand(person, paid_after=6 * MINUTE)
        person.wait(minutes=10)
        assert (person.decide(), person.ends_at()) == (200, NEW_END)
        person.wait(minutes=2)

        assert (person.end(execution).state, person.sold(), person.states()) == (NOTHING, 1, ["closed"])
        person.ours_apart()


def test_by_hand_while_the_reply_is_lost_it_is_one_extension_and_not_two() -> None:
    with extender(faults=UNSENT) as person:
        person.extend()
        by_hand(person, 48, paid_after=HOUR)  # another length: EC2 would not sell ours beside it
        person.wait(minutes=45)
        assert (person.told()[-1], person.sold()) == ("extension-not-found", 1)
        assert "from the same end" in person.stage.notices("extension-not-found")[0]["text"]

        assert nothing_was_bought(person)["outcome"] == "closed"
        person.wait(hours=1)
        assert (person.states(), person.book()) == (["closed"], [("1510", "released")])
        person.ours_apart()


def test_the_same_time_by_hand_while_the_reply_is_lost_is_a_persons_to_tell_apart() -> None:
    with extender(faults=UNSENT) as person:
        person.extend()
        by_hand(person, 24, paid_after=HOUR)  # another search, so another id
        person.wait(minutes=45)
        assert (person.states(), person.sold(), person.book()) == (["not found"], 1, [("1510", "reserved")])
        assert "from the same end" in person.stage.notices("extension-not-found")[0]["text"]

        assert nothing_was_bought(person)["outcome"] == "closed"
        person.wait(hours=2)
        assert (person.states(), person.book(), person.ends_at()) == (["closed"], [("1510", "released")], NEW_END)
        person.ours_apart()


def test_what_became_dearer_is_asked_about_anew_and_not_bought_in_silence() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=1)
        person.stage.engine().market.set_fee("p5.48xlarge", Decimal(40))
        person.decide()
        person.wait(minutes=2)
        first, second = person.questions()
        assert (first["Fee"], second["Fee"], person.sold()) == ("$1,510", "$1,920", 0)

        person.decide()
        person.wait(minutes=10)
        assert (person.end(execution).state, person.states()) == (MOVED, ["closed", "paid"])
        assert person.book() == [("1510", "released"), ("1920", "committed")]


def test_who_stops_the_workflow_during_the_payment_stops_no_extension() -> None:
    with extender() as person:
        execution = person.extend()
        person.buyer.stop(execution)
        person.wait(minutes=1)
        failed = person.stage.notices("purchase-request-failed")[0]
        assert (person.end(execution).status, "Still open" in failed["text"]) == ("ABORTED", True)

        person.wait(minutes=25)  # the sweep follows it
        assert (person.states(), person.told(), person.ends_at()) == (["paid"], PAID, NEW_END)


def test_who_stops_the_workflow_at_the_question_buys_nothing_and_may_start_another() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=1)
        person.buyer.stop(execution)
        person.wait(minutes=1)
        assert (person.decide(), person.book()) == (409, [("1510", "released")])

        second = person.extend(name="again")
        person.wait(minutes=10)
        assert (person.end(second).state, person.states()) == (MOVED, ["closed", "paid"])


def test_what_ec2_refuses_for_certain_is_chosen_anew() -> None:
    refused = Faults(
        Strike(fault=Fault.DENIED, at="ec2.PurchaseCapacityBlockExtension", mutating=True, caller=FUNCTION)
    )
    with extender(faults=refused) as person:
        execution = person.extend()
        person.wait(minutes=1)
        assert (person.states(), person.sold()) == (["refused", "asked"], 0)
        person.decide()
        person.wait(minutes=10)
        assert (person.end(execution).state, person.sold()) == (MOVED, 1)
