"""What was seen of purchases, as plain data: requests, what they found, what was bought for them, and the money."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offering as the search laid it out for people, in its own words."""

    offering_id: str
    what: str
    zone: str
    start: str
    end: str
    hours: str
    usable: str
    fee: str
    rate: str
    verdict: str
    may_be_bought: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A line of an intent's history: the state that it came to, and in which state its workflow was."""

    at: datetime
    state: str
    reason: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One PurchaseCapacityBlock that was sent to be carried out. `error` is what came back in place of an answer."""

    at: datetime
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """One purchase as EC2's own book has it, whatever its caller heard of it."""

    at: datetime
    fee: str
    reservation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One offering that was chosen: its terms, the question, its history, and what EC2 was asked and has done."""

    intent_id: str
    offering_id: str
    fee: str
    question: str  # as it came by mail; empty: nobody was asked
    approved_by: str  # empty: the settings asked for nobody, or nobody has
    turns: tuple[Turn, ...]
    reservation_ids: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    sales: tuple[Sold, ...]

    @property
    def state(self) -> str:
        return self.turns[-1].state


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A state of a workflow: when it was entered first, and how often."""

    at: datetime
    name: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One execution of the workflow. `document` is its input, as a person wrote it."""

    request_id: str
    pool: str
    document: Mapping[str, Any]
    is_dry_run: bool
    started_at: datetime
    searched_at: datetime | None
    offers: tuple[Offer, ...]
    remarks: tuple[str, ...]  # sold out, not offered, could not be asked
    chosen_at: datetime | None
    told: str  # what was chosen and why; of a dry run, all that it has to say
    steps: tuple[Step, ...]
    intents: tuple[Intent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """All that was wished for one block beyond one end, whoever wished it. `hours` are those that EC2 sold."""

    request_id: str
    pool: str
    reservation_id: str
    hours: str
    intents: tuple[Intent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The money of a pool in a month, as its book in the ledger and its settings have it."""

    pool: str
    month: str
    spent: str
    reserved: str
    left: str
    most: str
