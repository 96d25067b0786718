"""Whether a block is renewed now without asking anybody: by the pool's settings, and only if it is known to be used."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_blocks.core.extension.request import workflow_input
from capacity_blocks.core.purchase import money
from capacity_blocks.core.reminder.gathering import can_be_asked_for, can_be_extended
from capacity_blocks.core.reminder.succession import Succession
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.core.renewal import successor
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.timeline import LAST_EXTENSION_BEFORE_END

HOUR = timedelta(hours=1)
TRIED_EVERY = HOUR
TRIED_FOR = timedelta(minutes=10)  # of each hour: one run at least falls into it


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRenewed:
    """Why nothing is renewed as things stand. They may change until the last moment."""

    reason: str


def is_due(
    now: datetime, block: Reservation, settings: RenewalSettings, succession: Succession, *, is_paying: bool
) -> bool:
    """Whether it is time to decide: from the pool's lead on, for a block that nothing continues yet."""
    if settings.duration is None or is_paying or succession.is_covered or not block.is_paid:
        return False
    if not block.end - settings.lead <= now < block.end - LAST_EXTENSION_BEFORE_END:
        return False
    match settings.mode:
        case RenewalMode.OFF:
            return False
        case RenewalMode.EXTEND:
            return can_be_extended(now, block, settings.duration)
        case RenewalMode.BUY_SUCCESSOR:
            return can_be_asked_for(block)


def decide(
    now: datetime, block: Reservation, pool: str, settings: RenewalSettings, usage: Usage
) -> Renewal | NotRenewed:
    """Decide for a block that is due. What is not known never renews anything."""
    if usage.instances is None:
        return NotRenewed(reason=f"how much it is used is not known{usage.trouble and f' ({usage.trouble})'}")
    used = f"{money.canonical(usage.instances)} % of it was in use over the last day"
    if usage.instances < settings.min_utilization:
        return NotRenewed(reason=f"{used}, and the pool's settings ask for {settings.min_utilization} %")
    return Renewal(
        reservation_id=block.reservation_id,
        region=block.region,
        pool=pool,
        instance_type=block.instance_type,
        instance_count=block.instance_count,
        end=block.end,
        mode=settings.mode,
        duration=settings.duration or timedelta(0),
        most_fee=settings.most_fee,
        utilization=usage.instances,
        decided_at=now,
    )


def execution(renewal: Renewal, attempt: int = 0) -> str:
    """Name the workflow of a renewal: one for each block, end and attempt, of which the first is 0."""
    name = f"renew-{renewal.reservation_id}-{renewal.end.astimezone(UTC):%Y%m%dt%H%M}"
    return f"{name}-{attempt}" if attempt else name


def attempt(now: datetime, begun_at: datetime | None, settings: RenewalSettings) -> int | None:
    """Return which attempt at a renewal that is due is to be made now, if any.

    An extension is tried again each hour, as one could not be had that is on sale later, or somebody's question was
    open. That two runs make the same attempt is harmless, by the name of its workflow. The workflow that buys a
    successor looks again by itself.
    """
    if begun_at is None:
        return 0
    made, since = divmod(now - begun_at, TRIED_EVERY)
    is_tried = settings.mode is RenewalMode.EXTEND and made > 0 and since < TRIED_FOR
    return made if is_tried else None


def next_attempt_at(now: datetime, begun_at: datetime) -> datetime:
    return begun_at + ((now - begun_at) // TRIED_EVERY + 1) * TRIED_EVERY


def asked(renewal: Renewal, block: Reservation) -> dict[str, Any]:
    """Return what the workflow of a renewal is given; the same each time for the same renewal."""
    if renewal.mode is RenewalMode.BUY_SUCCESSOR:
        # No overlap: a block that somebody bought in the meantime must stop it.
        return successor.document(
            block,
            renewal.pool,
            start=renewal.end,
            end=renewal.end + renewal.duration,
            most_fee=renewal.most_fee,
            automatic=True,
            look_until=renewal.end - LAST_EXTENSION_BEFORE_END,
        )
    return workflow_input(
        reservation_id=renewal.reservation_id,
        region=renewal.region,
        duration=renewal.duration,
        why=f"renewed without a question: {money.canonical(renewal.utilization)} % of it was in use",
        automatic=True,
        most_fee=money.canonical(renewal.most_fee),
        end=renewal.end,
    )
