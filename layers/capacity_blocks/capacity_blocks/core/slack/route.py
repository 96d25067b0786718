"""Where the notices of a pool go in Slack, whom they call there, and what the clocks there show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase.reading import Field, NotAllowedError, listed, matching, read_fields, shown
from capacity_blocks.core.purchase.request_field import time_zone

CHANNEL = r"[CG][A-Z0-9]{2,20}"
MENTION = r"here|channel|[UW][A-Z0-9]{2,20}|S[A-Z0-9]{2,20}"
MOST_MENTIONS = 10
MENTION_ALLOWED = '"here", "channel", the id of a person (U…) or of a group (S…), or a list of them'

Mentions = Mapping[Severity, tuple[str, ...]]


class RouteError(ValueError):
    """The routes of a pool are malformed; the message names each field, its value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """What a pool has other than the stack; None: nothing."""

    channel: str | None = None
    mentions: Mentions | None = None
    time_zone: tzinfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`channel` is None where there is none to choose: a webhook has its own, and no other."""

    channel: str | None
    mentions: Mentions = field(default_factory=dict)
    time_zone: tzinfo = UTC

    def changed(self, settings: RouteSettings) -> "Route":
        return Route(
            channel=settings.channel or self.channel,
            mentions=self.mentions if settings.mentions is None else settings.mentions,
            time_zone=settings.time_zone or self.time_zone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The route of each pool; `default` is that of all others, and of what belongs to none."""

    default: Route
    by_pool: Mapping[str, Route] = field(default_factory=dict)

    def of(self, pool: str | None) -> Route:
        return self.by_pool.get(pool or "", self.default)


def parse(section: object) -> RouteSettings:
    """Read the section as a whole: all of it holds, or RouteError names everything that does not."""
    if not isinstance(section, Mapping):
        raise RouteError(f"routes is {shown(section)}; allowed: a JSON object")
    values, mistakes = read_fields(section, FIELDS, "routes.")
    if mistakes:
        raise RouteError("; ".join(mistakes))
    return RouteSettings(**values)


mention = matching(MENTION, MENTION_ALLOWED)


def _mentions(value: object) -> Mentions:
    allowed = f"an object of {', '.join(Severity)}, each with {MENTION_ALLOWED}"
    if not isinstance(value, Mapping) or not set(value) <= set(Severity):
        raise NotAllowedError(allowed)
    read: Any = listed(mention, MOST_MENTIONS)
    return {Severity(severity): () if given == [] else read(given) for severity, given in value.items()}


FIELDS = {
    "channel": Field(attribute="channel", read=matching(CHANNEL, "the id of a channel, C…")),
    "mentions": Field(attribute="mentions", read=_mentions),
    "time_zone": Field(attribute="time_zone", read=time_zone),
}
