"""Whether a block is an UltraServer, where EC2 does not say so."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import DRAIN_ACTION
from capacity_blocks.core.target import Target
from capacity_blocks.core.timeline import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD

# The accelerator interconnect of these ends at the instance, so that no UltraServer is made of them: those are P6e and
# Trn2 (https://aws.amazon.com/ec2/ultraservers/). Of a type that is not named here EC2 is asked.
SINGLE = frozenset(
    {
        "p4d.24xlarge",
        "p4de.24xlarge",
        "p5.4xlarge",
        "p5.48xlarge",
        "p5e.48xlarge",
        "p5en.48xlarge",
        "p6-b200.48xlarge",
        "p6-b300.48xlarge",
        "trn1.32xlarge",
    }
)


def by_type(instance_type: str) -> bool | None:
    """Say whether blocks of a type are UltraServers: never, or None where the type does not tell."""
    return False if instance_type in SINGLE else None


def by_drain(block: Reservation, drain_at: datetime | None) -> Reservation:
    """Return the block with its kind, where the instant of our native drain action tells it.

    It was written when the kind was known: one that drains when an UltraServer would be reclaimed already is of none.
    """
    if block.ultraserver is not None or drain_at is None:
        return block
    is_late = block.end - ULTRASERVER_RECLAIM_LEAD <= drain_at < block.end - RECLAIM_LEAD
    return replace(block, ultraserver=False) if is_late else block


def by_drains(blocks: Sequence[Reservation], targets: Iterable[Target]) -> tuple[Reservation, ...]:
    """Return the blocks with their kinds, where a native drain action of a target that serves them tells it."""
    drains = {t.bound_to: a.start for t in targets for a in t.scheduled_actions if a.name == DRAIN_ACTION}
    return tuple(by_drain(block, drains.get(block.reservation_id)) for block in blocks)
