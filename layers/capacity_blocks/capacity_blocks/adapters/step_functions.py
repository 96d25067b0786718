"""Workflows that wait for somebody, woken by their task token."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code, raises_aws_error

if TYPE_CHECKING:
    from types_boto3_stepfunctions.client import SFNClient

# SendTaskSuccess: the token is of a task that was answered, timed out or stopped, or is no token at all.
NOBODY_WAITS = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})
NOTHING = "{}"  # what was decided is in the ledger; a token only wakes


class StepFunctionsTokens:
    PERMISSIONS = frozenset({"states:SendTaskSuccess"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SFNClient") -> None:
        self._client = client

    @raises_aws_error
    def wake(self, token: str) -> bool:
        """Wake the task. A reply that was lost may read as False when the SDK asks again: it goes on all the same."""
        try:
            self._client.send_task_success(taskToken=token, output=NOTHING)
        except ClientError as error:
            if code(error) in NOBODY_WAITS:
                return False
            raise
        return True
