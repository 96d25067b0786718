"""What Step Functions refuses, with the codes of botocore's model."""

from moto.core.exceptions import AWSError


class InvalidNameError(AWSError):
    TYPE = "InvalidName"


class InvalidOutputError(AWSError):
    TYPE = "InvalidOutput"


class InvalidTokenError(AWSError):
    TYPE = "InvalidToken"


class TaskTimedOutError(AWSError):
    TYPE = "TaskTimedOut"


class NotRedrivableError(AWSError):
    TYPE = "ExecutionNotRedrivable"
