"""The engine: Capacity Blocks of one account in one Region, from the search to the end, on an injected clock."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from simulator.assumptions import Assumptions

from .adoption import Adoption
from .agenda import Agenda, Clock
from .description import Descriptions
from .error import CapacityBlockError, block_not_found, missing, not_permitted
from .extending import Extensions
from .extension import Extension
from .holdings import Dice, Document, Emit, Holdings, Parameters, Sale, Terminate
from .inventory import Shelf, inventory_of
from .lifecycle import Lifecycle
from .market import Market
from .market_story import MarketStory
from .moves import Moves
from .offering import Offerings
from .payment import Payment, Payments
from .purchase import Purchases
from .slot import Slots
from .tagging import OnTags, Tagging
from .throttle import TokenBucket, limit_of
from .visibility import Lateness, Visibility

Operation = Callable[[Parameters], Document]


class CapacityBlockEngine:
    """EC2's Capacity Blocks, as far as a client can tell.

    `call` takes an operation of botocore's EC2 model with its parameters and returns its answer, in botocore's shapes.
    Whatever is due at an instant has happened for everybody who asks at that instant. `version` grows with every change
    that a describe call could show, so that an equal version means equal answers (searches and throttles apart).
    """

    def __init__(
        self,
        clock: Clock,
        region: str,
        account: str,
        rng: random.Random,
        assumptions: Assumptions,
        emit: Emit,
        *,
        inventory: Sequence[Shelf] | None = None,
    ) -> None:
        dice = Dice(rng)
        shelves = inventory_of(region) if inventory is None else inventory
        self._holdings = Holdings(
            clock=clock,
            region=region,
            account=account,
            assumptions=assumptions,
            emit=emit,
            agenda=Agenda(clock),
            dice=dice,
            market=Market(shelves, dice.market, assumptions, Moves(clock.now, dice.market, assumptions)),
        )
        self._payments = Payments(self._holdings)
        self._slots = Slots(self._holdings)
        self._visibility = Visibility(self._holdings)
        self._tagging = Tagging(self._holdings, self._visibility)
        self._offerings = Offerings(self._holdings)
        self._lifecycle = Lifecycle(self._holdings, self._payments, self._slots)
        self._adoption = Adoption(self._holdings, self._lifecycle, self._slots, self._tagging)
        self._extensions = Extensions(self._holdings, self._payments, self._visibility, self._lifecycle.follow_end)
        self._buckets: dict[str, TokenBucket] = {}
        self._operations = self._answers()

    def _answers(self) -> dict[str, Operation]:
        purchases = Purchases(self._holdings, self._offerings, self._lifecycle, self._tagging, self._visibility)
        extensions = self._extensions
        descriptions = Descriptions(self._holdings, self._visibility)
        return {
            "DescribeCapacityBlockOfferings": self._offerings.describe,
            "PurchaseCapacityBlock": purchases.purchase,
            "DescribeCapacityBlocks": descriptions.blocks,
            "DescribeCapacityBlockStatus": descriptions.statuses,
            "DescribeCapacityBlockExtensionOfferings": extensions.describe_offerings,
            "PurchaseCapacityBlockExtension": extensions.purchase,
            "DescribeCapacityBlockExtensionHistory": extensions.describe_history,
            "DescribeCapacityReservations": descriptions.reservations,
            "GetCapacityReservationUsage": descriptions.usage,
            "ModifyCapacityReservation": self._refuse("modify"),
            "CancelCapacityReservation": self._refuse("cancel"),
            "CreateCapacityReservationBySplitting": self._refuse("split"),
            "MoveCapacityReservationInstances": self._refuse("move"),
        }

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that `call` answers."""
        return tuple(self._operations)

    @property
    def version(self) -> int:
        self._holdings.agenda.catch_up()
        return self._holdings.version

    @property
    def region(self) -> str:
        return self._holdings.region

    @property
    def account(self) -> str:
        return self._holdings.account

    @property
    def quotas(self) -> dict[str, int]:
        """Concurrent instances by family, such as `{"p5": 0}`; a family without an entry has the general limit."""
        return self._holdings.quotas

    def quota(self, family: str) -> int:
        """How many instances of a family the account may hold at a time."""
        return self._holdings.quota(family)

    # --- what clients call ---

    def call(self, operation: str, **parameters: Any) -> Document:
        """Answer one call as EC2 would, or raise its refusal. A throttled call changes nothing."""
        self._holdings.agenda.catch_up()
        now = self._holdings.clock.now()
        bucket = self._buckets.setdefault(operation, TokenBucket(limit_of(operation), now))
        bucket.take(now)
        if parameters.pop("DryRun", False):
            # botocore: DryRun checks the permissions; nothing is said of the offering, so nothing is checked.
            raise CapacityBlockError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
        return self._operations[operation](parameters)

    def look(self, operation: str, **parameters: Any) -> Document:
        """Answer as `call` does, for AWS's own eyes: it takes nothing from what a client may ask in a second."""
        self._holdings.agenda.catch_up()
        self._visibility.sees_all = True
        try:
            return self._operations[operation](parameters)
        finally:
            self._visibility.sees_all = False

    def knows(self, resource_id: str) -> bool:
        self._holdings.agenda.catch_up()
        return self._tagging.knows(resource_id)

    def create_tags(self, resource_ids: Iterable[str], tags: Mapping[str, str]) -> None:
        self._holdings.agenda.catch_up()
        self._tagging.create(resource_ids, tags)

    def delete_tags(self, resource_ids: Iterable[str], tags: Mapping[str, str | None] | None) -> None:
        self._holdings.agenda.catch_up()
        self._tagging.delete(resource_ids, tags)

    def on_tags(self, notify: OnTags) -> None:
        """Call `notify(resource_id, tags)` now for all resources, and again for each change."""
        self._tagging.on_tags.append(notify)
        for resource_id in [*self._holdings.reservations, *self._holdings.blocks]:
            self._tagging.tell(resource_id)

    # --- what a launch does ---

    def place(
        self,
        reservation_id: str,
        *,
        instance_id: str,
        instance_type: str,
        availability_zone: str,
        market_type: str | None,
        platform: str | None = None,
        tenancy: str = "default",
        account: str | None = None,
    ) -> None:
        """Launch an instance into a reservation, or raise what RunInstances would answer."""
        self._holdings.agenda.catch_up()
        self._slots.place(
            self._holdings.reservation(reservation_id),
            instance_id=instance_id,
            instance_type=instance_type,
            availability_zone=availability_zone,
            market_type=market_type,
            platform=platform,
            tenancy=tenancy,
            account=account or self._holdings.account,
        )

    def release(self, instance_id: str) -> bool:
        """Begin the clean-up after an instance that stops or terminates; say whether it held a slot until now."""
        self._holdings.agenda.catch_up()
        return self._slots.release(instance_id)

    def reservation_of(self, instance_id: str) -> str | None:
        """The reservation whose slot the instance holds, be it running or cleaned up after."""
        self._holdings.agenda.catch_up()
        home = self._slots.home_of(instance_id)
        return None if home is None else home.reservation_id

    def on_terminate(self, terminate: Terminate) -> None:
        """Call `terminate(instance_id)` for each own instance that EC2 takes back; its slot is released already."""
        self._holdings.terminate.append(terminate)

    # --- what a story decides ---

    def adopt(self, document: Document, instances: Sequence[str] = ()) -> str:
        """Take over a reservation from an item of describe-capacity-reservations and live its future."""
        self._holdings.agenda.catch_up()
        return self._adoption.adopt(document, instances)

    def adopt_block(self, document: Document) -> str:
        """Take over a block from an item of describe-capacity-blocks, after its reservations."""
        self._holdings.agenda.catch_up()
        return self._adoption.adopt_block(document)

    @property
    def market(self) -> MarketStory:
        """The market, to be moved: fees, stock, offerings that sell out or that EC2 shows besides."""
        return MarketStory(self._holdings, self._offerings)

    @property
    def sales(self) -> tuple[Sale, ...]:
        """Every purchase of blocks that was carried out, in order, extensions apart."""
        return tuple(self._holdings.sales)

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """Every extension that was carried out, in order."""
        return self._extensions.sold

    def plan_lateness(self, lateness: Lateness) -> None:
        """Say how late describe calls show the next purchase and the tags that it was made with."""
        self._visibility.plan(lateness)

    def plan_payment(self, payment: Payment) -> None:
        """Say how the next payment goes, of a purchase, an extension or an adopted block that is payment-pending."""
        self._payments.plan(payment)

    def plan_delivery(self, reservation_id: str, after: timedelta | None) -> None:
        """Say how long after its start a block is active, or with None that it is never delivered."""
        self._lifecycle.plan_delivery(reservation_id, after)

    def impair(self, block_id: str, status: str, instances: int) -> None:
        """Set what DescribeCapacityBlockStatus says of the interconnect, and how many instances it counts as lost."""
        self._holdings.agenda.catch_up()
        if block_id not in self._holdings.blocks:
            raise block_not_found(block_id)
        self._holdings.blocks[block_id].interconnect_status = status
        self._holdings.blocks[block_id].impaired_instances = instances
        self._holdings.touch()

    def _refuse(self, verb: str) -> Operation:
        """Refuse what "Capacity Blocks for ML" says cannot be done with a block. The code is assumed."""

        def refuse(parameters: Parameters) -> Document:
            reservation_id = parameters.get("CapacityReservationId") or parameters.get("SourceCapacityReservationId")
            if not reservation_id:
                raise missing("CapacityReservationId")
            if not self._holdings.reservation(reservation_id).is_block:
                raise NotImplementedError(
                    f"{reservation_id}: only Capacity Blocks are played, not how to {verb} others"
                )
            raise not_permitted(f"You can't {verb} the Capacity Block '{reservation_id}'")

        return refuse
