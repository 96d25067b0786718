"""The rules match the events that they are for, as EventBridge sends them, and no others."""

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from tests.template.stack import ROOT, of_type

RULES = of_type("AWS::Events::Rule")
MACHINES = {
    name: f"arn:aws:states:us-east-2:123456789012:stateMachine:{name}"
    for name in of_type("AWS::StepFunctions::StateMachine")
}
BROKEN = "CloseRequestFunctionBrokenWorkflows"
NATIVE = "ReconcileFunctionCapacityBlockEvents"
CLOUDTRAIL = "ReconcileFunctionCloudTrailEvents"
WAITING = "DrainNodeFunctionLifecycleActions"
INTERRUPTED = "DrainNodeFunctionInterruptionWarnings"
INTERRUPTION = "EC2 Capacity Reservation Instance Interruption Warning"
EVENTS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("**/*.json"))}
SENT_BY_EVENTBRIDGE = {name: event for name, event in EVENTS.items() if "detail-type" in event}
DELIVERED = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "Capacity Block Delivered",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2026-03-01T11:30:00Z",
    "region": "us-east-2",
    "resources": ["arn:aws:ec2:us-east-2:123456789012:capacity-reservation/cr-0123456789abcdef0"],
    "detail": {"capacity-reservation-id": "cr-0123456789abcdef0", "end-date": "2026-03-02T11:30:00Z"},
}


def matching(event: dict[str, Any]) -> set[str]:
    """Return the rules that an event matches."""
    return {
        rule
        for rule, properties in RULES.items()
        if EventPattern.load(json.dumps(deployed(properties["EventPattern"]))).matches_event(event)
    }


def deployed(pattern: Any) -> Any:
    """Put the ARNs of state machines where a pattern refers to them."""
    match pattern:
        case {"Ref": str(name)}:
            return MACHINES[name]
        case dict():
            return {key: deployed(value) for key, value in pattern.items()}
        case list():
            return [deployed(value) for value in pattern]
        case _:
            return pattern


SERVICE_EVENT = "AWS Service Event via CloudTrail"


def trail(name: str, source: str = "ec2.amazonaws.com", detail_type: str = SERVICE_EVENT) -> dict[str, Any]:
    return DELIVERED | {"detail-type": detail_type, "detail": {"eventSource": source, "eventName": name}}


@pytest.mark.parametrize("name", SENT_BY_EVENTBRIDGE)
def test_exactly_one_rule_of_a_function_matches_a_sample_event(name: str) -> None:
    event = SENT_BY_EVENTBRIDGE[name]

    # What EC2 ends itself is drained at once, and is news for its group as well.
    assert len(matching(event)) == (2 if event["detail-type"] == INTERRUPTION else 1)


@pytest.mark.parametrize("name", sorted(EVENTS.keys() - SENT_BY_EVENTBRIDGE.keys()))
def test_no_rule_matches_what_a_person_sends(name: str) -> None:
    assert matching(EVENTS[name]) == set()


def test_there_is_a_sample_of_each_event_that_a_rule_is_for() -> None:
    named = {event["detail-type"] for event in SENT_BY_EVENTBRIDGE.values()}

    assert set(RULES[NATIVE]["EventPattern"]["detail-type"]) <= named


@pytest.mark.parametrize(
    "detail_type",
    [
        "Capacity Block Delivered",
        "Capacity Block Reservation Delivered",
        "Capacity Block Expiration Warning",
        "Capacity Block Reservation Expiration Warning",
    ],
)
def test_both_names_of_an_event_are_matched(detail_type: str) -> None:
    assert matching(DELIVERED | {"detail-type": detail_type}) == {NATIVE}


def test_an_instance_that_ec2_ends_is_drained_and_its_group_looked_at() -> None:
    assert matching(SENT_BY_EVENTBRIDGE["instance-interruption-warning"]) == {NATIVE, INTERRUPTED}


