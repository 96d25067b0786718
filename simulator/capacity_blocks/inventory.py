"""What EC2 has to sell, as data: instance types, zones, sizes and fees of each Region."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The stock of one instance type in one zone. An UltraServer is sold whole, so its instances have a shelf too."""

    instance_type: str
    availability_zone: str
    availability_zone_id: str
    instances: int
    hourly_fee: Decimal
    zone_type: str = "availability-zone"
    opted_in: bool = True
    ultraserver_type: str | None = None
    instances_per_ultraserver: int = 1

    def __post_init__(self) -> None:
        if self.instances < 0 or self.hourly_fee <= 0 or self.instances_per_ultraserver < 1:
            raise ValueError(f"{self.instance_type} in {self.availability_zone}: the stock or the fee makes no sense")

    @property
    def family(self) -> str:
        """The part of the instance type that quotas are given for."""
        return self.instance_type.partition(".")[0]


def inventory_of(region: str) -> tuple[Shelf, ...]:
    """What is sold in `region`, by the file that comes with the engine."""
    text = resources.files(__package__).joinpath("inventory.json").read_text(encoding="utf-8")
    regions: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(text)["regions"]
    return tuple(shelf for entry in regions.get(region, ()) for shelf in _shelves(entry))


def _shelves(entry: Mapping[str, Any]) -> list[Shelf]:
    return [
        Shelf(
            instance_type=entry["instance_type"],
            availability_zone=zone,
            availability_zone_id=zone_id,
            instances=entry["instances"],
            hourly_fee=Decimal(entry["hourly_fee"]),
            zone_type=entry.get("zone_type", "availability-zone"),
            opted_in=entry.get("opted_in", True),
            ultraserver_type=entry.get("ultraserver_type"),
            instances_per_ultraserver=entry.get("instances_per_ultraserver", 1),
        )
        for zone, zone_id in entry["zones"].items()
    ]
