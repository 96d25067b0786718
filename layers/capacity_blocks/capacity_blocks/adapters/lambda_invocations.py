"""Functions of this stack that are started and not waited for."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from capacity_blocks.adapters.aws_error import raises_aws_error

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient


class LambdaInvocations:
    PERMISSIONS = frozenset({"lambda:InvokeFunction"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    @raises_aws_error
    def invoke(self, function: str, event: Mapping[str, Any]) -> None:
        # Lambda queues the event, tries again what fails, and hands what fails for good to the function's dead letters.
        self._client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(dict(event)).encode())
