"""EC2 of one region where blocks are extended: offers, purchases and the history in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.purchase.attempt import WOULD_HAVE_SUCCEEDED
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.terms import Terms
from tests.fakes.clock import FakeClock
from tests.fakes.ec2 import FakeReservations
from tests.fakes.failing import Errors, perhaps_raise, refused

EXPIRED = "InvalidCapacityBlockExtensionOfferingIdExpired"


@dataclass
class FakeExtensionMarket:
    """`sold` is the truth: every extension that was ever sold, oldest first; the history shows it `listed_after`.

    As with EC2, none is sold beside one that is being paid, nor from an end that has moved. `errors` strike before
    anything is done, `lost` when it has been done and the reply is on its way.
    """

    clock: FakeClock
    reservations: FakeReservations
    on_sale: dict[str, Offering] = field(default_factory=dict)
    sold: list[ExtensionRecord] = field(default_factory=list)
    listed_after: timedelta = timedelta()
    dry_run_answer: tuple[str | None, str] = (WOULD_HAVE_SUCCEEDED, "Request would have succeeded.")
    errors: Errors = field(default_factory=dict)
    lost: Errors = field(default_factory=dict)

    def sell(self, *offerings: Offering) -> None:
        self.on_sale |= {each.offering_id: each for each in offerings}

    def offers(self, reservation_id: str, duration: timedelta) -> tuple[Offering, ...]:
        perhaps_raise(self.errors, "offers")
        end = self.reservations.held[reservation_id].end
        fitting = (each for each in self.on_sale.values() if each.extends == reservation_id)
        return tuple(each for each in fitting if each.start == end and each.duration == duration)

    def records(self, reservation_ids: Sequence[str]) -> Mapping[str, tuple[ExtensionRecord, ...]]:
        perhaps_raise(self.errors, "records")
        shown = [each for each in self.sold if self.clock.instant >= each.purchased_at + self.listed_after]
        return {i: tuple(each for each in shown if each.reservation_id == i) for i in reservation_ids}

    def dry_run(self, terms: Terms) -> tuple[str | None, str]:
        return self.dry_run_answer

    def purchase(self, terms: Terms) -> ExtensionRecord:
        perhaps_raise(self.errors, "purchase")
        offering = self.on_sale.get(terms.offering.offering_id)
        pending = [each for each in self.sold if each.status is ExtensionStatus.PAYMENT_PENDING]
        if offering is None or terms.extends is None or pending:
            raise refused("PurchaseCapacityBlockExtension", EXPIRED)
        if offering.start != self.reservations.held[terms.extends].end:
            raise refused("PurchaseCapacityBlockExtension", EXPIRED)
        made = self.by_hand(offering)
        perhaps_raise(self.lost, "purchase")
        return made

    def by_hand(self, offering: Offering) -> ExtensionRecord:
        """Sell it, to whomever."""
        made = ExtensionRecord(
            reservation_id=offering.extends or "",
            offering_id=offering.offering_id,
            status=ExtensionStatus.PAYMENT_PENDING,
            purchased_at=self.clock.instant,
            start=offering.start,
            end=offering.end,
            instance_type=offering.whole.instance_type,
            instance_count=offering.whole.instance_count,
            availability_zone=offering.whole.availability_zone,
            upfront_fee=offering.upfront_fee,
            currency=offering.currency,
        )
        self.sold.append(made)
        return made

    def settle(self, status: ExtensionStatus = ExtensionStatus.PAYMENT_SUCCEEDED, *, moves: bool = True) -> None:
        """Let the payment come to its end that is pending; the end of the block moves with it, or not yet."""
        for place, each in enumerate(self.sold):
            if each.status is not ExtensionStatus.PAYMENT_PENDING:
                continue
            self.sold[place] = replace(each, status=status)
            if status is ExtensionStatus.PAYMENT_SUCCEEDED and moves:
                self.move(each)

    def move(self, record: ExtensionRecord) -> None:
        held = self.reservations.held[record.reservation_id]
        self.reservations.hold(replace(held, end=record.end))
