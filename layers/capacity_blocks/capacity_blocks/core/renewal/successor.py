"""The purchase request for a block that follows another one: same type, size, platform and tags of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from re import ASCII, fullmatch
from typing import Any

from capacity_blocks.core.purchase import canonical, money
from capacity_blocks.core.purchase.duration import MOST_DAYS_BY_DAY
from capacity_blocks.core.purchase.request_field import MOST_KEY, MOST_TAGS, MOST_VALUE
from capacity_blocks.core.reservation import Reservation

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OF_OTHERS = ("aws:", "capacity-blocks:")  # tags that a request may not give


def request_id(reservation_id: str, end: datetime) -> str:
    """Name the request for what follows a block at its end: one for each, however often it is asked for."""
    return f"next-{reservation_id}-{end.astimezone(UTC):%Y%m%dt%H%M}"


def follows(request: str) -> tuple[str, datetime] | None:
    """Return the block and the end that a request id of ours names; None if it is none of ours."""
    found = fullmatch(r"next-(cr-[0-9a-z]+)-([0-9]{8}t[0-9]{4})", request, ASCII)
    if found is None:
        return None
    try:
        return found[1], datetime.strptime(found[2], "%Y%m%dt%H%M").replace(tzinfo=UTC)
    except ValueError:  # digits that are no date
        return None


def document(
    block: Reservation,
    pool: str,
    *,
    start: datetime,
    end: datetime,
    most_fee: Decimal,
    automatic: bool = False,
    look_until: datetime | None = None,
) -> dict[str, Any]:
    """Ask for a block like `block` from `start` to `end`. ValueError where it is not known what to ask for.

    Tags go with it: Karpenter, for one, selects blocks by them.
    """
    if block.ultraserver is not False:
        raise ValueError(f"{block.reservation_id}: it is, or may be, an UltraServer, whose type is not known")
    if not block.instance_count:
        raise ValueError(f"{block.reservation_id}: how many instances it has is not known")
    days = _sold(end - start)
    asked: dict[str, Any] = {
        "request_id": request_id(block.reservation_id, block.end),
        "pool": pool,
        "instance_types": [block.instance_type],
        "instance_count": block.instance_count,
        "duration_days": [days],
        "least_hours": days * 24,
        "most_hours": -(-(end - start) // HOUR),
        "earliest_start": canonical.instant(start),
        "latest_end": canonical.instant(end),
        "regions": [block.region],
        "most_upfront_fee": money.canonical(most_fee),
        "platform": block.platform,
        "tags": _tags(block.tags),
        "may_overlap": start < block.end,
    }
    unasked = {"automatic": True} if automatic else {}
    return asked | unasked | ({} if look_until is None else {"look_until": canonical.instant(look_until)})


def _sold(span: timedelta) -> int:
    """Return the most days that EC2 sells within a span: it rounds up what begins at once to the next 11:30 UTC."""
    days = max(1, span // DAY)
    return days if days <= MOST_DAYS_BY_DAY else days // 7 * 7


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    own = (
        (key, value)
        for key, value in sorted(tags.items())
        if key and not key.lower().startswith(OF_OTHERS) and len(key) <= MOST_KEY and len(value) <= MOST_VALUE
    )
    return dict(list(own)[:MOST_TAGS])
