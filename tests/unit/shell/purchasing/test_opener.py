"""Opening a request: read as a whole, and claimed by one execution."""

from typing import Any

import pytest

from capacity_blocks.core.purchase.request import PurchaseRequestError
from capacity_blocks.purchase_ports import RequestRow
from capacity_blocks.purchasing.opener import RequestTakenError
from capacity_blocks.purchasing.step import StepError
from tests.fakes import unclear
from tests.unit.core.purchase.shapes import NOW
from tests.unit.shell.purchasing.stage import EXECUTION, Stage, a_document, a_stage

AGAIN = f"{EXECUTION}-again"


def opened(stage: Stage, execution: str = EXECUTION, continues: str | None = None, **changes: Any) -> dict[str, Any]:
    event = {"request": a_document(**changes), "execution": execution, "continues": continues}
    return stage.steps().open(event)


def test_a_request_is_claimed_for_the_execution_that_asks() -> None:
    stage = a_stage()

    assert opened(stage) == {
        "opened": True,
        "request": a_document(),
        "notes": [],
        "holder": EXECUTION,
        "told": "",
    }
    row = stage.ledger.requests["may-training"]
    assert row == RequestRow(
        request_id="may-training", digest=row.digest, document=a_document(), execution=EXECUTION, claimed_at=NOW
    )


def test_the_same_execution_may_open_it_again() -> None:
    stage = a_stage()

    assert opened(stage) == opened(stage)


def test_another_execution_is_told_who_has_it() -> None:
    stage = a_stage()
    opened(stage)

    answer = opened(stage, AGAIN)

    assert (answer["opened"], answer["holder"], answer["told"]) == (False, EXECUTION, "it is being worked on")


def test_a_claim_whose_reply_was_lost_is_known_again() -> None:
    stage = a_stage()
    stage.ledger.lost["claim_request"] = unclear("PutItem")
    with pytest.raises(Exception, match="PutItem"):
        opened(stage)
    stage.ledger.lost.clear()

    assert opened(stage)["opened"]


def test_an_id_that_was_used_for_something_else_is_refused() -> None:
    stage = a_stage()
    opened(stage)

    with pytest.raises(
        RequestTakenError, match=r'request_id is "may-training"; allowed: a new one.*for another request'
    ):
        opened(stage, AGAIN, instance_count=16)


def test_a_request_that_has_ended_is_not_opened_again() -> None:
    stage = a_stage()
    opened(stage)
    stage.ledger.end_request(stage.ledger.requests["may-training"], "paid")

    for execution in (EXECUTION, AGAIN):
        answer = opened(stage, execution)
        assert (answer["opened"], answer["told"]) == (False, "it has ended: paid")


def test_an_execution_that_goes_on_for_another_takes_its_request_over() -> None:
    stage = a_stage()
    opened(stage)

    assert opened(stage, AGAIN, continues=EXECUTION)["opened"]
    assert stage.ledger.requests["may-training"].execution == AGAIN
    assert not opened(stage)["opened"]


def test_nobody_takes_a_request_over_that_is_not_held_by_whom_they_name() -> None:
    stage = a_stage()
    opened(stage)

    assert not opened(stage, AGAIN, continues=f"{EXECUTION}-else")["opened"]


def test_a_dry_run_claims_nothing() -> None:
    stage = a_stage()

    answer = opened(stage, dry_run=True)

    assert (answer["opened"], answer["told"]) == (True, "a dry run: nothing is claimed, asked or bought")
    assert stage.ledger.requests == {}


def test_what_was_made_legal_is_noted() -> None:
    assert opened(a_stage(), duration_days=15, latest_end="2026-06-16T00:00:00Z")["notes"] == [
        "duration_days 15 is searched for as 21: past 14 days EC2 sells whole weeks"
    ]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(PurchaseRequestError) as error:
        opened(a_stage(), instance_count=0, most_upfront_fee="a lot")

    assert "instance_count is 0; allowed" in str(error.value)
    assert 'most_upfront_fee is "a lot"; allowed' in str(error.value)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "request is null; allowed: a JSON object"),
        ({}, "request is null; allowed: a JSON object"),
        ({"request": "may-training"}, 'request is "may-training"; allowed: a JSON object'),
        ({"request": a_document()}, "execution is null; allowed: a text that is not empty"),
    ],
)
def test_an_event_that_is_none_is_refused(event: object, words: str) -> None:
    with pytest.raises(StepError, match=words):
        a_stage().steps().open(event)
