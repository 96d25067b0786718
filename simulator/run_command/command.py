"""Commands as they were sent, their copies for each instance, and what a story says will come of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """The statuses of an invocation that occur here (CommandInvocationStatus)."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCESS = "Success"
    FAILED = "Failed"
    TIMED_OUT = "TimedOut"

    @property
    def final(self) -> bool:
        return self not in {Status.PENDING, Status.IN_PROGRESS}


# "Understanding command statuses": what StatusDetails says where it is not the status itself.
DELIVERY_TIMED_OUT = "Delivery Timed Out"
EXECUTION_TIMED_OUT = "Execution Timed Out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What will come of a command on an instance. One that takes longer than it may times out by itself.

    `delivered=False`: no agent answers there, so that it stays pending until its time is over.
    """

    succeeds: bool = True
    takes: timedelta = timedelta(seconds=5)
    output: str = ""
    error: str = ""
    response_code: int = 1  # of one that fails
    delivered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One call of SendCommand."""

    command_id: str
    document: str
    instance_ids: Sequence[str]
    parameters: Mapping[str, Sequence[str]]
    comment: str
    requested: datetime
    delivery_timeout: timedelta
    execution_timeout: timedelta
    listed: datetime  # who asks earlier does not find it

    @property
    def expires(self) -> datetime:
        """Command.ExpiresAfter: "based on the total timeout", which is both together."""
        return self.requested + self.delivery_timeout + self.execution_timeout


@dataclass(slots=True, kw_only=True)
class Invocation:
    """The copy of a command that one instance gets."""

    command: Command
    instance_id: str
    outcome: Outcome
    status: Status = Status.PENDING
    details: str = "Pending"
    response_code: int = -1  # "hasn't started running on the managed node, or it wasn't received"
    started: datetime | None = None
    ended: datetime | None = None
    output: str = ""
    error: str = ""


@dataclass(slots=True)
class Script:
    """What a story says of commands: by document and instance, then by document, then for all."""

    usual: Outcome = field(default_factory=Outcome)
    _said: dict[tuple[str, str | None], Outcome] = field(default_factory=dict)

    def say(self, document: str, outcome: Outcome, instance_id: str | None = None) -> None:
        self._said[document, instance_id] = outcome

    def knows(self, document: str) -> bool:
        return any(said == document for said, _ in self._said)

    def of(self, document: str, instance_id: str) -> Outcome:
        return self._said.get((document, instance_id)) or self._said.get((document, None)) or self.usual
