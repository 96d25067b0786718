from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.step_functions_executions import StepFunctionsExecutions
from capacity_blocks.ports import AwsError
from tests import aws

MACHINE = "arn:aws:states:us-east-2:123456789012:stateMachine:ExtensionStateMachine"
ASKED = {"stateMachineArn": MACHINE, "name": "one", "input": '{"a": 1}'}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(aws.client("stepfunctions")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def start() -> bool:
    return StepFunctionsExecutions(aws.client("stepfunctions")).start(MACHINE, "one", {"a": 1})


def test_an_execution_is_started_under_its_name(stub: Stubber) -> None:
    answer = {"executionArn": f"{MACHINE}:one", "startDate": "2027-03-01T00:00:00Z"}
    stub.add_response("start_execution", answer, ASKED)

    assert start()


def test_a_name_that_was_used_starts_nothing(stub: Stubber) -> None:
    stub.add_client_error("start_execution", "ExecutionAlreadyExists", http_status_code=400, expected_params=ASKED)

    assert not start()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ExecutionLimitExceeded", "StateMachineDoesNotExist"])
def test_what_else_goes_wrong_is_told(stub: Stubber, code: str) -> None:
    stub.add_client_error("start_execution", code, http_status_code=400)

    with pytest.raises(AwsError, match=code):
        start()
