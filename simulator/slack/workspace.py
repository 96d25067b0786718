"""A workspace of Slack in memory: what is posted, changed and answered, and what Slack refuses."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.slack.validation import mistakes

TOKEN = "xoxb-simulated"  # noqa: S105  # of a workspace that there is not
SIGNING_SECRET = "simulated-signing-secret"  # noqa: S105  # the same
TEAM = "T0SIMULATE"
HOOK = f"/services/{TEAM}/B0SIMULATE/hook"
RESPONSES = "/responses/"
# "Rate limits": one message a second in a channel. Short bursts, which Slack may let pass, are refused here.
_PAUSE = timedelta(seconds=1)
# "Handling user interaction": a response_url is good for 30 minutes, and five times.
_REPLIES, _REPLY_WITHIN = 5, timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message as it stands now. `edited_at` is when it was last changed."""

    at: datetime
    channel: str
    ts: str
    payload: Mapping[str, Any]
    thread_ts: str | None = None
    edited_at: datetime | None = None

    @property
    def title(self) -> str:
        return str(self.payload.get("text", ""))

    @property
    def blocks(self) -> list[Mapping[str, Any]]:
        attached = [block for each in self.payload.get("attachments") or [] for block in each.get("blocks", [])]
        return [*(self.payload.get("blocks") or []), *attached]

    @property
    def buttons(self) -> list[Mapping[str, Any]]:
        return [button for block in self.blocks if block["type"] == "actions" for button in block["elements"]]

    @property
    def words(self) -> str:
        """All that can be read in it."""
        return json.dumps([self.payload.get("text"), self.blocks], ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was sent to the response_url of a click: an ephemeral answer, unless it replaced the message."""

    at: datetime
    url: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Between `since` and `until` Slack answers every message with a status, and 429 with when to come again."""

    since: datetime
    until: datetime
    status: int
    retry_after: timedelta | None = None

    def answer(self) -> Answer:
        headers = {} if self.retry_after is None else {"Retry-After": str(int(self.retry_after.total_seconds()))}
        body = {429: '{"ok":false,"error":"ratelimited"}'}.get(self.status, "server_error")
        return Answer(status=self.status, body=body, headers=headers)


def _now() -> datetime:
    return datetime.now(UTC)  # of the virtual clock, while one is installed


class Workspace:
    """Channels that have the app in them. `refused` is what Slack did not take, and why: limits, pace, names."""

    def __init__(self, channels: tuple[str, ...] = ("C0SIMULATE",), now: Callable[[], datetime] = _now) -> None:
        self.channels = set(channels)
        self.hook_channel = channels[0]
        self._now = now
        self.forget()

    def forget(self) -> None:
        """Begin anew, as if nobody had ever said anything."""
        self.messages: list[Posted] = []
        self.replies: list[Reply] = []
        self.refused: list[tuple[datetime, str]] = []
        self.troubles: list[Trouble] = []
        self.attempts: list[datetime] = []
        self._last: dict[str, datetime] = {}
        self._response_urls: dict[str, tuple[str, datetime]] = {}  # for which message, since when
        self._numbers = 0

    # --- what a story asks for ---

    def trouble(self, status: int, *, lasting: timedelta, retry_after: timedelta | None = None) -> None:
        """Let Slack answer so from now on, for a while."""
        since = self._now()
        self.troubles.append(Trouble(since=since, until=since + lasting, status=status, retry_after=retry_after))

    def thread(self, posted: Posted) -> list[Posted]:
        """Return what was answered in the thread of a message."""
        return [each for each in self.messages if each.thread_ts == posted.ts and each.channel == posted.channel]

    def response_path(self, posted: Posted) -> str:
        """Make the path of a response_url for a click on a message."""
        self._numbers += 1
        path = f"{RESPONSES}{TEAM}/{self._numbers}"
        self._response_urls[path] = (posted.ts, self._now())
        return path

    # --- what is asked of Slack ---

    def answer(self, path: str, authorization: str, body: Mapping[str, Any]) -> Answer:
        if path.startswith(RESPONSES):
            return self._respond(path, body)
        now = self._now()
        self.attempts.append(now)
        for trouble in self.troubles:
            if trouble.since <= now < trouble.until:
                return trouble.answer()
        if path == HOOK:
            return self._hook(body)
        if authorization != f"Bearer {TOKEN}":
            return self._error("invalid_auth")
        match path.rpartition("/")[2]:
            case "chat.postMessage":
                return self._post(body)
            case "chat.update":
                return self._update(body)
            case method:
                return self._error("unknown_method", method)

    def _hook(self, body: Mapping[str, Any]) -> Answer:
        if found := mistakes(body):
            self._refuse("; ".join(found))
            return Answer(status=400, body="invalid_blocks")
        posted = self._take(self.hook_channel, body, None)
        return posted if isinstance(posted, Answer) else Answer(status=200, body="ok")

    def _post(self, body: Mapping[str, Any]) -> Answer:
        channel, thread_ts = str(body.get("channel")), body.get("thread_ts")
        if channel not in self.channels:
            return self._error("channel_not_found", channel)
        if thread_ts is not None and not any(m.ts == thread_ts and m.channel == channel for m in self.messages):
            return self._error("thread_not_found", str(thread_ts))
        if found := mistakes(body):
            return self._error("invalid_blocks", "; ".join(found))
        posted = self._take(channel, body, thread_ts)
        if isinstance(posted, Answer):
            return posted
        return _ok({"channel": channel, "ts": posted.ts, "message": dict(body)})

    def _take(self, channel: str, body: Mapping[str, Any], thread_ts: str | None) -> Posted | Answer:
        now = self._now()
        if now - self._last.get(channel, now - _PAUSE) < _PAUSE:
            self._refuse(f"{channel}: more than one message a second")
            return Trouble(since=now, until=now, status=429, retry_after=_PAUSE).answer()
        self._last[channel] = now
        self._numbers += 1
        ts = f"{int(now.timestamp())}.{self._numbers:06}"
        posted = Posted(at=now, channel=channel, ts=ts, payload=dict(body), thread_ts=thread_ts)
        self.messages.append(posted)
        return posted

    def _update(self, body: Mapping[str, Any]) -> Answer:
        ts = str(body.get("ts"))
        if found := mistakes(body):
            return self._error("invalid_blocks", "; ".join(found))
        return _ok({"ts": ts}) if self._change(ts, body) else self._error("message_not_found", ts)

    def _respond(self, path: str, body: Mapping[str, Any]) -> Answer:
        ts, since = self._response_urls.get(path, ("", datetime.min.replace(tzinfo=UTC)))
        now, used = self._now(), sum(reply.url == path for reply in self.replies)
        if now - since > _REPLY_WITHIN or used >= _REPLIES:
            return Answer(status=404, body='{"ok":false,"error":"used_url"}')
        if found := mistakes(body):
            self._refuse("; ".join(found))
            return Answer(status=400, body="invalid_blocks")
        self.replies.append(Reply(at=now, url=path, payload=dict(body)))
        if body.get("replace_original"):
            self._change(ts, body)
        return Answer(status=200, body="ok")

    def _change(self, ts: str, body: Mapping[str, Any]) -> bool:
        for place, posted in enumerate(self.messages):
            if posted.ts == ts:
                self.messages[place] = replace(posted, payload=dict(body), edited_at=self._now())
                return True
        return False

    def _error(self, code: str, why: str = "") -> Answer:
        self._refuse(f"{code}: {why}")
        return Answer(status=200, body=json.dumps({"ok": False, "error": code}))

    def _refuse(self, why: str) -> None:
        self.refused.append((self._now(), why))


def _ok(content: Mapping[str, Any]) -> Answer:
    return Answer(status=200, body=json.dumps({"ok": True, **content}))
