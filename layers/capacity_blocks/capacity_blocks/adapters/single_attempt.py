"""What adapters that spend have in common: a client that asks once, and which errors are a certain no."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from capacity_blocks.core.purchase.attempt import is_certain_refusal

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client


def asking_once(client: "EC2Client", operation: str) -> "EC2Client":
    """Return the client if it never repeats a call; ValueError if a retry of the SDK could buy again."""
    # botocore writes `max_attempts` down as this too; without it, each of its retry modes tries several times.
    retries: Mapping[str, Any] = client.meta.config.retries or {}  # type: ignore[attr-defined]  # not in its stubs
    attempts = retries.get("total_max_attempts")
    if attempts != 1:
        raise ValueError(
            f"{operation}: its client tries {attempts or 'several'} times, and each may buy; "
            'make it with Config(retries={"mode": "standard", "total_max_attempts": 1})'
        )
    return client


def is_refusal(error: ClientError) -> bool:
    """Whether EC2 says for certain that nothing was bought. Without a status, a code, or after a retry it does not."""
    metadata = error.response.get("ResponseMetadata", {})
    given = error.response.get("Error", {}).get("Code", "")
    return metadata.get("RetryAttempts", 0) == 0 and is_certain_refusal(metadata.get("HTTPStatusCode", 0), given)
