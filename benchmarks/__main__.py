"""Run the benchmarks: `python -m benchmarks [NAME ...]`, all of them without a name."""

import argparse
import sys
from collections.abc import Callable

from benchmarks import calls, cold_start, drain, drain_faults, extensions, faults, node_drain, purchases

BENCHMARKS: dict[str, Callable[[], None]] = {
    "calls": calls.main,
    "cold-start": cold_start.main,
    "drain": drain.main,
    "drain-faults": drain_faults.main,
    "extensions": extensions.main,
    "faults": faults.main,
    "node-drain": node_drain.main,
    "purchases": purchases.main,
}


def main() -> int:
    described = "\n".join(f"  {name:<12} {(run.__doc__ or '').splitlines()[0]}" for name, run in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", epilog=described, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run; all when none is named")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"{unknown[0]!r} is no benchmark; allowed: {', '.join(BENCHMARKS)}")
    for name in names:
        sys.stdout.write(f"\n== {name}\n")
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
