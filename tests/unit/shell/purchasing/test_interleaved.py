"""Two runs at once: another run, whole, within every call of every step. One of them buys, or none."""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.intent import IntentState
from tests.unit.core.purchase.shapes import BOB
from tests.unit.shell.purchasing.scenario import EVERY_STEP, SCENARIOS
from tests.unit.shell.purchasing.stage import EXECUTION, a_decision, a_document, chosen, minutes
from tests.unit.shell.purchasing.strike import EXPECTED, CutIn, assert_bought_once, assert_sound
from tests.unit.shell.purchasing.workflow import Workflow, answering

Other = Callable[[Workflow], None]


def run(workflow: Workflow, step: str, event: Any) -> None:
    """Run a step beside the workflow, as an invocation that nothing strikes; what it raises is looked at later."""
    try:
        getattr(workflow.stage.steps("beside"), step)(event)
    except EXPECTED as error:  # a race that is lost
        workflow.errors.append(error)


def the_same_step(workflow: Workflow) -> None:
    assert workflow.now is not None
    run(workflow, *workflow.now)


def the_purchase(workflow: Workflow) -> None:
    if workflow.stage.intents:
        run(workflow, "purchase", {"intent": workflow.stage.named})


def a_look(workflow: Workflow) -> None:
    if workflow.stage.intents:
        run(workflow, "follow", {"intent": workflow.stage.named})


def a_look_after_all_others(workflow: Workflow) -> None:
    """Look when the function that buys should be long dead, and the look-ups are over."""
    workflow.stage.clock.sleep_until(workflow.stage.clock.instant + timedelta(minutes=40))
    a_look(workflow)


def the_sweep(workflow: Workflow) -> None:
    run(workflow, "follow", {})


def a_rejection(workflow: Workflow) -> None:
    if workflow.stage.intents:
        run(workflow, "decide", a_decision(workflow.stage, BOB, "reject"))


def an_approval(workflow: Workflow) -> None:
    if workflow.stage.intents:
        run(workflow, "decide", a_decision(workflow.stage, BOB))


def an_abort(workflow: Workflow) -> None:
    """Have a person stop the execution. The step that runs comes to its end, and no other begins."""
    workflow.is_aborted = True
    workflow.tell_of_end("ABORTED", EXECUTION, workflow.document)


def a_second_execution(workflow: Workflow) -> None:
    other = Workflow(
        stage=workflow.stage, people=workflow.people, document=workflow.document, execution=f"{EXECUTION}-again"
    )
    other.play()
    workflow.errors += other.errors


DECIDING = frozenset({"choose", "ask", "decide"})
BUYING = frozenset({"purchase", "follow", "close"})
# What runs beside it, in which scenario, and the steps that it may get in the way of.
OTHERS: dict[str, tuple[str, Other, frozenset[str]]] = {
    "the same step": ("a person approves", the_same_step, EVERY_STEP),
    "the same step, where the settings approve": ("the settings approve", the_same_step, EVERY_STEP),
    "the same step, where the reply is lost": ("the reply is lost and EC2 shows it late", the_same_step, BUYING),
    "the same step, where EC2 refuses the first": ("EC2 refuses the first", the_same_step, BUYING),
    "the purchase": ("a person approves", the_purchase, BUYING | {"decide"}),
    "the purchase, where two people approve": ("two people approve", the_purchase, DECIDING),
    "a look": ("a person approves", a_look, BUYING | {"decide"}),
    "a look after all others": ("the reply is lost and EC2 shows it late", a_look_after_all_others, BUYING),
    "the sweep": ("a person approves", the_sweep, BUYING),
    "a rejection": ("a person approves", a_rejection, DECIDING | {"purchase"}),
    "an approval": ("a person approves", an_approval, DECIDING),
    "an abort": ("a person approves", an_abort, EVERY_STEP),
    "an abort, where EC2 refuses the first": ("EC2 refuses the first", an_abort, BUYING),
    "an abort, where the reply is lost": ("the reply is lost and EC2 shows it late", an_abort, BUYING),
    "a second execution": ("a person approves", a_second_execution, EVERY_STEP - {"follow", "ask", "decide"}),
}
# Nobody is there to end a request that was claimed after the end of its execution. It holds no money, and asks nobody.
UNHELD: dict[Other, tuple[tuple[str, str], ...]] = {an_abort: (("open", "ledger.claim_request"),)}


