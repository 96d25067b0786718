"""Messages to people, as values: each has a key, under which it is sent once."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What happened, to what, why, and what to do. `kind` is stable, for filters; `text` is for people."""

    key: str
    kind: str
    severity: Severity
    title: str
    text: str
    reason: str = ""  # of the plan that asked for it
    next_step: str = "Nothing to do."
    pool: str | None = None
    region: str | None = None
    reservation_id: str | None = None
    target: str | None = None
    facts: tuple[tuple[str, str], ...] = field(default=())
