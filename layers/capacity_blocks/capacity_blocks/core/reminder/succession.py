"""What follows a block in its pool: which blocks take over from which, and with what gap or overlap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.reminder.offer import EARLIEST_START
from capacity_blocks.core.reservation import UNPAID, Reservation

# A hand-over takes no longer; a block that runs beside another for a longer time is there for work of its own.
MOST_OVERLAP = EARLIEST_START


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A block that follows, and how many instances of it are for this one. Another block may take the rest."""

    block: Reservation
    instances: int | None  # None: how large one of the two is is not known
    gap: timedelta  # from the end of one to the start of the other; negative where both run for a time

    @property
    def is_paid(self) -> bool:
        return self.block.is_paid

    @property
    def is_without_gap(self) -> bool:
        return self.gap <= timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """`is_covered`: paid blocks take over all of its instances before it ends, so nobody need be reminded."""

    followers: tuple[Follower, ...] = ()
    is_covered: bool = False


def successions(blocks: Iterable[Reservation]) -> Mapping[str, Succession]:
    """Return what follows each block of one pool, by reservation id.

    A block follows another of its type that starts and ends before it, and that it overlaps for no more than a day.
    Its instances are counted once: of two blocks that end, one that is as large as either follows one alone. One that
    does not say how large it is covers nothing: a reminder too many is better than none.
    """
    alive = sorted(
        (b for b in blocks if b.is_paid or b.state in UNPAID), key=lambda b: (b.end, b.start, b.reservation_id)
    )
    left = {block.reservation_id: block.instance_count for block in alive}
    return {block.reservation_id: _succession(block, alive, left) for block in alive}


def _succession(block: Reservation, blocks: Sequence[Reservation], left: dict[str, int]) -> Succession:
    missing, covered, followers = block.instance_count, 0, list[Follower]()
    # Paid ones first: what may never be delivered takes no place from what will be.
    for each in sorted(
        (each for each in blocks if _is_later(each, block)), key=lambda b: (not b.is_paid, b.start, b.reservation_id)
    ):
        gap = each.start - block.end
        if not block.instance_count or not each.instance_count:
            followers.append(Follower(block=each, instances=None, gap=gap))
            continue
        taken = min(missing, left[each.reservation_id])
        if not taken:
            continue
        left[each.reservation_id] -= taken
        missing -= taken
        follower = Follower(block=each, instances=taken, gap=gap)
        followers.append(follower)
        covered += taken if follower.is_paid and follower.is_without_gap else 0
    return Succession(followers=tuple(followers), is_covered=0 < block.instance_count <= covered)


def _is_later(later: Reservation, block: Reservation) -> bool:
    is_alike = later.instance_type == block.instance_type
    follows = block.start < later.start and block.end < later.end
    return is_alike and follows and block.end - later.start <= MOST_OVERLAP
