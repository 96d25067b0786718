"""The faults by name, and the places where they are told to strike."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Fault(StrEnum):
    """The faults that a world can show. What each strikes: an event, a schedule, an invocation, or an API call."""

    EVENT_LOST = "event lost"
    EVENT_DUPLICATED = "event duplicated"
    EVENT_LATE = "event late"
    EVENT_REORDERED = "event reordered"
    DELIVERY_FAILED = "delivery failed"
    SCHEDULE_LOST = "schedule lost"
    SCHEDULE_DUPLICATED = "schedule duplicated"
    INVOKED_TWICE_AT_ONCE = "invoked twice at once"
    INVOKED_TWICE_IN_A_ROW = "invoked twice in a row"
    STALL = "stall before call"
    NOT_SENT = "not sent"
    DENIED = "denied"
    THROTTLE = "throttle"
    SERVER_ERROR_BEFORE = "server error, not executed"
    SERVER_ERROR_AFTER = "server error, executed"
    REPLY_LOST = "reply lost"
    REPLY_LATE = "reply late"
    STALE_READ = "stale read"
    CRASH_BEFORE = "crash before call"
    CRASH_AFTER = "crash after call"


# What strikes a call of a handler or, crashes apart, of a workflow.
OF_CALLS = frozenset(
    {
        Fault.STALL,
        Fault.NOT_SENT,
        Fault.DENIED,
        Fault.THROTTLE,
        Fault.SERVER_ERROR_BEFORE,
        Fault.SERVER_ERROR_AFTER,
        Fault.REPLY_LOST,
        Fault.REPLY_LATE,
        Fault.STALE_READ,
        Fault.CRASH_BEFORE,
        Fault.CRASH_AFTER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One API call of a recorded run: the nth of its operation. A rerun meets it again until something strikes.

    With a `caller` it is the nth among that caller's own.
    """

    operation: str
    nth: int
    mutating: bool
    caller: str = "*"

    def strike(self, fault: Fault, times: int = 1, lasts: timedelta | None = None) -> "Strike":
        return Strike(
            fault=fault,
            at=self.operation,
            nth=self.nth,
            times=times,
            mutating=self.mutating,
            caller=self.caller,
            lasts=lasts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A fault at a chosen place.

    `at` is a pattern of what it strikes: "ec2.Describe*", the detail-type of an event, the name of a schedule, the
    logical id of a function that is invoked. `nth` counts what matches from 1; without it every match is struck.
    `times`: attempts in a row that are refused. `caller`: a pattern of whose calls count, by the logical id of a
    function or the name of a state machine. `lasts`: how long a stall or a late reply takes; drawn when not given.
    """

    fault: Fault
    at: str = "*"
    nth: int | None = 1
    times: int = 1
    mutating: bool = False  # whether only calls that change something count
    caller: str = "*"
    lasts: timedelta | None = None


def places(operations: Iterable[tuple[str, bool]], caller: str = "*") -> tuple[Place, ...]:
    """Enumerate the places of a recorded run: its calls in order, each with whether it changes something."""
    every, changing = Counter[str](), Counter[str]()
    found = []
    for operation, mutating in operations:
        every[operation] += 1
        changing[operation] += mutating
        nth = (changing if mutating else every)[operation]  # as a strike counts: a dry run is no change
        found.append(Place(operation=operation, nth=nth, mutating=mutating, caller=caller))
    return tuple(found)
