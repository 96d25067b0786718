"""Faults strike API calls where they are told to, as a handler would meet them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator.faults import Fault, Faults, Place, Strike
from simulator.invocation import HandlerError
from simulator.world import World
from tests.simulator.stage import deployed, keys

WRITE = {"do": "write", "key": "k"}
PUT = "dynamodb.PutItem"


def errors(world: World) -> list[str | None]:
    return [call.error for call in world.calls.log]


def test_the_sdk_rides_out_a_single_throttle() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.THROTTLE, at=PUT))) as world:
        assert world.invoke("ProbeFunction", WRITE) == {"written": 2}
        assert keys(world) == ["k 1", "k 2"]
        assert world.now > world.calls.log[0].at  # it waited before it tried again


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (WRITE, "ThrottlingException"),
        ({"do": "sweep"}, "RequestLimitExceeded"),
        ({"do": "publish", "with": {"Message": "m"}}, "Throttling"),
        ({"do": "list"}, "ThrottlingException"),
    ],
)
def test_a_throttle_that_lasts_is_the_services_own_error(event: dict[str, Any], code: str) -> None:
    with deployed(faults=Faults(Strike(fault=Fault.THROTTLE, times=100))) as world:
        with pytest.raises(HandlerError, match=code):
            world.invoke("ProbeFunction", event)
        assert errors(world) == [code]


def test_a_lost_reply_has_taken_effect_and_is_tried_again() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.REPLY_LOST, at="scheduler.*"))) as world:
        schedule = {
            "Name": "s",
            "ScheduleExpression": "at(2027-03-02T09:00:00)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": world.functions.find("ProbeFunction").arn, "RoleArn": "arn:aws:iam::123456789012:role/r"},
        }
        # The second attempt carries the same client token, and so is no conflict.
        assert world.invoke("ProbeFunction", {"do": "schedule", "with": schedule}) == {"scheduled": "s"}


def test_a_stale_read_says_what_was_so_a_moment_ago() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.STALE_READ, at="dynamodb.GetItem", nth=2))) as world:
        read: Callable[[], Any] = lambda: world.invoke("ProbeFunction", {"do": "read", "key": "k 1"})["found"]  # noqa: E731
        assert read() is False
        world.run_for(timedelta(minutes=4))
        world.invoke("ProbeFunction", WRITE)
        assert read() is False
        assert read() is True


def test_nothing_older_than_the_bound_is_read() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.STALE_READ, at="dynamodb.GetItem", nth=2))) as world:
        world.invoke("ProbeFunction", {"do": "read", "key": "k 1"})
        world.run_for(timedelta(minutes=6))
        world.invoke("ProbeFunction", WRITE)
        assert world.invoke("ProbeFunction", {"do": "read", "key": "k 1"})["found"] is True


@pytest.mark.parametrize(
    ("fault", "nth", "left"),
    [
        (Fault.CRASH_BEFORE, 1, []),
        (Fault.CRASH_AFTER, 1, ["k 1"]),
        (Fault.CRASH_BEFORE, 2, ["k 1"]),
        (Fault.CRASH_AFTER, 2, ["k 1", "k 2"]),
    ],
)
def test_a_crash_leaves_what_was_done_until_then(fault: Fault, nth: int, left: list[str]) -> None:
    with deployed(faults=Faults(Strike(fault=fault, nth=nth, mutating=True))) as world:
        with pytest.raises(HandlerError, match="killed") as crashed:
            world.invoke("ProbeFunction", WRITE)
        assert crashed.value.error_type == "Runtime.ExitError"
        assert keys(world) == left
        assert world.invoke("ProbeFunction", {})["runs"] == 1  # in a new environment


def test_lambda_runs_a_crashed_event_again() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.CRASH_AFTER, at=PUT))) as world:
        world.functions.send("ProbeFunction", '{"do": "write", "key": "k"}', "test")
        world.run_for(timedelta(minutes=5))
        assert keys(world) == ["k 1", "k 2"]
        assert [one.error is None for one in world.functions.invocations] == [False, True]


def test_every_place_of_a_run_can_be_struck_once() -> None:
    def story(faults: Faults) -> World:
        with deployed(faults=faults) as world:
            for number in range(2):
                world.functions.send("ProbeFunction", f'{{"do": "write", "key": "{number}"}}', "test")
            world.functions.send("ProbeFunction", '{"do": "sweep"}', "test")
            world.run_for(timedelta(minutes=10))
            assert keys(world) == ["0 1", "0 2", "1 1", "1 2"]
            return world

    places = story(Faults()).places()
    assert sorted(places, key=lambda place: (place.operation, place.nth)) == [
        *(Place(operation=PUT, nth=nth, mutating=True) for nth in (1, 2, 3, 4)),
        Place(operation="ec2.DescribeCapacityReservations", nth=1, mutating=False),
    ]
    for place in places:
        for fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.REPLY_LOST, Fault.THROTTLE):
            struck = story(Faults(place.strike(fault)))
            assert [(fact.subject, fact.text) for fact in struck.journal.of("fault")] == [(place.operation, fault)]


def test_by_chance_the_seed_decides() -> None:
    stories = []
    for seed in (1, 1, 2):
        with deployed(seed=seed, faults=Faults(rates={Fault.CRASH_BEFORE: 0.3})) as world:
            for number in range(10):
                world.functions.send("ProbeFunction", f'{{"do": "write", "key": "{number}"}}', "test")
            world.run_for(timedelta(minutes=10))
            stories.append(world.journal.as_json())
    assert stories[0] == stories[1] != stories[2]
    assert "crash before call" in stories[0]


def test_faults_say_what_they_do() -> None:
    assert repr(Faults()) == "Faults(none)"
    both = Faults(Strike(fault=Fault.REPLY_LOST, at="ec2.Purchase*", nth=2), rates={Fault.EVENT_LOST: 0.1})
    assert repr(both) == "Faults(reply lost at 2. ec2.Purchase*; event lost in 10.00%)"


def put_once(fault: Fault, **more: Any) -> tuple[World, list[str], str | None]:
    """Write without retries while `fault` strikes the first write: the world, what is written, and the error."""
    with deployed(faults=Faults(Strike(fault=fault, at=PUT, **more))) as world:
        error = None
        try:
            world.invoke("ProbeFunction", {**WRITE, "retries": False})
        except HandlerError as failed:
            error = failed.error_type
        world.run_for(timedelta(minutes=5))
        return world, keys(world), error


@pytest.mark.parametrize(
    ("fault", "left", "error"),
    [
        (Fault.NOT_SENT, [], "EndpointConnectionError"),
        (Fault.SERVER_ERROR_BEFORE, [], "InternalServerError"),
        (Fault.SERVER_ERROR_AFTER, ["k 1"], "InternalServerError"),
        (Fault.REPLY_LOST, ["k 1"], "ConnectionClosedError"),
        (Fault.THROTTLE, [], "ThrottlingException"),
        (Fault.DENIED, [], "ClientError"),
    ],
)
def test_without_retries_the_caller_is_left_with_the_failure(fault: Fault, left: list[str], error: str) -> None:
    _, written, failed = put_once(fault)
    assert (written, failed) == (left, error)


def test_the_sdk_rides_out_a_server_error_even_if_the_call_was_executed() -> None:
    for fault in (Fault.SERVER_ERROR_BEFORE, Fault.SERVER_ERROR_AFTER, Fault.NOT_SENT):
        with deployed(faults=Faults(Strike(fault=fault, at=PUT))) as world:
            assert world.invoke("ProbeFunction", WRITE) == {"written": 2}


@pytest.mark.parametrize(("lasts", "left", "error"), [(20, ["k 1", "k 2"], None), (70, ["k 1"], "Sandbox.Timedout")])
def test_a_reply_comes_late_or_after_the_functions_time(lasts: int, left: list[str], error: str | None) -> None:
    world, written, failed = put_once(Fault.REPLY_LATE, lasts=timedelta(seconds=lasts))
    assert (written, failed) == (left, error)
    assert [fact.text for fact in world.journal.of("fault")] == ["reply late"]


def test_a_reply_may_be_too_late_for_the_sdk() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.REPLY_LATE, at=PUT, lasts=timedelta(seconds=30)))) as world:
        with pytest.raises(HandlerError, match="Read timeout"):
            world.invoke("ProbeFunction", {**WRITE, "retries": False, "read_timeout": 5})
        assert keys(world) == ["k 1"]


def test_a_stalled_call_is_carried_out_later_unless_the_function_is_killed_before() -> None:
    assert put_once(Fault.STALL, lasts=timedelta(seconds=20))[1:] == (["k 1", "k 2"], None)
    assert put_once(Fault.STALL, lasts=timedelta(seconds=70))[1:] == ([], "Sandbox.Timedout")


def test_a_strike_may_be_meant_for_the_calls_of_one_function() -> None:
    strike = Strike(fault=Fault.CRASH_BEFORE, at=PUT, caller="SerialFunction")
    with deployed(faults=Faults(strike)) as world:
        assert world.invoke("ProbeFunction", WRITE) == {"written": 2}
        with pytest.raises(HandlerError, match="killed"):
            world.invoke("SerialFunction", WRITE)
        assert [place.nth for place in world.places("ProbeFunction")] == [1, 2]
        assert world.places("SerialFunction") == ()


def test_a_consistent_read_is_never_stale() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.STALE_READ, at="dynamodb.GetItem", nth=None))) as world:
        read = {"do": "read", "key": "k 1", "consistent": True}
        assert world.invoke("ProbeFunction", read)["found"] is False
        world.run_for(timedelta(minutes=4))
        world.invoke("ProbeFunction", WRITE)
        assert world.invoke("ProbeFunction", read)["found"] is True


@pytest.mark.parametrize("fault", [Fault.INVOKED_TWICE_AT_ONCE, Fault.INVOKED_TWICE_IN_A_ROW])
def test_one_invoke_may_be_carried_out_twice(fault: Fault) -> None:
    with deployed(faults=Faults(Strike(fault=fault, at="ProbeFunction"))) as world:
        world.invoke("ProbeFunction", {"do": "sleep", "seconds": 10})
        world.run_for(timedelta(minutes=1))
        first, second = (one.started for one in world.functions.invocations)
        assert first is not None
        assert second is not None
        assert (second - first > timedelta(seconds=9)) is (fault is Fault.INVOKED_TWICE_IN_A_ROW)
        world.functions.send("ProbeFunction", "{}", "test")
        world.run_for(timedelta(minutes=5))
        assert len(world.functions.invocations) == 3


@pytest.mark.parametrize("fault", [Fault.INVOKED_TWICE_AT_ONCE, Fault.INVOKED_TWICE_IN_A_ROW])
def test_one_event_may_be_run_twice(fault: Fault) -> None:
    with deployed(faults=Faults(Strike(fault=fault, at="ProbeFunction"))) as world:
        world.functions.send("ProbeFunction", "{}", "test")
        world.run_for(timedelta(minutes=5))
        assert len(world.functions.invocations) == 2
