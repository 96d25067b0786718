"""For how long EC2 sells blocks, and more time for them: by the day, then by the week."""

from datetime import timedelta

from capacity_blocks.core.purchase.reading import NotAllowedError, whole

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# botocore, CapacityDurationHours of DescribeCapacityBlockOfferingsRequest and CapacityBlockExtensionDurationHours of
# DescribeCapacityBlockExtensionOfferingsRequest; "Extend Capacity Blocks" has the same for a block with all extensions.
MOST_DAYS_BY_DAY = 14
MOST_DAYS = 182
MOST = MOST_DAYS * DAY


def is_sold(duration: timedelta) -> bool:
    """Whether EC2 sells so long a time at all: whole days to 14, then whole weeks to 182 days."""
    days, rest = divmod(duration, DAY)
    return not rest and 1 <= days <= MOST_DAYS and (days <= MOST_DAYS_BY_DAY or days % 7 == 0)


def of_days(value: object) -> timedelta:
    """Read days, or raise NotAllowedError."""
    duration = whole(1, MOST_DAYS, "whole days")(value) * DAY
    if not is_sold(duration):
        raise NotAllowedError(f"whole days from 1 to {MOST_DAYS_BY_DAY}, then whole weeks up to {MOST_DAYS} days")
    return duration


def of_hours(value: object) -> timedelta:
    """Read hours, or raise NotAllowedError."""
    allowed = f"hours that EC2 sells: whole days up to {MOST_DAYS_BY_DAY * 24}, then whole weeks up to {MOST_DAYS * 24}"
    try:
        duration = whole(1, MOST_DAYS * 24)(value) * HOUR
    except NotAllowedError as error:
        raise NotAllowedError(allowed) from error
    if not is_sold(duration):
        raise NotAllowedError(allowed)
    return duration
