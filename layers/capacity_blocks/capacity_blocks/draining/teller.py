"""Tell people of drains that are stuck: once for each instance, and of all of a block together."""

from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.wording import node as wording
from capacity_blocks.drain_ports import DrainLedger
from capacity_blocks.draining.log import Log
from capacity_blocks.executor import SAID, Speaker
from capacity_blocks.ports import AwsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    speaker: Speaker
    ledger: DrainLedger
    log: Log

    def tell(self, record: DrainRecord, stuck_since: datetime, now: datetime) -> bool:
        """Tell of `record` when its minute has come; return whether people have heard.

        Who is told together has one key: the first of them says it, and the others see to it that it was said.
        """
        told_at = wording.round_of(stuck_since)
        if now < told_at:
            return False
        try:
            return self._tell(record, told_at)
        except AwsError as error:  # the drain goes on, and the next look tries again
            self.log("not told", error=str(error))
            return False

    def _tell(self, record: DrainRecord, told_at: datetime) -> bool:
        key = wording.stuck_key(record.reservation_id, record.region, told_at)
        if self.speaker.ledger.was_said(record.region, key):
            return True
        others = [
            each
            for each in self.ledger.records(record.reservation_id)
            if each.stuck and each.ended is None and each.instance_id != record.instance_id
        ]
        notice = wording.stuck_drain([record, *others], told_at)
        return self.speaker.say(record.region, notice) == SAID
