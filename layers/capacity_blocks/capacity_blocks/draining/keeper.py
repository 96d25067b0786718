"""Keep the lease on the drain of one instance, and what is remembered of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.drain_ports import DrainLedger
from capacity_blocks.draining.log import Log
from capacity_blocks.ports import AwsError

LEASE = timedelta(seconds=60)
TICK = timedelta(milliseconds=1)
TRIES = 5
RENEW = timedelta(seconds=40)  # with so much left, three more looks may fail before anybody else takes over


class Standing(StrEnum):
    MINE = "mine"
    JOINED = "joined"  # another run is at it
    ENDED = "ended"


class Keeper:
    """A ledger that does not answer stops no drain: two runs at one instance do no harm, none at it does."""

    def __init__(self, ledger: DrainLedger, fresh: DrainRecord, log: Log) -> None:
        self._ledger, self._log = ledger, log
        self.record = fresh
        self._stored: DrainRecord | None = None
        self._is_read = False

    def begin(self, now: datetime) -> Standing:
        """Take the lease, with what earlier runs have left; or say who else has it."""
        try:
            return self._begin(now)
        except AwsError as error:
            self._log("ledger away", error=str(error))
            return Standing.MINE

    def hasten(self, termination: datetime) -> None:
        """Tell whoever is at it that EC2 ends the instance then; it is seen when the lease is next renewed."""
        try:
            for _ in range(TRIES):
                stored = self._stored
                if stored is None or stored.ended is not None or stored.hastened(termination) == stored:
                    return
                # Another `until` is what the holder sees that somebody else has written.
                told = replace(stored.hastened(termination), until=stored.until + TICK)
                if self._ledger.write(told, replacing=stored):
                    return
                self._read()
        except AwsError as error:
            self._log("ledger away", error=str(error))

    def note(self, now: datetime, **changes: Any) -> bool:
        """Remember changes, and renew the lease in time; False when another run has taken over."""
        before, self.record = self.record, replace(self.record, **changes)
        is_news = replace(self.record, reasons=before.reasons) != before  # reasons change at every look: they can wait
        if not is_news and now < before.until - RENEW and self._is_read:
            return True
        self.record = replace(self.record, until=now + LEASE)
        try:
            return self._write(now)
        except AwsError as error:
            self._log("ledger away", error=str(error))
            return True

    def end(self, now: datetime, **changes: Any) -> None:
        """Remember how it ended; raise AwsError where that cannot be."""
        self.record = replace(self.record, until=now, ended=now, **changes)
        self._write(now)

    def release(self, now: datetime) -> None:
        """Leave the drain to the next run."""
        self.record = replace(self.record, until=now)
        try:
            self._write(now)
        except AwsError as error:  # then the next run waits until the lease has run out
            self._log("ledger away", error=str(error))

    def _begin(self, now: datetime) -> Standing:
        self._read()
        stored, mine = self._stored, self.record
        if stored is not None:
            if stored.ended is not None and not _is_over_anew(stored, mine):
                self.record = stored
                return Standing.ENDED
            if not stored.is_free(mine.run, now):
                return Standing.JOINED
            if stored.ended is None and not _is_past(stored, mine, now):
                kept = replace(stored, run=mine.run, group=mine.group, pool=mine.pool, stuck=())
                self.record = replace(kept, evicted=_merged(stored.evicted, mine.evicted)).hastened(mine.termination)
        self.record = replace(self.record, until=now + LEASE)
        return Standing.MINE if self._put() else Standing.JOINED

    def _write(self, now: datetime) -> bool:
        if not self._is_read:  # it did not answer when the drain began
            wanted = self.record
            if self._begin(now) is not Standing.MINE:
                return False
            self.record = replace(self.record, **_news(wanted), evicted=_merged(self.record.evicted, wanted.evicted))
        if self._put():
            return True
        # An answer that was lost leaves us behind what we have written ourselves, and a warning behind what came of it.
        self._read()
        if self._stored is None or self._stored.run != self.record.run:
            return False
        self.record = self.record.hastened(self._stored.termination)
        return self._put()

    def _read(self) -> None:
        self._stored = self._ledger.read(self.record.reservation_id, self.record.instance_id)
        self._is_read = True

    def _put(self) -> bool:
        if not self._ledger.write(self.record, replacing=self._stored):
            return False
        self._stored = self.record
        return True


def _is_over_anew(stored: DrainRecord, mine: DrainRecord) -> bool:
    """Whether an instance that EC2 was to end, and did not, now goes in the usual way: then it has time again."""
    return stored.verdict is Verdict.LET_GO and stored.interrupted and not mine.interrupted


def _is_past(stored: DrainRecord, mine: DrainRecord, now: datetime) -> bool:
    """Whether a drain that was cut short was for an end that EC2 gave the instance, and that did not come."""
    return stored.termination is not None and stored.termination < now and not mine.interrupted


def _news(record: DrainRecord) -> dict[str, Any]:
    names = ("until", "deadline", "verdict", "ended", "reasons", "stuck", "told")
    return {name: getattr(record, name) for name in names}


def _merged(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *now)))
