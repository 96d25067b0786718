"""What holds when something fails at any one place of a purchase's life."""

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable
from time import monotonic

from simulator import purchase_drill, purchase_strikes
from simulator.purchase_drill import Drill
from simulator.purchase_tally import Tally
from simulator.spending_drill import Outcome


def main() -> None:
    """Strike every call of a purchase's life with every fault, one life each; ten minutes of work."""
    drills, begun = list(purchase_strikes.drills()), monotonic()
    by_case, sales, redriven, violated = Counter[str](), Counter[int](), 0, list[str]()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for number, (case, drill, outcome) in enumerate(pool.imap_unordered(_played, drills, chunksize=8), 1):
            by_case[case] += 1
            if outcome.struck < len(drill.faults):
                violated.append(f"{case}: {drill}: it was never struck")
            sales[len(outcome.last.bought)] += 1
            redriven += outcome.redriven is not None
            violated += [f"{case}: {drill}: {violation}" for violation in outcome.violations()]
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{number} of {len(drills)} lives")
    _print(by_case, sales, redriven, violated)
    sys.stdout.write(f"{monotonic() - begun:.0f} s\n")


def _played(case_and_drill: tuple[str, Drill]) -> tuple[str, Drill, Outcome[Tally]]:
    case, drill = case_and_drill
    return case, drill, purchase_drill.life(drill)


def _print(by_case: Counter[str], sales: Counter[int], redriven: int, violated: Iterable[str]) -> None:
    out = sys.stdout.write
    out(f"{by_case.total()} lives, each put through one thing (simulated)\n")
    for case, count in sorted(by_case.items()):
        out(f"  {case:<46} {count:>4}\n")
    for bought, count in sorted(sales.items()):
        out(f"purchases per life: {bought} in {count} lives\n")
    out(f"redriven after a failed end: {redriven}\n")
    violated = sorted(violated)
    out(f"violations: {len(violated)}\n" + "".join(f"  {line}\n" for line in violated))
