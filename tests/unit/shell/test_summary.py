"""What a run tells the one who started it."""

import json
from typing import Any

import pytest

from capacity_blocks.reconciler import Report, Step
from capacity_blocks.request import Request
from capacity_blocks.summary import log_lines, summary
from tests.factories import REGION, a_reservation
from tests.fakes import refused
from tests.unit.shapes import DRAIN_AT
from tests.unit.shell.stage import BIND, Stage
from tests.unit.shell.test_reconciler import at_drain

SCALED = {
    "region": "us-east-2",
    "pool": "training",
    "did": "Scale",
    "outcome": "done",
    "target": "train",
    "reservation_id": "cr-0a",
    "minimum": "0",
    "maximum": "0",
    "desired": "0",
    "reason": "the block is draining",
}


def at_rest() -> Stage:
    stage = at_drain()
    stage.region.groups.groups.clear()
    stage.ledger.sent[REGION, "cr-0a:waiting:8:started"] = DRAIN_AT
    return stage


def report_of(stage: Stage) -> Report:
    return stage.reconcile()


def report_for(reservation_id: str) -> Report:
    return at_drain().reconcile(reservation_id=reservation_id)


def test_a_person_is_shown_every_block_and_step() -> None:
    found = summary(report_of(at_drain()), Request(), "live")

    assert found == {
        "mode": "live",
        "now": "2026-03-02T10:50:00+00:00",
        "look_again_at": "2026-03-02T11:00:00+00:00",
        "errors": [],
        "blocks": [
            {
                "reservation_id": "cr-0a",
                "pool": "training",
                "region": "us-east-2",
                "state": "active",
                "phase": "draining",
                "start": "2026-03-01T11:30:00+00:00",
                "drain_at": "2026-03-02T10:50:00+00:00",
                "reclaim_at": "2026-03-02T11:00:00+00:00",
                "end": "2026-03-02T11:30:00+00:00",
                "targets": ["train: 8 of 8 in service"],
                "next": "ends at 2026-03-02 11:30 UTC",
                "then": "nothing follows",
            }
        ],
        "chains": [
            {
                "pool": "training",
                "region": "us-east-2",
                "links": [
                    {
                        "start": "2026-03-01T11:30:00+00:00",
                        "drain_at": "2026-03-02T10:50:00+00:00",
                        "end": "2026-03-02T11:30:00+00:00",
                        "reservation_ids": ["cr-0a"],
                        "instances": 8,
                    }
                ],
                "joints": [],
                "levels": [],
            }
        ],
        "steps": [
            SCALED,
            {
                "region": "us-east-2",
                "pool": "training",
                "did": "Say",
                "outcome": "said",
                "notice": "train is scaled to zero",
                "severity": "info",
                "key": "cr-0a:train:draining:20260302T1130",
                "reason": "the block is draining",
            },
        ],
    }


def test_a_person_who_asks_for_one_block_is_shown_the_chain_that_it_is_in() -> None:
    pools = [chain["pool"] for chain in summary(report_for("cr-0a"), Request(), "live")["chains"]]

    assert pools == ["training"]
    assert summary(report_for("cr-0x"), Request(), "live")["chains"] == []


@pytest.mark.parametrize("trigger", ["sweep", "look-again", "Capacity Block Delivered"])
def test_a_trigger_is_given_counts_alone(trigger: str) -> None:
    found = summary(report_of(at_drain()), Request(trigger=trigger), "live")

    assert (found["blocks"], found["steps"]) == (1, 2)


def test_errors_are_shown_to_both() -> None:
    stage = at_drain()
    stage.region.groups.errors["scale"] = refused("UpdateAutoScalingGroup")
    report = report_of(stage)
    errors = ["us-east-2: Scale failed: UpdateAutoScalingGroup: AccessDenied: not allowed"]

    assert summary(report, Request(), "live")["errors"] == errors
    assert summary(report, Request(trigger="sweep"), "live")["errors"] == errors


NOTES: dict[str, tuple[Stage, dict[str, str], str | None]] = {
    "a reservation that nobody holds": (
        at_drain(), {"reservation_id": "cr-0"}, "cr-0: no pool that was looked at holds a block of this id"
    ),
    "a reservation that is there": (at_drain(), {"reservation_id": "cr-0a"}, None),
    "a pool that is not there": (at_drain(), {"pool": "art"}, "art: no pool of this name holds a block"),
    "a pool that is there": (at_drain(), {"pool": "training"}, None),
    "a pool with nothing to do": (at_rest(), {"pool": "training"}, None),
    "nothing in particular": (Stage(), {}, None),
}  # fmt: skip


@pytest.mark.parametrize(("stage", "request_", "note"), NOTES.values(), ids=NOTES.keys())
def test_a_person_who_asks_for_what_is_not_there_is_told_so(
    stage: Stage, request_: dict[str, Any], note: str | None
) -> None:
    request = Request(**request_)

    assert summary(stage.reconciler().reconcile(request), request, "live").get("note") == note


def test_a_summary_is_plain_json_whatever_was_done() -> None:
    stage = at_drain()
    stage.region.reservations.hold(a_reservation(reservation_id="cr-0b", tags={}))

    assert json.loads(json.dumps(summary(report_of(stage), Request(), "dry run")))["mode"] == "dry run"


def test_nothing_due_is_shown_as_nothing() -> None:
    assert summary(Report(now=DRAIN_AT), Request(), "live")["look_again_at"] is None


def test_there_is_one_flat_line_of_text_for_each_step() -> None:
    report = Report(now=DRAIN_AT, steps=(Step(region=REGION, pool="training", action=BIND, outcome="bound"),))

    assert list(log_lines(report)) == [
        {
            "region": "us-east-2",
            "pool": "training",
            "did": "Bind",
            "outcome": "bound",
            "target": "train",
            "reservation_id": "cr-0a",
            "subnets": "subnet-a",
            "reason": "it is free",
        }
    ]
