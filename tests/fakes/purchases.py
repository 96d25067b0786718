"""EC2 where Capacity Blocks are sold, and what else a purchase asks: quotas, switches, task tokens."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from capacity_blocks.core.purchase.attempt import WOULD_HAVE_SUCCEEDED
from capacity_blocks.core.purchase.likeness import parts
from capacity_blocks.core.purchase.lookup import Candidate
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Answer, Outcome, Query
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.throttle import NOT_NOW
from capacity_blocks.purchase_ports import Quota
from tests.factories import REGION
from tests.fakes.clock import FakeClock
from tests.fakes.ec2 import FakeReservations
from tests.fakes.failing import Errors, perhaps_raise, refused

GONE = "InvalidCapacityBlockOfferingIdExpired"


@dataclass
class FakeMarket:
    """EC2 of one region: Offerings, Purchases, Candidates and ReservationTags in one.

    `bought` is the truth: all that was ever sold, by reservation id; an offering can be bought twice, as EC2 allows.
    `reservations` is what EC2 shows of it, and of what it held before: `listed_after` and `tagged_after` a purchase, as
    the clock passes. `errors` strike before anything is done, `lost` when it has been done and the reply is on its way.
    """

    clock: FakeClock
    name: str = REGION
    reservations: FakeReservations = field(default_factory=FakeReservations)
    on_sale: dict[str, Offering] = field(default_factory=dict)
    not_offered: set[str] = field(default_factory=set)  # types
    throttles: int = 0  # searches that are still to be refused as too many
    dry_run_answer: tuple[str | None, str] = (WOULD_HAVE_SUCCEEDED, "Request would have succeeded.")
    bought: dict[str, Reservation] = field(default_factory=dict)
    created_at: dict[str, datetime] = field(default_factory=dict)
    block_tags: dict[str, Mapping[str, str]] = field(default_factory=dict)  # of UltraServers, by reservation id
    purchase_takes: timedelta = timedelta()
    listed_after: timedelta = timedelta()
    tagged_after: timedelta = timedelta()
    named: int | None = None  # how many of its reservations a reply names; all, unless told
    errors: Errors = field(default_factory=dict)
    lost: Errors = field(default_factory=dict)

    def sell(self, *offerings: Offering) -> None:
        self.on_sale |= {each.offering_id: each for each in offerings}

    def settle(self, state: ReservationState = ReservationState.SCHEDULED) -> None:
        """Let the payments come to their end that are pending."""
        for store in (self.bought, self.reservations.held):
            for reservation_id, held in store.items():
                if held.state is ReservationState.PAYMENT_PENDING:
                    store[reservation_id] = replace(held, state=state)

    def search(self, query: Query, now: datetime) -> Answer:
        def answer(outcome: Outcome, message: str = "", offerings: Sequence[Offering] = ()) -> Answer:
            return Answer(query=query, outcome=outcome, at=now, offerings=tuple(offerings), message=message)

        if error := self.errors.get("search"):
            words = str(error).removeprefix(f"{error.operation}: ")
            return answer(Outcome.THROTTLED if error.code in NOT_NOW else Outcome.FAILED, words)
        if self.throttles > 0:
            self.throttles -= 1
            return answer(Outcome.THROTTLED, "CapacityBlockDescribeLimitExceeded: Request limit exceeded.")
        if unknown := [each for each in query.subject.types if each in self.not_offered]:
            words = f"The instance type '{unknown[0]}' is not supported for Capacity Blocks in '{self.name}'."
            return answer(Outcome.NOT_OFFERED, f"InvalidParameterValue: {words}")
        found = [each for each in self.on_sale.values() if _answers(query, each)]
        return answer(Outcome.ON_SALE if found else Outcome.SOLD_OUT, offerings=found)

    def candidates(self) -> Sequence[Candidate]:
        perhaps_raise(self.errors, "candidates")
        return [
            Candidate(
                reservation=held, created_at=self.created_at.get(each), block_tags=self._tags_of_block(each, held)
            )
            for each, held in self.reservations.held.items()
        ]

    def dry_run(self, terms: Terms, tags: Mapping[str, str]) -> tuple[str | None, str]:
        return self.dry_run_answer

    def purchase(self, terms: Terms, tags: Mapping[str, str]) -> tuple[str, ...]:
        perhaps_raise(self.errors, "purchase")
        if terms.offering.offering_id not in self.on_sale:
            raise refused("PurchaseCapacityBlock", GONE)
        made = tuple(self._make(terms, tags))
        self.clock.sleep_until(self.clock.instant + self.purchase_takes)
        perhaps_raise(self.lost, "purchase")
        return made[: self.named]

    def add(self, reservation_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        perhaps_raise(self.errors, "add")
        missing = [each for each in reservation_ids if each not in self.reservations.held]
        for reservation_id in reservation_ids:
            self._tag(self.bought, reservation_id, tags)
            self._tag(self.reservations.held, reservation_id, tags)
        if missing:
            raise refused("CreateTags", "InvalidCapacityReservationId.NotFound")
        perhaps_raise(self.lost, "add")

    def _make(self, terms: Terms, tags: Mapping[str, str]) -> Iterator[str]:
        zone_ids = {each.availability_zone: each.availability_zone_id for each in terms.offering.parts}
        for part in parts(terms):
            made = Reservation(
                reservation_id=f"cr-{len(self.bought) + 1:04}",
                region=part.region,
                instance_type=part.instance_type,
                instance_count=part.instance_count or 0,
                state=ReservationState.PAYMENT_PENDING,
                start=part.start,
                end=part.end,
                availability_zone=part.availability_zone,
                availability_zone_id=zone_ids[part.availability_zone],
                platform=part.platform,
                ultraserver=terms.offering.is_ultraserver,
                tags=dict(tags),
            )
            self.bought[made.reservation_id] = made
            self.created_at[made.reservation_id] = self.clock.instant
            self._show(made, tags)
            yield made.reservation_id

    def _show(self, made: Reservation, tags: Mapping[str, str]) -> None:
        reservation_id = made.reservation_id
        untagged = replace(made, tags={})

        def tag() -> None:
            self._tag(self.reservations.held, reservation_id, tags)
            if made.ultraserver:
                self.block_tags[reservation_id] = dict(tags)

        self._after(self.listed_after, lambda: self.reservations.hold(replace(untagged, state=self._state(made))))
        self._after(max(self.listed_after, self.tagged_after), tag)

    def _state(self, made: Reservation) -> ReservationState:
        return self.bought[made.reservation_id].state

    def _tags_of_block(self, reservation_id: str, held: Reservation) -> Mapping[str, str] | None:
        return self.block_tags.get(reservation_id, {}) if held.ultraserver else None

    def _tag(self, store: dict[str, Reservation], reservation_id: str, tags: Mapping[str, str]) -> None:
        if reservation_id in store:
            store[reservation_id] = replace(store[reservation_id], tags={**store[reservation_id].tags, **tags})

    def _after(self, delay: timedelta, happens: Callable[[], None]) -> None:
        if delay:
            self.clock.events.append((self.clock.instant + delay, happens))
        else:
            happens()


def _answers(query: Query, offering: Offering) -> bool:
    """Whether EC2 would offer it for a query. Not by the hours: EC2 offers others than were asked for."""
    subject, start, end = query.subject, offering.start, offering.end
    if (query.not_before is not None and start < query.not_before) or end > query.not_after:
        return False
    if subject.is_ultraserver or offering.is_ultraserver:
        wanted = (subject.types[0], query.count) if subject.is_ultraserver else None
        return wanted == (offering.ultraserver_type, offering.ultraserver_count)
    if offering.has_several_segments and not subject.by_preference:
        return False
    return {each.instance_type for each in offering.parts} <= set(subject.types) and query.count in offering.counts


@dataclass
class FakeQuotas:
    """`held` by instance type."""

    held: dict[str, Quota] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def quota(self, instance_type: str) -> Quota | None:
        perhaps_raise(self.errors, "quota")
        return self.held.get(instance_type)


@dataclass
class FakeSwitches:
    """As they stand; None could not be read."""

    on: bool | None = True
    pulled: bool | None = False

    def spending(self) -> bool | None:
        return self.on

    def killed(self) -> bool | None:
        return self.pulled


@dataclass
class FakeTaskTokens:
    waiting: set[str] = field(default_factory=set)
    woken: list[str] = field(default_factory=list)
    errors: Errors = field(default_factory=dict)

    def wake(self, token: str) -> bool:
        perhaps_raise(self.errors, "wake")
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.woken.append(token)
        return True
