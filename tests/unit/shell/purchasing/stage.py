"""A market of fakes with one pool in it, and every step of a purchase around it, as one invocation has it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase.approval import Door
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.executor import Speaker
from capacity_blocks.purchase_ports import Site
from capacity_blocks.purchasing.asker import Asker
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.chooser import Chooser
from capacity_blocks.purchasing.closer import Closer
from capacity_blocks.purchasing.decider import Decider
from capacity_blocks.purchasing.finder import Finder
from capacity_blocks.purchasing.follower import Follower
from capacity_blocks.purchasing.opener import Opener
from capacity_blocks.purchasing.purchaser import Purchaser
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.searcher import Searcher
from capacity_blocks.purchasing.settler import Settler
from capacity_blocks.purchasing.survey import Survey
from capacity_blocks.renewing.permits import Permits
from tests.factories import REGION, SUBNET, a_group
from tests.fakes import (
    FakeClock,
    FakeLedger,
    FakeMarket,
    FakeNotifier,
    FakePoolSettings,
    FakePurchaseLedger,
    FakeQuotas,
    FakeRegion,
    FakeSwitches,
    FakeTaskTokens,
)
from tests.fakes.renewal import FakeRenewals
from tests.unit.core.purchase.shapes import ALICE, INPUT, MONEY, NOW, an_offering

EXECUTION = "arn:aws:states:us-east-2:123456789012:execution:PurchaseStateMachine:may"
FUNCTION_TIMEOUT = timedelta(seconds=120)
CALL_TIMEOUT = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)

Around = Callable[[str, Callable[[], Any]], Any]


def unwatched(_call: str, call: Callable[[], Any]) -> Any:
    """Let a call pass."""
    return call()


class Watched:
    """A port whose every call goes through `around`: where it may fail, a run crash, or another run cut in."""

    def __init__(self, port: Any, name: str, around: Around) -> None:
        self._port, self._name, self._around = port, name, around

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)

        def watched(*args: Any, **kwargs: Any) -> Any:
            return self._around(f"{self._name}.{method}", lambda: call(*args, **kwargs))

        return watched


@dataclass
class Stage:
    """One region, its market, and everything that the stack owns. `steps` makes what one invocation has of it."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    region: FakeRegion = field(default_factory=FakeRegion)
    market: FakeMarket = field(init=False)
    ledger: FakePurchaseLedger = field(default_factory=FakePurchaseLedger)
    said: FakeLedger = field(default_factory=FakeLedger)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    settings: FakePoolSettings = field(default_factory=FakePoolSettings)
    switches: FakeSwitches = field(default_factory=FakeSwitches)
    renewals: FakeRenewals = field(default_factory=FakeRenewals)
    quotas: FakeQuotas = field(default_factory=FakeQuotas)
    tokens: FakeTaskTokens = field(default_factory=FakeTaskTokens)
    may_spend: bool = True
    slack_buttons: bool = False

    def __post_init__(self) -> None:
        self.market = FakeMarket(clock=self.clock, reservations=self.region.reservations)
        self.region.subnets.add(SUBNET)
        self.region.groups.add(a_group())
        self.spend()

    def spend(self, **changes: Any) -> None:
        """Set what the pool may spend: the usual, with changes; a change to None leaves the field out."""
        money = {name: value for name, value in (MONEY | changes).items() if value is not None}
        self.settings.held["training"] = json.dumps({"money": money})

    @property
    def intents(self) -> tuple[Intent, ...]:
        return self.ledger.intents("may-training")

    @property
    def intent(self) -> Intent:
        """The newest intent of the request."""
        return self.intents[-1]

    @property
    def named(self) -> dict[str, Any]:
        """Name the newest intent as the workflow does."""
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
        """The kinds of all notices, as they were sent."""
        return [each.kind.removeprefix("purchase-") for each in self.notifier.sent]

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
    def site(self) -> Site:
        region = self.stage.region
        return Site(
            name=REGION,
            reservations=self._port("reservations", region.reservations),
            groups=self._port("groups", region.groups),
            node_groups=self._port("node_groups", region.node_groups),
            subnets=self._port("subnets", region.subnets),
        )

    @property
    def pool_settings(self) -> Any:
        return self._port("pool_settings", self.stage.settings)

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
    def bookkeeper(self) -> Bookkeeper:
        return Bookkeeper(self.ledger)

    @property
    def survey(self) -> Survey:
        return Survey(
            clock=self.stage.clock,
            sites=[self.site],
            pool_settings=self.pool_settings,
            ledger=self.ledger,
            switches=self._port("switches", self.stage.switches),
            permits=Permits(pool_settings=self.pool_settings, renewals=self._port("renewals", self.stage.renewals)),
            may_spend=self.stage.may_spend,
        )

    def _market(self, name: str) -> dict[str, Any]:
        return {REGION: self._port(name, self.stage.market)}

    def open(self, event: Any) -> dict[str, Any]:
        return Opener(clock=self.stage.clock, ledger=self.ledger, regions=[REGION]).open(event)

    def search(self, event: Any) -> dict[str, Any]:
        searcher = Searcher(
            clock=self.stage.clock,
            sites=[self.site],
            pool_settings=self.pool_settings,
            offerings=self._market("offerings"),
            quotas={REGION: self._port("quotas", self.stage.quotas)},
        )
        return searcher.search(event, self.stage.clock.instant + 4 * MINUTE)

    def choose(self, event: Any) -> dict[str, Any]:
        chooser = Chooser(
            clock=self.stage.clock,
            survey=self.survey,
            ledger=self.ledger,
            bookkeeper=self.bookkeeper,
            scribe=self.scribe,
        )
        return chooser.choose(event)

    def ask(self, event: Any) -> dict[str, Any]:
        asker = Asker(
            clock=self.stage.clock,
            ledger=self.ledger,
            pool_settings=self.pool_settings,
            tokens=self._port("tokens", self.stage.tokens),
            scribe=self.scribe,
            decide_url="https://decide.lambda-url.us-east-2.on.aws/",
            console_function="decide-in-console",
            slack_buttons=self.stage.slack_buttons,
        )
        return asker.ask(event)

    def decide(self, event: Any) -> tuple[bool, str]:
        """Decide as somebody: the event holds the door and who came through it, and what they say."""
        decider = Decider(
            clock=self.stage.clock,
            ledger=self.ledger,
            pool_settings=self.pool_settings,
            tokens=self._port("tokens", self.stage.tokens),
            scribe=self.scribe,
        )
        return decider.decide(event["door"], event["by"], event["body"])

    def purchase(self, event: Any) -> dict[str, Any]:
        purchaser = Purchaser(
            clock=self.stage.clock,
            survey=self.survey,
            ledger=self.ledger,
            bookkeeper=self.bookkeeper,
            scribe=self.scribe,
            offerings=self._market("offerings"),
            purchases=self._market("purchases"),
            call_timeout=CALL_TIMEOUT,
        )
        return purchaser.purchase(event, self.stage.clock.instant + FUNCTION_TIMEOUT)

    @property
    def finder(self) -> Finder:
        return Finder(
            clock=self.stage.clock,
            scribe=self.scribe,
            candidates=self._market("candidates"),
            function_timeout=FUNCTION_TIMEOUT,
        )

    @property
    def settler(self) -> Settler:
        return Settler(
            clock=self.stage.clock,
            scribe=self.scribe,
            bookkeeper=self.bookkeeper,
            candidates=self._market("candidates"),
            tags=self._market("tags"),
        )

    def follow(self, event: Any) -> dict[str, Any]:
        follower = Follower(
            clock=self.stage.clock,
            ledger=self.ledger,
            bookkeeper=self.bookkeeper,
            scribe=self.scribe,
            finder=self.finder,
            settler=self.settler,
        )
        return follower.follow(event)

    def close(self, event: Any) -> dict[str, Any]:
        closer = Closer(clock=self.stage.clock, ledger=self.ledger, bookkeeper=self.bookkeeper, scribe=self.scribe)
        return closer.close(event)


