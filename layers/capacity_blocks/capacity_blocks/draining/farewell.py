"""How a drain ends: it is recorded, and the instance may go."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Progress
from capacity_blocks.drain_ports import DrainLedger
from capacity_blocks.draining.finder import Place
from capacity_blocks.draining.keeper import Keeper
from capacity_blocks.draining.log import Log
from capacity_blocks.draining.patience import patiently
from capacity_blocks.ports import AwsError, Clock, Ledger

PATIENCE = timedelta(seconds=40)  # with an API that is away when an instance is to be let go, past all else


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    clock: Clock
    ledger: DrainLedger
    history: Ledger
    log: Log
    run: str

    def end(self, place: Place, member: Member, keeper: Keeper, ended: Progress, until: datetime) -> None:
        """Record, then let go: a crash in between lets go once more, and nothing is forgotten.

        Where the ledger does not answer the instance goes all the same: EC2 would not wait either.
        """
        now = self.clock.now()

        def record() -> None:
            keeper.end(now, verdict=ended.verdict, reasons=ended.reasons, stuck=ended.stuck)

        try:
            record()
        except AwsError as error:
            self.log("ledger away", error=str(error))
            self.complete(place, member, until)
            patiently(self.clock, self._latest(until), member.instance_id, record)
        else:
            self.complete(place, member, until)
        self._remember(keeper.record, now, is_measure=ended.found)

    def complete(self, place: Place, member: Member, until: datetime) -> None:
        """Let the instance go on, unless it waits for none of us. That it goes already is as good."""
        if member.is_leaving and not member.is_of_node_group:
            patiently(self.clock, self._latest(until), member.instance_id, lambda: place.actions.complete(member))

    def _latest(self, until: datetime) -> datetime:
        return max(until, self.clock.now() + PATIENCE)

    def _remember(self, record: DrainRecord, now: datetime, *, is_measure: bool) -> None:
        """Write the block's history, and how long the drain took."""
        if not record.reservation_id:
            return
        took = now - record.started
        line = {
            "did": "Drain",
            "instance": record.instance_id,
            "target": record.group,
            "outcome": record.verdict.value,
            "seconds": str(round(took.total_seconds())),
            "evicted": ", ".join(record.evicted),
            "reason": "; ".join(record.reasons),
        }
        try:
            self.history.append(record.reservation_id, now, self.run, line)
            if is_measure:
                self.ledger.measure(record.pool, record.reservation_id, took, now)
        except AwsError as error:
            self.log("history unwritten", error=str(error), **line)
