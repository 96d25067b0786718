"""How long blocks last and at which times of the day they start and end."""

from datetime import UTC, datetime, time, timedelta

DAY = timedelta(days=1)
# "Capacity Blocks for ML": Capacity Blocks end at 11:30 AM UTC.
BOUNDARY = time(11, 30)
# "Capacity Blocks for ML": up to 182 days, extensions included.
LONGEST = timedelta(days=182)


def is_legal(hours: int) -> bool:
    """Whole days up to 14, then whole weeks up to 26 (botocore, DescribeCapacityBlockOfferingsRequest)."""
    by_day = 24 <= hours <= 336 and hours % 24 == 0
    by_week = 336 < hours <= 4368 and hours % 168 == 0
    return by_day or by_week


def split(duration: timedelta) -> tuple[int, int]:
    """Whole hours, and the minutes that are left (botocore, CapacityBlockOffering: 04:55 to 11:30 is 6 and 35)."""
    minutes = duration // timedelta(minutes=1)
    return minutes // 60, minutes % 60


def boundary_from(instant: datetime) -> datetime:
    """The first 11:30 UTC that is not before `instant`."""
    same_day = datetime.combine(instant.date(), BOUNDARY, UTC)
    return same_day if same_day >= instant else same_day + DAY


def boundary_until(instant: datetime) -> datetime:
    """The last 11:30 UTC that is not after `instant`."""
    same_day = datetime.combine(instant.date(), BOUNDARY, UTC)
    return same_day if same_day <= instant else same_day - DAY


def minute_from(instant: datetime) -> datetime:
    """The first whole minute that is not before `instant`."""
    floor = instant.replace(second=0, microsecond=0)
    return floor if floor == instant else floor + timedelta(minutes=1)
