"""A drain that an SSM document does."""

import pytest

from capacity_blocks.core.drain.command import MARK, CommandStatus
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.draining.command_drain import CommandDrain
from capacity_blocks.ports import AwsError
from tests.fakes import refused
from tests.fakes.nodes import FakeCommands
from tests.unit.shell.draining.stage import DEADLINE, DRAIN_AT, I1, MINUTE, SECOND

DOCUMENT = "SaveCheckpoint"
WAITING = Progress(
    verdict=Verdict.PENDING,
    reasons=("document SaveCheckpoint is InProgress",),
    look_again_at=DRAIN_AT + 10 * SECOND,
)


def test_a_document_is_sent_once_and_waited_for() -> None:
    commands = FakeCommands()
    drain = CommandDrain(commands, DOCUMENT)
    first = drain.look(I1, DRAIN_AT, DEADLINE)
    second = drain.look(I1, DRAIN_AT + 5 * SECOND, DEADLINE)
    commands.standing["c-0"] = (CommandStatus.SUCCESS, "saved")
    third = drain.look(I1, DRAIN_AT + 10 * SECOND, DEADLINE)

    assert commands.sent == [((I1,), DOCUMENT, MARK, 9 * MINUTE)]
    assert first.reasons == ("document SaveCheckpoint was sent",)
    assert second == WAITING
    assert third == Progress(verdict=Verdict.DRAINED, reasons=("document SaveCheckpoint has run",))


def test_another_run_finds_what_the_first_has_sent() -> None:
    commands = FakeCommands()
    CommandDrain(commands, DOCUMENT).look(I1, DRAIN_AT, DEADLINE)

    assert CommandDrain(commands, DOCUMENT).look(I1, DRAIN_AT + 5 * SECOND, DEADLINE) == WAITING
    assert len(commands.sent) == 1


def test_the_checkpoint_of_before_is_not_the_drain() -> None:
    commands = FakeCommands()
    commands.send([I1], DOCUMENT, "capacity-blocks: checkpoint", MINUTE)
    CommandDrain(commands, DOCUMENT).look(I1, DRAIN_AT, DEADLINE)

    assert [mark for _, _, mark, _ in commands.sent] == ["capacity-blocks: checkpoint", MARK]


def test_after_an_answer_that_was_lost_it_is_looked_up_and_not_sent_again() -> None:
    commands = FakeCommands(lost=True, hidden={"c-0"})
    drain = CommandDrain(commands, DOCUMENT)
    with pytest.raises(AwsError):
        drain.look(I1, DRAIN_AT, DEADLINE)
    unlisted = drain.look(I1, DRAIN_AT + 5 * SECOND, DEADLINE)
    commands.hidden.clear()
    drain.look(I1, DRAIN_AT + 20 * SECOND, DEADLINE)

    assert unlisted.verdict is Verdict.PENDING
    assert len(commands.sent) == 1


def test_what_never_shows_up_is_sent_again() -> None:
    commands = FakeCommands(lost=True, hidden={"c-0"})
    drain = CommandDrain(commands, DOCUMENT)
    with pytest.raises(AwsError):
        drain.look(I1, DRAIN_AT, DEADLINE)
    drain.look(I1, DRAIN_AT + 20 * SECOND, DEADLINE)

    assert len(commands.sent) == 2


@pytest.mark.parametrize("status", [CommandStatus.FAILED, CommandStatus.TIMED_OUT, CommandStatus.CANCELLED])
def test_a_failure_shows_what_was_written_and_keeps_the_instance_until_the_deadline(status: CommandStatus) -> None:
    commands = FakeCommands(standing={"c-0": (status, "no space left on device")})
    drain = CommandDrain(commands, DOCUMENT)
    drain.look(I1, DRAIN_AT, DEADLINE)
    failed = drain.look(I1, DRAIN_AT + 5 * SECOND, DEADLINE)
    over = drain.look(I1, DEADLINE, DEADLINE)

    words = f"document SaveCheckpoint ended as {status} (command c-0); it wrote: no space left on device"
    assert (failed.verdict, failed.stuck) == (Verdict.PENDING, (words,))
    assert (over.verdict, over.reasons) == (Verdict.LET_GO, (words,))
    assert len(commands.sent) == 1


def test_a_document_that_cannot_be_sent_is_tried_again_later() -> None:
    commands = FakeCommands(errors={"send": refused("SendCommand", "InvalidInstanceId")})
    drain = CommandDrain(commands, DOCUMENT)
    with pytest.raises(AwsError):
        drain.look(I1, DRAIN_AT, DEADLINE)
    commands.errors.clear()
    drain.look(I1, DRAIN_AT + 20 * SECOND, DEADLINE)

    assert len(commands.sent) == 1


def test_nothing_is_sent_after_the_deadline() -> None:
    commands = FakeCommands()
    progress = CommandDrain(commands, DOCUMENT).look(I1, DEADLINE, DEADLINE)

    assert (progress.verdict, progress.reasons) == (Verdict.LET_GO, ("document SaveCheckpoint was not sent",))
    assert commands.sent == []
