"""The lease on a drain, when the ledger's answers are lost and others take over."""

from dataclasses import dataclass, replace

from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.draining.keeper import LEASE, RENEW, Keeper, Standing
from tests.factories import REGION
from tests.fakes import FakeDrainLedger, unclear
from tests.unit.shell.draining.stage import DRAIN_AT, I1, SECOND

FRESH = DrainRecord(
    reservation_id="cr-0a",
    instance_id=I1,
    region=REGION,
    group="train",
    pool="training",
    run="r1",
    until=DRAIN_AT,
    started=DRAIN_AT,
)


@dataclass
class LosingLedger(FakeDrainLedger):
    """Writes, and loses the answer, as often as `losing` says."""

    losing: int = 0

    def write(self, record: DrainRecord, replacing: DrainRecord | None) -> bool:
        written = super().write(record, replacing)
        if self.losing:
            self.losing -= 1
            raise unclear("PutItem")
        return written


def keeper(ledger: FakeDrainLedger, fresh: DrainRecord = FRESH) -> Keeper:
    return Keeper(ledger, fresh, lambda message, **fields: None)


def test_a_lease_is_renewed_before_it_runs_out_and_not_at_every_look() -> None:
    ledger = FakeDrainLedger()
    kept = keeper(ledger)
    kept.begin(DRAIN_AT)
    seen = set()
    for second in range(0, 300, 5):
        assert kept.note(DRAIN_AT + second * SECOND, reasons=(f"{second}",))
        held = ledger.held["cr-0a", I1]
        assert held.is_under_way(DRAIN_AT + second * SECOND)
        seen.add(held.until)

    assert len(seen) <= 300 * SECOND / (LEASE - RENEW) + 1


def test_news_is_written_at_once() -> None:
    ledger = FakeDrainLedger()
    kept = keeper(ledger)
    kept.begin(DRAIN_AT)
    kept.note(DRAIN_AT + SECOND, evicted=("ml/server",), stuck=("held",), reasons=("held",))

    held = ledger.held["cr-0a", I1]
    assert (held.evicted, held.stuck, held.reasons) == (("ml/server",), ("held",), ("held",))


def test_a_begin_whose_answer_was_lost_is_ours() -> None:
    ledger = LosingLedger(losing=1)
    kept = keeper(ledger)

    assert kept.begin(DRAIN_AT) is Standing.MINE
    assert kept.note(DRAIN_AT + SECOND, evicted=("ml/server",))
    assert ledger.held["cr-0a", I1].evicted == ("ml/server",)


def test_a_note_whose_answer_was_lost_is_no_other_run() -> None:
    ledger = LosingLedger()
    kept = keeper(ledger)
    kept.begin(DRAIN_AT)
    ledger.losing = 2

    assert kept.note(DRAIN_AT + SECOND, evicted=("a",))
    assert kept.note(DRAIN_AT + 2 * SECOND, evicted=("a", "b"))
    assert kept.note(DRAIN_AT + 3 * SECOND, evicted=("a", "b", "c"))
    assert ledger.held["cr-0a", I1].evicted == ("a", "b", "c")


def test_a_run_that_took_over_is_not_written_over() -> None:
    ledger = FakeDrainLedger()
    kept = keeper(ledger)
    kept.begin(DRAIN_AT)
    other = keeper(ledger, replace(FRESH, run="r2", started=DRAIN_AT + LEASE))
    assert other.begin(DRAIN_AT + LEASE - SECOND) is Standing.JOINED
    assert other.begin(DRAIN_AT + LEASE) is Standing.MINE

    assert not kept.note(DRAIN_AT + LEASE + SECOND, evicted=("late",))
    held = ledger.held["cr-0a", I1]
    assert (held.run, held.evicted, held.started) == ("r2", (), DRAIN_AT)


def test_what_is_released_is_free_at_once_and_keeps_what_was_done() -> None:
    ledger = FakeDrainLedger()
    kept = keeper(ledger)
    kept.begin(DRAIN_AT)
    kept.note(DRAIN_AT + SECOND, evicted=("ml/server",), told=True)
    kept.release(DRAIN_AT + 2 * SECOND)
    other = keeper(ledger, replace(FRESH, run="r2"))

    assert other.begin(DRAIN_AT + 2 * SECOND) is Standing.MINE
    assert (other.record.evicted, other.record.told) == (("ml/server",), True)


def test_what_has_ended_stays_so() -> None:
    ledger = FakeDrainLedger()
    kept = keeper(ledger)
    kept.begin(DRAIN_AT)
    kept.end(DRAIN_AT + SECOND, verdict=Verdict.DRAINED, reasons=("empty",))
    other = keeper(ledger, replace(FRESH, run="r2"))

    assert other.begin(DRAIN_AT + 10 * LEASE) is Standing.ENDED
    assert other.record.verdict is Verdict.DRAINED
