"""What holds when something fails at any one place of a drain."""

import multiprocessing
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic

from simulator import drain_drill, drain_strikes
from simulator.drain_drill import Drained, Drill

Found = Mapping[str, list[Drained]]


def main() -> None:
    """Strike every call of a drain with every fault, one drain each; half an hour of work."""
    drills, begun = list(drain_strikes.drills()), monotonic()
    found, violated, missed = defaultdict[str, list[Drained]](list), list[str](), list[str]()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for number, (case, drill, outcome) in enumerate(pool.imap_unordered(_played, drills, chunksize=4), 1):
            found[case].append(outcome)
            violated += [f"{case}: {drill}: {each}" for each in outcome.violations()]
            if not outcome.struck:
                missed.append(f"{case}: {drill}")
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{number} of {len(drills)} drains")
    _print(found, violated, missed)
    sys.stdout.write(f"{monotonic() - begun:.0f} s\n")


def _played(case_and_drill: tuple[str, Drill]) -> tuple[str, Drill, Drained]:
    case, drill = case_and_drill
    return case, drill, drain_drill.life(drill)


def _print(found: Found, violated: Sequence[str], missed: Sequence[str]) -> None:
    out = sys.stdout.write
    out(f"{sum(map(len, found.values()))} drains, each put through one thing (simulated)\n")
    out(f"{'':<62}drains  never struck  slowest  people told\n")
    for case, outcomes in sorted(found.items()):
        slowest = max((one.shut_down_after or timedelta.max for one in outcomes), default=timedelta())
        told = sum("stuck-drain" in one.notices for one in outcomes)
        after = "never" if slowest == timedelta.max else f"{slowest.total_seconds():.0f} s"
        out(f"  {case:<60}{len(outcomes):>6}{sum(not one.struck for one in outcomes):>14}{after:>9}{told:>13}\n")
    for name, lines in (("never struck", missed), ("violations", violated)):
        out(f"{name}: {len(lines)}\n" + "".join(f"  {line}\n" for line in sorted(lines)))
