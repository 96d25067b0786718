"""One way for all adapters to say that a call failed: `ports.AwsError`."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from capacity_blocks.core.throttle import NOT_NOW
from capacity_blocks.ports import AwsError

P = ParamSpec("P")
T = TypeVar("T")


def raises_aws_error(call: Callable[P, T]) -> Callable[P, T]:
    """Turn what botocore raises in `call` into AwsError. Not for generators: they fail after they have returned."""

    @wraps(call)
    def translated(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except ClientError as error:
            raise AwsError(error.operation_name, code(error), message(error), definite=is_definite(error)) from error
        except (BotoCoreError, ResponseParserError) as error:  # the latter, of a garbled reply, is none of the former
            # What botocore finds wrong with the arguments was never sent; all else may have been carried out.
            definite = isinstance(error, ParamValidationError)
            raise AwsError(call.__qualname__, type(error).__name__, str(error), definite=definite) from error

    return translated


def is_definite(error: ClientError) -> bool:
    """Whether AWS refused the call, and nothing was done. A refused retry says nothing of the attempt before it."""
    metadata = error.response.get("ResponseMetadata", {})
    refused = 400 <= metadata.get("HTTPStatusCode", 500) < 500
    return refused and metadata.get("RetryAttempts", 0) == 0 and code(error) not in NOT_NOW


def code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "Unknown")


def message(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Message", "AWS gave no message")
