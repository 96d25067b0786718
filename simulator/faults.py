"""What goes wrong in a world: at chosen places, or now and then by chance."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase

from simulator.assumptions import Delay, minutes, seconds
from simulator.randomness import component
from simulator.strike import OF_CALLS as OF_CALLS
from simulator.strike import Fault as Fault
from simulator.strike import Place as Place
from simulator.strike import Strike as Strike
from simulator.strike import places as places


class Faults:
    """What goes wrong in one world. Without arguments: nothing."""

    def __init__(
        self,
        *strikes: Strike,
        rates: Mapping[Fault, float] | None = None,
        late: Delay = minutes(1, 30),  # noqa: B008  # frozen
        staleness: Delay = seconds(1, 300),  # noqa: B008  # frozen
        stall: Delay = seconds(1, 120),  # noqa: B008  # frozen
    ) -> None:
        self.strikes = strikes
        self.rates = dict(rates or {})
        self.late = late
        self.staleness = staleness
        self.stall = stall
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

    def strike(self, fault: Fault, at: str, *, mutating: bool = False, caller: str = "") -> int:
        """Say how often `fault` strikes here (0: not at all), and count this place as passed."""
        struck = self._chosen(fault, at, caller, mutating=mutating)
        return self._told(fault, at, max((one.times for one in struck), default=0))

    def hold(self, fault: Fault, at: str, *, mutating: bool = False, caller: str = "") -> timedelta:
        """Say how long `fault` holds up what it strikes here (0: not at all), and count this place as passed."""
        struck = self._chosen(fault, at, caller, mutating=mutating)
        if not self._told(fault, at, len(struck)):
            return timedelta()
        chosen = [one.lasts for one in struck if one.lasts is not None]
        return max(chosen) if chosen else timedelta(seconds=self.draw(fault, self.stall))

    def _chosen(self, fault: Fault, at: str, caller: str, *, mutating: bool) -> list[Strike]:
        found = []
        for one in self.strikes:
            if (
                one.fault is fault
                and fnmatchcase(at, one.at)
                and fnmatchcase(caller, one.caller)
                and (mutating or not one.mutating)
            ):
                self._matches[one] += 1
                if one.nth in {None, self._matches[one]}:
                    found.append(one)
        return found

    def _told(self, fault: Fault, at: str, times: int) -> int:
        """Add what chance does to what was chosen, and say so to whoever writes it down."""
        rate = self.rates.get(fault, 0.0)
        if rate and self._chance[fault].random() < rate:
            times = max(times, 1)
        if times:
            self.tell(fault, at)
        return times

    def draw(self, fault: Fault, delay: Delay) -> float:
        return delay.draw(self._chance[fault]).total_seconds()
