"""What to look up next, ahead of reminders: few calls, each block in time for its next rung."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.purchase import pace
from capacity_blocks.core.purchase.duration import MOST
from capacity_blocks.core.purchase.query import Query, Subject
from capacity_blocks.core.purchase.search import FURTHEST_START
from capacity_blocks.core.reminder.found import Want
from capacity_blocks.core.reminder.ladder import next_rung
from capacity_blocks.core.reminder.offer import EARLIEST_START, LATEST_START, OfferKind
from capacity_blocks.core.reminder.settings import ReminderSettings
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.timeline import FIRST_EXTENSION_BEFORE_END, LAST_EXTENSION_BEFORE_END

# Many blocks may end at one time: a first look begins this long before a rung, a second one shortly before it.
FIRST_LOOK, SECOND_LOOK = timedelta(hours=6), timedelta(hours=1)
EVERY = timedelta(minutes=5)  # a run
# In each region. The rest of the bucket's refill is for those who buy: see `pace`.
CALLS = EVERY // (pace.EVERY * pace.SHARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something to look up, for which reminder at the latest, and for which blocks: one answer may serve several."""

    block: Reservation
    want: Want
    rung: datetime

    def query(self, now: datetime) -> Query | None:
        """Return the search for new blocks; None of an extension. A start in the past is one that EC2 would refuse."""
        if self.want.kind is OfferKind.EXTENSION:
            return None
        block, earliest = self.block, self.block.end - EARLIEST_START
        subject = Subject(region=block.region, types=(block.instance_type,), duration=self.want.duration)
        return Query(
            subject=subject,
            count=block.instance_count,
            not_before=earliest if earliest > now else None,
            not_after=block.end + LATEST_START + self.want.duration,
        )


def errands(now: datetime, block: Reservation, settings: ReminderSettings, *, is_paying: bool) -> Iterator[Errand]:
    """Yield what a reminder of `block` shows, as far as it can be on sale. `is_paying`: for an extension."""
    rung = next_rung(now, block, settings.ladder)
    if rung is None:
        return
    for duration in settings.durations:
        for kind, may_be in (
            (OfferKind.EXTENSION, not is_paying and can_be_extended(now, block, duration)),
            (OfferKind.NEW_BLOCK, _can_be_followed(now, block)),
        ):
            if may_be:
                want = Want(reservation_id=block.reservation_id, end=block.end, kind=kind, duration=duration)
                yield Errand(block=block, want=want, rung=rung)


def can_be_extended(now: datetime, block: Reservation, duration: timedelta) -> bool:
    """Whether EC2 sells an extension of a block now, as far as its dates and its owner tell."""
    in_window = block.end - FIRST_EXTENSION_BEFORE_END <= now <= block.end - LAST_EXTENSION_BEFORE_END
    is_short_enough = block.end + duration - block.start <= MOST
    return block.owned and block.is_paid and in_window and is_short_enough


def can_be_asked_for(block: Reservation) -> bool:
    """Whether it is known what a block like this one is. Of an UltraServer the type to ask for is not."""
    return block.ultraserver is False and block.instance_count > 0


def next_calls(
    now: datetime, wanted: Sequence[Errand], found_at: Mapping[str, datetime]
) -> tuple[tuple[Errand, ...], ...]:
    """Return the calls of this run in one region, each with all errands that it answers.

    What was never looked up comes first, then what is due first.
    """
    due = sorted(
        (each for each in wanted if _is_due(now, each, found_at.get(each.want.key))),
        key=lambda each: (each.want.key in found_at, each.rung, each.want.key),
    )
    by_call: dict[Query | str, list[Errand]] = {}
    for each in due:
        by_call.setdefault(each.query(now) or each.want.key, []).append(each)
    return tuple(tuple(each) for each in list(by_call.values())[:CALLS])


def look_again_at(now: datetime, wanted: Sequence[Errand], found_at: Mapping[str, datetime]) -> datetime | None:
    """Return when there is something to look up; `now` if there is already. None: never, as things stand."""
    instants = [
        now if _is_due(now, each, found_at.get(each.want.key)) else _next_look(now, each.rung) for each in wanted
    ]
    return min(instants, default=None)


def _is_due(now: datetime, errand: Errand, found_at: datetime | None) -> bool:
    looks = [errand.rung - ahead for ahead in (FIRST_LOOK, SECOND_LOOK) if errand.rung - ahead <= now]
    return bool(looks) and (found_at is None or found_at < max(looks))


def _next_look(now: datetime, rung: datetime) -> datetime:
    return next((rung - ahead for ahead in (FIRST_LOOK, SECOND_LOOK) if rung - ahead > now), rung)


def _can_be_followed(now: datetime, block: Reservation) -> bool:
    return can_be_asked_for(block) and block.end - EARLIEST_START <= now + FURTHEST_START
