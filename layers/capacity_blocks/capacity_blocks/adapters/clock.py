"""The clock of the machine."""

import time
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  # this is the clock that is handed to the shell

    def sleep_until(self, instant: datetime) -> None:
        """Wait for `instant`; return at once when it has passed."""
        time.sleep(max(0.0, (instant - self.now()).total_seconds()))
