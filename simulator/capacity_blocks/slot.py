"""The places of a block: who runs in them, when a place is free again, and how EC2 takes them back before the end."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from . import event
from .document import is_launchable
from .error import capacity_exceeded, not_active_yet, unavailable, wrong_market_type
from .holdings import Holdings
from .reservation import NOT_YET_ACTIVE, Placement, Reservation, State

_MOMENT = timedelta(seconds=1)


class Slots:
    """Give places to instances and take them back. A place counts as used until its clean-up is over."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._homes: dict[str, Reservation] = {}

    def home_of(self, instance_id: str) -> Reservation | None:
        return self._homes.get(instance_id)

    def place(
        self,
        reservation: Reservation,
        *,
        instance_id: str,
        instance_type: str,
        availability_zone: str,
        market_type: str | None,
        platform: str | None,
        tenancy: str,
        account: str,
    ) -> None:
        """Launch one instance into the reservation, or refuse as RunInstances does."""
        if instance_id in self._homes:
            raise ValueError(f"{instance_id} is already in {self._homes[instance_id].reservation_id}")
        _check_market_type(reservation, market_type)
        self._check_state(reservation)
        wanted = (instance_type, availability_zone, platform or reservation.platform, tenancy)
        offered = (
            reservation.instance_type,
            reservation.availability_zone,
            reservation.platform,
            reservation.tenancy,
        )
        if wanted != offered or reservation.available < 1:
            raise capacity_exceeded()
        self.seat(reservation, instance_id, account)
        self._take_back_soon(reservation, instance_id)

    def seat(self, reservation: Reservation, instance_id: str, account: str) -> None:
        """Put an instance into a place without asking whether it may: it is there already."""
        reservation.placements[instance_id] = Placement(instance_id=instance_id, account=account)
        self._homes[instance_id] = reservation
        self._holdings.touch()

    def release(self, instance_id: str) -> bool:
        """Start the clean-up of a place, and say whether the instance held one.

        "Launch instances using Capacity Blocks": it takes several minutes before another instance can be launched.
        """
        reservation = self._homes.get(instance_id)
        if reservation is None or reservation.placements[instance_id].leaving:
            return False
        reservation.placements[instance_id].leaving = True
        cleaned_at = self._now() + self._holdings.assumptions.slot_cleanup.draw(self._holdings.dice.slots)
        self._holdings.agenda.at(cleaned_at, lambda: self._free(instance_id), f"clean-up after {instance_id}")
        return True

    def reclaim_later(self, reservation: Reservation) -> None:
        """Appoint the end of all that will still run when the reclaim begins."""
        reclaim_at = reservation.reclaim_at
        if reclaim_at is None:
            return
        lead = self._holdings.assumptions.interruption_warning
        self._at(reservation, reclaim_at - lead, lambda: self._plan(reservation, _staying(reservation)), "plan")
        self._at(reservation, reclaim_at, lambda: self._begin_reclaim(reservation), "reclaim")

    def clear(self, reservation: Reservation) -> None:
        """Empty the places at the end, whatever is in them."""
        for instance_id in _staying(reservation):
            self._terminate(reservation, instance_id)
        for instance_id in list(reservation.placements):
            self._free(instance_id)
        reservation.unnamed = 0

    def _check_state(self, reservation: Reservation) -> None:
        if reservation.state in NOT_YET_ACTIVE:
            raise not_active_yet(reservation.reservation_id)
        if not is_launchable(reservation, self._now()):
            raise unavailable(reservation.reservation_id)

    def _take_back_soon(self, reservation: Reservation, instance_id: str) -> None:
        """Plan the end of an instance that came after the plan for all was made."""
        reclaim_at = reservation.reclaim_at
        lead = self._holdings.assumptions.interruption_warning
        if reclaim_at is not None and self._now() >= reclaim_at - lead:
            self._plan(reservation, [instance_id])

    def _plan(self, reservation: Reservation, instance_ids: Iterable[str]) -> None:
        """Say for each instance when it will be terminated, by seed: neither the order nor the pace is promised."""
        reclaim_at, end = reservation.reclaim_at, reservation.end
        if reclaim_at is None or end is None:
            return
        for instance_id in instance_ids:
            drawn = self._holdings.assumptions.reclaim.draw(self._holdings.dice.slots)
            at = max(self._now(), min(reclaim_at + drawn, end - _MOMENT))
            reservation.placements[instance_id].termination_at = at
            self._appoint_termination(reservation, instance_id, at)

    def _appoint_termination(self, reservation: Reservation, instance_id: str, at: datetime) -> None:
        def warn() -> None:
            placement = reservation.placements.get(instance_id)
            if placement and not placement.leaving and placement.account == self._holdings.account:
                event.warn_instance(self._holdings, reservation, instance_id, at)

        def terminate() -> None:
            if instance_id in _staying(reservation):
                self._terminate(reservation, instance_id)

        self._at(reservation, at - self._holdings.assumptions.interruption_warning, warn, "interruption warning")
        self._at(reservation, at, terminate, f"termination of {instance_id}")

    def _begin_reclaim(self, reservation: Reservation) -> None:
        """From here on launches are refused, and UltraServers show as unlaunchable."""
        reservation.unnamed = 0
        self._holdings.touch()
        staying = _staying(reservation)
        if staying and reservation.state is State.ACTIVE and reservation.owner == self._holdings.account:
            event.record_termination(self._holdings, reservation, staying)

    def _terminate(self, reservation: Reservation, instance_id: str) -> None:
        account = reservation.placements[instance_id].account
        self.release(instance_id)
        if account == self._holdings.account:
            for terminate in self._holdings.terminate:
                terminate(instance_id)

    def _free(self, instance_id: str) -> None:
        reservation = self._homes.pop(instance_id, None)
        if reservation is not None:
            del reservation.placements[instance_id]
            self._holdings.touch()

    def _at(self, reservation: Reservation, due: datetime, act: Callable[[], None], name: str) -> None:
        appointment = self._holdings.agenda.at(due, act, f"{name} in {reservation.reservation_id}")
        reservation.appointments.append(appointment)

    def _now(self) -> datetime:
        return self._holdings.clock.now()


def _staying(reservation: Reservation) -> list[str]:
    return [each.instance_id for each in reservation.placements.values() if not each.leaving]


def _check_market_type(reservation: Reservation, market_type: str | None) -> None:
    """A block takes launches of its own market type alone, and no other reservation takes those."""
    if (market_type == "capacity-block") != reservation.is_block:
        raise wrong_market_type()
