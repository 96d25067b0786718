"""When each thing happens to a Capacity Block, and where `now` falls. All lead times live here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation

# EC2 starts to terminate instances this long before the end.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html
RECLAIM_LEAD = timedelta(minutes=30)
ULTRASERVER_RECLAIM_LEAD = timedelta(minutes=60)
# "Extend Capacity Blocks": more time is sold from 56 days to 1 hour before the end.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-extend.html
FIRST_EXTENSION_BEFORE_END = timedelta(days=56)
LAST_EXTENSION_BEFORE_END = timedelta(hours=1)


class Phase(StrEnum):
    BEFORE_START = "before start"
    USABLE = "usable"
    DRAINING = "draining"
    RECLAIMING = "reclaiming"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The instants of a block; each phase begins at one and ends before the next."""

    start: datetime
    drain_at: datetime
    reclaim_at: datetime
    end: datetime

    @classmethod
    def of(cls, reservation: Reservation, policy: Policy, asked: timedelta | None = None) -> "Timeline":
        """Place the instants of `reservation`; `asked` is a target's own drain lead.

        A lead that would fall into the reclaim window is not one: the pool's stands instead, or the default.
        A block that cannot be told from an UltraServer is taken for one: too early costs minutes, too late the work.
        """
        instance = reservation.ultraserver is False
        reclaim_lead = RECLAIM_LEAD if instance else ULTRASERVER_RECLAIM_LEAD
        pool_lead = policy.drain_lead if instance else policy.ultraserver_drain_lead
        default = Policy().drain_lead if instance else Policy().ultraserver_drain_lead
        lead = next(lead for lead in (asked, pool_lead, default) if lead is not None and lead > reclaim_lead)
        reclaim_at = reservation.end - reclaim_lead
        return cls(
            start=reservation.start,
            drain_at=max(reservation.start, reservation.end - lead),
            reclaim_at=max(reservation.start, reclaim_at),
            end=reservation.end,
        )

    def phase(self, now: datetime) -> Phase:
        if now < self.start:
            return Phase.BEFORE_START
        if now < self.drain_at:
            return Phase.USABLE
        if now < self.reclaim_at:
            return Phase.DRAINING
        if now < self.end:
            return Phase.RECLAIMING
        return Phase.ENDED

    def next_boundary(self, now: datetime) -> datetime | None:
        """Return the next instant at which there is something to do."""
        instants = (self.start, self.drain_at, self.reclaim_at, self.end)
        return next((instant for instant in instants if instant > now), None)
