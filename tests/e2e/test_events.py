"""Events are hints: unknown, misshapen, doubled, renamed or lost, they do no harm."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulator.assumptions import Assumptions, seconds
from simulator.faults import Fault, Faults
from tests.e2e.stage import FUNCTION, NO_EVENTS, ROOT, SECOND, SIZE, START, Stage, staged

LIFE = ["timeline", "scaled-out", "in-service", "draining", "ended"]
DELIVERED = "Capacity Block Delivered"
CURRENT = {DELIVERED, "Capacity Block Expiration Warning"}
FORMER = {"Capacity Block Reservation Delivered", "Capacity Block Reservation Expiration Warning"}
AT_ONCE = Assumptions(delivery=seconds(20))
# One after the other they cover what a bus could hand over, and what it never would.
STRANGE: tuple[Any, ...] = (
    {"source": "aws.ec2", "detail-type": DELIVERED, "detail": {"capacity-reservation-id": "cr-0feedfeedfeedfeed"}},
    {"source": "aws.ec2", "detail-type": DELIVERED, "detail": None, "resources": "cr-1"},
    {"source": "aws.ec2", "detail-type": DELIVERED, "detail": ["cr-0123456789abcdef1"], "region": 7},
    {"detail-type": None},
    {"detail_type": DELIVERED},
    *(
        json.loads(path.read_text())
        for about in ("capacity-block-*.json", "cloudtrail-*.json")
        for path in sorted((ROOT / "events").glob(about))
    ),
)


def shown(stage: Stage) -> tuple[Any, ...]:
    return stage.described(), stage.scheduled(), stage.kinds()


def test_strange_events_change_nothing() -> None:
    with staged() as stage:
        stage.block()
        stage.group()
        stage.run_until(START + timedelta(hours=1))
        before = shown(stage)
        for event in STRANGE:
            stage.world.invoke(FUNCTION, event)
        assert shown(stage) == before
        assert stage.failures() == []


def test_an_event_about_an_unknown_reservation_runs_the_function_by_the_rule_and_does_no_harm() -> None:
    with staged() as stage:
        detail = {"capacity-reservation-id": "cr-0feedfeedfeedfeed", "end-date": "2027-03-21T11:30:00Z"}
        stage.world.emit("aws.ec2", DELIVERED, detail, ["arn:aws:ec2:us-east-2:1:capacity-reservation/cr-0f"])
        stage.world.emit("aws.ec2", "Some other event", {})
        stage.run_for(seconds=20)
        assert [run.trigger for run in stage.world.functions.invocations if run.trigger == DELIVERED] == [DELIVERED]
        assert stage.failures() == []
        assert stage.notices() == []


@pytest.mark.parametrize(
    ("faults", "assumed", "names"),
    [
        (Faults(rates={Fault.EVENT_DUPLICATED: 1.0}), AT_ONCE, CURRENT),
        (Faults(rates={Fault.EVENT_REORDERED: 1.0}), AT_ONCE, CURRENT),
        (Faults(rates={Fault.EVENT_LATE: 1.0}), AT_ONCE, CURRENT),
        (Faults(NO_EVENTS), AT_ONCE, set()),
        (Faults(), replace(AT_ONCE, current_event_names=False, former_event_names=True), FORMER),
        (Faults(), replace(AT_ONCE, former_event_names=True), CURRENT | FORMER),
        (Faults(), replace(AT_ONCE, delivered_before_active=True), CURRENT),
    ],
    ids=["twice", "out of order", "late", "lost", "old names", "both names", "before active"],
)
def test_a_life_is_the_same_whatever_becomes_of_its_events(
    faults: Faults, assumed: Assumptions, names: set[str]
) -> None:
    with staged(faults=faults, assumptions=assumed) as stage:
        block = stage.block(EndDate=START + timedelta(hours=3))
        stage.group()
        stage.run_until(START + timedelta(hours=3))
        assert stage.kinds() == LIFE
        figures = stage.figures(block, START + 20 * SECOND, START + timedelta(hours=2.5))
        assert figures.reaction is not None
        assert figures.reaction <= 10 * SECOND
        assert figures.lost <= timedelta(minutes=10.2)
        assert len(stage.launches(block)) == SIZE
        triggers = {run.trigger for run in stage.world.functions.invocations}
        assert {name for name in triggers if name.startswith("Capacity Block")} == names
