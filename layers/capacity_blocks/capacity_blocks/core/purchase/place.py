"""Where a pool can use a block: the zones in which its targets have subnets."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A zone of a region, by the name that this account has for it. Offerings leave the id out, but for segments."""

    region: str
    availability_zone: str
    availability_zone_id: str | None = None

    def is_same_as(self, other: "Place") -> bool:
        """Whether both are one zone: by name, and by id as well where both are known."""
        ids = {self.availability_zone_id, other.availability_zone_id} - {None}
        return (self.region, self.availability_zone) == (other.region, other.availability_zone) and len(ids) < 2

    def is_called(self, name: str) -> bool:
        return name in {self.availability_zone, self.availability_zone_id}


def found(place: Place, places: Iterable[Place]) -> Place | None:
    """Return the one of `places` that is `place`; it may know an id that an offering leaves out."""
    return next((each for each in places if each.is_same_as(place)), None)
