"""Pages of Auto Scaling's describe calls: 50 things, at most 100, and a token for the rest."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from .surroundings import AutoScalingError, invalid

Thing = TypeVar("Thing")
MOST = 100


def page(things: Sequence[Thing], params: Mapping[str, Any], usual: int = 50) -> tuple[list[Thing], str | None]:
    """Cut out the page that is asked for; its token, if any, asks for the next one."""
    size = int(params.get("MaxRecords") or usual)
    if not 1 <= size <= MOST:
        raise invalid(f"1 validation error detected: MaxRecords {size} must be between 1 and {MOST}")
    token = params.get("NextToken") or "0"
    if not str(token).isdigit() or int(token) > len(things):
        raise AutoScalingError("InvalidNextToken", f"The token '{token}' is invalid.")
    start = int(token)
    end = start + size
    return list(things[start:end]), str(end) if end < len(things) else None
