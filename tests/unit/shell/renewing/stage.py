"""A stage for reminders: a block that ends, its pool, and everything that a run asks and tells."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.executor import Speaker
from capacity_blocks.renewal_settings import RenewalWorkflows
from capacity_blocks.renewing.gatherer import Counter, Gatherer
from capacity_blocks.renewing.reminding import Reminding
from capacity_blocks.renewing.renewer import Renewer
from tests.factories import REGION
from tests.fakes import FakeClock, FakeLedger, FakeMarket, FakeNotifier, FakePoolSettings, FakePurchaseLedger
from tests.fakes.ec2 import FakeReservations
from tests.fakes.failing import Errors, perhaps_raise
from tests.fakes.renewal import FakeExtensionOffers, FakeFoundOffers, FakeRenewals, FakeUtilization
from tests.fakes.slack import FakeWorkflows
from tests.unit.core.purchase.shapes import MONEY
from tests.unit.core.reminder.shapes import NOW

MACHINES = RenewalWorkflows(extension_state_machine="arn:extend", purchase_state_machine="arn:buy")
MINUTE = timedelta(minutes=1)


@dataclass
class StruckWorkflows(FakeWorkflows):
    errors: Errors = field(default_factory=dict)

    def start(self, machine: str, name: str, document: Mapping[str, Any]) -> bool:
        perhaps_raise(self.errors, "start")
        return super().start(machine, name, document)


@dataclass
class Stage:
    """One region, unless a test adds more. `observes`: nothing is renewed."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    reservations: FakeReservations = field(default_factory=FakeReservations)
    utilization: FakeUtilization = field(default_factory=FakeUtilization)
    settings: FakePoolSettings = field(default_factory=FakePoolSettings)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    books: FakePurchaseLedger = field(default_factory=FakePurchaseLedger)
    offers: FakeFoundOffers = field(default_factory=FakeFoundOffers)
    extensions: FakeExtensionOffers = field(default_factory=FakeExtensionOffers)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    renewals: FakeRenewals = field(default_factory=FakeRenewals)
    workflows: StruckWorkflows = field(default_factory=StruckWorkflows)
    regions: dict[str, FakeReservations] = field(default_factory=dict)
    observes: bool = False

    def __post_init__(self) -> None:
        self.market = FakeMarket(self.clock)
        self.regions = {REGION: self.reservations, **self.regions}
        self.pool()

    def pool(self, **sections: Any) -> None:
        self.settings.held["training"] = json.dumps({"money": MONEY, **sections})

    def hold(self, *blocks: Reservation) -> None:
        self.reservations.hold(*blocks)

    def reminding(self, run: str = "run-1") -> Reminding:
        speaker = Speaker(ledger=self.ledger, notifier=self.notifier, clock=self.clock, run=run)
        renewer = Renewer(renewals=self.renewals, workflows=self.workflows, machines=MACHINES)
        return Reminding(
            clock=self.clock,
            regions=self.regions,
            utilization=dict.fromkeys(self.regions, self.utilization),
            pool_settings=self.settings,
            default=Policy(),
            ledger=self.ledger,
            books=self.books,
            offers=self.offers,
            speaker=speaker,
            renewer=None if self.observes else renewer,
            machines=MACHINES,
        )

    def remind(self, now: datetime | None = None, run: str = "run-1") -> Mapping[str, Any]:
        if now is not None:
            self.clock.instant = now
        return self.reminding(run).remind()

    def gather(self, until: datetime | None = None) -> Mapping[str, Any]:
        counter = Counter(extensions=self.extensions, offerings=self.market)
        gatherer = Gatherer(
            clock=self.clock,
            regions=self.regions,
            counters=dict.fromkeys(self.regions, counter),
            pool_settings=self.settings,
            offers=self.offers,
        )
        return gatherer.gather(until or self.clock.instant + 4 * MINUTE)

    @property
    def started(self) -> list[tuple[str, str, Mapping[str, Any]]]:
        return [(machine, name, document) for (machine, name), document in self.workflows.started.items()]

    @property
    def keys(self) -> list[str]:
        return [each.key for each in self.notifier.sent]
