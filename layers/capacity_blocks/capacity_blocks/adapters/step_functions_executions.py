"""Workflows that are started, each under a name that it has once."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code, raises_aws_error

if TYPE_CHECKING:
    from types_boto3_stepfunctions.client import SFNClient


class StepFunctionsExecutions:
    PERMISSIONS = frozenset({"states:StartExecution"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SFNClient") -> None:
        self._client = client

    @raises_aws_error
    def start(self, machine: str, name: str, document: Mapping[str, Any]) -> bool:
        """Start an execution. Asked again with the same input while it runs, Step Functions says yes once more."""
        try:
            self._client.start_execution(stateMachineArn=machine, name=name, input=json.dumps(dict(document)))
        except ClientError as error:
            if code(error) == "ExecutionAlreadyExists":  # it has ended, or has another input: within 90 days
                return False
            raise
        return True
