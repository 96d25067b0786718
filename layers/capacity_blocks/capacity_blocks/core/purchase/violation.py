"""What speaks against spending: the guard that found it, and why in words."""

from dataclasses import dataclass
from enum import StrEnum


class Guard(StrEnum):
    SPENDING_OFF = "spending is off"
    KILLED = "kill switch"
    NO_SETTINGS = "no money settings"
    OTHER_REQUEST = "other request"
    UNFIT = "not what was asked for"
    BUDGET = "budget"
    NOT_PERMITTED = "not to be bought unasked"
    NOT_RESERVED = "budget not reserved"
    COVERED = "already covered"
    BOUGHT_BEFORE = "bought before"
    LOOK_UNTIL = "search is over"
    NOT_APPROVED = "not approved"
    EXPIRED = "approval expired"
    GONE = "offering gone"
    CHANGED = "offering changed"
    # Of extensions alone.
    NOT_OURS = "not ours to extend"
    STATE = "state"
    END_MOVED = "end moved"
    PENDING = "extension pending"
    WINDOW = "not the time to extend"


# The same request may ask again, for what is on sale now.
ASK_AGAIN = frozenset({Guard.EXPIRED, Guard.GONE, Guard.CHANGED, Guard.UNFIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """`rule` is the guard, or what rule of an offering it found broken; `reason` is for people."""

    guard: Guard
    reason: str
    rule: str = ""
