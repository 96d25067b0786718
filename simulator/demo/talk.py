"""What was seen of Slack, as plain data: the messages of each channel, and who clicked on which of their buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.demo.actor import Actor

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One click on a button. `private` is what nobody else could read; `after` replaced the message, if anything."""

    at: datetime
    actor: Actor
    user: str
    label: str
    pool: str
    why: str
    status: int
    private: str
    after: Payload | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message as it was posted, and the clicks on it. `thread_ts` is the message it answers."""

    at: datetime
    ts: str
    thread_ts: str | None
    payload: Payload
    clicks: tuple[Click, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    name: str
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """All that stood in Slack. `names` are what Slack shows for its own ids of people and channels."""

    channels: tuple[Channel, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()  # what Slack did not take, and why
