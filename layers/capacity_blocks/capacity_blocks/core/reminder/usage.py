"""How busy a block is, as far as it is known. Unknown is never idle, and never busy."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

WINDOW = timedelta(days=1)
# CloudWatch has a value for every 5 minutes ("Monitor Capacity Reservations usage with CloudWatch metrics"). Fewer than
# an hour of them say nothing of how a block is used, nor do those of a part of the time say anything of all of it.
PERIOD = timedelta(minutes=5)
FEWEST_VALUES = 12
MOST_OF_IT = 75  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Averages in percent over the last day, or since the block began; None: not known."""

    instances: Decimal | None = None  # of the block, in use
    accelerators: Decimal | None = None  # where the pool names a metric for them
    trouble: str = ""  # why it is not known

    def is_idle(self, below: int) -> bool:
        """Whether anything that is known says that it is used less than `below` percent."""
        return any(each < below for each in (self.instances, self.accelerators) if each is not None)


def average(values: list[float], over: timedelta) -> Decimal | None:
    """Return the average of what CloudWatch gave for a time, to a tenth of a percent; None where it gave too little."""
    if len(values) < FEWEST_VALUES or 100 * len(values) < MOST_OF_IT * (over // PERIOD):
        return None
    return Decimal(sum(values) / len(values)).quantize(Decimal("0.1"))