def test_an_instance_that_waits_for_our_hook_is_drained() -> None:
    assert matching(SENT_BY_EVENTBRIDGE["instance-terminate-lifecycle-action"]) == {WAITING}


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({}, {"LifecycleHookName": "theirs"}),
        ({"detail-type": "EC2 Instance-launch Lifecycle Action"}, {}),
        ({"source": "aws.ec2"}, {}),
    ],
    ids=["the hook of somebody else", "a launch", "another source"],
)
def test_nothing_else_of_a_lifecycle_is_drained(change: dict[str, Any], detail: dict[str, Any]) -> None:
    event = SENT_BY_EVENTBRIDGE["instance-terminate-lifecycle-action"]

    assert matching(event | change | {"detail": event["detail"] | detail}) == set()


@pytest.mark.parametrize(
    "event",
    [
        DELIVERED | {"source": "example.somebody"},
        DELIVERED | {"detail-type": "EC2 Instance State-change Notification"},
        # The documentation prints the key this way; no event has it.
        {key.replace("-", "_"): value for key, value in DELIVERED.items()},
    ],
    ids=["another source", "another event", "the misprinted key"],
)
def test_nothing_else_is_matched(event: dict[str, Any]) -> None:
    assert matching(event) == set()


@pytest.mark.parametrize(
    "name",
    [
        "CapacityBlockScheduled",
        "CapacityBlockActive",
        "CapacityBlockPaymentFailed",
        "CapacityBlockFailed",
        "CapacityBlockExpired",
        "TerminateCapacityBlockInstances",
    ],
)
def test_what_cloudtrail_says_of_a_block_is_matched(name: str) -> None:
    assert matching(trail(name)) == {CLOUDTRAIL}


def test_a_purchase_made_elsewhere_is_matched() -> None:
    assert matching(trail("PurchaseCapacityBlock", detail_type="AWS API Call via CloudTrail")) == {CLOUDTRAIL}


@pytest.mark.parametrize("event", [trail("RunInstances"), trail("CapacityBlockActive", source="eks.amazonaws.com")])
def test_nothing_else_that_cloudtrail_says_is_matched(event: dict[str, Any]) -> None:
    assert matching(event) == set()


def status_change(machine: str, status: str) -> dict[str, Any]:
    arn = f"{MACHINES[machine].replace(':stateMachine:', ':execution:')}:lucy-1"
    detail = {"executionArn": arn, "stateMachineArn": MACHINES[machine], "name": "lucy-1", "status": status}
    return DELIVERED | {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "resources": [arn],
        "detail": detail,
    }


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_workflow_that_breaks_is_matched(machine: str, status: str) -> None:
    assert matching(status_change(machine, status)) == {BROKEN}


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED", "PENDING_REDRIVE"])
def test_a_workflow_that_goes_its_way_is_not_matched(status: str) -> None:
    assert matching(status_change("PurchaseStateMachine", status)) == set()


def test_the_workflow_of_somebody_else_is_not_matched() -> None:
    theirs = status_change("PurchaseStateMachine", "FAILED")
    theirs["detail"]["stateMachineArn"] = "arn:aws:states:us-east-2:123456789012:stateMachine:theirs"

    assert matching(theirs) == set()


def test_the_rule_on_cloudtrail_is_off_unless_asked_for() -> None:
    assert RULES[CLOUDTRAIL]["State"] == {"Fn::If": ["ListensToCloudTrail", "ENABLED", "DISABLED"]}
    assert RULES[NATIVE].get("State", "ENABLED") == "ENABLED"


@pytest.mark.parametrize(
    ("function", "rate"),
    [
        ("Reconcile", "rate(1 minute)"),
        ("FollowPurchase", "rate(10 minutes)"),
        ("FollowExtension", "rate(10 minutes)"),
        ("NotifySlack", "rate(1 minute)"),
    ],
)
def test_a_sweep_runs_at_its_rate_on_the_minute(function: str, rate: str) -> None:
    sweep = of_type("AWS::Scheduler::Schedule")[f"{function}FunctionSweep"]

    assert sweep["ScheduleExpression"] == rate
    assert sweep["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert json.loads(sweep["Target"]["Input"]) == {"trigger": "sweep"}
