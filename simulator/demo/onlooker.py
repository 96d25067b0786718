"""Looks at the blocks while the days pass: what EC2 says of each, first and last, and when an end moved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from simulator.capacity_blocks import SIZE_TAG, State
from simulator.capacity_blocks.reservation import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD
from simulator.demo.account import POOL, tags_of
from simulator.world import World

_INTENT = "capacity-blocks:intent"
_UNPAID = frozenset({State.PAYMENT_PENDING, State.PAYMENT_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A block as EC2 shows it. `since` is when it was first seen."""

    reservation_id: str
    region: str
    pool: str
    state: str
    instance_type: str
    size: int
    zone: str
    start: datetime
    end: datetime
    first_end: datetime
    since: datetime
    moved_at: datetime | None = None
    paid_at: datetime | None = None  # when it was first seen to be paid; None: it never was
    intent_id: str = ""  # whose purchase it is; empty: it was not bought through the application
    is_ultraserver: bool = False

    @property
    def reclaim_at(self) -> datetime:
        return self.end - (ULTRASERVER_RECLAIM_LEAD if self.is_ultraserver else RECLAIM_LEAD)


class Onlooker:
    """Keeps the last sight of every block, also of those that EC2 no longer lists."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._versions: dict[str, int] = {}
        self.blocks: dict[str, Sight] = {}

    def look(self) -> bool:
        """Look at all Regions in which anything has changed. Return that the run may go on."""
        for name, region in self._world.regions.items():
            if self._versions.get(name) != region.engine.version:
                self._look_at(name)
                self._versions[name] = region.engine.version
        return True

    def _look_at(self, region: str) -> None:
        ec2 = self._world.client("ec2", region)
        blocks = (block for page in _pages(ec2, "describe_capacity_blocks") for block in page["CapacityBlocks"])
        ultraservers = {
            each for block in blocks if block.get("UltraserverType") for each in block["CapacityReservationIds"]
        }
        for page in _pages(ec2, "describe_capacity_reservations"):
            for document in page["CapacityReservations"]:
                if document["ReservationType"] == "capacity-block":
                    self._see(region, document, is_ultraserver=document["CapacityReservationId"] in ultraservers)

    def _see(self, region: str, document: Mapping[str, Any], *, is_ultraserver: bool) -> None:
        tags = tags_of(document)
        seen = Sight(
            reservation_id=document["CapacityReservationId"],
            region=region,
            pool=tags.get(POOL, ""),
            state=document["State"],
            instance_type=document["InstanceType"],
            size=int(tags.get(SIZE_TAG) or document["TotalInstanceCount"]),
            zone=document["AvailabilityZone"],
            start=document["StartDate"].astimezone(UTC),
            end=document["EndDate"].astimezone(UTC),
            first_end=document["EndDate"].astimezone(UTC),
            since=self._world.now,
            paid_at=None if document["State"] in _UNPAID else self._world.now,
            intent_id=tags.get(_INTENT, ""),
            is_ultraserver=is_ultraserver,
        )
        before = self.blocks.get(seen.reservation_id)
        if before is not None:
            moved_at = self._world.now if seen.end != before.end else before.moved_at
            paid_at = before.paid_at or seen.paid_at
            seen = replace(seen, since=before.since, first_end=before.first_end, moved_at=moved_at, paid_at=paid_at)
        self.blocks[seen.reservation_id] = seen


def _pages(ec2: Any, operation: str) -> Iterator[Mapping[str, Any]]:
    pages: Iterator[Mapping[str, Any]] = iter(ec2.get_paginator(operation).paginate())
    return pages
