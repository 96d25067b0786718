"""How functions run: results, errors, time-outs, retries, dead letters, environments."""

import os
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulator.invocation import HandlerError
from tests.simulator.stage import deployed, keys, messages

MINUTE = timedelta(minutes=1)


def test_a_function_gets_exactly_the_environment_of_the_template() -> None:
    with deployed(parameters={"Greeting": "hi"}) as world:
        environment = world.invoke("ProbeFunction", {})["environment"]
        mine = {name: environment[name] for name in ("GREETING", "TABLE", "NAMES", "HOME_OF_STACK", "AWS_REGION")}
    assert mine == {
        "GREETING": "hi",
        "TABLE": world.physical_id("Table"),
        "NAMES": "a-b",
        "HOME_OF_STACK": "us-east-2/capacity-blocks/${literal}",
        "AWS_REGION": "us-east-2",
    }
    assert not {"HOME", "PATH", "PYTEST_CURRENT_TEST"} & set(environment)


def test_the_process_is_as_before_when_a_function_sleeps_or_has_ended() -> None:
    environment, path, modules = dict(os.environ), list(sys.path), set(sys.modules)
    with deployed() as world:
        seen: list[bool] = []
        look = lambda: seen.append("GREETING" in os.environ or "app" in sys.modules)  # noqa: E731
        world.clock.call_in(timedelta(seconds=20), look)
        world.invoke("ProbeFunction", {"do": "sleep", "seconds": 30})
    assert seen == [False]
    assert (dict(os.environ), list(sys.path)) == (environment, path)
    assert not {"app", "shared"} & (set(sys.modules) - modules)


def test_a_warm_environment_keeps_its_modules_and_parallel_runs_have_their_own() -> None:
    with deployed() as world:
        assert world.invoke("ProbeFunction", {})["runs"] == 1
        assert world.invoke("ProbeFunction", {})["runs"] == 2
        world.functions.send("ProbeFunction", '{"do": "sleep", "seconds": 30}', "test")
        world.run_for(timedelta(seconds=5))
        assert world.invoke("ProbeFunction", {})["runs"] == 1
        assert world.invoke("SerialFunction", {})["runs"] == 1


def test_the_remaining_time_follows_the_virtual_clock() -> None:
    with deployed() as world:
        result = world.invoke("ProbeFunction", {"do": "sleep", "seconds": 25})
    assert result == {"before": 60_000, "after": 35_000, "greeting": "hello"}


def test_a_function_is_killed_at_its_time_out_and_nothing_of_it_runs_on() -> None:
    with deployed() as world:
        with pytest.raises(HandlerError, match=r"Task timed out after 60\.00 seconds") as caught:
            world.invoke("ProbeFunction", {"do": "sleep and write", "seconds": 61})
        assert caught.value.error_type == "Sandbox.Timedout"
        assert keys(world) == []
        assert world.invoke("ProbeFunction", {})["runs"] == 1  # in a new environment


def test_a_function_may_use_its_time_to_the_last_second() -> None:
    with deployed() as world:
        world.invoke("ProbeFunction", {"do": "sleep and write", "seconds": 59})
        assert keys(world) == ["from finally 1", "from finally 2"]


@pytest.mark.parametrize(
    ("function", "event", "error_type", "message"),
    [
        ("ProbeFunction", {"do": "fail", "message": "no"}, "PermanentError", "no"),
        ("ProbeFunction", {"do": "sleep"}, "KeyError", "'seconds'"),
        ("ProbeFunction", {"do": "return a datetime"}, "Runtime.MarshalError", "datetime is not JSON serializable"),
        ("BrokenFunction", {}, "Runtime.ImportModuleError", "No module named 'module_that_does_not_exist'"),
    ],
)
def test_errors_have_lambdas_types(function: str, event: object, error_type: str, message: str) -> None:
    with deployed() as world, pytest.raises(HandlerError) as caught:
        world.invoke(function, event)
    assert caught.value.error_type == error_type
    assert message in caught.value.message


