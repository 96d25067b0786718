"""A look at a queue that is no call of it: it costs nothing, and AWS knows of none such."""

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends


def is_empty(url: str, region: str) -> bool:
    """Whether nothing is in a queue, neither to be received nor received and not yet deleted."""
    return not sqs_backends[DEFAULT_ACCOUNT_ID][region].queues[url.rpartition("/")[2]]._messages
