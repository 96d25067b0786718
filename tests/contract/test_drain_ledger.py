"""The fake ledger of drains and the one in DynamoDB keep the same promises."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.adapters.dynamodb_drains import DynamoDbDrainLedger
from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Report, Verdict
from capacity_blocks.drain_ports import DrainLedger
from tests import aws
from tests.factories import REGION, at
from tests.fakes import FakeDrainLedger

NOW = at("2026-03-02T10:50")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
RECORD = DrainRecord(
    reservation_id="cr-0a",
    instance_id="i-0a",
    region=REGION,
    group="train",
    pool="training",
    run="r1",
    until=NOW + MINUTE,
    started=NOW,
)
FULL = replace(
    RECORD,
    deadline=NOW + 9 * MINUTE,
    verdict=Verdict.LET_GO,
    ended=NOW + 9 * MINUTE,
    reasons=("ml/worker is held back", "and more"),
    evicted=("ml/server",),
    stuck=("ml/worker is held back: loosen it",),
    interrupted=True,
    termination=NOW + 5 * MINUTE,
    told=True,
)


@pytest.fixture(params=["fake", "dynamodb"])
def ledger(request: pytest.FixtureRequest) -> Iterator[DrainLedger]:
    if request.param == "fake":
        yield FakeDrainLedger()
        return
    with aws.moto():
        client = aws.ledger_table("ledger")
        yield DynamoDbDrainLedger(client, "ledger")


@pytest.mark.parametrize(
    "record", [RECORD, FULL, replace(FULL, reservation_id="", pool="")], ids=["new", "full", "out"]
)
def test_a_drain_is_read_as_it_was_written(ledger: DrainLedger, record: DrainRecord) -> None:
    assert ledger.write(record, replacing=None)

    assert ledger.read(record.reservation_id, "i-0a") == record


def test_a_drain_that_nobody_began_is_none(ledger: DrainLedger) -> None:
    ledger.write(RECORD, replacing=None)

    assert ledger.read("cr-0a", "i-0b") is None
    assert ledger.read("cr-0b", "i-0a") is None


def test_of_two_runs_one_begins(ledger: DrainLedger) -> None:
    assert ledger.write(RECORD, replacing=None)

    assert not ledger.write(replace(RECORD, run="r2"), replacing=None)
    assert ledger.read("cr-0a", "i-0a") == RECORD


def test_a_write_whose_answer_was_lost_succeeds_again(ledger: DrainLedger) -> None:
    ledger.write(RECORD, replacing=None)

    assert ledger.write(RECORD, replacing=None)


def test_the_holder_writes_on_and_nobody_else(ledger: DrainLedger) -> None:
    ledger.write(RECORD, replacing=None)
    renewed = replace(RECORD, until=NOW + 2 * MINUTE, evicted=("ml/server",))

    assert ledger.write(renewed, replacing=RECORD)
    assert not ledger.write(replace(RECORD, run="r2", until=NOW + 3 * MINUTE), replacing=RECORD)
    assert ledger.read("cr-0a", "i-0a") == renewed


def test_nothing_replaces_what_is_not_there(ledger: DrainLedger) -> None:
    assert not ledger.write(RECORD, replacing=FULL)
    assert ledger.read("cr-0a", "i-0a") is None


def test_the_drains_of_a_block_are_listed_by_instance(ledger: DrainLedger) -> None:
    other, elsewhere = replace(RECORD, instance_id="i-00"), replace(RECORD, reservation_id="cr-0b")
    for record in (FULL, other, elsewhere):
        ledger.write(record, replacing=None)

    assert list(ledger.records("cr-0a")) == [other, FULL]
    assert list(ledger.results("cr-0a")) == [
        Report(
            instance_id="i-0a",
            verdict=Verdict.LET_GO,
            started=NOW,
            ended=NOW + 9 * MINUTE,
            reasons=("ml/worker is held back", "and more"),
            evicted=("ml/server",),
        )
    ]


def test_under_way_is_what_a_run_holds(ledger: DrainLedger) -> None:
    for record in (RECORD, replace(FULL, instance_id="i-0b"), replace(RECORD, reservation_id="cr-0b")):
        ledger.write(record, replacing=None)

    assert ledger.under_way(["cr-0a", "cr-0b"], NOW + MINUTE - SECOND) == {"i-0a"}
    assert ledger.under_way(["cr-0a"], NOW + MINUTE) == set()
    assert ledger.under_way([], NOW) == set()


def test_the_longest_drain_of_each_of_the_last_blocks_counts(ledger: DrainLedger) -> None:
    assert ledger.longest("training") is None
    ledger.measure("training", "cr-0a", 90 * SECOND, NOW)
    ledger.measure("training", "cr-0a", 30 * SECOND, NOW + MINUTE)
    ledger.measure("training", "cr-0b", 60 * SECOND, NOW + MINUTE)
    ledger.measure("serving", "cr-0c", 9 * MINUTE, NOW)
    assert ledger.longest("training") == 90 * SECOND

    ledger.measure("training", "cr-0b", 100.5 * SECOND, NOW + 2 * MINUTE)
    assert ledger.longest("training") == 100.5 * SECOND


def test_what_older_blocks_took_is_forgotten(ledger: DrainLedger) -> None:
    ledger.measure("training", "cr-old", 9 * MINUTE, NOW)
    for number in range(5):
        ledger.measure("training", f"cr-{number}", MINUTE, NOW + (number + 1) * MINUTE)

    assert ledger.longest("training") == MINUTE
