"""What is remembered of the drain of one instance: who is at it, since when, and how it ended."""

from dataclasses import dataclass, replace
from datetime import datetime

from capacity_blocks.core.drain.verdict import Report, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainRecord:
    """`run` is at it until `until`, and says so again in time; when that has passed, any other run may take over."""

    reservation_id: str  # of the block that the instance runs in; empty outside of any
    instance_id: str
    region: str
    group: str
    pool: str
    run: str
    until: datetime
    started: datetime
    deadline: datetime | None = None  # None: not known yet
    verdict: Verdict = Verdict.PENDING
    ended: datetime | None = None
    reasons: tuple[str, ...] = ()
    evicted: tuple[str, ...] = ()  # by name
    stuck: tuple[str, ...] = ()  # what will not move unless somebody does something, and what
    interrupted: bool = False  # it began because EC2 had said that it ends the instance itself
    termination: datetime | None = None  # when EC2 does, past all hooks; it may have said so later
    told: bool = False  # whether people have heard that it is stuck

    def hastened(self, termination: datetime | None) -> "DrainRecord":
        """Return it with the earlier of two terminations."""
        known = [each for each in (self.termination, termination) if each is not None]
        return replace(self, termination=min(known, default=None))

    def is_under_way(self, now: datetime) -> bool:
        return self.ended is None and now < self.until

    def is_free(self, run: str, now: datetime) -> bool:
        """Whether `run` may be at it: it is already, or nobody is any more."""
        return self.run == run or now >= self.until

    @property
    def report(self) -> Report | None:
        """How it ended; None before."""
        if self.ended is None:
            return None
        return Report(
            instance_id=self.instance_id,
            verdict=self.verdict,
            started=self.started,
            ended=self.ended,
            reasons=self.reasons,
            evicted=self.evicted,
        )
