"""Write down and tell: every change of an intent goes into the ledger and, where it matters, to people."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TypedDict

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase.intent import Intent, IntentState, moved
from capacity_blocks.executor import SAID, Speaker
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.step import time_zone

# Notices of purchases have a list of their own, so that no sweep of a region has to read them.
NOTICES = "purchases"


class Context(TypedDict):
    """What a notice says beside its subject: the workflow to look into, and the reader's time zone."""

    execution: str
    time_zone: tzinfo


class UnsaidError(Exception):
    """Another run is sending the notice, or broke off. Whoever tries again in a minute finds it sent, or sends it."""


class LostRaceError(Exception):
    """Another run changed the intent first. Nothing was written; whoever tries again sees what it made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scribe:
    clock: Clock
    ledger: PurchaseLedger
    speaker: Speaker

    def put(self, intent: Intent, replacing: Intent | None) -> Intent:
        """Write an intent, with a line in its history, or raise LostRaceError."""
        if not self.ledger.put_intent(intent, replacing):
            raise LostRaceError(f"{intent.intent_id}: another run was faster")
        return intent

    def move(self, intent: Intent, state: IntentState, reason: str, *reservation_ids: str) -> Intent:
        """Write the intent in its next state; TransitionError or LostRaceError where it cannot be."""
        return self.put(moved(intent, state, self.clock.now(), reason, reservation_ids), intent)

    def context(self, intent: Intent) -> Context:
        row = self.ledger.request(intent.request_id)
        if row is None:
            return Context(execution="", time_zone=UTC)
        return Context(execution=row.execution, time_zone=time_zone(row))

    def say(self, notice: Notice) -> None:
        """Send a notice once. UnsaidError while another run is at it: that one may not come to its end."""
        outcome = self.speaker.say(NOTICES, notice)
        if outcome != SAID and not self.speaker.ledger.was_said(NOTICES, notice.key):
            raise UnsaidError(f"{notice.key}: another run is sending it")


def close(scribe: Scribe, bookkeeper: Bookkeeper, intent: Intent, reason: str) -> Intent:
    """Close an intent that bought nothing, then give its money back: in this order, so that nothing buys without it."""
    closed = scribe.move(intent, IntentState.CLOSED, reason)
    bookkeeper.release(scribe.clock.now(), closed)
    return closed
