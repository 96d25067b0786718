"""The describe calls for reservations and blocks, with their filters and pages."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from .document import block_document, block_state, block_status_document, reservation_document
from .error import block_not_found, missing, reservation_not_found
from .holdings import Document, Holdings, Parameters
from .page import Reader, cut, paged, select, spellings
from .reservation import Block, Reservation
from .visibility import Visibility

# botocore, DescribeCapacityReservationsRequest.Filters. There is none for the reservation type.
_RESERVATION_READERS: dict[str, Reader[Reservation]] = {
    "instance-type": lambda each: [each.instance_type],
    "owner-id": lambda each: [each.owner],
    "instance-platform": lambda each: [each.platform],
    "availability-zone": lambda each: [each.availability_zone],
    "availability-zone-id": lambda each: [each.availability_zone_id],
    "tenancy": lambda each: [each.tenancy],
    "outpost-arn": lambda each: _kept(each, "OutpostArn"),
    "state": lambda each: [each.state.value],
    "start-date": lambda each: spellings(each.start),
    "end-date": lambda each: spellings(each.end),
    "end-date-type": lambda each: _kept(each, "EndDateType"),
    "instance-match-criteria": lambda each: _kept(each, "InstanceMatchCriteria"),
    "placement-group-arn": lambda each: _kept(each, "PlacementGroupArn"),
}


def _kept(reservation: Reservation, name: str) -> list[str]:
    return [str(reservation.kept[name])] if name in reservation.kept else []


class Descriptions:
    """Show what the account holds. An id that is not there refuses the whole call (aws-parallelcluster #6870)."""

    def __init__(self, holdings: Holdings, visibility: Visibility) -> None:
        self._holdings = holdings
        self._visibility = visibility

    def reservations(self, parameters: Parameters) -> Document:
        ids = parameters.get("CapacityReservationIds") or ()
        listed = [self._reservation(each) for each in ids] or [
            each for each in self._holdings.reservations.values() if self._visibility.is_listed(each.reservation_id)
        ]
        chosen = select(listed, parameters, _RESERVATION_READERS, self._tags_of)
        page, token = cut(chosen, parameters, lambda each: each.order, "CapacityReservationIds")
        now = self._holdings.clock.now()
        return paged("CapacityReservations", [self._document(each, now) for each in page], token)

    def _reservation(self, reservation_id: str) -> Reservation:
        if not self._visibility.is_listed(reservation_id):
            raise reservation_not_found(reservation_id)
        return self._holdings.reservation(reservation_id)

    def _document(self, reservation: Reservation, now: datetime) -> Document:
        return reservation_document(reservation, now, self._tags_of(reservation))

    def _tags_of(self, reservation: Reservation) -> Mapping[str, str]:
        return self._visibility.tags(reservation.reservation_id)

    def usage(self, parameters: Parameters) -> Document:
        """Who uses a reservation. The owner sees every account, others see themselves (botocore; "Share ...")."""
        reservation_id = parameters.get("CapacityReservationId")
        if not reservation_id:
            raise missing("CapacityReservationId")
        reservation = self._reservation(reservation_id)
        accounts = [each.account for each in reservation.placements.values()]
        seen = {self._holdings.account}
        if reservation.owner == self._holdings.account:
            seen |= set(accounts)
        return {
            "CapacityReservationId": reservation.reservation_id,
            "InstanceType": reservation.instance_type,
            "TotalInstanceCount": reservation.total,
            "AvailableInstanceCount": reservation.available,
            "State": reservation.state.value,
            "InstanceUsages": [{"AccountId": each, "UsedInstanceCount": accounts.count(each)} for each in sorted(seen)],
        }

    def blocks(self, parameters: Parameters) -> Document:
        chosen = select(self._blocks(parameters), parameters, self._block_readers(), self._tags_of_block)
        page, token = cut(chosen, parameters, lambda each: each.order, "CapacityBlockIds")
        documents = [block_document(each, self._holdings, self._tags_of_block(each)) for each in page]
        return paged("CapacityBlocks", documents, token)

    def statuses(self, parameters: Parameters) -> Document:
        readers: dict[str, Reader[Block]] = {
            "interconnect-status": lambda each: [each.interconnect_status] if each.ultraserver_type else []
        }
        chosen = select(self._blocks(parameters), parameters, readers, self._tags_of_block)
        page, token = cut(chosen, parameters, lambda each: each.order, "CapacityBlockIds")
        return paged("CapacityBlockStatuses", [block_status_document(each, self._holdings) for each in page], token)

    def _blocks(self, parameters: Parameters) -> Sequence[Block]:
        ids: Iterable[str] = parameters.get("CapacityBlockIds") or ()
        for each in ids:
            if each not in self._holdings.blocks or not self._visibility.is_listed(each):
                raise block_not_found(each)
        wanted = [self._holdings.blocks[each] for each in ids] or [
            each for each in self._holdings.blocks.values() if self._visibility.is_listed(each.block_id)
        ]
        return sorted(wanted, key=lambda each: each.order)

    def _tags_of_block(self, block: Block) -> Mapping[str, str]:
        return self._visibility.tags(block.block_id)

    def _block_readers(self) -> dict[str, Reader[Block]]:
        """botocore, DescribeCapacityBlocksRequest.Filters. `tags` is taken for a tag's value (assumed)."""

        def first(block: Block) -> Reservation:
            return self._holdings.reservations[block.reservation_ids[0]]

        return {
            "capacity-block-id": lambda each: [each.block_id],
            # "The type can be instances or ultraservers", while the member holds the type's name: both match.
            "ultraserver-type": lambda each: (
                ["ultraservers", each.ultraserver_type] if each.ultraserver_type else ["instances"]
            ),
            "availability-zone": lambda each: [first(each).availability_zone],
            "start-date": lambda each: spellings(first(each).start),
            "end-date": lambda each: spellings(first(each).end),
            "create-date": lambda each: spellings(each.created),
            "state": lambda each: [block_state(each, self._holdings).value],
            "tags": lambda each: list(self._tags_of_block(each).values()),
        }
