"""SSM documents that are run on instances."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.core.drain.command import Command, CommandStatus

if TYPE_CHECKING:
    from types_boto3_ssm.client import SSMClient
    from types_boto3_ssm.type_defs import CommandInvocationTypeDef

SECOND = timedelta(seconds=1)
PAGE_SIZE = 50  # ListCommandInvocationsRequest$MaxResults


class SsmCommands:
    """`sender` does not repeat by itself a call whose answer was lost: a document may not bear to be run twice."""

    PERMISSIONS = frozenset({"ssm:ListCommandInvocations", "ssm:SendCommand"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SSMClient", sender: "SSMClient") -> None:
        self._client = client
        self._sender = sender

    @raises_aws_error
    def find(self, instance_id: str, document: str, mark: str) -> Command | None:
        pages = self._client.get_paginator("list_command_invocations").paginate(
            InstanceId=instance_id, Details=True, PaginationConfig={"PageSize": PAGE_SIZE}
        )
        ours = [
            item
            for page in pages
            for item in page["CommandInvocations"]
            if item.get("Comment") == mark and item["DocumentName"] == document
        ]
        return _read(max(ours, key=lambda item: item["RequestedDateTime"])) if ours else None

    @raises_aws_error
    def read(self, command_id: str, instance_id: str) -> Command | None:
        # Not paginated: a command has one invocation on an instance.
        found = self._client.list_command_invocations(CommandId=command_id, InstanceId=instance_id, Details=True)
        return next((_read(item) for item in found["CommandInvocations"]), None)

    @raises_aws_error
    def send(self, instance_ids: Sequence[str], document: str, mark: str, within: timedelta) -> str:
        sent = self._sender.send_command(
            InstanceIds=instance_ids, DocumentName=document, Comment=mark, TimeoutSeconds=within // SECOND
        )
        return sent["Command"]["CommandId"]


def _read(item: "CommandInvocationTypeDef") -> Command:
    plugins = item.get("CommandPlugins", [])
    written = (plugin.get("Output", "").strip() for plugin in plugins)
    status = CommandStatus(item["Status"])
    return Command(command_id=item["CommandId"], status=status, output="\n".join(each for each in written if each))
