"""An intent: one offering, one approval, one attempt. What becomes of it, and what can not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.purchase.approval import Approval
from capacity_blocks.core.purchase.deadline import last_purchase_at
from capacity_blocks.core.purchase.query import Query
from capacity_blocks.core.purchase.terms import Terms


class IntentState(StrEnum):
    """How far an intent is, and a name for what a later version may have written."""

    ASKED = "asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    ATTEMPTING = "attempting"  # recorded before the call: from here on money may have been spent
    BOUGHT = "bought"
    REFUSED = "refused"  # by EC2, for certain
    UNKNOWN = "unknown"  # whether the attempt bought anything
    ADOPTED = "adopted"  # found by looking it up
    NOT_FOUND = "not found"  # by any look-up: a person decides
    PAYMENT_PENDING = "payment pending"
    PAID = "paid"
    PAYMENT_FAILED = "payment failed"
    CLOSED = "closed"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, _value: object) -> "IntentState":
        return cls.UNRECOGNISED


S = IntentState
# What may follow what. A reply that comes late, after the look-ups began or even gave up, is still the truth.
# What was never attempted cannot be bought, and nothing leads back to an attempt.
NEXT: Mapping[IntentState, frozenset[IntentState]] = {
    S.ASKED: frozenset({S.APPROVED, S.REJECTED, S.CLOSED}),
    S.APPROVED: frozenset({S.ATTEMPTING, S.CLOSED}),
    S.REJECTED: frozenset({S.CLOSED}),
    S.ATTEMPTING: frozenset({S.BOUGHT, S.REFUSED, S.UNKNOWN}),
    S.BOUGHT: frozenset({S.PAYMENT_PENDING, S.PAID, S.PAYMENT_FAILED}),
    S.REFUSED: frozenset({S.CLOSED}),
    S.UNKNOWN: frozenset({S.BOUGHT, S.REFUSED, S.ADOPTED, S.NOT_FOUND}),
    S.ADOPTED: frozenset({S.PAYMENT_PENDING, S.PAID, S.PAYMENT_FAILED}),
    S.NOT_FOUND: frozenset({S.BOUGHT, S.REFUSED, S.ADOPTED, S.CLOSED}),
    S.PAYMENT_PENDING: frozenset({S.PAID, S.PAYMENT_FAILED}),
    S.PAID: frozenset({S.CLOSED}),
    S.PAYMENT_FAILED: frozenset({S.CLOSED}),
    S.CLOSED: frozenset({S.ADOPTED}),  # only after an attempt that nobody could find: see `moved`
    S.UNRECOGNISED: frozenset(),
}
HOLDS_RESERVATIONS = frozenset({S.BOUGHT, S.ADOPTED})
OUTCOME_OPEN = frozenset({S.ATTEMPTING, S.UNKNOWN, S.NOT_FOUND, S.UNRECOGNISED})
IN_FLIGHT = OUTCOME_OPEN | HOLDS_RESERVATIONS | {S.PAYMENT_PENDING}  # money may be spent, and it is not known yet


class TransitionError(Exception):
    """An intent cannot become what it was told to; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One attempt to spend, and all that is known of it. `number` counts the intents of its request from 1."""

    request_id: str
    number: int
    terms: Terms
    query: Query  # what found the offering: repeated right before it is bought
    asked_at: datetime
    expires_at: datetime
    state: IntentState = IntentState.ASKED
    changed_at: datetime
    reason: str = ""  # for its state
    approvals: tuple[Approval, ...] = ()
    attempted_at: datetime | None = None
    # Under which EC2 was asked for it, and then says that it sold it. None: no attempt, or one of an earlier version.
    attempted_offering_id: str | None = None
    reservation_ids: tuple[str, ...] = ()

    @property
    def intent_id(self) -> str:
        return intent_id(self.request_id, self.number, self.terms)

    @property
    def may_have_bought(self) -> bool:
        """Whether its request must not buy by another intent, ever. A failed payment ends the request too."""
        return self.state in OUTCOME_OPEN or bool(self.reservation_ids)

    def is_open(self, now: datetime) -> bool:
        """Whether it may yet turn out to have spent money: then it is followed, and its request does not end.

        What was lost may show for as long as the time that it bought lasts, whatever a person has said of it.
        """
        is_lost = self.state is S.CLOSED and self.attempted_at is not None and not self.reservation_ids
        return self.state in IN_FLIGHT or (is_lost and now < self.terms.offering.end)


def intent_id(request_id: str, number: int, terms: Terms) -> str:
    """Name an intent. It names the child execution too, and is the tag by which a purchase is found again.

    One row is kept for each request and number, whatever the terms: that makes two runs of a request meet. The hash
    of the terms keeps the tag of an earlier life of the application, with the same request ids, from being ours.
    """
    return f"{request_id}-{number}-{terms.hash[:16]}"


def request_of(intent: str) -> str | None:
    """Return the request that an intent id belongs to; None if it is no intent id."""
    request_id, _, rest = intent.rpartition("-")[0].rpartition("-")
    return request_id if request_id and rest.isdecimal() else None


def ask(now: datetime, request_id: str, number: int, terms: Terms, query: Query, approve_within: timedelta) -> Intent:
    """Make an intent. The question expires in time for the purchase to be made."""
    return Intent(
        request_id=request_id,
        number=number,
        terms=terms,
        query=query,
        asked_at=now,
        expires_at=min(now + approve_within, last_purchase_at(terms.offering)),
        changed_at=now,
    )


def moved(
    intent: Intent,
    state: IntentState,
    at: datetime,
    reason: str,
    reservation_ids: Iterable[str] = (),
    offering_id: str | None = None,
) -> Intent:
    """Return the intent in its next state, or raise TransitionError. Reservations once known are never forgotten."""
    if state not in NEXT[intent.state]:
        raise TransitionError(_refusal(intent, state, f"from there it can only become {_allowed(intent)}"))
    if intent.state is S.CLOSED and (intent.attempted_at is None or intent.reservation_ids):
        raise TransitionError(_refusal(intent, state, "it was closed with its outcome known"))
    if state is S.ATTEMPTING and intent.attempted_at is not None:
        raise TransitionError(_refusal(intent, state, "it has one attempt, and that was made"))
    if state is S.ATTEMPTING and at >= intent.expires_at:
        raise TransitionError(_refusal(intent, state, "its approval has expired"))
    known = tuple(sorted({*intent.reservation_ids, *reservation_ids}))
    if (state in HOLDS_RESERVATIONS) != (set(known) != set(intent.reservation_ids)):
        wanted = "at least one new reservation id" if state in HOLDS_RESERVATIONS else "no reservation id"
        raise TransitionError(_refusal(intent, state, f"that takes {wanted}"))
    return replace(
        intent,
        state=state,
        changed_at=at,
        reason=reason,
        reservation_ids=known,
        attempted_at=at if state is S.ATTEMPTING else intent.attempted_at,
        attempted_offering_id=offering_id or intent.attempted_offering_id,
    )


def learned(intent: Intent, reservation_ids: Iterable[str]) -> Intent:
    """Add reservations to an intent that has some: a reply after the look-ups, or segments that showed up later."""
    if not intent.reservation_ids:
        raise TransitionError(f"{intent.intent_id}: it is {intent.state.value} and holds no reservation to add to")
    return replace(intent, reservation_ids=tuple(sorted({*intent.reservation_ids, *reservation_ids})))


def asks_again(intent: Intent, look_until: datetime | None, now: datetime) -> bool:
    """Whether the request of an intent that bought nothing may ask anew: after EC2's refusal, or a guard's.

    Of people who did not answer only a request that keeps looking asks again: silence is no wish for more.
    """
    if intent.state is S.REFUSED:
        return True
    is_stopped = intent.state is S.CLOSED and intent.attempted_at is None
    is_answered = intent.changed_at < intent.expires_at
    return is_stopped and (is_answered or (look_until is not None and now < look_until))


def _allowed(intent: Intent) -> str:
    return " or ".join(sorted(state.value for state in NEXT[intent.state])) or "nothing else"


def _refusal(intent: Intent, state: IntentState, why: str) -> str:
    return f"{intent.intent_id}: it is {intent.state.value} and cannot become {state.value}: {why}"