@pytest.mark.parametrize("name", OTHERS)
def test_whatever_runs_at_the_same_time_the_request_buys_once(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, other, within = SCENARIOS[OTHERS[name][0]], *OTHERS[name][1:]
    places = [each for each in scenario.places() if each[1] in within and each[1:] not in UNHELD.get(other, ())]

    for number, step, call in places:
        cut_in = CutIn(number, lambda: other(workflow))  # noqa: B023  # it is called before the next turn
        workflow = scenario.workflow(cut_in)
        try:
            workflow.play()
            workflow.sweep()
            assert_sound(workflow)
        except Exception as error:
            raise AssertionError(f"{name}: within call {number} of {step}, {call}") from error
        assert cut_in.is_done

    with capsys.disabled():
        sys.stdout.write(f"\n{len(places)} places: {name} ")


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_step_run_twice_in_a_row_comes_to_the_same_end(name: str) -> None:
    scenario = SCENARIOS[name]
    workflow = scenario.workflow()
    workflow.times = 2
    workflow.most *= 2

    ended = workflow.play()
    workflow.sweep()

    assert_sound(workflow)
    assert (ended, len(workflow.stage.market.bought)) == scenario.ends


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_step_can_be_run_again_at_every_later_point(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, again = SCENARIOS[name], 0
    workflow = scenario.workflow()

    def redrive() -> None:
        nonlocal again
        for step, event in {repr(each): each for each in workflow.played}.values():  # each kind of event once
            run(workflow, step, event)
            assert_bought_once(workflow.stage)
            again += 1

    workflow.after_each = redrive
    ended = workflow.play()
    workflow.sweep()

    assert_sound(workflow)
    # An old search that is chosen from again asks for what is gone, at most so often that the request gives up.
    assert (ended, len(workflow.stage.market.bought)) in {scenario.ends, ("nothing", 0)}
    with capsys.disabled():
        sys.stdout.write(f"\n{again} steps again: {name} ")


def test_a_second_execution_finds_the_request_taken_and_leaves_it() -> None:
    workflow = SCENARIOS["a person approves"].workflow()
    workflow.play()
    second = Workflow(stage=workflow.stage, people=answering(), execution=f"{EXECUTION}-again")

    assert second.play() == "another execution has the request"
    assert [step for step, _ in second.played] == ["open"]


def test_an_execution_that_is_stopped_releases_what_was_not_attempted() -> None:
    scenario = SCENARIOS["a person approves"]
    ask = next(number for number, step, _ in scenario.places() if step == "ask")
    workflow = scenario.workflow(CutIn(ask, lambda: an_abort(workflow)))

    workflow.play()

    assert [each.state for each in workflow.stage.intents] == [IntentState.CLOSED]
    assert workflow.stage.money == {"1": "released"}
    assert workflow.stage.ledger.requests["may-training"].ended == "its workflow is ABORTED"


def test_of_two_requests_that_each_found_the_way_free_one_buys_at_most() -> None:
    """June is held up in its purchase; may, which asked first and was not approved, is approved and buys meanwhile."""
    bought: Counter[int] = Counter()

    def meanwhile() -> None:
        stage.steps("may-decides").decide(a_decision(stage))
        stage.steps("may-buys").purchase({"intent": stage.named})

    for number in count():
        stage = SCENARIOS["a person approves"].stage()
        chosen(stage)
        stage.clock.sleep_until(minutes(1))
        june = chosen(stage, "june", f"{EXECUTION}-june", request_id="june-training")["intent"]
        intent = stage.ledger.intents("june-training")[-1]
        body = {"intent_id": intent.intent_id, "terms": intent.terms.hash, "decision": "approve"}
        stage.steps("june-decides").decide(a_decision(stage, BOB) | {"body": body})
        cut_in = CutIn(number, meanwhile)
        with suppress(*EXPECTED):
            stage.steps("june-buys", cut_in).purchase({"intent": june})
        if not cut_in.is_done:
            break
        assert len(stage.market.bought) <= 1, f"within call {number}, {cut_in.calls[number]}"
        bought[len(stage.market.bought)] += 1

    assert bought[1] > 20


def test_two_requests_for_one_need_buy_once(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = SCENARIOS["a person approves"]
    places = [each for each in scenario.places() if each[1] in {"open", "choose", "decide", "purchase"}]
    buyers: Counter[str] = Counter()

    def another_request() -> None:
        document = a_document(request_id="june-training")
        other = Workflow(stage=workflow.stage, people=by_june, document=document, execution=f"{EXECUTION}-june")
        other.play()

    def by_june(other: Workflow) -> None:
        intent = other.stage.ledger.intents("june-training")[-1]
        body = {"intent_id": intent.intent_id, "terms": intent.terms.hash, "decision": "approve"}
        other.invoke("decide", a_decision(other.stage, BOB) | {"body": body})

    for number, step, call in places:
        workflow = scenario.workflow(CutIn(number, another_request))
        workflow.play()
        bought = [each.tags[tag.INTENT] for each in workflow.stage.market.bought.values()]
        assert len(bought) <= 1, f"within call {number} of {step}, {call}"
        buyers[bought[0][:3] if bought else "none"] += 1

    assert buyers.keys() == {"may", "jun"}
    with capsys.disabled():
        sys.stdout.write(f"\n{len(places)} places: another request for the same need, {dict(buyers)} ")
