"""How the drain of an instance stands, and how it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    DRAINED = "drained"  # nothing is left that could be lost
    PENDING = "pending"
    LET_GO = "let go"  # the deadline came first: the instance goes with what is still on it
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, _: object) -> "Verdict":
        return cls.UNRECOGNISED

    @property
    def is_final(self) -> bool:
        return self in {Verdict.DRAINED, Verdict.LET_GO}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one look at a drain has found. Each of `reasons` is a clause that a person can read after "because"."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    evicted: tuple[str, ...] = ()  # what was moved off the node so far, by name, as far as this process knows
    left: tuple[str, ...] = ()  # what is still waited for, or was still there at the deadline, by name
    stuck: tuple[str, ...] = ()  # what will not move unless somebody does something, and what
    look_again_at: datetime | None = None  # None once the verdict is final
    found: bool = True  # whether the instance was seen where its drain looks: else its length says nothing of drains

    def __post_init__(self) -> None:
        if self.verdict.is_final is not (self.look_again_at is None):
            raise ValueError(f"a drain that is {self.verdict} looks again at {self.look_again_at}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the drain of one instance ended."""

    instance_id: str
    verdict: Verdict
    started: datetime
    ended: datetime
    reasons: tuple[str, ...] = ()
    evicted: tuple[str, ...] = ()

    @property
    def took(self) -> timedelta:
        return self.ended - self.started
