"""Refusals by AWS for too many calls, in each service's own words and on its own wire."""

import warnings

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse
from moto.core.exceptions import ServiceException
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

# EC2's are in "Error codes for the Amazon EC2 API"; the query services say Throttling in their "Common errors", and
# all others ThrottlingException. The Capacity Block searches have a code of their own, which no SDK knows for one.
_CODES = {"ec2": "RequestLimitExceeded", "autoscaling": "Throttling", "sns": "Throttling", "sts": "Throttling"}
_SEARCHES = {"DescribeCapacityBlockOfferings", "DescribeCapacityBlockExtensionOfferings"}


class ThrottledError(ServiceException):
    """What a service says to one call too many."""


def code_of(service: str, operation: str) -> str:
    if operation in _SEARCHES:
        return "CapacityBlockDescribeLimitExceeded"
    return _CODES.get(service, "ThrottlingException")


def throttled(service: str, operation: str, protocol: str, url: str) -> AWSResponse:
    """Say no as AWS does, so that the SDK's own retries see what they would see there."""
    model = get_service_model(service).operation_model(operation)
    serializer = get_serializer_class(service, protocol)(operation_model=model, pretty_print=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto wonders at codes that every service has and no model lists
        answer = serializer.serialize(ThrottledError(code_of(service, operation), "Rate exceeded"))
    status = 503 if service == "ec2" else 400  # EC2 throttles with 503, the others with 400
    return AWSResponse(url, status, answer["headers"], MockRawResponse(answer["body"]))
