"""What holds when something fails at any one place of a workflow that spends: each drill played, and all told."""

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import TypeVar

from simulator.spending_drill import Drill, Outcome, Tally

Drilled = TypeVar("Drilled", bound=Drill)
Counted = TypeVar("Counted", bound=Tally)


def play(
    drills: Iterable[tuple[str, Drilled]],
    *,
    life: Callable[[Drilled], Outcome[Counted]],
    sales_of: Callable[[Counted], int],
    sales_are: str,
) -> None:
    """Play every drill, one life each, on all cores, and print what came of them."""
    drills, begun = list(drills), monotonic()
    by_case, sales, redriven, violated = Counter[str](), Counter[int](), 0, list[str]()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        played = pool.imap_unordered(partial(_played, life), drills, chunksize=8)
        for number, (case, drill, outcome) in enumerate(played, 1):
            by_case[case] += 1
            if outcome.struck < len(drill.faults):
                violated.append(f"{case}: {drill}: it was never struck")
            sales[sales_of(outcome.last)] += 1
            redriven += outcome.redriven is not None
            violated += [f"{case}: {drill}: {violation}" for violation in outcome.violations()]
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{number} of {len(drills)} lives")
    _print(by_case, {f"{sales_are}: {sold}": count for sold, count in sorted(sales.items())}, redriven, violated)
    sys.stdout.write(f"{monotonic() - begun:.0f} s\n")


def _played(
    life: Callable[[Drilled], Outcome[Counted]], case_and_drill: tuple[str, Drilled]
) -> tuple[str, Drilled, Outcome[Counted]]:
    case, drill = case_and_drill
    return case, drill, life(drill)


def _print(by_case: Counter[str], sales: dict[str, int], redriven: int, violated: Iterable[str]) -> None:
    out = sys.stdout.write
    out(f"{by_case.total()} lives, each put through one thing (simulated)\n")
    for case, count in sorted(by_case.items()):
        out(f"  {case:<46} {count:>4}\n")
    for sold, count in sales.items():
        out(f"{sold} in {count} lives\n")
    out(f"redriven after a failed end: {redriven}\n")
    violated = sorted(violated)
    out(f"violations: {len(violated)}\n" + "".join(f"  {line}\n" for line in violated))
