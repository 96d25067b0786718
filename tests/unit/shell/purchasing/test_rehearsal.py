"""The dry run of a purchase: what it would ask and buy, in words; nothing is written, reserved or sent."""

from typing import Any

from tests.fakes import unclear
from tests.unit.core.purchase.shapes import an_offering
from tests.unit.shell.purchasing.stage import EXECUTION, Stage, a_document, a_stage
from tests.unit.shell.purchasing.workflow import Workflow, answering


def rehearse(stage: Stage, **changes: Any) -> dict[str, Any]:
    document = a_document(dry_run=True, **changes)
    found = stage.steps().search({"request": document})
    return stage.steps().choose({"request": document, "search": found, "execution": EXECUTION, "looks": 1})


def untouched(stage: Stage) -> bool:
    ledger = stage.ledger
    return not (ledger.requests or ledger.kept or ledger.books or stage.notifier.sent or stage.market.bought)


def test_it_says_what_would_be_asked_and_touches_nothing() -> None:
    stage = a_stage()

    answer = rehearse(stage)

    assert (answer["outcome"], answer["intent"], answer["wait_until"]) == ("dry_run", None, None)
    assert "cb-0a" in answer["told"]
    assert "$42,000" in answer["told"]
    assert untouched(stage)


def test_a_whole_workflow_of_it_stops_there() -> None:
    stage = a_stage()

    workflow = Workflow(stage=stage, people=answering(), document=a_document(dry_run=True))

    assert workflow.play() == "dry_run"
    assert [step for step, _ in workflow.played] == ["open", "search", "choose", "close"]
    assert untouched(stage)


def test_it_says_what_speaks_against_the_best() -> None:
    stage = a_stage()
    stage.switches.pulled = True

    assert "the kill switch is pulled" in rehearse(stage)["told"]
    assert untouched(stage)


def test_it_shows_the_first_that_nothing_speaks_against() -> None:
    stage = a_stage(an_offering())
    stage.spend(most_per_purchase="1")

    assert "Nothing on sale is what was asked for." in rehearse(stage)["told"]


def test_nothing_on_sale_is_said() -> None:
    assert "Nothing on sale is what was asked for." in rehearse(Stage())["told"]


def test_what_cannot_be_read_is_said_at_the_end() -> None:
    stage = a_stage()
    stage.switches.on = None
    stage.settings.errors["texts"] = unclear("GetParametersByPath")

    told = rehearse(stage)["told"]

    assert told.splitlines()[-1] == "whether spending is on could not be read"
    assert "GetParametersByPath" in told
    assert untouched(stage)
