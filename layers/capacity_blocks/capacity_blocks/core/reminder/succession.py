"""What follows a block in its pool: which blocks take over from which, and with what gap or overlap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.reservation import UNPAID, Reservation


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A block that follows, and how many instances of it are for this one. Another block may take the rest."""

    block: Reservation
    instances: int
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

    A block follows another that starts before it and ends before it. Its instances are counted once: of two blocks
    that end, one that is as large as either follows one alone. How large a block is that does not say is taken for
    large enough; one that starts with another or before it runs beside it, and follows nothing.
    """
    alive = sorted(
        (b for b in blocks if b.is_paid or b.state in UNPAID), key=lambda b: (b.end, b.start, b.reservation_id)
    )
    left = {block.reservation_id: block.instance_count or None for block in alive}  # None: not known
    return {block.reservation_id: _succession(block, alive, left) for block in alive}


def _succession(block: Reservation, blocks: Sequence[Reservation], left: dict[str, int | None]) -> Succession:
    later = [each for each in blocks if block.start < each.start and block.end < each.end]
    wanted, covered, followers = block.instance_count or 1, 0, list[Follower]()
    # Paid ones first: what may never be delivered takes no place from what will be.
    for each in sorted(later, key=lambda b: (not b.is_paid, b.start, b.reservation_id)):
        missing = wanted - sum(follower.instances for follower in followers)
        rest = left[each.reservation_id]
        taken = missing if rest is None else min(missing, rest)
        if taken <= 0:
            continue
        left[each.reservation_id] = None if rest is None else rest - taken
        follower = Follower(block=each, instances=taken, gap=each.start - block.end)
        followers.append(follower)
        covered += taken if follower.is_paid and follower.is_without_gap else 0
    return Succession(followers=tuple(followers), is_covered=covered >= wanted)
