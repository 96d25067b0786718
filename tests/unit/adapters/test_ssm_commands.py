from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ssm_commands import SsmCommands
from capacity_blocks.core.drain.command import MARK, Command, CommandStatus
from tests import aws
from tests.factories import at

NOW = at("2026-03-02T10:50")
C0, C1, C2 = (f"0a1b2c3d-0000-0000-0000-00000000000{number}" for number in range(3))


def invocation(command_id: str, requested: datetime = NOW, **fields: Any) -> dict[str, Any]:
    return {
        "CommandId": command_id,
        "InstanceId": "i-0a1b2c3d4e5f60001",
        "Comment": MARK,
        "DocumentName": "SaveCheckpoint",
        "RequestedDateTime": requested,
        "Status": "InProgress",
        "CommandPlugins": [],
        **fields,
    }


I1 = "i-0a1b2c3d4e5f60001"


@dataclass
class Ssm:
    stub: Stubber
    adapter: SsmCommands

    def lists(self, *pages: list[dict[str, Any]]) -> None:
        for number, page in enumerate(pages):
            more = {"NextToken": f"{number}"} if number + 1 < len(pages) else {}
            continued = {"NextToken": f"{number - 1}"} if number else {}
            asked = {"InstanceId": I1, "Details": True, "MaxResults": 50, **continued}
            self.stub.add_response("list_command_invocations", {"CommandInvocations": page, **more}, asked)


@pytest.fixture
def ssm() -> Iterator[Ssm]:
    client = aws.client("ssm")
    with Stubber(client) as stub:
        yield Ssm(stub, SsmCommands(client, client))
        stub.assert_no_pending_responses()


def test_the_newest_command_of_ours_is_found_on_whatever_page(ssm: Ssm) -> None:
    older = invocation(C0, NOW - timedelta(hours=1))
    theirs = invocation(C1, NOW + timedelta(minutes=1), Comment="by hand")
    another = invocation(C1, NOW + timedelta(minutes=1), DocumentName="AWS-RunShellScript")
    ssm.lists([theirs, older], [another, invocation(C2)])

    assert ssm.adapter.find(I1, "SaveCheckpoint", MARK) == Command(command_id=C2, status=CommandStatus.IN_PROGRESS)


def test_where_nothing_was_sent_nothing_is_found(ssm: Ssm) -> None:
    ssm.lists([invocation(C1, Comment="by hand")])

    assert ssm.adapter.find(I1, "SaveCheckpoint", MARK) is None


def test_a_command_is_read_with_what_its_steps_have_written(ssm: Ssm) -> None:
    steps = [
        {"Name": "stop", "Output": "stopped\n"},
        {"Name": "nothing"},
        {"Name": "save", "Output": "----------ERROR-------\nno space left"},
    ]
    shown = invocation(C0, Status="Failed", CommandPlugins=steps)
    asked = {"CommandId": C0, "InstanceId": I1, "Details": True}
    ssm.stub.add_response("list_command_invocations", {"CommandInvocations": [shown]}, asked)

    assert ssm.adapter.read(C0, I1) == Command(
        command_id=C0, status=CommandStatus.FAILED, output="stopped\n----------ERROR-------\nno space left"
    )


def test_a_command_that_is_not_listed_yet_is_none(ssm: Ssm) -> None:
    ssm.stub.add_response("list_command_invocations", {"CommandInvocations": []})

    assert ssm.adapter.read(C0, I1) is None


def test_a_document_is_sent_to_instances_that_take_it_up_in_time(ssm: Ssm) -> None:
    asked = {"InstanceIds": [I1], "DocumentName": "SaveCheckpoint", "Comment": MARK, "TimeoutSeconds": 540}
    ssm.stub.add_response("send_command", {"Command": {"CommandId": C0}}, asked)

    assert ssm.adapter.send([I1], "SaveCheckpoint", MARK, timedelta(minutes=9)) == C0


def test_a_status_that_ssm_may_add_later_is_neither_success_nor_failure(ssm: Ssm) -> None:
    ssm.stub.add_response("list_command_invocations", {"CommandInvocations": [invocation(C0, Status="Paused")]})

    found = ssm.adapter.read(C0, I1)

    assert found is not None
    assert (found.status, found.status.has_failed) == (CommandStatus.UNRECOGNISED, False)
