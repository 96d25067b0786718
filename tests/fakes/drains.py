"""What a drain leaves in the ledger, and functions that are started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Report
from tests.fakes.failing import Errors, perhaps_raise

LAST_BLOCKS = 5  # of a pool: what older ones took is forgotten


@dataclass
class FakeDrainLedger:
    """`held` by reservation and instance; `lengths` by pool and reservation, with the instant of the measure."""

    held: dict[tuple[str, str], DrainRecord] = field(default_factory=dict)
    lengths: dict[tuple[str, str], tuple[timedelta, datetime]] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def add(self, *records: DrainRecord) -> None:
        self.held |= {(r.reservation_id, r.instance_id): r for r in records}

    def read(self, reservation_id: str, instance_id: str) -> DrainRecord | None:
        perhaps_raise(self.errors, "read")
        return self.held.get((reservation_id, instance_id))

    def write(self, record: DrainRecord, replacing: DrainRecord | None) -> bool:
        perhaps_raise(self.errors, "write")
        key = record.reservation_id, record.instance_id
        if self.held.get(key) not in {replacing, record}:  # the record itself: an earlier reply was lost
            return False
        self.held[key] = record
        return True

    def records(self, reservation_id: str) -> Sequence[DrainRecord]:
        perhaps_raise(self.errors, "records")
        return [r for (of, _), r in sorted(self.held.items()) if of == reservation_id]

    def results(self, reservation_id: str) -> Sequence[Report]:
        perhaps_raise(self.errors, "results")
        return [r.report for r in self.records(reservation_id) if r.report is not None]

    def under_way(self, reservation_ids: Sequence[str], now: datetime) -> frozenset[str]:
        perhaps_raise(self.errors, "under_way")
        found = (record for each in reservation_ids for record in self.records(each))
        return frozenset(r.instance_id for r in found if r.is_under_way(now))

    def measure(self, pool: str, reservation_id: str, took: timedelta, now: datetime) -> None:
        perhaps_raise(self.errors, "measure")
        known = self.lengths.get((pool, reservation_id))
        if known is None or known[0] < took:
            self.lengths[pool, reservation_id] = (took, now)

    def longest(self, pool: str) -> timedelta | None:
        perhaps_raise(self.errors, "longest")
        of_pool = sorted((at, took) for (name, _), (took, at) in self.lengths.items() if name == pool)
        return max((took for _, took in of_pool[-LAST_BLOCKS:]), default=None)


@dataclass
class FakeInvocations:
    """`started` functions, with their events."""

    started: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    errors: Errors = field(default_factory=dict)

    def invoke(self, function: str, event: Mapping[str, Any]) -> None:
        perhaps_raise(self.errors, "invoke")
        self.started.append((function, dict(event)))
