"""Commands and invocations as Systems Manager's calls show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .command import DELIVERY_TIMED_OUT, Command, Invocation, Status

# botocore: GetCommandInvocationResult and CommandPlugin say how much of an output is shown.
MOST_OUTPUT, MOST_ERROR, MOST_OF_PLUGIN = 24_000, 8_000, 2_500
PLUGIN = "aws:runShellScript"  # that every document has this one step is assumed


def command(sent: Command, invocations: Sequence[Invocation]) -> dict[str, Any]:
    """A command; when it was just sent there are no invocations to be counted yet."""
    status, details = _overall(invocations)
    return {
        "CommandId": sent.command_id,
        "DocumentName": sent.document,
        "DocumentVersion": "$DEFAULT",
        "Comment": sent.comment,
        "ExpiresAfter": sent.expires,
        "Parameters": {name: list(values) for name, values in sent.parameters.items()},
        "InstanceIds": list(sent.instance_ids),
        "Targets": [],
        "RequestedDateTime": sent.requested,
        "Status": str(status),
        "StatusDetails": details,
        "MaxConcurrency": "50",
        "MaxErrors": "0",
        "TargetCount": len(sent.instance_ids),
        "CompletedCount": sum(one.status.final for one in invocations),
        "ErrorCount": sum(one.status is Status.FAILED for one in invocations),
        "DeliveryTimedOutCount": sum(one.details == DELIVERY_TIMED_OUT for one in invocations),
        "TimeoutSeconds": int(sent.delivery_timeout.total_seconds()),
    }


def invocation(one: Invocation) -> dict[str, Any]:
    """An invocation as GetCommandInvocation shows it: what is not known yet is an empty string there."""
    elapsed = f"PT{(one.ended - one.started).total_seconds():g}S" if one.started and one.ended else ""
    return {
        "CommandId": one.command.command_id,
        "InstanceId": one.instance_id,
        "Comment": one.command.comment,
        "DocumentName": one.command.document,
        "DocumentVersion": "$DEFAULT",
        "PluginName": PLUGIN,
        "ResponseCode": one.response_code,
        "ExecutionStartDateTime": _written(one.started),
        "ExecutionElapsedTime": elapsed,
        "ExecutionEndDateTime": _written(one.ended if one.started else None),
        "Status": str(one.status),
        "StatusDetails": one.details,
        "StandardOutputContent": one.output[:MOST_OUTPUT],
        "StandardOutputUrl": "",
        "StandardErrorContent": one.error[:MOST_ERROR],
        "StandardErrorUrl": "",
    }


def listed(one: Invocation, *, details: bool) -> dict[str, Any]:
    """An invocation as ListCommandInvocations shows it; its output only when details are asked for."""
    return {
        "CommandId": one.command.command_id,
        "InstanceId": one.instance_id,
        "InstanceName": "",
        "Comment": one.command.comment,
        "DocumentName": one.command.document,
        "DocumentVersion": "$DEFAULT",
        "RequestedDateTime": one.command.requested,
        "Status": str(one.status),
        "StatusDetails": one.details,
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "CommandPlugins": [_plugin(one)] if details else [],
    }


def _plugin(one: Invocation) -> dict[str, Any]:
    both = one.output + (f"\n----------ERROR-------\n{one.error}" if one.error else "")
    return {
        "Name": PLUGIN,
        "Status": str(one.status),
        "StatusDetails": one.details,
        "ResponseCode": one.response_code,
        "ResponseStartDateTime": one.started,
        "ResponseFinishDateTime": one.ended if one.started else None,
        "Output": both[:MOST_OF_PLUGIN],
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
    }


def _overall(invocations: Sequence[Invocation]) -> tuple[Status, str]:
    """The status of the whole, the worst of those that have ended counting first ("Command statuses")."""
    found = [(one.status, one.details) for one in invocations]
    if not found or all(status is Status.PENDING for status, _ in found):
        return Status.PENDING, "Pending"
    if not all(status.final for status, _ in found):
        return Status.IN_PROGRESS, "InProgress"
    failed = [one for one in found if one[0] is not Status.SUCCESS]
    return failed[0] if failed else (Status.SUCCESS, "Success")


def _written(instant: datetime | None) -> str:
    return "" if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
