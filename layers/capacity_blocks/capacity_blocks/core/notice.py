"""Messages to people, as values: each has a key, under which it is sent once."""

from dataclasses import dataclass, field
from enum import StrEnum

QUESTIONS = frozenset({"purchase-asked", "extension-asked"})  # kinds


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Tone(StrEnum):
    """How a choice looks where it is a button."""

    PLAIN = "plain"
    GOOD = "good"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that a reader can do with one click, where the way that a notice takes to them has buttons.

    `value` comes back to us as it is. It names things and proves nothing: whoever clicks is asked who they are, and
    what is named is looked up again. `confirm` is asked before.
    """

    label: str
    value: tuple[tuple[str, str], ...]
    tone: Tone = Tone.PLAIN
    confirm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What happened, to what, why, and what to do. `kind` is stable, for filters; `text` is for people.

    `thread` is what it belongs to where that is no block: the request of a purchase.
    """

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
    thread: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())
    choices: tuple[Choice, ...] = field(default=())

    @property
    def is_awaited(self) -> bool:
        """Whether somebody is to know within seconds: what is critical, and what asks for money before it is late."""
        return self.severity is Severity.CRITICAL or self.kind in QUESTIONS
