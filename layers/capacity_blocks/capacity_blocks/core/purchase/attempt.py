"""What an answer to the one attempt to buy means: only a certain no is a no."""

from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.throttle import NOT_NOW

# What says "not now" comes with a 4xx as well, and it is not written for every one of them that nothing was done; no
# more than for these. "Error codes for the Amazon EC2 API".
UNSURE = NOT_NOW | {"Client.RequestLimitExceeded", "InternalError", "Unavailable"}
UNSURE_STATUS = frozenset({408, 425, 429})
WOULD_HAVE_SUCCEEDED = "DryRunOperation"


class DryRun(StrEnum):
    """EC2's answer to a purchase with DryRun: whether the call would be permitted."""

    PERMITTED = "permitted"
    STOP = "stop"


def is_certain_refusal(status: int, code: str) -> bool:
    """Whether an error of EC2 says for certain that nothing was bought.

    Anything else, and whatever brings no answer of EC2 at all, is looked up and never repeated.
    """
    return 400 <= status < 500 and status not in UNSURE_STATUS and bool(code) and code not in UNSURE


def dry_run(code: str | None) -> DryRun:
    """Read a dry run: nothing but DryRunOperation goes on, a success least of all."""
    return DryRun.PERMITTED if code == WOULD_HAVE_SUCCEEDED else DryRun.STOP


def can_end(now: datetime, call_timeout: timedelta, function_ends_at: datetime) -> bool:
    """Whether a call begun now ends before its function does, even at its time-out, so that its end is recorded."""
    return now + call_timeout < function_ends_at