def test_a_failed_event_is_tried_again_after_one_and_two_minutes_and_then_goes_to_its_destination() -> None:
    with deployed() as world:
        world.functions.send("ProbeFunction", '{"do": "fail"}', "test")
        world.run_for(10 * MINUTE)
        starts = [one.started for one in world.functions.invocations if one.started is not None]
        (record,) = messages(world, "DeadLetters")
    pauses = [round((later - earlier).total_seconds()) for earlier, later in pairwise(starts)]
    assert pauses == [60, 120]
    assert len({one.request_id for one in world.functions.invocations}) == 1
    body = record["body"]
    assert body["requestContext"]["condition"] == "RetriesExhausted"
    assert body["requestContext"]["approximateInvokeCount"] == 3
    assert body["requestPayload"] == {"do": "fail"}
    assert body["responsePayload"]["errorType"] == "PermanentError"


def test_an_event_that_succeeds_at_the_second_try_leaves_no_dead_letter() -> None:
    with deployed() as world:
        world.functions.send("ProbeFunction", '{"do": "fail at first", "times": 1}', "test")
        world.run_for(10 * MINUTE)
        assert len(world.functions.invocations) == 2
        assert messages(world, "DeadLetters") == []


def test_a_dead_letter_queue_gets_the_event_itself_with_the_error() -> None:
    with deployed() as world:
        world.functions.send("BrokenFunction", '{"some": "event"}', "test")
        world.run_for(10 * MINUTE)
        (letter,) = messages(world, "DeadLetters")
    assert letter["body"] == {"some": "event"}
    assert letter["attributes"]["ErrorCode"] == "200"
    assert "module_that_does_not_exist" in letter["attributes"]["ErrorMessage"]


def test_reserved_concurrency_lets_events_wait_and_refuses_callers() -> None:
    with deployed() as world:
        for _ in range(2):
            world.functions.send("SerialFunction", '{"do": "sleep", "seconds": 30}', "test")
        world.run_for(timedelta(seconds=10))
        with pytest.raises(HandlerError, match="TooManyRequests"):
            world.invoke("SerialFunction", {})
        world.run_for(2 * MINUTE)
        first, second = (one.started for one in world.functions.invocations)
    assert first is not None
    assert second is not None
    assert second - first >= timedelta(seconds=30)


def test_a_function_reaches_another_through_the_api() -> None:
    with deployed() as world:
        name = world.physical_id("SerialFunction")
        good = world.invoke("ProbeFunction", {"do": "call", "function": name, "payload": '{"do": "list"}'})
        bad = world.invoke("ProbeFunction", {"do": "call", "function": name, "payload": '{"do": "fail"}'})
    assert good == {"error": None, "payload": '{"queues": 2}'}
    assert bad["error"] == "Unhandled"
    assert '"errorType": "PermanentError"' in bad["payload"]


def test_what_a_function_prints_is_kept_with_its_run() -> None:
    with deployed() as world:
        world.invoke("ProbeFunction", {})
        (run,) = world.functions.invocations
    assert run.log == [f"run 1 of {world.physical_id('ProbeFunction')}"]


def test_calls_are_recorded_with_their_caller() -> None:
    with deployed(start=datetime(2027, 5, 1, 12, tzinfo=UTC)) as world:
        world.client("sqs").list_queues()
        world.invoke("ProbeFunction", {"do": "write", "key": "k"})
        world.invoke("ProbeFunction", {"do": "read", "key": "k"})
    calls = [
        (call.caller, call.name, call.mutating, call.error, call.at.date().isoformat()) for call in world.calls.log
    ]
    assert calls == [
        ("ProbeFunction", "dynamodb.PutItem", True, None, "2027-05-01"),
        ("ProbeFunction", "dynamodb.PutItem", True, None, "2027-05-01"),
        ("ProbeFunction", "dynamodb.GetItem", False, None, "2027-05-01"),
    ]
