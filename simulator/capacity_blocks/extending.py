"""Selling more time: offered, bought, and only once it is paid does the end move."""

from collections.abc import Callable
from datetime import timedelta

from . import duration, event
from .error import CapacityBlockError, invalid_value, missing, not_permitted, wrong_state
from .extension import READERS, Extension, ExtensionOffering, ExtensionStatus, extension_document, offering_document
from .holdings import Dice, Document, Holdings, Parameters
from .page import cut, paged, select
from .payment import BEFORE_END, LONGEST, Payments
from .reservation import Reservation, State
from .visibility import Visibility

# "Extend Capacity Blocks": up to a minimum of 1 hour or a maximum of 56 days before it expires.
_LATEST = timedelta(hours=1)
_SOONEST = timedelta(days=56)


class Extensions:
    """Offer, sell and settle extensions."""

    def __init__(
        self,
        holdings: Holdings,
        payments: Payments,
        visibility: Visibility,
        follow_end: Callable[[Reservation], None],
    ) -> None:
        self._holdings = holdings
        self._payments = payments
        self._visibility = visibility
        self._follow_end = follow_end
        self._offered: dict[str, ExtensionOffering] = {}
        self._bought: list[Extension] = []

    def describe_offerings(self, parameters: Parameters) -> Document:
        """Offer the asked duration if there is stock for it, else nothing: more time is never guaranteed."""
        hours = parameters.get("CapacityBlockExtensionDurationHours")
        if hours is None:
            raise missing("CapacityBlockExtensionDurationHours")
        if not duration.is_legal(hours):
            raise invalid_value(f"The specified duration is not valid: {hours} hours")
        reservation = self._extensible(parameters)
        found = list(enumerate(self._find(reservation, timedelta(hours=hours)), start=1))
        page, token = cut(found, parameters, lambda each: each[0])
        for _, offering in page:
            self._offered[offering.offering_id] = offering
        documents = [offering_document(offering, reservation) for _, offering in page]
        return paged("CapacityBlockExtensionOfferings", documents, token)

    def purchase(self, parameters: Parameters) -> Document:
        """Buy more time. There is no client token and there are no tags; a pending payment refuses a second one."""
        reservation = self._extensible(parameters)
        offering = self._offer_of(parameters, reservation)
        self._holdings.market.book(offering.offering_id, offering.shelf, offering.count, offering.start, offering.end)
        now = self._holdings.clock.now()
        extension = Extension(offering=offering, order=len(self._bought) + 1, purchased=now)
        self._bought.append(extension)
        self._visibility.extended(offering.offering_id)
        self._holdings.touch()
        settlement = self._payments.settle(now, min(now + LONGEST, offering.start - BEFORE_END))
        settle = self._succeed if settlement.succeeds else self._fail
        label = f"payment of {offering.offering_id}"
        self._holdings.agenda.at(settlement.at, lambda: settle(reservation, extension), label)
        request = {
            "CapacityBlockExtensionOfferingId": offering.offering_id,
            "CapacityReservationId": reservation.reservation_id,
        }
        event.record_call(self._holdings, "PurchaseCapacityBlockExtension", request, {})
        return {"CapacityBlockExtensions": [extension_document(extension)]}

    def describe_history(self, parameters: Parameters) -> Document:
        ids = parameters.get("CapacityReservationIds") or ()
        for each in ids:
            self._holdings.reservation(each)
        shown = [each for each in self._bought if self._visibility.is_listed(each.offering.offering_id)]
        listed = [each for each in shown if not ids or each.offering.reservation_id in ids]
        chosen = select(listed, parameters, READERS, lambda _: {})
        page, token = cut(chosen, parameters, lambda each: each.order)
        return paged("CapacityBlockExtensions", [extension_document(each) for each in page], token)

    @property
    def sold(self) -> tuple[Extension, ...]:
        """Every extension that was bought, in order, whatever its caller heard of it."""
        return tuple(self._bought)

    def _extensible(self, parameters: Parameters) -> Reservation:
        """The reservation if it can be given more time now ("Extend Capacity Blocks"; the codes are assumed)."""
        reservation_id = parameters.get("CapacityReservationId")
        if not reservation_id:
            raise missing("CapacityReservationId")
        reservation = self._holdings.reservation(reservation_id)
        if reservation.owner != self._holdings.account:
            # "Share Capacity Blocks": only the owner can extend.
            raise not_permitted(f"Only the owner of '{reservation_id}' can extend it")
        if not reservation.is_block or reservation.state not in {State.ACTIVE, State.SCHEDULED}:
            raise wrong_state(f"The Capacity Block '{reservation_id}' is neither active nor scheduled")
        if any(each.status is ExtensionStatus.PAYMENT_PENDING for each in self._of(reservation_id)):
            raise wrong_state(f"The Capacity Block '{reservation_id}' has an extension that is payment-pending")
        left = self._time_left(reservation)
        if not _LATEST <= left <= _SOONEST:
            raise invalid_value(
                f"The Capacity Block '{reservation_id}' can be extended from 56 days to 1 hour before its end"
            )
        return reservation

    def _find(self, reservation: Reservation, length: timedelta) -> list[ExtensionOffering]:
        shelf = self._holdings.market.shelf(reservation.instance_type, reservation.availability_zone)
        start = reservation.end
        if shelf is None or start is None:
            return []
        end = start + length
        # "Extend Capacity Blocks": up to 182 days total.
        if end - reservation.start > duration.LONGEST:
            raise invalid_value("The specified duration is not valid: the block would last longer than 182 days")
        if self._holdings.market.free(shelf, start, end) < reservation.size:
            return []
        return [
            ExtensionOffering(
                offering_id=Dice.hex_id(self._holdings.dice.offerings, "cbe"),
                reservation_id=reservation.reservation_id,
                shelf=shelf,
                count=reservation.size,
                start=start,
                end=end,
                fee=self._holdings.market.fee(shelf, reservation.size, length),
            )
        ]

    def _offer_of(self, parameters: Parameters, reservation: Reservation) -> ExtensionOffering:
        """The offering if it still fits. Assumed: EC2 words these refusals as it does for block offerings."""
        offering_id = parameters.get("CapacityBlockExtensionOfferingId")
        if not offering_id:
            raise missing("CapacityBlockExtensionOfferingId")
        offering = self._offered.get(offering_id)
        if offering is None or offering.reservation_id != reservation.reservation_id:
            message = f"The extension offering '{offering_id}' cannot be found for '{reservation.reservation_id}'"
            raise CapacityBlockError("InvalidCapacityBlockExtensionOfferingIdNotFound", message)
        free = self._holdings.market.free(offering.shelf, offering.start, offering.end)
        if offering.start != reservation.end or free < offering.count:
            message = f"The extension offering '{offering_id}' is no longer available"
            raise CapacityBlockError("InvalidCapacityBlockExtensionOfferingIdExpired", message)
        return offering

    def _succeed(self, reservation: Reservation, extension: Extension) -> None:
        extension.status = ExtensionStatus.PAYMENT_SUCCEEDED
        reservation.end = extension.offering.end
        self._holdings.touch()
        self._follow_end(reservation)

    def _fail(self, _: Reservation, extension: Extension) -> None:
        """Nothing else happens: the block ends when it would have ended, and no event tells of it."""
        extension.status = ExtensionStatus.PAYMENT_FAILED
        self._holdings.market.give_back(extension.offering.offering_id)
        self._holdings.touch()

    def _of(self, reservation_id: str) -> list[Extension]:
        return [each for each in self._bought if each.offering.reservation_id == reservation_id]

    def _time_left(self, reservation: Reservation) -> timedelta:
        now = self._holdings.clock.now()
        return timedelta() if reservation.end is None else reservation.end - now
