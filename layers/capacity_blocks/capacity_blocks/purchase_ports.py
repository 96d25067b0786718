"""What purchases need from the outside world beyond `ports`: one object per region, but for the stack's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.lookup import Candidate
from capacity_blocks.core.purchase.query import Answer, Query
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.ports import Groups, NodeGroups, Reservations, Subnets


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a purchase reads of one region: which blocks a pool has there, and where its targets can use more."""

    name: str
    reservations: Reservations
    groups: Groups
    node_groups: NodeGroups
    subnets: Subnets


class Offerings(Protocol):
    def search(self, query: Query, now: datetime) -> Answer:
        """Ask EC2 once, in all pages. What goes wrong is an answer too: a search of many goes on without it."""


class Candidates(Protocol):
    def candidates(self) -> Sequence[Candidate]:
        """Return every Capacity Block of the account, whatever its state; raise AwsError, never part of them."""


class Purchases(Protocol):
    """The one port that spends. Nothing behind it repeats a call."""

    def dry_run(self, terms: Terms, tags: Mapping[str, str]) -> tuple[str | None, str]:
        """Ask EC2 whether the purchase would be permitted; return its code (None: none came) and its words."""

    def purchase(self, terms: Terms, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Buy, and return the ids of all reservations that EC2 names; AwsError says by `definite` if none was made."""


class ReservationTags(Protocol):
    def add(self, reservation_ids: Sequence[str], tags: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many instances of a family the account may hold in Capacity Blocks at a time, as Service Quotas has it."""

    name: str
    code: str
    value: int


class Quotas(Protocol):
    def quota(self, instance_type: str) -> Quota | None:
        """Return the quota that counts a type, None where none is known for it; raise AwsError."""


class Switches(Protocol):
    """Whether money may be spent at all. None is "could not be read", which is a no."""

    def spending(self) -> bool | None: ...
    def killed(self) -> bool | None: ...


class TaskTokens(Protocol):
    def wake(self, token: str) -> bool:
        """Let the workflow that waits under `token` go on; False when nobody waits any more."""


class Workflows(Protocol):
    def start(self, machine: str, name: str, document: Mapping[str, Any]) -> bool:
        """Start an execution of a state machine; False if one of this name was started before. Raise AwsError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request as it was claimed. `execution` is the workflow that works on it; `ended` says how it came out."""

    request_id: str
    digest: str
    document: Mapping[str, Any]
    execution: str
    claimed_at: datetime
    ended: str | None = None


class PurchaseLedger(Protocol):
    """Requests, intents and budgets. Every read is consistent, every write conditional."""

    def claim_request(self, row: RequestRow, continues: str | None = None) -> RequestRow:
        """Write the row where there is none, or the same request held by the execution `continues`.

        Return the row that stands.
        """

    def take_request(self, row: RequestRow, replacing: RequestRow) -> RequestRow:
        """Write the row over `replacing`, however that one ended, if it is still there; return the row that stands.

        Only for requests that may be made again, once nothing can come of what was made of them before.
        """

    def request(self, request_id: str) -> RequestRow | None: ...
    def open_requests(self) -> tuple[RequestRow, ...]:
        """Return every request that has not ended, by id."""

    def end_request(self, row: RequestRow, ended: str) -> None:
        """Record how the request came out, once: the first word stands."""

    def intents(self, request_id: str) -> tuple[Intent, ...]:
        """Return all intents of a request, by number."""

    def put_intent(self, intent: Intent, replacing: Intent | None) -> bool:
        """Write an intent if the row there is still `replacing` (None: none there); False if another run was faster.

        Its line in the history, which is only ever added to, is written with it or not at all.

        What another run wrote is never taken for this one's own, even when it is the same to the letter.
        """

    def book(self, pool: str) -> Book:
        """Return the pool's book; an empty one where nothing was ever reserved."""

    def put_book(self, book: Book, replacing: Book) -> bool:
        """Write a book if the one there has still the version of `replacing`; False if another run was faster."""

    def keep_token(self, intent: Intent, token: str) -> None:
        """Remember which workflow task waits for the decision on an intent; the newest is kept."""

    def token(self, intent: Intent) -> str | None: ...
