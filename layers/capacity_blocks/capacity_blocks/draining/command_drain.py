"""A drain that an SSM document on the instance does, one look at a time."""

from datetime import datetime, timedelta

from capacity_blocks.core.drain.command import MARK, Command, CommandStatus
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.drain_ports import Commands
from capacity_blocks.draining.plain import stuck, waiting

LOOK_EVERY = timedelta(seconds=5)
# A command that was sent shows in the listings only a moment later; after an answer that was lost, whether it was sent
# is looked up until then, and only then is it sent again.
SETTLE = timedelta(seconds=20)
SHORTEST_WAIT = timedelta(seconds=30)  # SendCommandRequest$TimeoutSeconds
MOST_OUTPUT = 600  # of what the document wrote; the rest is in SSM's console


class CommandDrain:
    """Sends the document once. A run that comes later finds the command by its comment."""

    def __init__(self, commands: Commands, document: str) -> None:
        self._commands, self._document = commands, document
        self._command_id: str | None = None
        self._ask_at: datetime | None = None

    def look(self, instance_id: str, now: datetime, deadline: datetime) -> Progress:
        command = self._find(instance_id)
        if command is not None:
            self._command_id = command.command_id
            return self._standing(command, now, deadline)
        if self._command_id is None and now < deadline and (self._ask_at is None or now >= self._ask_at):
            self._ask_at = now + SETTLE
            within = max(SHORTEST_WAIT, deadline - now)
            self._command_id = self._commands.send([instance_id], self._document, MARK, within)
        return waiting((self._word(),), now, deadline, LOOK_EVERY)

    def _find(self, instance_id: str) -> Command | None:
        if self._command_id is None:
            return self._commands.find(instance_id, self._document, MARK)
        return self._commands.read(self._command_id, instance_id)

    def _word(self) -> str:
        if self._command_id is not None:
            return f"document {self._document} was sent"
        if self._ask_at is not None:
            return f"nobody knows yet whether document {self._document} was sent"
        return f"document {self._document} was not sent"

    def _standing(self, command: Command, now: datetime, deadline: datetime) -> Progress:
        if command.status is CommandStatus.SUCCESS:
            return Progress(verdict=Verdict.DRAINED, reasons=(f"document {self._document} has run",))
        if command.status.has_failed:
            wrote = command.output.strip()[-MOST_OUTPUT:] or "nothing"
            reason = f"document {self._document} ended as {command.status} (command {command.command_id}); it wrote: "
            return stuck(f"{reason}{wrote}", now, deadline, LOOK_EVERY)
        return waiting((f"document {self._document} is {command.status}",), now, deadline, LOOK_EVERY)
