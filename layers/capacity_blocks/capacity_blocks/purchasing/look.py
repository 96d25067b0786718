"""What a look at an intent has come to: a word for the workflow, and when to look again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from capacity_blocks.core.purchase.intent import Intent


class Word(StrEnum):
    """What the workflows branch on."""

    WAITING = "waiting"  # for people
    APPROVED = "approved"
    LOOK_AGAIN = "look_again"
    PAID = "paid"
    FAILED = "failed"  # its payment
    CLOSED = "closed"
    ASKED_A_PERSON = "asked a person"  # nothing goes on by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    word: Word
    intent: Intent
    wait_until: datetime | None = None
    ask_again: bool = False  # the request may ask anew

    def document(self) -> dict[str, Any]:
        return {
            "outcome": self.word.value,
            "ask_again": self.ask_again,
            "wait_until": None if self.wait_until is None else self.wait_until.isoformat(),
            "intent_id": self.intent.intent_id,
            "state": self.intent.state.value,
            "reservation_ids": list(self.intent.reservation_ids),
            "told": self.intent.reason,
        }
