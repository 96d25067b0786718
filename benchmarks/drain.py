"""A whole block of sixty-four nodes drains: from the template to the last node, events, leases and notices included."""

import sys
import time
from datetime import timedelta

from simulator.drain_drill import DRAIN_AT, RECLAIM_AT, drain

NODES, PODS, STOPS_IN = 64, 40, timedelta(seconds=120)
BAR = RECLAIM_AT - DRAIN_AT


def main() -> None:
    """Time and calls until 64 nodes of 40 pods are drained by the deployed functions."""
    began = time.perf_counter()
    found = drain(NODES, PODS, STOPS_IN)
    after = found.shut_down_after.total_seconds() if found.shut_down_after is not None else None
    kubernetes, aws = found.kubernetes.total(), found.aws.total()
    sys.stdout.write(
        f"{found.nodes} nodes, {PODS} pods each, every pod takes {STOPS_IN.seconds} s to stop (simulated, over HTTPS)\n"
        f"last instance shut down {after} s after the drain instant (bar: {BAR.seconds} s); undrained"
        f" {found.undrained}, reclaimed by EC2 {found.reclaimed}\n"
        f"{found.runs} runs of the function, {len(found.failures)} failures of any; calls of Kubernetes {kubernetes}"
        f" ({kubernetes / found.nodes:.0f} a node), of AWS {aws} ({aws / found.nodes:.0f} a node)\n"
    )
    for name, count in (*found.kubernetes.most_common(), *found.aws.most_common()):
        sys.stdout.write(f"{count:>8} {name}\n")
    sys.stdout.write(f"({time.perf_counter() - began:.0f} s to simulate)\n")


if __name__ == "__main__":
    main()
