"""Brings what waits in the queue to Slack. One run at a time does, and none loses what Slack does not take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from capacity_blocks.core.publication import Publication
from capacity_blocks.core.slack.batch import Post, posts
from capacity_blocks.core.slack.route import Routes
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.telling.mailbag import Mailbag
from capacity_blocks.telling.sender import Sender
from capacity_blocks.telling_ports import NotNowError, NotTakenError, TellingLedger, TooOftenError

# What is left of a run when it begins no more messages: one that hangs, what it told put away, the turn given back.
RESERVE = timedelta(seconds=30)
# Slack names no time with an error of its own: then it is left alone until the next sweep, a minute after this one.
PAUSE = timedelta(seconds=45)
# For so long nothing but channels that want to be left alone is waited for within a run, since the last message.
SHORT = timedelta(seconds=30)
# A message that came out of the queue so often and is still there may be what Slack fails on: it is told behind all
# others, without its blocks if it fails with them, and failing even so it is left out for a while.
TRIES = 3
SET_ASIDE = timedelta(minutes=2)
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
    _held: dict[str | None, datetime] = field(default_factory=dict)  # channels, and until when they take nothing

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
            waiting, patient_until = self._posts(publications, way.routes), self.clock.now() + SHORT
            while waiting:
                if self.clock.now() >= stop:
                    self._put_back(waiting)
                    return "the run is over", self.clock.now()
                post = self._next(waiting, min(patient_until, stop))
                if post is None:
                    self._put_back(waiting)
                    break
                try:
                    self._tell(way.sender, post)
                except TooOftenError as error:
                    self._held[post.channel] = self.clock.now() + (error.after or PAUSE)
                    continue
                except NotNowError as error:
                    self._put_back([each for each in waiting if each is not post])
                    self._set_aside(post)
                    return f"Slack takes nothing now: {error}", self.clock.now() + (error.after or PAUSE)
                waiting.remove(post)
                patient_until = self.clock.now() + SHORT
        return self._outcome(way.routes)

    def _outcome(self, routes: Routes) -> tuple[str, datetime]:
        held = {channel: until for channel, until in self._held.items() if until > self.clock.now()}
        if not held:
            return "all told", self.clock.now()
        if held.keys() >= {each.channel for each in (routes.default, *routes.by_pool.values())}:
            return "Slack takes nothing now", min(held.values())
        return f"held back: {', '.join(sorted(map(str, held)))}", self.clock.now()

    def _posts(self, publications: Sequence[Publication], routes: Routes) -> list[Post]:
        """Return what to post: what was tried often behind the rest, and of it last what was left out meanwhile."""
        tried = [each for each in publications if self.mailbag.receives([each]) >= TRIES]
        fresh = [each for each in publications if each not in tried]
        again = posts(tried, routes, buttons=self.buttons)
        return [
            *posts(fresh, routes, buttons=self.buttons),
            *sorted(again, key=lambda post: self.mailbag.receives(post.publications), reverse=True),
        ]

    def _next(self, waiting: Sequence[Post], patient_until: datetime) -> Post | None:
        """Return the first post whose channel takes it, if need be after a short wait; None while none does."""
        at = [max(self.clock.now(), self._held.get(post.channel, self.clock.now())) for post in waiting]
        if min(at) > self.clock.now() and min(at) > patient_until:
            return None
        self.clock.sleep_until(min(at))
        return waiting[at.index(min(at))]

    def _tell(self, sender: Sender, post: Post) -> None:
        try:
            problem = sender.send(post, or_plain=self._is_tried(post))
        except NotTakenError as refused:
            self._errors.append(f"{post.channel or 'the channel'}: {refused.code}: {post.message.text}")
            self.mailbag.put_back(post.publications, REFUSED_AGAIN)
            return
        if problem is not None:
            self._errors.append(problem)
        self.mailbag.told(post.publications)
        self._messages += 1
        self._notices += len(post.publications)

    def _is_tried(self, post: Post) -> bool:
        return self.mailbag.receives(post.publications) >= TRIES

    def _set_aside(self, post: Post) -> None:
        self.mailbag.put_back(post.publications, SET_ASIDE if self._is_tried(post) else timedelta())

    def _put_back(self, waiting: Sequence[Post]) -> None:
        """Have it again as soon as its channel takes anything."""
        for post in waiting:
            now = self.clock.now()
            self.mailbag.put_back(post.publications, self._held.get(post.channel, now) - now)
