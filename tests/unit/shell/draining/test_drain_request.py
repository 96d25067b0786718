"""What the functions of drains take, in every file of events/ and in those that nobody should send."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_blocks.core.drain.step import Step
from capacity_blocks.draining.request import DrainRequest, DrainRequestError, WarnRequest, parse_drain, parse_warning
from tests.factories import at

EVENTS = Path("events")
I1, OHIO = "i-0123456789abcdef0", "us-east-2"
END = at("2026-03-02T11:00")
KEY = "cr-0123456789abcdef0:train"


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("drain-node", DrainRequest(instance_id=I1, region=OHIO)),
        ("drain-node-next-slice", DrainRequest(instance_id=I1, region=OHIO, termination=END)),
        ("instance-terminate-lifecycle-action", DrainRequest(instance_id=I1, region=OHIO)),
        ("instance-interruption-warning", DrainRequest(instance_id=I1, region=OHIO, termination=END)),
    ],
)
def test_an_event_says_which_instance(name: str, expected: DrainRequest) -> None:
    assert parse_drain(event(name), [OHIO], "eu-west-1") == expected


@pytest.mark.parametrize("termination", [None, END, END + timedelta(microseconds=1)])
def test_the_next_slice_is_asked_for_the_same(termination: Any) -> None:
    request = DrainRequest(instance_id=I1, region=OHIO, termination=termination)

    assert parse_drain(json.loads(json.dumps(request.event)), [OHIO], "eu-west-1") == request


def test_an_event_that_names_no_region_means_that_of_the_stack() -> None:
    assert parse_drain({"instance_id": I1}, [OHIO], OHIO) == DrainRequest(instance_id=I1, region=OHIO)


def test_what_else_reconcile_tells_is_not_looked_at() -> None:
    told = {"trigger": "reconcile", "instance_id": I1, "region": OHIO, "deadline": "tomorrow", "method": 7}

    assert parse_drain(told, [OHIO], OHIO) == DrainRequest(instance_id=I1, region=OHIO)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([], "allowed: a JSON object"),
        ({}, "instance_id is None; allowed: an instance id"),
        ({"instance_id": "i-0a; rm"}, "allowed: an instance id"),
        ({"instance_id": I1, "region": "eu-west-1"}, "region is 'eu-west-1'; allowed: us-east-2"),
        ({"instance_id": I1, "region": 7}, "region is 7"),
        ({"instance_id": I1, "termination": "soon"}, "termination is 'soon'; allowed: an instant"),
        ({"detail-type": "Capacity Block Delivered", "detail": {}}, "detail-type is 'Capacity Block Delivered'"),
        ({"detail-type": "EC2 Instance-terminate Lifecycle Action"}, "allowed: a JSON object"),
        ({"detail-type": "EC2 Instance-terminate Lifecycle Action", "detail": {}}, "EC2InstanceId is None"),
    ],
)
def test_what_is_wrong_is_named(wrong: Any, words: str) -> None:
    with pytest.raises(DrainRequestError, match=words):
        parse_drain(wrong, [OHIO], OHIO)


@pytest.mark.parametrize("step", [Step.MARK, Step.UNMARK, Step.CHECKPOINT])
def test_a_step_of_a_warning(step: Step) -> None:
    expected = WarnRequest(step=step, group="train", region=OHIO, key=f"{KEY}:{step}:20260302T1130")

    assert parse_warning(event(f"warn-nodes-{step}"), [OHIO], "eu-west-1") == expected


def test_a_person_needs_no_key() -> None:
    expected = WarnRequest(step=Step.MARK, group="train", region=OHIO, key="")

    assert parse_warning({"step": "mark", "group": "train"}, [OHIO], OHIO) == expected


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"group": "train"}, "step is None; allowed: mark, unmark, checkpoint"),
        ({"step": "notice", "group": "train"}, "step is 'notice'"),
        ({"step": ["mark"], "group": "train"}, "step is"),
        ({"step": "mark"}, "group is None"),
        ({"step": "mark", "group": "train", "region": "eu-west-1"}, "region is 'eu-west-1'"),
        ({"step": "mark", "group": "train", "key": 7}, "key is 7"),
    ],
)
def test_what_is_wrong_with_a_step_is_named(wrong: Any, words: str) -> None:
    with pytest.raises(DrainRequestError, match=words):
        parse_warning(wrong, [OHIO], OHIO)
