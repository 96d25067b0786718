"""What an hour of a block costs, as well as it can be known: EC2 does not show the fee of a reservation."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from capacity_blocks.core import tag
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation

# Dollars per instance-hour, https://aws.amazon.com/ec2/capacityblocks/pricing/ as published for late 2024.
# Prices move with demand: good for an order of magnitude, and said to be one.
PUBLISHED = {
    "p4d.24xlarge": Decimal("14.75"),
    "p5.48xlarge": Decimal("39.33"),
    "p5e.48xlarge": Decimal("43.26"),
    "trn1.32xlarge": Decimal("15.49"),
}
MOST_FEE = Decimal(1_000_000_000)  # more is a slip of the pen, and would not fit Decimal's precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars for one instance and one hour, and where the figure comes from."""

    per_instance_hour: Decimal
    source: str

    def of(self, instances: int, duration: timedelta) -> Decimal:
        hours = Decimal(int(duration.total_seconds())) / 3600
        return (self.per_instance_hour * instances * hours).quantize(Decimal(1))


def price_of(reservation: Reservation, policy: Policy) -> Price | None:
    """Return the best figure there is, or None: from the fee tag, the pool's settings, or the published list."""
    hours = Decimal(int((reservation.end - reservation.start).total_seconds())) / 3600
    fee = _fee(reservation)
    if fee is not None and reservation.instance_count and hours:
        return Price(per_instance_hour=fee / reservation.instance_count / hours, source=f"tag {tag.UPFRONT_FEE}")
    if (price := policy.price_per_instance_hour.get(reservation.instance_type)) is not None:
        return Price(per_instance_hour=price, source="the pool's settings")
    if (price := PUBLISHED.get(reservation.instance_type)) is not None:
        return Price(per_instance_hour=price, source="AWS's price list of late 2024, an estimate")
    return None


def cost_per_hour(reservation: Reservation, instances: int, policy: Policy) -> str:
    """Say what `instances` of the block cost in an hour, for people."""
    price = price_of(reservation, policy)
    if price is None:
        return f"an amount per hour that is not known here (tag the block {tag.UPFRONT_FEE} with its fee in dollars)"
    return f"about ${price.of(instances, timedelta(hours=1)):,} an hour (by {price.source})"


def _fee(reservation: Reservation) -> Decimal | None:
    try:
        fee = Decimal(reservation.tags[tag.UPFRONT_FEE])
    except (KeyError, InvalidOperation):
        return None
    return fee if fee.is_finite() and 0 < fee < MOST_FEE else None
