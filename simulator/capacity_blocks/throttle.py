"""How many calls EC2 answers: one bucket of tokens for each operation, as "Request throttling for the EC2 API" says."""

from dataclasses import dataclass
from datetime import datetime

from .error import CapacityBlockError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bucket of `size` tokens that gets `refill` a second."""

    size: int
    refill: float
    code: str = "RequestLimitExceeded"


# The page lists these two operations with a limit of their own. The code is in "Error codes for the Amazon EC2 API";
# botocore does not know it as throttling, so that no retry mode waits for it.
OFFERINGS = Limit(size=10, refill=0.15, code="CapacityBlockDescribeLimitExceeded")
DESCRIBE = Limit(size=100, refill=20)
MUTATE = Limit(size=50, refill=5)

_OF_THEIR_OWN = {
    "DescribeCapacityBlockOfferings": OFFERINGS,
    "DescribeCapacityBlockExtensionOfferings": OFFERINGS,
}


def limit_of(operation: str) -> Limit:
    is_question = operation.startswith(("Describe", "Get"))
    return _OF_THEIR_OWN.get(operation, DESCRIBE if is_question else MUTATE)


class TokenBucket:
    """A full bucket at first; a call takes one token, and time brings them back."""

    def __init__(self, limit: Limit, now: datetime) -> None:
        self._limit = limit
        self._tokens = float(limit.size)
        self._filled_at = now

    def take(self, now: datetime) -> None:
        """Take one token, or refuse. A refused call takes nothing."""
        gained = (now - self._filled_at).total_seconds() * self._limit.refill
        self._tokens = min(float(self._limit.size), self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            raise CapacityBlockError(self._limit.code, "Request limit exceeded.")
        self._tokens -= 1