def a_stage(*offerings: Offering) -> Stage:
    """Return a stage on which the usual offering is on sale, or those given."""
    stage = Stage()
    stage.market.sell(*(offerings or (an_offering(),)))
    return stage


def a_document(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (INPUT | changes).items() if value is not None}


def opened(stage: Stage, execution: str = EXECUTION, **changes: Any) -> dict[str, Any]:
    """Open the request, and return its document."""
    document = a_document(**changes)
    stage.steps("opener").open({"request": document, "execution": execution})
    return document


def chosen(stage: Stage, run: str = "chooser", execution: str = EXECUTION, **changes: Any) -> dict[str, Any]:
    """Open the request, search and choose; return the answer."""
    document = opened(stage, execution, **changes)
    found = stage.steps("searcher").search({"request": document})
    event = {"request": document, "search": found, "execution": execution, "looks": 1}
    return stage.steps(run).choose(event)


def a_decision(stage: Stage, by: str = ALICE, said: str = "approve", **changes: Any) -> dict[str, Any]:
    """Return what somebody answers to the question about the newest intent."""
    intent = stage.intent
    body = {"intent_id": intent.intent_id, "terms": intent.terms.hash, "decision": said}
    return {"door": Door.FUNCTION_URL, "by": by, "body": body} | changes


def approved(stage: Stage, **changes: Any) -> Intent:
    """Open, search, choose, and have Alice approve."""
    chosen(stage, **changes)
    stage.steps("decider").decide(a_decision(stage))
    return stage.intent


def bought(stage: Stage, **changes: Any) -> Intent:
    approved(stage, **changes)
    stage.steps("purchaser").purchase({"intent": stage.named})
    return stage.intent


def minutes(count: float) -> datetime:
    return NOW + count * MINUTE
