"""The calls of Run Command, plugged into moto's Systems Manager."""

import json
import random
from collections.abc import Mapping
from typing import Any

from moto.backends import get_backend
from moto.ssm.responses import SimpleSystemManagerResponse

from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock
from simulator.launch.instances import Instances
from simulator.plug import ATTACHED, plug

from . import shown
from .region import RunCommand, RunCommandError

Params = Mapping[str, Any]
_PAGE = 50  # botocore: CommandMaxResults


def install() -> None:
    """Make moto's commands ours where attached. Parameters stay moto's. Harmless when done again."""
    plug(
        SimpleSystemManagerResponse, lambda response: getattr(response.ssm_backend, ATTACHED, None), _CALLS, _parameters
    )


def attach(
    account: str, region: str, clock: VirtualClock, instances: Instances, rng: random.Random, assumptions: Assumptions
) -> RunCommand:
    """Let one account and Region of the current mock send commands to these instances."""
    backend: Any = get_backend("ssm")[account][region]
    run_command = RunCommand(account, clock, instances, rng, assumptions)
    setattr(backend, ATTACHED, run_command)
    return run_command


def _parameters(response: Any) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(response.body)
    return asked


def _send(run_command: RunCommand, params: Params) -> dict[str, object]:
    return {"Command": shown.command(run_command.send(params), ())}


def _get_invocation(run_command: RunCommand, params: Params) -> dict[str, object]:
    if params.get("PluginName") not in {None, shown.PLUGIN}:
        raise RunCommandError("InvalidPluginName", "")
    found = run_command.listed(params["CommandId"], params["InstanceId"])
    if not found:
        raise RunCommandError("InvocationDoesNotExist", "")
    return shown.invocation(found[0])


def _list_invocations(run_command: RunCommand, params: Params) -> dict[str, object]:
    """The newest first, as the console has them (assumed)."""
    if params.get("Filters"):
        raise NotImplementedError("the local AWS lists invocations by command and instance, not by filters")
    found = run_command.listed(params.get("CommandId"), params.get("InstanceId"))[::-1]
    first, size = int(params.get("NextToken") or 0), int(params.get("MaxResults") or _PAGE)
    page = [shown.listed(one, details=bool(params.get("Details"))) for one in found[first : first + size]]
    rest = {"NextToken": str(first + size)} if first + size < len(found) else {}
    return {"CommandInvocations": page, **rest}


def _list_commands(run_command: RunCommand, params: Params) -> dict[str, object]:
    if params.get("Filters"):
        raise NotImplementedError("the local AWS lists commands by id and instance, not by filters")
    found = run_command.listed(params.get("CommandId"), params.get("InstanceId"))
    commands = {one.command.command_id: one.command for one in found}
    shown_commands = [shown.command(one, run_command.listed(one.command_id, None)) for one in commands.values()]
    return {"Commands": shown_commands[::-1]}


_CALLS = {
    "send_command": _send,
    "get_command_invocation": _get_invocation,
    "list_command_invocations": _list_invocations,
    "list_commands": _list_commands,
}
