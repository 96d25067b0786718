"""The fake task tokens and those of Step Functions keep the same promises."""

from collections.abc import Callable, Iterator

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.step_functions import StepFunctionsTokens
from capacity_blocks.purchase_ports import TaskTokens
from tests import aws
from tests.fakes import FakeTaskTokens

Given = Callable[..., TaskTokens]


@pytest.fixture(params=["fake", "step functions"])
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    """Return the tokens where a task waits under `token-1`, or waits no more."""
    if request.param == "fake":
        yield lambda *, waits: FakeTaskTokens(waiting={"token-1"} if waits else set())
        return
    client = aws.client("stepfunctions")
    with Stubber(client) as stub:

        def step_functions(*, waits: bool) -> TaskTokens:
            if waits:
                stub.add_response("send_task_success", {})
            stub.add_client_error("send_task_success", "TaskTimedOut", http_status_code=400)
            return StepFunctionsTokens(client)

        yield step_functions
        stub.assert_no_pending_responses()


def test_a_task_is_woken_once(given: Given) -> None:
    tokens = given(waits=True)

    assert [tokens.wake("token-1"), tokens.wake("token-1")] == [True, False]


def test_a_task_that_no_longer_waits_is_not_woken(given: Given) -> None:
    assert not given(waits=False).wake("token-1")
