"""A stage for what tells people in Slack: a queue, Slack and a clock in memory."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from capacity_blocks.core.slack.route import Route, Routes
from capacity_blocks.telling.mailbag import Mailbag
from capacity_blocks.telling.postman import Postman, Report, Way
from capacity_blocks.telling.sender import Sender
from tests.factories import a_notice, at
from tests.fakes.clock import FakeClock
from tests.fakes.telling import FakeLetters, FakePoster, FakeTellingLedger

NOW = at("2027-03-21T10:50")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TIMEOUT = 3 * MINUTE
ROUTES = Routes(default=Route(channel="C0STACK"), by_pool={"other": Route(channel="C0OTHER")})


@dataclass
class Stage:
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    ledger: FakeTellingLedger = field(default_factory=FakeTellingLedger)
    log: list[str] = field(default_factory=list)
    routes: Routes = ROUTES
    runs: int = 0

    def __post_init__(self) -> None:
        self.letters = FakeLetters(self.clock)
        self.poster = FakePoster(self.clock)

    def publish(self, count: int = 1, *, first: int = 0, after: timedelta = timedelta(), **changes: Any) -> None:
        """Publish notices of as many blocks, a hundredth of a second apart."""
        for n in range(first, first + count):
            notice = a_notice(**({"reservation_id": f"cr-{n}", "title": f"notice {n}", "kind": "drained"} | changes))
            self.letters.publish(notice, n, self.clock.now() + after + (n - first) * SECOND / 100)

    def postman(self) -> Postman:
        self.runs += 1
        return Postman(
            mailbag=Mailbag(letters=self.letters, clock=self.clock, log=self._note),
            ledger=self.ledger,
            clock=self.clock,
            open=self._open,
            buttons=True,
            run=f"run-{self.runs}",
            until=self.clock.now() + TIMEOUT,
        )

    def run(self, *, if_any_waits: bool = False) -> Report:
        return self.postman().deliver(if_any_waits=if_any_waits)

    def each_minute(self, minutes: int) -> list[Report]:
        """Run at every full minute that no run is still busy in."""
        begun, reports = self.clock.now(), []
        for minute in range(minutes):
            if self.clock.now() <= begun + minute * MINUTE:
                self.clock.sleep_until(begun + minute * MINUTE)
                reports.append(self.run(if_any_waits=True))
        return reports

    def _open(self) -> Way:
        sender = Sender(
            poster=self.poster,
            ledger=self.ledger,
            clock=self.clock,
            default=self.routes.default.channel,
            log=self._note,
        )
        return Way(sender=sender, routes=self.routes)

    def _note(self, message: str, **_fields: object) -> None:
        self.log.append(message)
