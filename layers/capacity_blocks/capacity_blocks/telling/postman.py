"""Brings what waits in the queue to Slack. One run at a time does, and none loses what Slack does not take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from capacity_blocks.core.slack.batch import Post, posts
from capacity_blocks.core.slack.route import Routes
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.telling.mailbag import Mailbag
from capacity_blocks.telling.sender import Sender
from capacity_blocks.telling_ports import NotNowError, NotTakenError, TellingLedger

# What is left of a run when it begins no more messages: one that hangs, what it told put away, the turn given back.
RESERVE = timedelta(seconds=30)
# Slack names no time with an error of its own: then it is left alone until the next sweep, a minute after this one.
PAUSE = timedelta(seconds=45)
# A wait that fits into a run is waited for at once.
SHORT = timedelta(seconds=30)
# A message that is refused is tried again: somebody may have let the app into the channel by then.
REFUSED_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run came to: messages posted, and notices told in them. `errors` are for somebody to mend."""

    outcome: str
    messages: int = 0
    notices: int = 0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What only a run needs that has the turn: a way into Slack, and where each pool's notices go."""

    sender: Sender
    routes: Routes


@dataclass(slots=True, kw_only=True)
class Postman:
    """`until` is when Lambda ends the run, whose name no other run has."""

    mailbag: Mailbag
    ledger: TellingLedger
    clock: Clock
    open: Callable[[], Way]
    buttons: bool
    run: str
    until: datetime
    _messages: int = 0
    _notices: int = 0
    _errors: list[str] = field(default_factory=list)

    def deliver(self, *, if_any_waits: bool) -> Report:
        """Tell all that waits; with `if_any_waits` look first whether anything does: most minutes nothing."""
        if if_any_waits and not self.mailbag.letters.any_waits():
            return Report(outcome="nothing waits")
        if not self.ledger.take_turn(self.run, self.clock.now(), self.until):
            return Report(outcome="it is not our turn")
        try:
            outcome, again_at = self._deliver()
        except AwsError:
            self.ledger.end_turn(self.run, self.clock.now())
            raise
        self.ledger.end_turn(self.run, again_at)
        return Report(
            outcome=outcome, messages=self._messages, notices=self._notices, errors=tuple(dict.fromkeys(self._errors))
        )

    def _deliver(self) -> tuple[str, datetime]:
        """Return how it came out, and from when on it is worth while to try again."""
        way, stop = self.open(), self.until - RESERVE
        while publications := self.mailbag.collect(way.routes, stop):
            waiting = posts(publications, way.routes, buttons=self.buttons)
            for number, post in enumerate(waiting):
                if self.clock.now() >= stop:
                    self._put_back(waiting[number:])
                    return "the run is over", self.clock.now()
                try:
                    self._tell(way.sender, post, stop)
                except NotNowError as error:
                    self._put_back(waiting[number:])
                    return f"Slack takes nothing now: {error}", self.clock.now() + (error.after or PAUSE)
        return "all told", self.clock.now()

    def _tell(self, sender: Sender, post: Post, stop: datetime) -> None:
        try:
            problem = self._patiently(sender, post, stop)
        except NotTakenError as refused:
            self._errors.append(f"{post.channel or 'the channel'}: {refused.code}: {post.message.text}")
            self.mailbag.put_back(post.publications, REFUSED_AGAIN)
            return
        if problem is not None:
            self._errors.append(problem)
        self.mailbag.told(post.publications)
        self._messages += 1
        self._notices += len(post.publications)

    def _patiently(self, sender: Sender, post: Post, stop: datetime) -> str | None:
        """Wait once where Slack says for how long, if that is short."""
        try:
            return sender.send(post)
        except NotNowError as error:
            again_at = self.clock.now() + (error.after or PAUSE)
            if error.after is None or error.after > SHORT or again_at >= stop:
                raise
            self.clock.sleep_until(again_at)
        return sender.send(post)

    def _put_back(self, waiting: Sequence[Post]) -> None:
        self.mailbag.put_back([each for post in waiting for each in post.publications])
