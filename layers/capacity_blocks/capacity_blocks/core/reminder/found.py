"""What was looked up ahead for a block, as the ledger keeps it, with its age."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase import canonical, terms
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.reminder.offer import Offer, OfferKind, kept
from capacity_blocks.core.reservation import Reservation

HOUR = timedelta(hours=1)
END = "%Y%m%dT%H%MZ"
UNREADABLE = "what was found is kept in a form that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What is looked up for a block and an end: extensions, or new blocks, of one duration."""

    reservation_id: str
    end: datetime
    kind: OfferKind
    duration: timedelta

    @property
    def key(self) -> str:
        end = self.end.astimezone(UTC).strftime(END)
        return f"{self.reservation_id}#{end}#{self.kind.name.lower()}#{self.duration // HOUR}"

    @classmethod
    def of(cls, key: str) -> "Want":
        reservation_id, end, kind, hours = key.split("#")
        return cls(
            reservation_id=reservation_id,
            end=datetime.strptime(end, END).replace(tzinfo=UTC),
            kind=OfferKind[kind.upper()],
            duration=int(hours) * HOUR,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look brought at an instant. Without offerings and `trouble`, nothing was on sale."""

    want: Want
    at: datetime
    offerings: tuple[Offering, ...] = ()
    trouble: str = ""

    def offers(self, block: Reservation) -> tuple[Offer, ...]:
        return kept(block, self.want.kind, self.offerings, self.at)


def read(key: str, at: datetime, text: str) -> Found:
    """Read a row. What another version wrote in it is a trouble of this look, and hides no other."""
    try:
        return from_document(json.loads(text))
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        return Found(want=Want.of(key), at=at, trouble=UNREADABLE)


def to_document(found: Found) -> dict[str, Any]:
    want = found.want
    return {
        "reservation_id": want.reservation_id,
        "end": canonical.instant(want.end),
        "kind": want.kind.value,
        "hours": want.duration // HOUR,
        "at": canonical.instant(found.at),
        "offerings": [
            terms.to_document(Terms(offering=each, pool="", platform=""))
            for each in found.offerings
            if each.upfront_fee is not None
        ],
        "trouble": found.trouble,
    }


def from_document(document: Mapping[str, Any]) -> Found:
    """Read what `to_document` wrote; ValueError or KeyError for anything else."""
    want = Want(
        reservation_id=document["reservation_id"],
        end=datetime.fromisoformat(document["end"]),
        kind=OfferKind(document["kind"]),
        duration=int(document["hours"]) * HOUR,
    )
    return Found(
        want=want,
        at=datetime.fromisoformat(document["at"]),
        offerings=tuple(terms.from_document(each).offering for each in document["offerings"]),
        trouble=document["trouble"],
    )
