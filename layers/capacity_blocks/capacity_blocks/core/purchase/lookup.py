"""What to do when nobody knows whether an attempt bought anything: look, wait longer each time, and never buy again."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.likeness import is_like, parts
from capacity_blocks.core.reservation import Reservation

# After the last moment at which the function itself could still have bought. Tags may be stale for minutes ("Eventual
# consistency in the Amazon EC2 API"), and an answer late: the last look is half an hour after the first.
MARGIN = timedelta(seconds=30)
WAITS = tuple(timedelta(seconds=seconds) for seconds in (0, 30, 60, 120, 240, 450, 900))
# For how long after the last look a listing that fails is tried again, before a person is asked.
LISTED_WITHIN = timedelta(hours=2)
# The clocks of EC2 and of whoever recorded the attempt may differ by as much; assumed.
CLOCK_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A reservation as the account lists it, with the tags of its UltraServer's block where it has one."""

    reservation: Reservation
    created_at: datetime | None  # CapacityReservation$CreateDate
    block_tags: Mapping[str, str] | None = None

    @property
    def intent_id(self) -> str | None:
        return self.reservation.tags.get(tag.INTENT) or (self.block_tags or {}).get(tag.INTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """These are what the attempt bought. `remark` is for a person, where there is something to be looked into."""

    reservation_ids: tuple[str, ...]
    reason: str
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPerson:
    """A person decides, who can ask AWS. `candidates` may be what was bought, or somebody else's."""

    reason: str
    candidates: tuple[str, ...] = ()


Conclusion = Adopt | LookAgain | AskPerson


def looks(attempted_at: datetime, function_timeout: timedelta) -> tuple[datetime, ...]:
    """Return when to look, the first time beyond the function's own time-out."""
    instant, instants = attempted_at + function_timeout + MARGIN, []
    for wait in WAITS:
        instant += wait
        instants.append(instant)
    return tuple(instants)


def conclude(
    now: datetime,
    intent: Intent,
    listing: Sequence[Candidate] | None,
    function_timeout: timedelta,
    taken: Collection[str] = (),
) -> Conclusion:
    """Say what a look at every reservation of the account tells, whatever state each is in; None: it failed.

    Our tag decides at any look. Attributes are only asked at the last: a reservation without our tag may well be
    somebody's own, while ours is still on its way. Once a person was asked only the tag counts, which they may put on.
    `taken` are the reservations that other intents hold.
    """
    if intent.attempted_at is None:
        raise ValueError(f"{intent.intent_id}: it never attempted to buy, so there is nothing to look for")
    schedule = looks(intent.attempted_at, function_timeout)
    later = next((at for at in schedule if at > now), None)
    tagged = tuple(sorted(_id(c) for c in listing or () if c.intent_id == intent.intent_id))
    expected = intent.terms.reservations
    if len(tagged) >= expected:
        more = f"{len(tagged)} carry its tag and {expected} were to be bought" if len(tagged) > expected else None
        return Adopt(reservation_ids=tagged, reason="it carries the tag of the intent", remark=more)
    if later is not None:
        return LookAgain(at=later, reason=_so_far(listing, len(tagged), expected))
    if listing is None:
        again = now + WAITS[2]
        if again < schedule[-1] + LISTED_WITHIN:
            return LookAgain(at=again, reason=_so_far(listing, len(tagged), expected))
        return AskPerson(reason="the reservations could not be listed at the last look")
    if tagged:
        fewer = f"{len(tagged)} carry its tag and {expected} were to be bought"
        return Adopt(reservation_ids=tagged, reason="they carry the tag of the intent", remark=fewer)
    if intent.state not in {IntentState.ATTEMPTING, IntentState.UNKNOWN}:
        return AskPerson(reason=intent.reason)
    until = intent.attempted_at + function_timeout + CLOCK_SKEW
    free = [each for each in listing if _id(each) not in taken and _is_between(each, intent.attempted_at, until)]
    return _by_attributes(intent, free)


def _by_attributes(intent: Intent, listing: Sequence[Candidate]) -> Conclusion:
    """Adopt what is exactly what was to be bought, if there is as much of it and no more."""
    wanted = Counter(parts(intent.terms))
    possible = [c for c in listing if c.intent_id is None and c.reservation.owned]
    alike = {each: [c for c in possible if is_like(c.reservation, each)] for each in wanted}
    found = tuple(sorted({_id(candidate) for candidates in alike.values() for candidate in candidates}))
    if not found:
        return AskPerson(reason="no reservation carries its tag, and none is what was to be bought")
    certain = all(_is_told(candidate) for candidates in alike.values() for candidate in candidates)
    if certain and all(len(alike[each]) == count for each, count in wanted.items()):
        reason = "it is what was to be bought, and was made since the attempt"
        return Adopt(reservation_ids=found, reason=reason, remark="it does not carry the tag of the intent")
    return AskPerson(
        reason=f"{len(found)} reservations may be the {wanted.total()} that were to be bought", candidates=found
    )


def _is_between(candidate: Candidate, attempted_at: datetime, until: datetime) -> bool:
    """Whether it was made while the attempt was under way; one that does not say is a maybe."""
    return candidate.created_at is None or attempted_at - CLOCK_SKEW <= candidate.created_at <= until


def _is_told(candidate: Candidate) -> bool:
    return candidate.created_at is not None and candidate.reservation.instance_count > 0


def _so_far(listing: Sequence[Candidate] | None, tagged: int, expected: int) -> str:
    if listing is None:
        return "the reservations could not be listed"
    return f"{tagged} of {expected} reservations carry its tag so far"


def _id(candidate: Candidate) -> str:
    return candidate.reservation.reservation_id
