"""Looking around: what could not be read is never taken for nothing."""

from dataclasses import replace
from typing import Any

import pytest

from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.request import parse
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.purchasing.survey import surroundings
from tests.factories import a_reservation
from tests.fakes import refused
from tests.unit.core.purchase.shapes import END, NOW, PLACE, START, some_settings
from tests.unit.shell.purchasing.stage import Stage, a_document, a_stage, approved, bought, opened


def circumstances(stage: Stage, **changes: Any) -> Any:
    request = parse(a_document(request_id="june-training", **changes))
    return stage.steps().survey.circumstances(request, None)


def test_all_that_the_guards_decide_on_is_gathered() -> None:
    stage = a_stage()
    block = a_reservation(start=START, end=END)
    stage.region.reservations.hold(block, a_reservation(reservation_id="cr-99", tags={"capacity-blocks:pool": "other"}))

    known, errors = circumstances(stage)

    assert errors == ()
    assert (known.now, known.settings, known.places, known.blocks) == (NOW, some_settings(), (PLACE,), (block,))
    assert (known.spending, known.killed, known.siblings, known.book) == (True, False, (), stage.book)


@pytest.mark.parametrize(
    ("port", "method", "unread"),
    [
        ("groups", "tagged", {"places", "blocks"}),
        ("node_groups", "tagged", {"places", "blocks"}),
        ("reservations", "capacity_blocks", {"places", "blocks"}),
        ("subnets", "subnets", {"places"}),
    ],
)
def test_what_a_failed_call_leaves_unknown_is_none_and_said(port: str, method: str, unread: set[str]) -> None:
    stage = a_stage()
    getattr(stage.region, port).errors[method] = refused("Describe")

    around = surroundings("training", [stage.steps().site], stage.settings)

    assert {name for name in ("places", "blocks", "settings") if getattr(around, name) is None} == unread
    assert around.errors == ("Describe: AccessDenied: not allowed",)


def test_settings_that_cannot_be_read_are_said() -> None:
    stage = a_stage()
    stage.settings.errors["texts"] = refused("GetParametersByPath")

    around = surroundings("training", [stage.steps().site], stage.settings)

    assert (around.settings, around.places) == (None, (PLACE,))
    assert around.errors == ("GetParametersByPath: AccessDenied: not allowed",)


def test_settings_that_are_broken_are_said_and_no_settings() -> None:
    stage = a_stage()
    stage.settings.held["training"] = '{"money": {"most_per_purchase": "a lot"}}'

    around = surroundings("training", [stage.steps().site], stage.settings)

    assert around.settings is None
    assert "the settings of pool training cannot be read" in around.errors[0]


def test_a_pool_without_settings_has_none_and_that_is_no_error() -> None:
    stage = a_stage()
    stage.settings.held.clear()

    around = surroundings("training", [stage.steps().site], stage.settings)

    assert (around.settings, around.errors) == (None, ())


def test_a_pool_that_nothing_belongs_to_has_no_place() -> None:
    stage = a_stage()

    around = surroundings("other", [stage.steps().site], stage.settings)

    assert (around.places, around.blocks, around.errors) == ((), (), ())


def test_a_deployer_who_permits_no_purchase_is_over_any_switch() -> None:
    stage = a_stage()
    stage.may_spend = False
    stage.switches.on = None

    known, errors = circumstances(stage)

    assert (known.spending, errors) == (False, ())


def test_switches_that_cannot_be_read_are_said() -> None:
    stage = a_stage()
    stage.switches.on = stage.switches.pulled = None

    known, errors = circumstances(stage)

    assert (known.spending, known.killed) == (None, None)
    assert errors == ("whether spending is on could not be read", "the kill switch could not be read")


@pytest.mark.parametrize("make", [approved, bought])
def test_what_another_request_is_buying_counts_as_a_block(make: Any) -> None:
    stage = a_stage()
    make(stage)
    stage.region.reservations.held.clear()

    known, _ = circumstances(stage)

    assert [(b.reservation_id, b.instance_count, b.start, b.end, b.state) for b in known.blocks] == [
        (stage.intent.intent_id, 8, START, END, ReservationState.PAYMENT_PENDING)
    ]


def test_what_another_request_only_asks_about_does_not_count() -> None:
    stage = a_stage()
    approved(stage)
    stage.ledger.kept["may-training", 1] = replace(stage.intent, state=IntentState.ASKED)

    assert circumstances(stage)[0].blocks == ()


def test_what_a_request_of_another_pool_buys_does_not_count() -> None:
    stage = a_stage()
    bought(stage)
    stage.region.reservations.held.clear()

    assert circumstances(stage, pool="other")[0].blocks == ()


def test_of_two_approved_at_once_the_one_that_was_asked_first_goes_first() -> None:
    stage = a_stage()
    first = approved(stage)
    second = replace(first, request_id="june-training", asked_at=first.asked_at.replace(minute=1))
    survey = stage.steps().survey
    stage.ledger.kept["june-training", 1] = second
    row = stage.ledger.requests["may-training"]
    stage.ledger.requests["june-training"] = replace(
        row, request_id="june-training", document=a_document(request_id="june-training")
    )

    of_first, _ = survey.circumstances(parse(a_document()), first)
    of_second, _ = survey.circumstances(parse(a_document(request_id="june-training")), second)

    assert of_first.blocks == ()
    assert [each.reservation_id for each in of_second.blocks or ()] == [first.intent_id]


def test_the_other_intents_of_the_request_are_its_siblings() -> None:
    stage = a_stage()
    opened(stage)
    intent = approved(stage)
    other = replace(intent, number=2)
    stage.ledger.kept["may-training", 2] = other

    known, _ = stage.steps().survey.circumstances(parse(a_document()), intent)

    assert known.siblings == (other,)
