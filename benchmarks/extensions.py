"""What holds when something fails at any one place of an extension's life."""

from benchmarks import spending
from simulator import extension_drill, extension_strikes
from simulator.extension_tally import Tally


def main() -> None:
    """Strike every call of an extension's life with every fault, one life each; an hour of work."""
    spending.play(
        extension_strikes.drills(), life=extension_drill.life, sales_of=_sales, sales_are="extensions bought per life"
    )


def _sales(tally: Tally) -> int:
    return len(tally.ours)
