"""A queue, a ledger and a way into Slack in memory, for what tells people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.adapters.notice_message import facts
from capacity_blocks.core.notice import Notice
from capacity_blocks.telling_ports import Letter, NotNowError, NotTakenError, TooOftenError
from tests.fakes.clock import FakeClock


@dataclass
class Waiting:
    """A message in the queue: when it came, and from when on it can be received again."""

    body: str
    came: datetime
    visible: datetime
    receipts: list[str] = field(default_factory=list)


class FakeLetters:
    """A queue whose time-out is that of the template. A long poll takes all of its time when nothing comes."""

    def __init__(self, clock: FakeClock, timeout: timedelta = timedelta(minutes=4)) -> None:
        self.clock, self.timeout = clock, timeout
        self.waiting: list[Waiting] = []
        self.deleted: list[str] = []
        self._numbers = 0

    def send(self, body: str, came: datetime | None = None) -> None:
        at = came or self.clock.now()
        self.waiting.append(Waiting(body=body, came=at, visible=at))

    def publish(self, notice: Notice, number: int, came: datetime | None = None) -> None:
        self.send(envelope(notice, number, came or self.clock.now()), came)

    def any_waits(self) -> bool:
        return any(each.visible <= self.clock.now() for each in self.waiting)

    def receive(self, wait: timedelta) -> Sequence[Letter]:
        due = min((each.visible for each in self.waiting), default=datetime.max.replace(tzinfo=self.clock.now().tzinfo))
        self.clock.sleep_until(min(max(due, self.clock.now()), self.clock.now() + wait))
        visible = [each for each in self.waiting if each.visible <= self.clock.now()]
        return [self._received(each) for each in visible[:10]]

    def delete(self, receipts: Sequence[str]) -> None:
        self.deleted += [each.body for each in self.waiting if set(each.receipts) & set(receipts)]
        self.waiting = [each for each in self.waiting if not set(each.receipts) & set(receipts)]

    def put_back(self, receipts: Sequence[str], after: timedelta) -> None:
        for each in self.waiting:
            if set(each.receipts) & set(receipts):
                each.visible = self.clock.now() + after

    def _received(self, each: Waiting) -> Letter:
        self._numbers += 1
        each.visible = self.clock.now() + self.timeout
        each.receipts.append(f"r-{self._numbers}")
        return Letter(receipt=each.receipts[-1], body=each.body, receives=len(each.receipts))


@dataclass
class FakeTellingLedger:
    turn: tuple[str, datetime] | None = None
    threads: dict[tuple[str, str], str] = field(default_factory=dict)

    def take_turn(self, run: str, now: datetime, until: datetime) -> bool:
        if self.turn is not None and self.turn[1] > now:
            return False
        self.turn = (run, until)
        return True

    def end_turn(self, run: str, until: datetime) -> None:
        if self.turn is not None and self.turn[0] == run:
            self.turn = (run, until)

    def thread(self, channel: str, subject: str) -> str | None:
        return self.threads.get((channel, subject))

    def put_thread(self, channel: str, subject: str, thread: str, now: datetime) -> None:
        self.threads[channel, subject] = thread


@dataclass(frozen=True, kw_only=True)
class Sent:
    at: datetime
    channel: str | None
    text: str
    thread: str | None
    broadcast: bool
    with_blocks: bool


@dataclass
class FakePoster:
    """Takes everything, but for what is in `refusals`, first come first served, or where there is no such channel.

    In a channel of `busy` it takes nothing before then. What begins with a text of `failing` makes it fail each time,
    with blocks, or, if that is True, without them as well.
    """

    clock: FakeClock
    has_threads: bool = True
    takes: timedelta = timedelta()
    refusals: list[Exception] = field(default_factory=list)
    no_channels: set[str | None] = field(default_factory=set)
    busy: dict[str | None, datetime] = field(default_factory=dict)
    failing: dict[str, bool] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)

    def post(
        self, channel: str | None, payload: Mapping[str, Any], thread: str | None = None, *, broadcast: bool = False
    ) -> str | None:
        self.asked.append(self.clock.now())
        self.clock.sleep_until(self.clock.now() + self.takes)
        if self.refusals:
            raise self.refusals.pop(0)
        if channel in self.no_channels:
            raise NotTakenError("channel_not_found")
        if (wait := self.busy.get(channel, self.clock.now()) - self.clock.now()) > timedelta():
            raise TooOftenError("429", wait)
        if any(
            payload["text"].startswith(text) and (plainly or "attachments" in payload)
            for text, plainly in self.failing.items()
        ):
            raise NotNowError("500")
        self.sent.append(
            Sent(
                at=self.clock.now(),
                channel=channel,
                text=payload["text"],
                thread=thread,
                broadcast=broadcast,
                with_blocks="attachments" in payload,
            )
        )
        return f"ts-{len(self.sent)}" if self.has_threads else None


def envelope(notice: Notice, number: int, at: datetime) -> str:
    """Write a notice as SNS puts it into a queue."""
    message = json.dumps(facts(notice, observe_only=False))
    return json.dumps(
        {"Type": "Notification", "MessageId": f"m-{number}", "Message": message, "Timestamp": at.isoformat()}
    )
