"""What a client searches for: the parameters of DescribeCapacityBlockOfferings, read and checked once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from . import duration
from .error import bad_combination, invalid_value, missing
from .holdings import Parameters
from .inventory import Shelf
from .market import Market

# "Capacity Blocks for ML": up to 8 weeks in advance.
FURTHEST_START = timedelta(weeks=8)
# botocore, DescribeCapacityBlockOfferingsRequest.InstanceCount.
LARGEST = 64
_MOST_PREFERENCES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A legal search. `shelves` are where to look, in the order of preference, and `count` is in instances."""

    shelves: tuple[Shelf, ...]
    count: int
    hours: int
    not_before: datetime
    not_after: datetime
    ultraservers: int | None = None
    by_preference: bool = False


def read(parameters: Parameters, market: Market, now: datetime) -> Query:
    """Read a search, or refuse it as EC2 does. The wording of the refusals was seen in public logs or is assumed."""
    hours = parameters.get("CapacityDurationHours")
    if hours is None:
        raise missing("CapacityDurationHours")
    if not duration.is_legal(hours):
        raise invalid_value(f"The specified duration is not valid: {hours} hours")
    not_before, not_after = _range(parameters, timedelta(hours=hours), now)
    wanted = [parameters.get(each) for each in ("InstanceType", "InstanceTypePreferences", "UltraserverType")]
    if sum(1 for each in wanted if each) != 1:
        raise bad_combination("Specify one of InstanceType, InstanceTypePreferences and UltraserverType")
    if parameters.get("UltraserverType"):
        return _ultraserver_query(parameters, market, hours, not_before, not_after)
    preferences = [each.get("InstanceType", "") for each in parameters.get("InstanceTypePreferences") or ()]
    if len(preferences) > _MOST_PREFERENCES:
        raise invalid_value(f"InstanceTypePreferences has more than {_MOST_PREFERENCES} entries")
    shelves = [
        shelf
        for instance_type in preferences or [parameters["InstanceType"]]
        for shelf in _shelves_of(instance_type, market, parameters)
    ]
    return Query(
        shelves=tuple(shelves),
        count=_count(parameters, "InstanceCount", LARGEST),
        hours=hours,
        not_before=not_before,
        not_after=not_after,
        by_preference=bool(preferences),
    )


def _ultraserver_query(
    parameters: Parameters, market: Market, hours: int, not_before: datetime, not_after: datetime
) -> Query:
    name = parameters["UltraserverType"]
    if "InstanceCount" in parameters:
        raise bad_combination("InstanceCount cannot be used with UltraserverType; use UltraserverCount")
    shelves = tuple(shelf for shelf in market.shelves if shelf.ultraserver_type == name)
    if not shelves:
        raise invalid_value(f"The UltraServer type '{name}' is not supported for Capacity Blocks")
    ultraservers = _count(parameters, "UltraserverCount", LARGEST)
    return Query(
        shelves=_reachable(shelves, parameters),
        count=ultraservers * shelves[0].instances_per_ultraserver,
        hours=hours,
        not_before=not_before,
        not_after=not_after,
        ultraservers=ultraservers,
    )


def _shelves_of(instance_type: str, market: Market, parameters: Parameters) -> tuple[Shelf, ...]:
    found = [each for each in market.shelves if each.instance_type == instance_type and not each.ultraserver_type]
    if not found:
        raise invalid_value(f"The instance type '{instance_type}' is not supported for Capacity Blocks")
    return _reachable(tuple(found), parameters)


def _reachable(shelves: tuple[Shelf, ...], parameters: Parameters) -> tuple[Shelf, ...]:
    """botocore, AllAvailabilityZones: Local Zones that the account has not opted into come only when asked for."""
    everywhere = parameters.get("AllAvailabilityZones", False)
    return tuple(shelf for shelf in shelves if shelf.opted_in or everywhere)


def _count(parameters: Parameters, name: str, most: int) -> int:
    # Assumed: one when it is not given; no page names a default.
    count: int = parameters.get(name, 1)
    if not 1 <= count <= most:
        raise invalid_value(f"The specified {name} is not valid: {count}. Expecting a value from 1 to {most}.")
    return count


def _range(parameters: Parameters, length: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """Earliest start and latest end. Assumed: earlier today is still a valid earliest start, yesterday is not."""
    not_before = aware(parameters.get("StartDateRange")) or now
    if not_before.date() < now.date():
        raise invalid_value("The specified start date is not valid: it is in the past")
    not_after = aware(parameters.get("EndDateRange")) or now + FURTHEST_START + length + duration.DAY
    if not_after <= max(now, not_before):
        raise invalid_value("The specified end date is not valid: it is not after the start date")
    return not_before, not_after


def aware(instant: datetime | None) -> datetime | None:
    """A naive instant is UTC: AWS writes all of its own in UTC, and some parsers drop the zone."""
    if instant is None:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
