"""All that one account holds in one Region, with the clock, the dice and the bus that the parts of the engine share."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from simulator import changes
from simulator.assumptions import Assumptions

from .agenda import Agenda, Clock
from .error import reservation_malformed, reservation_not_found
from .market import Market
from .reservation import Block, Reservation

Document = dict[str, Any]
Parameters = Mapping[str, Any]
Terminate = Callable[[str], None]

# "Capacity Blocks for ML": at most 256 instances across blocks on a date, for a whole organization.
MOST_AT_ONCE = 256


class Emit(Protocol):
    """Hand an event to the bus. It must only be queued there: the engine is in the middle of a change."""

    def __call__(self, source: str, detail_type: str, detail: Document, resources: Sequence[str]) -> None: ...


class Dice:
    """Randomness from one seed, a stream for each use, so that one more question does not change what happens later."""

    def __init__(self, rng: random.Random) -> None:
        self.market = rng.getrandbits(64)
        self.ids = random.Random(rng.getrandbits(64))
        self.offerings = random.Random(rng.getrandbits(64))
        self.events = random.Random(rng.getrandbits(64))
        self.payments = random.Random(rng.getrandbits(64))
        self.deliveries = random.Random(rng.getrandbits(64))
        self.slots = random.Random(rng.getrandbits(64))
        self.views = random.Random(rng.getrandbits(64))

    @staticmethod
    def hex_id(stream: random.Random, prefix: str) -> str:
        return f"{prefix}-0{stream.getrandbits(64):016x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One purchase that was carried out, whatever its caller heard of it: what an audit of the account would find."""

    at: datetime
    offering_id: str
    fee: Decimal
    reservation_ids: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Holdings:
    """Shared by the parts of one engine; `version` grows with every change that a describe call could show."""

    clock: Clock
    region: str
    account: str
    assumptions: Assumptions
    emit: Emit
    agenda: Agenda
    dice: Dice
    market: Market
    reservations: dict[str, Reservation] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    quotas: dict[str, int] = field(default_factory=dict)
    terminate: list[Terminate] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    version: int = 0
    last_order: int = 0

    def touch(self) -> None:
        """Say that a describe call could show something else now, here and for the local AWS as a whole."""
        self.version += 1
        changes.bump()

    def quota(self, family: str) -> int:
        return self.quotas.get(family, MOST_AT_ONCE)

    def next_order(self) -> int:
        self.last_order += 1
        return self.last_order

    def reservation(self, reservation_id: str) -> Reservation:
        """The reservation, or EC2's refusal: a malformed id is refused before an unknown one."""
        if not reservation_id.startswith("cr-"):
            raise reservation_malformed(reservation_id)
        if reservation_id not in self.reservations:
            raise reservation_not_found(reservation_id)
        return self.reservations[reservation_id]

    def arn(self, resource: str) -> str:
        return f"arn:aws:ec2:{self.region}:{self.account}:{resource}"
