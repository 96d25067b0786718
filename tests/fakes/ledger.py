"""The ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from capacity_blocks.core.binding import Claim
from capacity_blocks.core.target import TargetId
from tests.fakes.failing import Errors, perhaps_raise

SAYING_TAKES = timedelta(minutes=1)


@dataclass
class FakeLedger:
    """`claims` by target; `sent` by region and key; `history` by reservation id; `watcher` is the newest run."""

    claims: dict[TargetId, Claim] = field(default_factory=dict)
    sent: dict[tuple[str, str], datetime] = field(default_factory=dict)
    saying: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    history: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    watcher: str | None = None
    errors: Errors = field(default_factory=dict)

    def said(self, region: str) -> Mapping[str, datetime]:
        perhaps_raise(self.errors, "said")
        return {key: when for (where, key), when in self.sent.items() if where == region}

    def begin_saying(self, region: str, key: str, run: str, now: datetime) -> bool:
        perhaps_raise(self.errors, "begin_saying")
        if (region, key) in self.sent:
            return False
        by, since = self.saying.get((region, key), (run, now))
        if by != run and now - since < SAYING_TAKES:
            return False
        self.saying[region, key] = (run, now)
        return True

    def was_said(self, region: str, key: str) -> bool:
        perhaps_raise(self.errors, "was_said")
        return (region, key) in self.sent

    def has_said(self, region: str, key: str, now: datetime) -> None:
        perhaps_raise(self.errors, "has_said")
        self.sent[region, key] = now

    def claim(self, target: TargetId) -> Claim | None:
        perhaps_raise(self.errors, "claim")
        return self.claims.get(target)

    def put_claim(self, claim: Claim, replacing: Claim | None) -> bool:
        perhaps_raise(self.errors, "put_claim")
        held = self.claims.get(claim.target)
        if held not in {replacing, claim}:  # the claim itself: an earlier reply was lost
            return False
        self.claims[claim.target] = claim
        return True

    def append(self, reservation_id: str, now: datetime, run: str, line: Mapping[str, str]) -> None:
        perhaps_raise(self.errors, "append")
        self.history.setdefault(reservation_id, []).append(dict(line))

    def take_watch(self, run: str) -> None:
        perhaps_raise(self.errors, "take_watch")
        self.watcher = run

    def keeps_watch(self, run: str) -> bool:
        perhaps_raise(self.errors, "keeps_watch")
        return self.watcher == run
