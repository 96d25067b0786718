"""One API call: who makes it, what is kept of it, and how a caller comes to a sudden end."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

# What an operation begins with that changes nothing.
READS = ("Describe", "Get", "List", "Query", "Scan", "BatchGet", "TransactGet", "Head", "Lookup", "Search", "Test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One API call, as its caller saw it: `error` is AWS's code, or the kind of failure without an answer."""

    at: datetime
    caller: str
    request_id: str
    region: str
    service: str
    operation: str
    mutating: bool
    error: str | None = None

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: a run of a function, or a state machine. `still_alive` raises when a killed one tries to go on."""

    name: str
    request_id: str
    still_alive: Callable[[], None] = lambda: None
    can_crash: bool = True  # a workflow has no process of its own that could


class CrashedError(BaseException):
    """A handler's process is gone, between two of its calls. Nothing that a handler catches catches this."""


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)  # None: the world itself, or a test
