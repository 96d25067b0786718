"""What holds when something fails at any one place of a block's life."""

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from simulator import drill
from simulator.faults import Faults, Strike

# A run that dies at its instant leaves the work to the sweep of the next minute, and to the native action.
BAR = timedelta(seconds=75)


def main() -> None:
    """Strike every changing call of a block's life with every fault, one life each; minutes of work."""
    strikes = [strike for strike in drill.single_faults(drill.calls()) if strike.mutating]
    by_fault, violated, worst_full, worst_empty = Counter[str](), list[str](), timedelta(), timedelta()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for number, (strike, outcome) in enumerate(pool.imap_unordered(_struck, strikes), 1):
            by_fault[strike.fault] += 1
            found = list(outcome.violations(full_within=BAR, emptied_within=BAR))
            violated += [f"{strike}: {violation}" for violation in found]
            worst_full = max(worst_full, outcome.full_after or timedelta())
            worst_empty = max(worst_empty, outcome.emptied_after or timedelta())
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{number} of {len(strikes)} lives")
    _print(by_fault, violated, worst_full, worst_empty)


def _struck(strike: Strike) -> tuple[Strike, drill.Outcome]:
    return strike, drill.life(Faults(strike))


def _print(by_fault: Counter[str], violated: Iterable[str], worst_full: timedelta, worst_empty: timedelta) -> None:
    out = sys.stdout.write
    out(f"{by_fault.total()} lives, each struck once (simulated)\n")
    for fault, count in sorted(by_fault.items()):
        out(f"  {fault:<20} {count:>4}\n")
    out(f"worst: full {worst_full} after active, at zero {worst_empty} after the drain instant (bar: {BAR})\n")
    violated = list(violated)
    out(f"violations: {len(violated)}\n" + "".join(f"  {line}\n" for line in violated))
