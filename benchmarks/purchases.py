"""What holds when something fails at any one place of a purchase's life."""

from benchmarks import spending
from simulator import purchase_drill, purchase_strikes
from simulator.purchase_tally import Tally


def main() -> None:
    """Strike every call of a purchase's life with every fault, one life each; ten minutes of work."""
    spending.play(purchase_strikes.drills(), life=purchase_drill.life, sales_of=_sales, sales_are="purchases per life")


def _sales(tally: Tally) -> int:
    return len(tally.bought)
