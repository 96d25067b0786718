"""Refusals by AWS that a fault brings about, in each service's own words and on its own wire."""

import warnings
from typing import Any

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse
from moto.core.exceptions import ServiceException
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

# EC2's are in "Error codes for the Amazon EC2 API"; the query services say Throttling in their "Common errors", and
# all others ThrottlingException. The Capacity Block searches have a code of their own, which no SDK knows for one.
_THROTTLES = {
    "autoscaling": "Throttling",
    "ec2": "RequestLimitExceeded",
    "lambda": "TooManyRequestsException",
    "sns": "Throttling",
    "sts": "Throttling",
}
_SEARCHES = {"DescribeCapacityBlockOfferings", "DescribeCapacityBlockExtensionOfferings"}
# botocore's models of these services name their own; InternalFailure is in the "Common errors" of the others.
_SERVER_ERRORS = {
    "dynamodb": "InternalServerError",
    "ec2": "InternalError",
    "lambda": "ServiceException",
    "scheduler": "InternalServerException",
    "ssm": "InternalServerError",
}
_DENIALS = {"autoscaling": "AccessDenied", "ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}


_REQUEST_ID = "00000000-0000-4000-8000-000000000000"  # whoever reads it wants one to be there


class RefusedError(ServiceException):
    """What a service says instead of an answer."""


def code_of(service: str, operation: str) -> str:
    """Say which code a throttle has."""
    if operation in _SEARCHES:
        return "CapacityBlockDescribeLimitExceeded"
    return _THROTTLES.get(service, "ThrottlingException")


def throttled(service: str, operation: str, protocol: str, url: str) -> AWSResponse:
    """Say no as AWS does, so that the SDK's own retries see what they would see there."""
    status = 503 if service == "ec2" else 400  # EC2 throttles with 503, the others with 400
    return _written(service, operation, protocol, url, (code_of(service, operation), "Rate exceeded"), status)


def server_error(service: str, operation: str, protocol: str, url: str) -> AWSResponse:
    """Say that something went wrong within, which leaves open whether the request was carried out."""
    code = _SERVER_ERRORS.get(service, "InternalFailure")
    return _written(service, operation, protocol, url, (code, "An internal error has occurred"), 500)


def denied(service: str, operation: str, protocol: str, url: str) -> AWSResponse:
    """Say that the caller lacks the permission."""
    code = _DENIALS.get(service, "AccessDeniedException")
    message = "You are not authorized to perform this operation."
    return _written(service, operation, protocol, url, (code, message), 400 if protocol == "json" else 403)


def _written(service: str, operation: str, protocol: str, url: str, said: tuple[str, str], status: int) -> AWSResponse:
    model = get_service_model(service).operation_model(operation)
    serializer = get_serializer_class(service, protocol)(operation_model=model, pretty_print=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto wonders at codes that every service has and no model lists
        answer = serializer.serialize(RefusedError(*said))
    headers: Any = {**answer["headers"], "x-amzn-requestid": _REQUEST_ID}  # any mapping does
    return AWSResponse(url, status, headers, MockRawResponse(answer["body"]))
