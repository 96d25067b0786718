"""Buying a block: stock is taken, reservations are created, and the payment is on its way."""

from collections.abc import Iterator
from datetime import datetime

from . import event
from .document import block_document, reservation_document
from .error import CapacityBlockError, invalid_value, missing
from .holdings import MOST_AT_ONCE, Dice, Document, Holdings, Parameters, Sale
from .lifecycle import Lifecycle
from .market import peak
from .offering import Offering, Offerings
from .reservation import CAPACITY_BLOCK, ENDED, SIZE_TAG, TYPE_TAG, Block, Reservation, State
from .search import Segment
from .tagging import Tagging, from_specifications
from .visibility import Visibility

# "Capacity Blocks for ML", platforms. botocore's enum is wider.
PLATFORMS = frozenset({"Linux/UNIX", "Red Hat Enterprise Linux", "RHEL with HA", "SUSE Linux", "Ubuntu Pro"})


class Purchases:
    """Sell offerings. There is no client token: who asks twice has bought twice."""

    def __init__(
        self, holdings: Holdings, offerings: Offerings, lifecycle: Lifecycle, tagging: Tagging, visibility: Visibility
    ) -> None:
        self._holdings = holdings
        self._visibility = visibility
        self._offerings = offerings
        self._lifecycle = lifecycle
        self._tagging = tagging

    def purchase(self, parameters: Parameters) -> Document:
        """Buy all that one offering holds, or nothing. Several reservations come back for segments and UltraServers."""
        offering = self._offerings.get(_required(parameters, "CapacityBlockOfferingId"))
        platform = _required(parameters, "InstancePlatform")
        if platform not in PLATFORMS:
            raise invalid_value(f"The platform '{platform}' is not supported for Capacity Blocks")
        tags = from_specifications(
            parameters.get("TagSpecifications") or (), ("capacity-reservation", "capacity-block")
        )
        self._check_limits(offering)
        bought = [
            self._create(part, offering, platform, tags) for segment in offering.segments for part in _parts(segment)
        ]
        lateness = self._visibility.next()
        for each in bought:
            self._visibility.bought(each.reservation_id, lateness)
            if each.block_id is not None:
                self._visibility.bought(each.block_id, lateness)
        return self._answer(bought, offering, parameters)

    def _answer(self, bought: list[Reservation], offering: Offering, parameters: Parameters) -> Document:
        now = self._holdings.clock.now()
        documents = [reservation_document(each, now, each.tags) for each in bought]
        blocks = [self._holdings.blocks[each.block_id] for each in bought if each.block_id in self._holdings.blocks]
        request = {each: parameters[each] for each in ("CapacityBlockOfferingId", "InstancePlatform")}
        ids = [each.reservation_id for each in bought]
        sale = Sale(at=now, offering_id=offering.offering_id, fee=offering.fee, reservation_ids=tuple(ids))
        self._holdings.sales.append(sale)
        event.record_call(self._holdings, "PurchaseCapacityBlock", request, {"capacityReservationIds": ids})
        # botocore has the first member since 2023 and the list since 1.44.5; that both are filled is assumed.
        return {
            "CapacityReservation": documents[0],
            "CapacityReservations": documents,
            "CapacityBlocks": [block_document(each, self._holdings, each.tags) for each in blocks],
        }

    def _create(self, part: Segment, offering: Offering, platform: str, tags: dict[str, dict[str, str]]) -> Reservation:
        reservation_id = Dice.hex_id(self._holdings.dice.ids, "cr")
        now = self._holdings.clock.now()
        self._holdings.market.book(reservation_id, part.shelf, part.count, part.start, part.end)
        reservation = Reservation(
            reservation_id=reservation_id,
            owner=self._holdings.account,
            arn=self._holdings.arn(f"capacity-reservation/{reservation_id}"),
            instance_type=part.shelf.instance_type,
            platform=platform,
            availability_zone=part.shelf.availability_zone,
            availability_zone_id=part.shelf.availability_zone_id,
            size=part.count,
            state=State.PAYMENT_PENDING,
            start=part.start,
            end=part.end,
            created=now,
            order=self._holdings.next_order(),
            tags={**tags["capacity-reservation"], SIZE_TAG: str(part.count), TYPE_TAG: CAPACITY_BLOCK},
            ultraserver_type=part.shelf.ultraserver_type if offering.ultraservers is not None else None,
            # Members that a sample of aws-parallelcluster has for a block.
            kept={
                "EbsOptimized": False,
                "EphemeralStorage": False,
                "EndDateType": "limited",
                "InstanceMatchCriteria": "targeted",
            },
        )
        self._add_block(reservation, now, tags["capacity-block"])
        self._holdings.reservations[reservation_id] = reservation
        self._holdings.touch()
        self._tagging.tell(reservation_id)
        self._lifecycle.begin(reservation)
        return reservation

    def _add_block(self, reservation: Reservation, now: datetime, tags: dict[str, str]) -> None:
        """An UltraServer is a block ("How Capacity Blocks work"); that instances of one reservation are is assumed."""
        if reservation.ultraserver_type is None and not self._holdings.assumptions.instance_blocks_listed:
            return
        block = Block(
            block_id=Dice.hex_id(self._holdings.dice.ids, "cb"),
            reservation_ids=[reservation.reservation_id],
            created=now,
            order=reservation.order,
            ultraserver_type=reservation.ultraserver_type,
            tags=dict(tags),
        )
        reservation.block_id = block.block_id
        self._holdings.blocks[block.block_id] = block

    def _check_limits(self, offering: Offering) -> None:
        """Refuse more at one moment than the quota of a family and the limit of all blocks (the code is assumed)."""
        families = sorted({each.shelf.family for each in offering.segments})
        limits = {None: MOST_AT_ONCE} | {each: self._holdings.quota(each) for each in families}
        for family, limit in limits.items():
            parts = [each for each in offering.segments if family in (None, each.shelf.family)]
            start, end = min(each.start for each in parts), max(each.end for each in parts)
            held = peak(self._held_spans(family), start, end)
            if held + sum(each.count for each in parts) > limit:
                message = f"The quota for concurrent {family or 'instances in'} Capacity Blocks is {limit}"
                raise CapacityBlockError("InstanceLimitExceeded", message)

    def _held_spans(self, family: str | None) -> Iterator[tuple[datetime, datetime, int]]:
        for each in self._holdings.reservations.values():
            counts = each.is_block and each.owner == self._holdings.account and each.state not in ENDED
            if counts and each.end is not None and family in (None, each.instance_type.partition(".")[0]):
                yield each.start, each.end, each.size


def _parts(segment: Segment) -> list[Segment]:
    """One part for each UltraServer, since each is a block of its own; else the segment as it is."""
    each = segment.shelf.instances_per_ultraserver
    if segment.shelf.ultraserver_type is None:
        return [segment]
    share = segment.fee * each / segment.count
    return [
        Segment(shelf=segment.shelf, count=each, start=segment.start, end=segment.end, fee=share)
        for _ in range(segment.count // each)
    ]


def _required(parameters: Parameters, name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise missing(name)
    return str(value)
