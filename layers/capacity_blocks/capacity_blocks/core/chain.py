"""The blocks of a pool one after the other: where two of them overlap, and where there is a gap."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, groupby, pairwise

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.timeline import Timeline

NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Paid blocks that start, drain and end together: 256 that were bought as one are one link."""

    start: datetime
    drain_at: datetime
    end: datetime
    reservation_ids: tuple[str, ...]
    instances: int

    def __str__(self) -> str:
        first, *more = self.reservation_ids
        return f"{first} and {len(more)} more" if more else first


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Where `after` takes over from `before`. Both serve from the start of one to the drain of the other."""

    before: Link
    after: Link

    @property
    def gap(self) -> timedelta:
        """Return for how long neither serves. Blocks that follow each other directly have one: the drain lead."""
        return max(NO_TIME, self.after.start - self.before.drain_at)

    @property
    def overlap(self) -> timedelta:
        return max(NO_TIME, self.before.drain_at - self.after.start)

    @property
    def is_direct(self) -> bool:
        """Whether the later block starts by the end of the earlier one."""
        return self.after.start <= self.before.end

    @property
    def instances(self) -> int:
        """Return how many instances the pool lacks in the gap, or has twice in the overlap."""
        return self.before.instances if self.gap else min(self.before.instances, self.after.instances)

    def is_ahead(self, now: datetime) -> bool:
        return now < max(self.after.start, self.before.drain_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How many instances the blocks of a pool have for use, from one instant until another."""

    start: datetime
    end: datetime
    instances: int


def links(blocks: Iterable[Reservation], policy: Policy) -> tuple[Link, ...]:
    """Return the links of the blocks that are paid, by their start."""
    placed = sorted(
        ((timeline.start, timeline.end, timeline.drain_at), block.reservation_id, block.instance_count)
        for block in blocks
        if block.is_paid
        for timeline in (Timeline.of(block, policy),)
    )
    return tuple(
        _link(start, drain_at, end, [(name, count) for _, name, count in together])
        for (start, end, drain_at), together in groupby(placed, key=lambda each: each[0])
    )


def joints(chain: Sequence[Link]) -> tuple[Joint, ...]:
    """Return where one link takes over from the one that reached furthest; one that ends within it takes over nothing.

    `chain` is sorted by start, as `links` returns it.
    """
    reaching = [link for link, reach in zip(chain, _reaches(chain), strict=True) if link.end == reach]
    first_of_each_end = [next(alike) for _, alike in groupby(reaching, key=lambda link: link.end)]
    return tuple(Joint(before=before, after=after) for before, after in pairwise(first_of_each_end))


def successions(chain: Sequence[Link]) -> Mapping[str, Joint]:
    """Return by reservation how the pool goes on when it has ended: with the first link that lasts longer, if any."""
    reaches = _reaches(chain)
    found = {}
    for link in chain:
        later = bisect_right(reaches, link.end)
        if later < len(chain):
            found.update(dict.fromkeys(link.reservation_ids, Joint(before=link, after=chain[later])))
    return found


def levels(chain: Sequence[Link]) -> tuple[Level, ...]:
    """Return how many instances there are for use over time, from the first start to the last drain, gaps included."""
    changes: dict[datetime, int] = {}
    for link in chain:
        changes[link.start] = changes.get(link.start, 0) + link.instances
        changes[link.drain_at] = changes.get(link.drain_at, 0) - link.instances
    instants = sorted(changes)
    counts = accumulate(changes[instant] for instant in instants[:-1])
    spans = zip(pairwise(instants), counts, strict=True)
    return tuple(Level(start=start, end=end, instances=count) for (start, end), count in spans)


def _reaches(chain: Sequence[Link]) -> list[datetime]:
    """Return for each link the latest end until then. It never goes back, so that it can be searched."""
    return list(accumulate((link.end for link in chain), max))


def _link(start: datetime, drain_at: datetime, end: datetime, blocks: Sequence[tuple[str, int]]) -> Link:
    return Link(
        start=start,
        drain_at=drain_at,
        end=end,
        reservation_ids=tuple(name for name, _ in blocks),
        instances=sum(count for _, count in blocks),
    )
