"""When describe calls begin to show what was bought and how it was tagged: EC2's API is eventually consistent."""

from collections import deque
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.assumptions import Delay

from .holdings import Holdings

# What a read of an older state may know: nothing that came to be after this instant. None: all there is.
AS_OF: ContextVar[datetime | None] = ContextVar("as of", default=None)
_RESERVED = "aws:"
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How late the next purchase shows: its reservations and blocks, and the tags that it was made with."""

    listed: timedelta = timedelta()
    tags: timedelta = timedelta()


class Visibility:
    """What a client sees of the holdings. Tags that AWS sets are there from the start."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._planned: deque[Lateness] = deque()
        self._listed_from: dict[str, datetime] = {}
        self._tags: dict[str, list[tuple[datetime, Mapping[str, str]]]] = {}
        self.sees_all = False  # AWS's own eyes

    def plan(self, lateness: Lateness) -> None:
        self._planned.append(lateness)

    def next(self) -> Lateness:
        """Say how late a purchase shows that is made now: as planned, or as assumed."""
        if self._planned:
            return self._planned.popleft()
        assumptions = self._holdings.assumptions
        return Lateness(listed=self._draw(assumptions.purchase_listed), tags=self._draw(assumptions.tags_listed))

    def bought(self, resource_id: str, lateness: Lateness) -> None:
        now = self._holdings.clock.now()
        self._listed_from[resource_id] = now + lateness.listed
        self._touch_at(now + lateness.listed)
        self.tagged(resource_id, lateness.tags)

    def extended(self, offering_id: str) -> None:
        """Let an extension show in the history as late as any purchase does in the list."""
        since = self._holdings.clock.now() + self.next().listed
        self._listed_from[offering_id] = since
        self._touch_at(since)

    def before_change(self, resource_id: str) -> None:
        """Remember the tags of a resource that was there before all that is played."""
        if resource_id not in self._tags:
            self._tags[resource_id] = [(_BEGINNING, dict(self._held(resource_id)))]

    def tagged(self, resource_id: str, late: timedelta | None = None) -> None:
        """Remember the tags that a resource has now, shown after a while."""
        late = self._draw(self._holdings.assumptions.tags_listed) if late is None else late
        since = self._holdings.clock.now() + late
        self._tags.setdefault(resource_id, []).append((since, dict(self._held(resource_id))))
        self._touch_at(since)

    def is_listed(self, resource_id: str) -> bool:
        since = self._listed_from.get(resource_id)
        return self.sees_all or since is None or since <= self._horizon()

    def tags(self, resource_id: str) -> Mapping[str, str]:
        held = self._held(resource_id)
        if self.sees_all or resource_id not in self._tags:
            return held
        horizon = self._horizon()
        seen: Mapping[str, str] = {key: value for key, value in held.items() if key.startswith(_RESERVED)}
        for since, tags in self._tags[resource_id]:
            if since <= horizon:
                seen = tags
        return seen

    def _held(self, resource_id: str) -> Mapping[str, str]:
        if resource_id in self._holdings.blocks:
            return self._holdings.blocks[resource_id].tags
        return self._holdings.reservations[resource_id].tags

    def _horizon(self) -> datetime:
        return AS_OF.get() or self._holdings.clock.now()

    def _draw(self, delay: Delay) -> timedelta:
        return delay.draw(self._holdings.dice.views)

    def _touch_at(self, since: datetime) -> None:
        if since > self._holdings.clock.now():
            self._holdings.agenda.at(since, self._holdings.touch, "what is shown")
