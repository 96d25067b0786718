"""A block of a pool that ends in two days, EC2 that sells a week more, and every step of an extension around it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase.approval import Door
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode
from capacity_blocks.executor import Speaker
from capacity_blocks.extending.chooser import Chooser
from capacity_blocks.extending.finder import Finder
from capacity_blocks.extending.purchaser import Purchaser
from capacity_blocks.extending.settler import Settler
from capacity_blocks.extending.survey import ExtensionSurvey
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.closer import Closer
from capacity_blocks.purchasing.decider import Decider
from capacity_blocks.purchasing.follower import Follower
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.renewing.permits import Permits
from tests.factories import REGION
from tests.fakes import (
    FakeClock,
    FakeLedger,
    FakeNotifier,
    FakePoolSettings,
    FakePurchaseLedger,
    FakeReservations,
    FakeSwitches,
    FakeTaskTokens,
)
from tests.fakes.extensions import FakeExtensionMarket
from tests.fakes.renewal import FakeRenewals
from tests.unit.core.extension.extending import EXTENDED_NOW, a_block, more_time
from tests.unit.core.purchase.shapes import ALICE, END, MONEY, WEEK
from tests.unit.shell.purchasing.stage import Around, Watched, unwatched

EXECUTION = "arn:aws:states:us-east-2:123456789012:execution:ExtensionStateMachine:one"
OTHER = "arn:aws:states:us-east-2:123456789012:execution:ExtensionStateMachine:two"
REQUEST_ID = "extend-cr-0a-20260511t1130z"
FUNCTION_TIMEOUT = timedelta(seconds=120)
CALL_TIMEOUT = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)
WISH: dict[str, Any] = {"reservation_id": "cr-0a", "region": REGION, "hours": 168}
RENEWAL = {"mode": "extend", "hours": 168, "most_fee": "45000", "min_utilization_percent": 50}
DECIDED = Renewal(
    reservation_id="cr-0a",
    region=REGION,
    pool="training",
    instance_type="p5.48xlarge",
    instance_count=8,
    end=END,
    mode=RenewalMode.EXTEND,
    duration=WEEK,
    most_fee=Decimal(45000),
    utilization=Decimal(83),
    decided_at=EXTENDED_NOW,
)


@dataclass
class Stage:
    clock: FakeClock = field(default_factory=lambda: FakeClock(EXTENDED_NOW))
    reservations: FakeReservations = field(default_factory=FakeReservations)
    market: FakeExtensionMarket = field(init=False)
    ledger: FakePurchaseLedger = field(default_factory=FakePurchaseLedger)
    said: FakeLedger = field(default_factory=FakeLedger)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    settings: FakePoolSettings = field(default_factory=FakePoolSettings)
    switches: FakeSwitches = field(default_factory=FakeSwitches)
    renewals: FakeRenewals = field(default_factory=FakeRenewals)
    tokens: FakeTaskTokens = field(default_factory=FakeTaskTokens)
    may_spend: bool = True

    def __post_init__(self) -> None:
        self.market = FakeExtensionMarket(clock=self.clock, reservations=self.reservations)
        self.reservations.hold(a_block())
        self.market.sell(more_time())
        self.spend()

    def spend(self, renewal: dict[str, Any] | None = None, **changes: Any) -> None:
        """Set what the pool may spend: the usual, with changes, and what it renews."""
        sections = {"money": MONEY | changes} | ({} if renewal is None else {"renewal": renewal})
        self.settings.held["training"] = json.dumps(sections)

    @property
    def intents(self) -> tuple[Intent, ...]:
        return self.ledger.intents(REQUEST_ID)

    @property
    def intent(self) -> Intent:
        """The newest intent beyond the end that the block had first."""
        return self.intents[-1]

    @property
    def named(self) -> dict[str, Any]:
        intent = self.intent
        return {"request_id": intent.request_id, "number": intent.number, "intent_id": intent.intent_id}

    @property
    def book(self) -> Book:
        return self.ledger.book("training")

    @property
    def money(self) -> dict[str, str]:
        """What the book says of each intent, by number."""
        return {each.intent_id.rsplit("-", 2)[1]: each.standing.value for each in self.book.entries}

    @property
    def kinds(self) -> list[str]:
        return [each.kind.removeprefix("extension-") for each in self.notifier.sent]

    def wait(self, span: timedelta) -> None:
        self.clock.sleep_until(self.clock.instant + span)

    def steps(self, run: str = "run", around: Around = unwatched) -> "Steps":
        return Steps(stage=self, run=run, around=around)


@dataclass(frozen=True)
class Steps:
    """What one invocation, `run`, has: each step takes the event that its function takes."""

    stage: Stage
    run: str
    around: Around

    def _port(self, name: str, port: Any) -> Any:
        return port if self.around is unwatched else Watched(port, name, self.around)

    @property
    def ledger(self) -> Any:
        return self._port("ledger", self.stage.ledger.as_run(self.run))

    @property
    def scribe(self) -> Scribe:
        stage = self.stage
        speaker = Speaker(
            ledger=self._port("said", stage.said),
            notifier=self._port("notifier", stage.notifier),
            clock=stage.clock,
            run=self.run,
        )
        return Scribe(clock=stage.clock, ledger=self.ledger, speaker=speaker)

    @property
    def desk(self) -> dict[str, Any]:
        ledger = self.ledger
        return {
            "clock": self.stage.clock,
            "ledger": ledger,
            "bookkeeper": Bookkeeper(ledger),
            "scribe": self.scribe,
        }

    def _market(self, name: str) -> dict[str, Any]:
        return {REGION: self._port(name, self.stage.market)}

    @property
    def reservations(self) -> dict[str, Any]:
        return {REGION: self._port("reservations", self.stage.reservations)}

    @property
    def survey(self) -> ExtensionSurvey:
        stage, settings = self.stage, self._port("pool_settings", self.stage.settings)
        return ExtensionSurvey(
            clock=stage.clock,
            reservations=self.reservations,
            history=self._market("history"),
            pool_settings=settings,
            ledger=self.ledger,
            switches=self._port("switches", stage.switches),
            permits=Permits(pool_settings=settings, renewals=self._port("renewals", stage.renewals)),
            may_spend=stage.may_spend,
        )

    def choose(self, event: Any) -> dict[str, Any]:
        return Chooser(survey=self.survey, offers=self._market("offers"), **self.desk).choose(event)

    def decide(self, said: str = "approve", by: str = ALICE) -> tuple[bool, str]:
        decider = Decider(
            clock=self.stage.clock,
            ledger=self.ledger,
            pool_settings=self._port("pool_settings", self.stage.settings),
            tokens=self._port("tokens", self.stage.tokens),
            scribe=self.scribe,
        )
        intent = self.stage.intent
        body = {"intent_id": intent.intent_id, "terms": intent.terms.hash, "decision": said}
        return decider.decide(Door.FUNCTION_URL, by, body)

    def purchase(self, event: Any) -> dict[str, Any]:
        purchaser = Purchaser(
            survey=self.survey,
            offers=self._market("offers"),
            extensions=self._market("extensions"),
            call_timeout=CALL_TIMEOUT,
            **self.desk,
        )
        return purchaser.purchase(event, self.stage.clock.instant + FUNCTION_TIMEOUT)

    def follow(self, event: Any) -> dict[str, Any]:
        history, desk = self._market("history"), self.desk
        about: dict[str, Any] = {"clock": desk["clock"], "scribe": desk["scribe"], "history": history}
        follower = Follower(
            finder=Finder(function_timeout=FUNCTION_TIMEOUT, **about),
            settler=Settler(
                bookkeeper=desk["bookkeeper"],
                reservations=self.reservations,
                function_timeout=FUNCTION_TIMEOUT,
                **about,
            ),
            extensions=True,
            **desk,
        )
        return follower.follow(event)

    def close(self, event: Any) -> dict[str, Any]:
        return Closer(**self.desk).close(event)


def chosen(stage: Stage, execution: str = EXECUTION, run: str = "chooser", **changes: Any) -> dict[str, Any]:
    return stage.steps(run).choose({"extend": WISH | changes, "execution": execution})


def approved(stage: Stage, **changes: Any) -> Intent:
    chosen(stage, **changes)
    stage.steps("decider").decide()
    return stage.intent


def bought(stage: Stage, **changes: Any) -> Intent:
    approved(stage, **changes)
    stage.steps("purchaser").purchase({"intent": stage.named})
    return stage.intent


def followed(stage: Stage, **more: Any) -> dict[str, Any]:
    return stage.steps("follower").follow({"intent": stage.named, **more})


Call = Callable[[], Any]
