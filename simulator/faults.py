"""What may go wrong, by name: at chosen places, or now and then by chance."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from simulator.assumptions import Delay, minutes, seconds
from simulator.randomness import component


class Fault(StrEnum):
    """The faults that a world can show. What each strikes: an event, a schedule, or an API call of a handler."""

    EVENT_LOST = "event lost"
    EVENT_DUPLICATED = "event duplicated"
    EVENT_LATE = "event late"
    EVENT_REORDERED = "event reordered"
    DELIVERY_FAILED = "delivery failed"
    SCHEDULE_LOST = "schedule lost"
    SCHEDULE_DUPLICATED = "schedule duplicated"
    THROTTLE = "throttle"
    REPLY_LOST = "reply lost"
    STALE_READ = "stale read"
    CRASH_BEFORE = "crash before call"
    CRASH_AFTER = "crash after call"


# What strikes a call of a handler.
OF_CALLS = frozenset({Fault.THROTTLE, Fault.REPLY_LOST, Fault.STALE_READ, Fault.CRASH_BEFORE, Fault.CRASH_AFTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One API call of a recorded run: the nth of its operation. A rerun meets it again until something strikes."""

    operation: str
    nth: int
    mutating: bool

    def strike(self, fault: Fault, times: int = 1) -> "Strike":
        return Strike(fault=fault, at=self.operation, nth=self.nth, times=times, mutating=self.mutating)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A fault at a chosen place.

    `at` is a pattern of what it strikes: "ec2.Describe*", the detail-type of an event, the name of a schedule. `nth`
    counts what matches from 1; without it every match is struck. `times`: attempts in a row that a throttle refuses.
    """

    fault: Fault
    at: str = "*"
    nth: int | None = 1
    times: int = 1
    mutating: bool = False  # whether only calls that change something count


class Faults:
    """What goes wrong in one world. Without arguments: nothing."""

    def __init__(
        self,
        *strikes: Strike,
        rates: Mapping[Fault, float] | None = None,
        late: Delay = minutes(1, 30),  # noqa: B008  # frozen
        staleness: Delay = seconds(1, 300),  # noqa: B008  # frozen
    ) -> None:
        self.strikes = strikes
        self.rates = dict(rates or {})
        self.late = late
        self.staleness = staleness
        self.seed(0)

    def __repr__(self) -> str:
        chosen = [f"{one.fault} at {'each' if one.nth is None else f'{one.nth}.'} {one.at}" for one in self.strikes]
        by_chance = [f"{fault} in {rate:.2%}" for fault, rate in self.rates.items()]
        return f"Faults({'; '.join(chosen + by_chance) or 'none'})"

    def seed(self, seed: int) -> None:
        """Start afresh: every count at zero, every chance as the seed has it."""
        self._matches: Counter[Strike] = Counter()
        self._chance = {fault: component(seed, f"fault:{fault}") for fault in Fault}
        self.tell: Callable[[Fault, str], None] = lambda _fault, _at: None

    def among(self, *faults: Fault) -> bool:
        """Say whether any of `faults` may strike in this world at all."""
        return any(self.rates.get(fault) for fault in faults) or any(one.fault in faults for one in self.strikes)

    def count_reads(self) -> bool:
        """Say whether a call that only reads may be struck: then none of them may be left out."""
        by_chance = any(rate for fault, rate in self.rates.items() if fault in OF_CALLS)
        return by_chance or any(one.fault in OF_CALLS and not one.mutating for one in self.strikes)

    def strike(self, fault: Fault, at: str, *, mutating: bool = False) -> int:
        """Say how often `fault` strikes here (0: not at all), and count this place as passed."""
        times = 0
        for one in self.strikes:
            if one.fault is fault and fnmatchcase(at, one.at) and (mutating or not one.mutating):
                self._matches[one] += 1
                if one.nth in {None, self._matches[one]}:
                    times = max(times, one.times)
        rate = self.rates.get(fault, 0.0)
        if rate and self._chance[fault].random() < rate:
            times = max(times, 1)
        if times:
            self.tell(fault, at)
        return times

    def draw(self, fault: Fault, delay: Delay) -> float:
        return delay.draw(self._chance[fault]).total_seconds()


def places(operations: Iterable[tuple[str, bool]]) -> tuple[Place, ...]:
    """Enumerate the places of a recorded run: its calls in order, each with whether it changes something."""
    seen: Counter[str] = Counter()
    found = []
    for operation, mutating in operations:
        seen[operation] += 1
        found.append(Place(operation=operation, nth=seen[operation], mutating=mutating))
    return tuple(found)
