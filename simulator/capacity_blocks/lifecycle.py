"""How a reservation lives: paid, delivered, warned about, reclaimed, expired. Each step is an appointment."""

from collections.abc import Callable
from datetime import datetime, timedelta

from . import event
from .holdings import Holdings
from .payment import BEFORE_START, LONGEST, Payments
from .reservation import ENDED, NOT_YET_ACTIVE, Reservation, State
from .slot import Slots

Step = Callable[[Reservation], None]

# "Log Capacity Blocks API calls with AWS CloudTrail" has an event for each of these states.
_TRAIL = {
    State.SCHEDULED: "CapacityBlockScheduled",
    State.ACTIVE: "CapacityBlockActive",
    State.PAYMENT_FAILED: "CapacityBlockPaymentFailed",
    State.FAILED: "CapacityBlockFailed",
    State.EXPIRED: "CapacityBlockExpired",
}


class Lifecycle:
    """Move reservations through their states ("View Capacity Blocks"), and say each step on the bus."""

    def __init__(self, holdings: Holdings, payments: Payments, slots: Slots) -> None:
        self._holdings = holdings
        self._payments = payments
        self._slots = slots
        self._deliveries: dict[str, timedelta | None] = {}

    def plan_delivery(self, reservation_id: str, after: timedelta | None) -> None:
        """Say how long after its start the block will be active, or with None that EC2 will not deliver it."""
        self._deliveries[reservation_id] = after

    def begin(self, reservation: Reservation) -> None:
        """Live on from the state that the reservation is in now."""
        if reservation.state in ENDED:
            self._forget_later(reservation)
        elif not reservation.is_block:
            self._await_end(reservation)
        elif reservation.state is State.PAYMENT_PENDING:
            self._await_payment(reservation)
        elif reservation.state in {State.SCHEDULED, State.PENDING}:
            # aws-parallelcluster-node lists pending for blocks; assumed to go on as scheduled does.
            self._at(reservation, reservation.start, self._start, "start")
        else:
            self.follow_end(reservation)

    def follow_end(self, reservation: Reservation) -> None:
        """Set all that hangs on the end anew, for an end that was learnt or that has moved."""
        if reservation.state is State.ACTIVE:
            self._cancel_appointments(reservation)
            self._warn_later(reservation)
            self._slots.reclaim_later(reservation)
            self._await_end(reservation)
        elif reservation.state not in NOT_YET_ACTIVE | ENDED:
            self._await_end(reservation)

    def _await_payment(self, reservation: Reservation) -> None:
        deadline = min(reservation.created + LONGEST, reservation.start - BEFORE_START)
        settlement = self._payments.settle(reservation.created, deadline)
        step = self._paid if settlement.succeeds else self._payment_failed
        self._at(reservation, settlement.at, step, "payment")

    def _paid(self, reservation: Reservation) -> None:
        self._enter(reservation, State.SCHEDULED)
        self._at(reservation, reservation.start, self._start, "start")

    def _payment_failed(self, reservation: Reservation) -> None:
        # "Pricing and billing": the capacity is released.
        self._holdings.market.give_back(reservation.reservation_id)
        self._enter(reservation, State.PAYMENT_FAILED)
        self._forget_later(reservation)

    def _start(self, reservation: Reservation) -> None:
        drawn = self._holdings.assumptions.delivery.draw(self._holdings.dice.deliveries)
        after = self._deliveries.get(reservation.reservation_id, drawn)
        if after is None:
            self._enter(reservation, State.FAILED)
            self._forget_later(reservation)
            return
        if self._holdings.assumptions.delivered_before_active:
            self._tell_delivered(reservation)
        self._at(reservation, reservation.start + after, self._deliver, "delivery")

    def _deliver(self, reservation: Reservation) -> None:
        self._enter(reservation, State.ACTIVE)
        if not self._holdings.assumptions.delivered_before_active:
            self._tell_delivered(reservation)
        self.follow_end(reservation)

    def _tell_delivered(self, reservation: Reservation) -> None:
        # Not stated for the accounts that a block is shared with, so they hear nothing (assumed).
        if reservation.owner == self._holdings.account:
            event.tell(self._holdings, event.DELIVERED, reservation)

    def _warn_later(self, reservation: Reservation) -> None:
        if reservation.end is None or not reservation.is_block:
            return
        assumptions = self._holdings.assumptions
        is_ultraserver = reservation.ultraserver_type is not None
        lead = assumptions.ultraserver_expiration_warning if is_ultraserver else assumptions.expiration_warning
        # A warning whose time has passed was sent before this account's block was adopted.
        if reservation.end - lead >= self._holdings.clock.now():
            self._at(reservation, reservation.end - lead, self._warn, "expiration warning")

    def _warn(self, reservation: Reservation) -> None:
        # "Share Capacity Blocks": owner and consumers that have instances running in the block receive it. That an
        # owner without any receives it as well is assumed.
        if reservation.owner == self._holdings.account or reservation.used:
            event.tell(self._holdings, event.EXPIRATION_WARNING, reservation)

    def _await_end(self, reservation: Reservation) -> None:
        if reservation.end is not None:
            self._at(reservation, reservation.end, self._expire, "end")

    def _expire(self, reservation: Reservation) -> None:
        self._slots.clear(reservation)
        self._enter(reservation, State.EXPIRED)
        self._forget_later(reservation)

    def _forget_later(self, reservation: Reservation) -> None:
        listed_until = self._holdings.clock.now() + self._holdings.assumptions.ended_block_listed
        self._at(reservation, listed_until, self._forget, "forgetting")

    def _forget(self, reservation: Reservation) -> None:
        """Drop it: from now on its id is not found ("aws-parallelcluster" #6870 met this with an expired block)."""
        del self._holdings.reservations[reservation.reservation_id]
        if reservation.block_id in self._holdings.blocks:
            block = self._holdings.blocks[reservation.block_id]
            block.reservation_ids.remove(reservation.reservation_id)
            if not block.reservation_ids:
                del self._holdings.blocks[reservation.block_id]
        self._holdings.touch()

    def _enter(self, reservation: Reservation, state: State) -> None:
        reservation.state = state
        self._holdings.touch()
        if reservation.is_block and reservation.owner == self._holdings.account:
            event.record_state(self._holdings, _TRAIL[state], reservation)

    def _at(self, reservation: Reservation, due: datetime, step: Step, name: str) -> None:
        label = f"{name} of {reservation.reservation_id}"
        appointment = self._holdings.agenda.at(due, lambda: step(reservation), label)
        reservation.appointments.append(appointment)

    @staticmethod
    def _cancel_appointments(reservation: Reservation) -> None:
        for appointment in reservation.appointments:
            appointment.cancel()
        reservation.appointments.clear()
