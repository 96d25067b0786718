from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.step_functions import StepFunctionsTokens
from capacity_blocks.ports import AwsError
from tests import aws


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(aws.client("stepfunctions")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def tokens() -> StepFunctionsTokens:
    return StepFunctionsTokens(aws.client("stepfunctions"))


def test_a_token_wakes_and_says_nothing_of_the_decision(stub: Stubber, tokens: StepFunctionsTokens) -> None:
    stub.add_response("send_task_success", {}, {"taskToken": "token-1", "output": "{}"})

    assert tokens.wake("token-1")


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_task_that_no_longer_waits_is_no_error(stub: Stubber, tokens: StepFunctionsTokens, code: str) -> None:
    stub.add_client_error("send_task_success", code, http_status_code=400)

    assert not tokens.wake("token-1")


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InvalidOutput"])
def test_what_else_goes_wrong_is_told(stub: Stubber, tokens: StepFunctionsTokens, code: str) -> None:
    stub.add_client_error("send_task_success", code, http_status_code=400)

    with pytest.raises(AwsError, match=code):
        tokens.wake("token-1")
