"""What reminders and renewal need from the outside world beyond `ports` and `purchase_ports`."""

from datetime import datetime
from typing import Protocol

from capacity_blocks.core.renewal.record import Renewal


class Renewals(Protocol):
    """What was decided without a person, one row for each block and end."""

    def record(self, renewal: Renewal) -> Renewal:
        """Record a decision where there is none for this block and end yet; return the one that stands."""

    def recorded(self, reservation_id: str, end: datetime) -> Renewal | None:
        """Return the decision on a block and end, read consistently."""
