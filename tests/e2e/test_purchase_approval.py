"""Who decides about money: known callers, two of them above a limit, and nobody by a token or a claim."""

import json

from tests.e2e.purchase_stage import ALICE, BOB, EVE, FEE, PAID, buyer


def test_above_the_second_limit_it_takes_two_people() -> None:
    with buyer() as person:
        person.money(two_approvers_above="1000")
        person.start()
        person.wait(minutes=1)
        answers = [person.decide(by=by).status for by in (EVE, ALICE, ALICE)]
        person.wait(minutes=5)
        assert (answers, person.states(), person.sold()) == ([409, 200, 409], ["asked"], 0)

        assert person.decide(by=BOB).status == 200
        person.wait(minutes=8)
        [intent] = person.intents()
        assert (intent["state"], [each["by"] for each in intent["approvals"]]) == ("paid", [ALICE, BOB])


def test_the_console_serves_up_to_a_limit_of_its_own() -> None:
    with buyer() as person:
        person.start()
        person.wait(minutes=1)
        refused = person.decide_in_console()
        assert (refused[:12], person.states()) == ("Not approved", ["asked"])

        person.money(console_approval_up_to=FEE)
        person.decide_in_console()
        person.wait(minutes=8)
        assert (person.states(), person.told()) == (["paid"], PAID)


def test_a_token_that_anybody_sends_decides_nothing() -> None:
    with buyer() as person:
        execution = person.start()
        person.wait(minutes=1)
        for _ in range(3):
            token = person.token()
            word = json.dumps({"outcome": "approved", "decision": "approve", "approved": True})
            person.stage.client("stepfunctions").send_task_success(taskToken=token, output=word)
            person.wait(minutes=1)
        assert (person.states(), len(person.questions())) == (["asked"], 1)

        person.wait(hours=1)
        assert person.end(execution).state == "Nothing was bought"
        assert (person.told(), person.book()) == (["purchase-asked", "purchase-expired"], [(FEE, "released")])


def test_where_nobody_is_configured_nobody_can_approve() -> None:
    with buyer() as person:
        person.money(approvers=[])
        execution = person.start()
        person.wait(minutes=1)
        assert person.stage.notices("purchase-asked")[0]["severity"] == "critical"
        assert {person.decide(by=by).status for by in (ALICE, EVE)} == {409}

        person.wait(hours=1)
        assert (person.end(execution).state, person.sold()) == ("Nothing was bought", 0)


def test_a_kill_switch_pulled_after_the_approval_stops_the_purchase() -> None:
    with buyer() as person:
        execution = person.start()
        person.wait(minutes=1)
        person.decide()
        person.put("/capacity-blocks/kill-switch", "pulled")
        person.wait(minutes=5)

        assert person.end(execution).state == "Nothing was bought"
        assert person.told() == ["purchase-asked", "purchase-approved", "purchase-not-bought"]
        assert "kill switch" in person.stage.notices()[-1]["text"]
        assert (person.states(), person.book(), person.sold()) == (["closed"], [(FEE, "released")], 0)
