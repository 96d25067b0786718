"""What the stack itself owns beside the ledger: its topic, its settings, its schedules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from capacity_blocks.core.notice import Notice
from tests.fakes.failing import Errors, perhaps_raise


@dataclass
class FakeNotifier:
    sent: list[Notice] = field(default_factory=list)
    errors: Errors = field(default_factory=dict)

    def send(self, notice: Notice) -> None:
        perhaps_raise(self.errors, "send")
        self.sent.append(notice)


@dataclass
class FakePoolSettings:
    held: dict[str, str] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def texts(self) -> Mapping[str, str]:
        perhaps_raise(self.errors, "texts")
        return dict(self.held)


@dataclass
class FakeWakeups:
    instants: set[datetime] = field(default_factory=set)
    errors: Errors = field(default_factory=dict)

    def wake_at(self, instant: datetime) -> None:
        perhaps_raise(self.errors, "wake_at")
        self.instants.add(instant)
