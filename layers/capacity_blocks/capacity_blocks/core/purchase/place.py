"""Where a pool can use a block: the zones in which its targets have subnets."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A zone of a region. Zone names differ between accounts, ids do not: ids decide where both are known."""

    region: str
    availability_zone: str
    availability_zone_id: str | None = None

    def is_same_as(self, other: "Place") -> bool:
        if self.region != other.region:
            return False
        if self.availability_zone_id is not None and other.availability_zone_id is not None:
            return self.availability_zone_id == other.availability_zone_id
        return self.availability_zone == other.availability_zone

    def is_called(self, name: str) -> bool:
        return name in {self.availability_zone, self.availability_zone_id}


def found(place: Place, places: Iterable[Place]) -> Place | None:
    """Return the one of `places` that is `place`; it may know an id that an offering leaves out."""
    return next((each for each in places if each.is_same_as(place)), None)
