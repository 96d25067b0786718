"""What reminders and renewal remember, and what they ask how busy a block is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.reminder.found import Found
from capacity_blocks.core.reminder.settings import Metric
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.core.renewal.record import Renewal
from tests.fakes.failing import Errors, perhaps_raise


@dataclass
class FakeRenewals:
    """`held` by block and end."""

    held: dict[tuple[str, datetime], Renewal] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def record(self, renewal: Renewal) -> Renewal:
        perhaps_raise(self.errors, "record")
        return self.held.setdefault((renewal.reservation_id, renewal.end), renewal)

    def recorded(self, reservation_id: str, end: datetime) -> Renewal | None:
        perhaps_raise(self.errors, "recorded")
        return self.held.get((reservation_id, end))


@dataclass
class FakeFoundOffers:
    """`held` by region and key."""

    held: dict[tuple[str, str], Found] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def put(self, found: Found, region: str) -> None:
        perhaps_raise(self.errors, "put")
        before = self.held.get((region, found.want.key))
        if not found.trouble or before is None or before.trouble:
            self.held[region, found.want.key] = found

    def instants(self, region: str) -> Mapping[str, datetime]:
        perhaps_raise(self.errors, "instants")
        return {key: found.at for (where, key), found in self.held.items() if where == region}

    def of(self, region: str, reservation_id: str) -> tuple[Found, ...]:
        perhaps_raise(self.errors, "of")
        return tuple(
            found
            for (where, _), found in sorted(self.held.items())
            if where == region and found.want.reservation_id == reservation_id
        )


@dataclass
class FakeUtilization:
    """`held` by reservation id; of any other nothing is known. `asked` is the metric that was named for each."""

    held: dict[str, Usage] = field(default_factory=dict)
    asked: dict[str, Metric | None] = field(default_factory=dict)

    def usages(
        self, metrics: Mapping[str, Metric | None], starts: Mapping[str, datetime], now: datetime
    ) -> Mapping[str, Usage]:
        assert metrics.keys() == starts.keys()
        self.asked |= metrics
        return {each: self.held.get(each, Usage()) for each in metrics}


@dataclass
class FakeExtensionOffers:
    """`on_sale` by reservation id."""

    on_sale: dict[str, tuple[Offering, ...]] = field(default_factory=dict)
    asked: list[tuple[str, timedelta]] = field(default_factory=list)
    errors: Errors = field(default_factory=dict)

    def offers(self, reservation_id: str, duration: timedelta) -> tuple[Offering, ...]:
        self.asked.append((reservation_id, duration))
        perhaps_raise(self.errors, "offers")
        return tuple(each for each in self.on_sale.get(reservation_id, ()) if each.duration == duration)
