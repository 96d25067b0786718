from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError, ReadTimeoutError

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.core.throttle import NOT_NOW
from capacity_blocks.ports import AwsError


def answered(code: str, status: int, retries: int = 0) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "told so"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": retries},
    }
    return ClientError(response, "UpdateAutoScalingGroup")


def raised(error: Exception) -> AwsError:
    @raises_aws_error
    def call() -> None:
        raise error

    with pytest.raises(AwsError) as caught:
        call()
    return caught.value


def test_it_names_operation_code_and_message() -> None:
    error = raised(answered("ValidationError", 400))

    assert str(error) == "UpdateAutoScalingGroup: ValidationError: told so"
    assert (error.operation, error.code) == ("UpdateAutoScalingGroup", "ValidationError")


@pytest.mark.parametrize(
    ("error", "definite"),
    [
        (answered("ValidationError", 400), True),
        (answered("UnauthorizedOperation", 403), True),
        (answered("InternalFailure", 500), False),
        (answered("ServiceUnavailable", 503), False),
        (answered("ResourceContention", 500), False),
        (answered("ValidationError", 400, retries=1), False),  # what became of the first attempt?
        *((answered(code, 400), False) for code in sorted(NOT_NOW)),
        (answered("SlowDown", 503), False),
        (ReadTimeoutError(endpoint_url="https://ec2"), False),
        (ConnectTimeoutError(endpoint_url="https://ec2"), False),
        (ParamValidationError(report="never sent"), True),
    ],
    ids=str,
)
def test_only_a_refusal_is_definite(error: Exception, definite: bool) -> None:
    assert raised(error).definite is definite


def test_an_answer_that_is_not_whole_is_not_definite() -> None:
    assert not raised(ClientError({}, "UpdateAutoScalingGroup")).definite


def test_what_never_reached_aws_is_named_by_its_kind() -> None:
    error = raised(ReadTimeoutError(endpoint_url="https://ec2"))

    assert error.code == "ReadTimeoutError"
    assert error.operation.endswith("call")


def test_an_answer_is_passed_on() -> None:
    assert raises_aws_error(lambda: 7)() == 7


def test_a_mistake_of_our_own_stays_one() -> None:
    @raises_aws_error
    def call() -> None:
        raise KeyError("EndDate")

    with pytest.raises(KeyError):
        call()
