"""Events reach what the template's rules say, as EventBridge would bring them, and go wrong as told."""

import json
from datetime import timedelta
from typing import Any

import pytest

from simulator.faults import Fault, Faults, Strike
from simulator.target_input import render
from simulator.world import World
from tests.simulator.stage import deployed, messages

MINUTE = timedelta(minutes=1)
RESERVATION = "arn:aws:ec2:us-east-2:123456789012:capacity-reservation/cr-0"
INTERRUPTION = "EC2 Capacity Reservation Instance Interruption Warning"


def deliver(world: World, number: int = 0, region: str | None = None) -> dict[str, Any]:
    detail = {"capacity-reservation-id": f"cr-{number}"}
    return world.emit("aws.ec2", "Capacity Block Delivered", detail, [RESERVATION], region)


def received(world: World) -> list[Any]:
    """What the probe was invoked with, in order."""
    return [json.loads(one.payload) for one in world.functions.invocations]


def test_a_function_gets_the_whole_envelope_at_once() -> None:
    with deployed() as world:
        event = deliver(world)
        world.run_for(timedelta(seconds=5))
        assert received(world) == [event]
    assert {name: event[name] for name in sorted(event) if name != "id"} == {
        "account": "123456789012",
        "detail": {"capacity-reservation-id": "cr-0"},
        "detail-type": "Capacity Block Delivered",
        "region": "us-east-2",
        "resources": [RESERVATION],
        "source": "aws.ec2",
        "time": "2027-03-01T09:00:00Z",
        "version": "0",
    }


@pytest.mark.parametrize(
    ("source", "detail_type"),
    [("aws.ec2", "Capacity Block Expired"), ("my.ec2", "Capacity Block Delivered")],
)
def test_an_event_that_no_rule_matches_reaches_nobody(source: str, detail_type: str) -> None:
    with deployed() as world:
        world.emit(source, detail_type, {}, [])
        world.run_for(MINUTE)
        assert received(world) == []


def test_a_rule_sees_the_events_of_its_own_region_only() -> None:
    with deployed(regions=("us-east-2", "eu-north-1")) as world:
        deliver(world, region="eu-north-1")
        world.run_for(MINUTE)
        assert received(world) == []
        assert [event["region"] for event in world.events] == ["eu-north-1"]


def test_a_rule_may_forward_to_the_bus_of_another_region() -> None:
    with deployed(regions=("us-east-2", "eu-north-1")) as world:
        client = world.client("events", "eu-north-1")
        client.put_rule(Name="forward", EventPattern='{"source": ["aws.ec2"]}')
        bus = "arn:aws:events:us-east-2:123456789012:event-bus/default"
        client.put_targets(Rule="forward", Targets=[{"Id": "1", "Arn": bus}])
        event = deliver(world, region="eu-north-1")
        world.run_for(MINUTE)
        assert received(world) == [event]
        assert event["region"] == "eu-north-1"


def test_targets_get_what_the_transformer_says_and_a_missing_one_leaves_a_dead_letter() -> None:
    with deployed() as world:
        detail = {"instance-id": 'i-"1"', "instance-lifecycle": "capacity-block"}
        world.emit("aws.ec2", INTERRUPTION, detail, [])
        world.run_for(MINUTE)
        (message,) = messages(world, "Inbox")
        (letter,) = messages(world, "DeadLetters")
    assert message["body"] == {"text": 'i-"1" in us-east-2', "id": 'i-"1"', "detail": detail}
    assert letter["body"]["detail-type"] == INTERRUPTION
    assert letter["attributes"]["ERROR_CODE"] == "RESOURCE_NOT_FOUND"
    assert letter["attributes"]["TARGET_ARN"].endswith(":function:nowhere")


def test_what_code_puts_on_the_bus_is_routed_alike() -> None:
    with deployed() as world:
        entry = {
            "Source": "aws.ec2",
            "DetailType": "Capacity Block Delivered",
            "Detail": '{"a": 1}',
            "Resources": ["r"],
        }
        world.client("events").put_events(Entries=[entry])
        world.run_for(MINUTE)
        (event,) = received(world)
    assert (event["detail"], event["resources"], event["time"]) == ({"a": 1}, ["r"], "2027-03-01T09:00:00Z")


def reservations(world: World) -> list[str]:
    world.run_for(timedelta(hours=2))
    return [event["detail"]["capacity-reservation-id"] for event in received(world)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.EVENT_LOST, ["cr-1"]),
        (Fault.EVENT_DUPLICATED, ["cr-0", "cr-1", "cr-0"]),
        (Fault.EVENT_LATE, ["cr-1", "cr-0"]),
        (Fault.EVENT_REORDERED, ["cr-1", "cr-0"]),
        (Fault.DELIVERY_FAILED, ["cr-1", "cr-0"]),
    ],
)
def test_faults_strike_the_event_that_they_name(fault: Fault, expected: list[str]) -> None:
    faults = Faults(Strike(fault=fault, at="Capacity Block *", nth=1))
    with deployed(faults=faults) as world:
        deliver(world, 0)
        deliver(world, 1)
        assert reservations(world) == expected
        assert [fact.text for fact in world.journal.of("fault")] == [fault]


def test_a_reordered_event_without_a_successor_comes_alone() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.EVENT_REORDERED))) as world:
        deliver(world, 0)
        assert reservations(world) == ["cr-0"]


def test_a_delivery_that_always_fails_is_given_up_after_a_day() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.DELIVERY_FAILED, nth=None))) as world:
        world.emit("aws.ec2", INTERRUPTION, {"instance-lifecycle": "capacity-block"}, [])
        world.run_for(timedelta(hours=20))
        assert messages(world, "DeadLetters") == []
        world.run_for(timedelta(hours=6))
        (letter,) = messages(world, "DeadLetters")
    assert int(letter["attributes"]["RETRY_ATTEMPTS"]) > 100


def test_by_chance_the_same_seed_loses_the_same_events() -> None:
    stories = []
    for seed in (1, 1, 2):
        with deployed(seed=seed, faults=Faults(rates={Fault.EVENT_LOST: 0.5})) as world:
            for number in range(20):
                deliver(world, number)
            stories.append(reservations(world))
    assert stories[0] == stories[1] != stories[2]
    assert 0 < len(stories[0]) < 20


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, '{"detail": {"a": "x", "n": [1, 2]}}'),
        ({"Input": "fixed"}, "fixed"),
        ({"InputPath": "$.detail.n[1]"}, "2"),
        ({"InputTransformer": {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": "<a>"}}, '"x"'),
        ({"InputTransformer": {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '"is <a>."'}}, '"is x."'),
        ({"InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>}'}}, '{"n": [1, 2]}'),
        ({"InputTransformer": {"InputPathsMap": {"m": "$.detail.m"}, "InputTemplate": '{"m": <m>}'}}, '{"m": null}'),
    ],
)
def test_inputs_are_rendered_as_eventbridge_does(target: dict[str, Any], expected: str) -> None:
    assert render(target, {"detail": {"a": "x", "n": [1, 2]}}) == expected
