"""What becomes of an SSM document that was sent to an instance."""

from dataclasses import dataclass
from enum import StrEnum

MARK = "capacity-blocks: drain"  # a command's comment, by which a later run finds it


class CommandStatus(StrEnum):
    """`CommandInvocationStatus` of SSM's model."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    DELAYED = "Delayed"
    SUCCESS = "Success"
    CANCELLED = "Cancelled"
    TIMED_OUT = "TimedOut"
    FAILED = "Failed"
    CANCELLING = "Cancelling"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, _: object) -> "CommandStatus":
        return cls.UNRECOGNISED

    @property
    def has_failed(self) -> bool:
        return self in {CommandStatus.CANCELLED, CommandStatus.TIMED_OUT, CommandStatus.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command on one instance; `output` is what it wrote, as far as SSM shows it."""

    command_id: str
    status: CommandStatus
    output: str = ""
