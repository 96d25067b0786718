"""What reminders and renewal need from the outside world beyond `ports` and `purchase_ports`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from capacity_blocks.core.reminder.found import Found
from capacity_blocks.core.reminder.settings import Metric
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.core.renewal.record import Renewal


class Renewals(Protocol):
    """What was decided without a person, one row for each block and end."""

    def record(self, renewal: Renewal) -> Renewal:
        """Record a decision where there is none for this block and end yet; return the one that stands."""

    def recorded(self, reservation_id: str, end: datetime) -> Renewal | None:
        """Return the decision on a block and end, read consistently."""


class FoundOffers(Protocol):
    """What was looked up ahead, one row for each block, end, kind and duration. A later look takes its place."""

    def put(self, found: Found, region: str) -> None:
        """Keep what a look brought. One that failed leaves what an earlier one found, which then stays due."""

    def instants(self, region: str) -> Mapping[str, datetime]:
        """Return when each row of a region was looked up, by the key of what was wanted."""

    def of(self, region: str, reservation_id: str) -> tuple[Found, ...]:
        """Return all that was looked up for a block, whatever its age and end."""


class Utilization(Protocol):
    def usages(
        self, metrics: Mapping[str, Metric | None], starts: Mapping[str, datetime], now: datetime
    ) -> Mapping[str, Usage]:
        """Return how busy reservations were over the last day, each since its start at most; each has an entry.

        `metrics` names, by reservation id, the metric of the accelerators where there is one. Never raises: what
        cannot be read is not known, and says why.
        """
