"""Executions of a workflow, as Step Functions shows them: the states that each went through, and what came of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A state that was entered. `takes_time`: it is a task or a wait, and not a choice of a moment."""

    at: datetime
    name: str
    takes_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a state gave on when it was left."""

    at: datetime
    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One execution. `outcomes` has the last of each state."""

    name: str
    given: Mapping[str, Any]
    started_at: datetime
    stops: tuple[Stop, ...]
    outcomes: Mapping[str, Outcome]


def passages(world: World, machine: str) -> tuple[Passage, ...]:
    """Return every execution of a state machine of the template, in the order of their starts."""
    client = world.client("stepfunctions")
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=world.physical_id(machine))
    found = [_passage(client, each) for page in pages for each in page["executions"]]
    return tuple(sorted(found, key=lambda each: (each.started_at, each.name)))


def _passage(client: Any, listed: Mapping[str, Any]) -> Passage:
    arn = listed["executionArn"]
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    return Passage(
        name=listed["name"],
        given=json.loads(client.describe_execution(executionArn=arn)["input"]),
        started_at=listed["startDate"].astimezone(UTC),
        stops=tuple(_stops(events)),
        outcomes=dict(_outcomes(events)),
    )


def _stops(events: list[Mapping[str, Any]]) -> Iterator[Stop]:
    for event in events:
        if "stateEnteredEventDetails" in event:
            yield Stop(
                at=event["timestamp"].astimezone(UTC),
                name=event["stateEnteredEventDetails"]["name"],
                takes_time=event["type"] in {"TaskStateEntered", "WaitStateEntered"},
            )


def _outcomes(events: list[Mapping[str, Any]]) -> Iterator[tuple[str, Outcome]]:
    for event in events:
        if "stateExitedEventDetails" in event:
            left = event["stateExitedEventDetails"]
            output = json.loads(left.get("output") or "null")
            if isinstance(output, dict):
                yield left["name"], Outcome(at=event["timestamp"].astimezone(UTC), output=output)
