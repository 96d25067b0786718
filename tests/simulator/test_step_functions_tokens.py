"""Tasks that wait for a token: answered, too late, never, twice, and with a token that is none."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World
from tests.simulator.stage import deployed
from tests.simulator.workflows import NINE, SECOND, history, make, output, start, status, task, tokens, waiting_task

CATCH = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Told"}]
TOLD = {"Type": "Pass", "End": True}


def refusal(world: World, method: str, **asked: Any) -> str:
    with pytest.raises(ClientError) as refused:
        getattr(world.client("stepfunctions"), method)(**asked)
    return str(refused.value.response["Error"]["Code"])


def waiting(world: World, **more: Any) -> tuple[str, str]:
    execution = start(world, make(world, "asks", Ask=waiting_task(world, Catch=CATCH, **more), Told=TOLD))
    world.run_for(10 * SECOND)
    return execution, tokens(world)[0]


def test_an_answer_wakes_the_workflow_at_once() -> None:
    with deployed() as world:
        execution, token = waiting(world, TimeoutSeconds=900)
        world.client("stepfunctions").send_task_success(taskToken=token, output='{"decision": "approve"}')
        world.run_for(SECOND)
        assert output(world, execution) == {"decision": "approve"}
        assert history(world, execution).count("TaskSubmitted") == 1


def test_a_failure_is_caught_with_its_cause() -> None:
    with deployed() as world:
        execution, token = waiting(world)
        world.client("stepfunctions").send_task_failure(taskToken=token, error="Rejected", cause="too dear")
        world.run_for(SECOND)
        assert output(world, execution) == {"Error": "Rejected", "Cause": "too dear"}


def test_a_task_times_out_in_virtual_time_and_its_token_is_no_longer_good() -> None:
    with deployed() as world:
        execution, token = waiting(world, TimeoutSeconds=900)
        world.run_until(NINE + 899 * SECOND)
        assert status(world, execution) == "RUNNING"
        world.run_until(NINE + 900 * SECOND)
        assert output(world, execution)["Error"] == "States.Timeout"
        assert refusal(world, "send_task_success", taskToken=token, output="{}") == "TaskTimedOut"
        assert refusal(world, "send_task_failure", taskToken=token, error="E") == "TaskTimedOut"
        assert refusal(world, "send_task_heartbeat", taskToken=token) == "TaskTimedOut"


def test_only_the_first_answer_counts() -> None:
    with deployed() as world:
        execution, token = waiting(world)
        world.client("stepfunctions").send_task_success(taskToken=token, output='"first"')
        assert refusal(world, "send_task_success", taskToken=token, output='"second"') == "TaskTimedOut"
        world.run_for(SECOND)
        assert output(world, execution) == "first"


def test_a_token_that_nobody_gave_and_an_output_that_is_none_are_refused() -> None:
    with deployed() as world:
        _, token = waiting(world)
        assert refusal(world, "send_task_success", taskToken="made up", output="{}") == "InvalidToken"
        assert refusal(world, "send_task_failure", taskToken="made up") == "InvalidToken"
        assert refusal(world, "send_task_success", taskToken=token, output="{no json") == "InvalidOutput"


def test_the_token_of_a_stopped_execution_is_no_longer_good() -> None:
    with deployed() as world:
        execution, token = waiting(world, TimeoutSeconds=900)
        world.client("stepfunctions").stop_execution(executionArn=execution)
        world.run_for(SECOND)
        assert status(world, execution) == "ABORTED"
        assert refusal(world, "send_task_success", taskToken=token, output="{}") == "TaskTimedOut"


def test_each_attempt_has_a_token_of_its_own() -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 5, "MaxAttempts": 1}]
    with deployed() as world:
        execution, _ = waiting(world, TimeoutSeconds=60, Retry=retry)
        world.run_for(70 * SECOND)
        first, second = tokens(world)
        assert refusal(world, "send_task_success", taskToken=first, output="1") == "TaskTimedOut"
        world.client("stepfunctions").send_task_success(taskToken=second, output="2")
        world.run_for(SECOND)
        assert output(world, execution) == 2


def test_the_call_that_takes_the_token_may_fail() -> None:
    with deployed() as world:
        failing = waiting_task(world, Catch=CATCH)
        failing["Arguments"]["Payload"] = {"do": "fail"}
        execution = start(world, make(world, "asks", Ask=failing, Told=TOLD))
        world.run_for(10 * SECOND)
        assert output(world, execution)["Error"] == "PermanentError"


def test_a_task_times_out_while_its_function_still_runs() -> None:
    slow = {"do": "sleep and write", "seconds": 30}
    with deployed() as world:
        execution = start(world, make(world, "slow", Ask=task(world, slow, TimeoutSeconds=10, Catch=CATCH), Told=TOLD))
        world.run_until(NINE + 11 * SECOND)
        assert output(world, execution)["Error"] == "States.Timeout"
        assert world.client("dynamodb").scan(TableName=world.physical_id("Table"))["Count"] == 0
        world.run_for(timedelta(minutes=1))
        assert world.client("dynamodb").scan(TableName=world.physical_id("Table"))["Count"] == 2
