"""Keep watch: meet the instants that fall into a run to the second, and poll from a start until EC2 says active."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.ports import AwsError, Clock, Ledger, Wakeups
from capacity_blocks.reconciler import Reconciler, Report
from capacity_blocks.request import Request

# A run waits for what is due before the next sweep's run has had time to take over.
PATIENCE = timedelta(seconds=75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One invocation: reconcile, and again at each instant that is near. The newest of several runs goes on."""

    clock: Clock
    ledger: Ledger
    reconciler: Reconciler
    wakeups: Wakeups | None  # None: nothing outside may be written
    run: str

    def keep(self, request: Request, until: datetime) -> Report:
        """Return what all reconciles of this invocation saw and did; come back before `until`."""
        if request.dry_run or request.is_narrow:
            return self.reconciler.reconcile(request)
        if request.look_again_at is not None:
            self.clock.sleep_until(min(request.look_again_at, until, self.clock.now() + 2 * PATIENCE))
        report = self.reconciler.reconcile(request)
        is_taken = False  # until it is, the ledger knows nothing of this run, and it gives way to none
        if self._next(report, until) is not None:
            report, is_taken = self._attempt(report, lambda: self.ledger.take_watch(self.run))
        while (instant := self._next(report, until)) is not None:
            self.clock.sleep_until(instant)
            report = report.followed_by(self.reconciler.reconcile(request))
            # A ledger that does not answer stops nobody: two runs that act at once do no harm.
            try:
                if is_taken and not self.ledger.keeps_watch(self.run):
                    break
            except AwsError as error:
                report = report.with_error(str(error))
        later, wakeups = report.look_again_at, self.wakeups
        if wakeups is not None and later is not None:
            report, _ = self._attempt(report, lambda: wakeups.wake_at(later))
        return report

    def _next(self, report: Report, until: datetime) -> datetime | None:
        """Return the next look if it is near enough to wait for."""
        instant = report.look_again_at
        if instant is None or instant >= until or instant - self.clock.now() > PATIENCE:
            return None
        return instant

    def _attempt(self, report: Report, attempt: Callable[[], None]) -> tuple[Report, bool]:
        try:
            attempt()
        except AwsError as error:
            return report.with_error(str(error)), False
        return report, True
