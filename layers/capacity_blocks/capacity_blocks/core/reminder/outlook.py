"""All that a reminder of a block is made of, as known at one instant."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Extension
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.budget import Book, Standing, month_of, shortfalls
from capacity_blocks.core.purchase.deadline import last_purchase_at
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.reminder.found import Found
from capacity_blocks.core.reminder.gathering import can_be_asked_for, can_be_extended
from capacity_blocks.core.reminder.offer import Offer, OfferKind, best
from capacity_blocks.core.reminder.settings import ReminderSettings
from capacity_blocks.core.reminder.succession import Succession
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.timeline import LAST_EXTENSION_BEFORE_END, Timeline

LEAST = timedelta(days=1)  # of an extension
SURELY_PAID = timedelta(hours=13)  # a payment may take 12 hours, and this leaves one more


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A block that ends. None is "could not be read", or, of a book and money, "nothing may be bought"."""

    now: datetime
    block: Reservation
    pool: str | None
    lead: timedelta  # the rung that is said
    policy: Policy = field(default_factory=Policy)
    settings: ReminderSettings = field(default_factory=ReminderSettings)
    renewal: RenewalSettings = field(default_factory=RenewalSettings)
    usage: Usage = field(default_factory=Usage)
    succession: Succession = field(default_factory=Succession)
    paying: Extension | None = None
    paying_trouble: str = ""  # why it is not known whether an extension is being paid
    found: tuple[Found, ...] = ()  # what was looked up ahead for this end
    money: MoneySettings | None = None
    book: Book | None = None
    extension_machine: str = ""  # the workflows, for those whose notices have no buttons
    purchase_machine: str = ""

    @property
    def timeline(self) -> Timeline:
        return Timeline.of(self.block, self.policy)

    @property
    def in_use(self) -> int | None:
        """How many instances run in it; EC2 counts them once it is active."""
        if self.block.state is not ReservationState.ACTIVE or not self.block.instance_count:
            return None
        return self.block.instance_count - self.block.available_count

    @property
    def is_idle(self) -> bool:
        return self.judged.is_idle(self.settings.idle_below)

    @property
    def judged(self) -> Usage:
        """Return the use by which a block may be idle. What runs in all of it now is not, whatever it was before."""
        is_full = self.in_use is not None and self.in_use == self.block.instance_count
        return replace(self.usage, instances=None) if is_full else self.usage

    @property
    def last_extension_at(self) -> datetime:
        return self.block.end - LAST_EXTENSION_BEFORE_END

    @property
    def can_be_extended(self) -> bool:
        return can_be_extended(self.now, self.block, LEAST)

    @property
    def is_renewed(self) -> bool:
        """Whether its pool would renew it without a question, as far as its dates and its type let it."""
        match self.renewal.mode:
            case RenewalMode.OFF:
                return False
            case RenewalMode.EXTEND:
                return can_be_extended(self.now, self.block, self.renewal.duration or LEAST)
            case RenewalMode.BUY_SUCCESSOR:
                return can_be_asked_for(self.block)

    @property
    def surely_paid_before(self) -> datetime:
        return self.block.end - SURELY_PAID

    @property
    def on_sale(self) -> tuple[Offer, ...]:
        """Return the offers that can still be taken."""
        offers = (offer for each in self.found for offer in each.offers(self.block))
        return tuple(each for each in offers if self._can_be_bought(each))

    def _can_be_bought(self, offer: Offer) -> bool:
        match offer.kind:
            case OfferKind.NEW_BLOCK:
                return self.now < last_purchase_at(offer.offering)
            case OfferKind.EXTENSION:
                return self.paying is None and can_be_extended(self.now, self.block, offer.offering.duration)

    @property
    def best(self) -> Offer | None:
        """What is recommended: nothing for a block that is idle."""
        affordable = [each for each in self.on_sale if not self.objections(each)]
        return None if self.is_idle or self.paying is not None else best(affordable)

    def objections(self, offer: Offer) -> tuple[str, ...]:
        """Say why the pool cannot pay an offer, as far as is known. Whoever buys looks again."""
        if self.money is None:
            return ("the pool's settings allow no purchases",)
        found = []
        if offer.fee > self.money.most_per_purchase:
            found.append(f"more than the {money.shown(self.money.most_per_purchase)} of one purchase")
        per_hour = self.money.most_per_gpu_hour
        if per_hour is not None and offer.offering.costs_more_an_hour_than(per_hour):
            found.append(f"more than {money.shown(per_hour)} an hour")
        if self.book is not None and shortfalls(self.now, self.book, "", offer.fee, self.money):
            found.append("over the pool's budget")
        return tuple(found)

    @property
    def budget_left(self) -> Decimal | None:
        """What the month still allows; None where it is not known."""
        if self.book is None or self.money is None:
            return None
        spent = self.book.total(month_of(self.now), Standing.RESERVED, Standing.COMMITTED)
        left = min(self.money.monthly_budget - spent, self.money.most_per_pool - self.book.held(self.now))
        return max(Decimal(0), left)
