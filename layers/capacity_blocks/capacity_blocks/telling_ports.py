"""What telling people in Slack needs from the outside world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message of the queue. `receipt` is what it is deleted or put back by; `receives` counts this time too."""

    receipt: str
    body: str
    receives: int


class Letters(Protocol):
    """The queue between the topic and Slack."""

    def any_waits(self) -> bool:
        """Say whether anything may be received, as far as the queue knows: it counts with a delay."""

    def receive(self, wait: timedelta) -> Sequence[Letter]:
        """Take some letters, which nobody else gets meanwhile; wait for the first one at most so long."""

    def delete(self, receipts: Sequence[str]) -> None: ...
    def put_back(self, receipts: Sequence[str], after: timedelta) -> None:
        """Let them be received again, after a while."""


class NotNowError(Exception):
    """Slack takes nothing now, or did not answer. `after` is when it wants to be asked again, if it says so."""

    def __init__(self, message: str, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class TooOftenError(NotNowError):
    """Slack takes no more messages in this channel for a while; that says nothing of others."""


class NotTakenError(Exception):
    """Slack does not take this message: `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Poster(Protocol):
    """A way into Slack. Whoever has threads answers the name of the message, by which others go into its thread."""

    has_threads: bool

    def post(
        self, channel: str | None, payload: Mapping[str, Any], thread: str | None = None, *, broadcast: bool = False
    ) -> str | None:
        """Post a message, into a thread if one is named, and then also to the channel if it is a broadcast.

        Raise NotNowError or NotTakenError. After a NotNowError it may have been posted all the same.
        """


class TellingLedger(Protocol):
    """Whose turn it is to tell, and which threads there are."""

    def take_turn(self, run: str, now: datetime, until: datetime) -> bool:
        """Take the turn, until then at most; False while another run has it, or none may before a given time."""

    def end_turn(self, run: str, until: datetime) -> None:
        """Give the turn back; nobody gets it before `until`. Without effect on a turn that another run has by now."""

    def thread(self, channel: str, subject: str) -> str | None: ...
    def put_thread(self, channel: str, subject: str, thread: str, now: datetime) -> None: ...
