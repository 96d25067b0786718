"""Step Functions: moto's interpreter, with its threads and waits on the virtual clock and its gaps filled."""

import importlib
import json
import pkgutil
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest import mock
from uuid import uuid4

from moto.core.responses import ActionResult
from moto.stepfunctions import parser
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk as aws_sdk
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from simulator import jsonata, virtual_threading
from simulator.call import CALLER, Caller
from simulator.clock import VirtualClock
from simulator.journal import Journal

# What AWS calls the services in error names: "Ec2.Ec2Exception", and so on.
_ERROR_NAMES = {
    "autoscaling": "AutoScaling",
    "ec2": "Ec2",
    "eks": "Eks",
    "eventbridge": "EventBridge",
    "lambda": "Lambda",
    "scheduler": "Scheduler",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
}


@contextmanager
def installed(clock: VirtualClock, journal: Journal) -> Iterator[None]:
    """Run workflows as tasks of `clock`: a Wait of 300 seconds takes 300 virtual seconds and no real one."""
    _import_all()
    with ExitStack() as stack:
        stack.enter_context(jsonata.installed())
        _replace_threads(stack, clock)
        names = {**aws_sdk._SERVICE_ERROR_NAMES, **_ERROR_NAMES}
        stack.enter_context(mock.patch.object(aws_sdk, "_SERVICE_ERROR_NAMES", names))
        _replace(stack, aws_sdk.StateTaskServiceAwsSdk, "_eval_service_task", _with_text_for_instants)
        _replace(stack, StepFunctionsParserBackend, "start_execution", _with_name)
        stack.enter_context(mock.patch.object(StepFunctionResponse, "stop_execution", _stop))
        _replace(stack, ExecutionWorker, "_execution_logic", lambda run: _told(run, journal))
        yield


@cache
def _import_all() -> None:
    """Import the whole interpreter now: what it imported later would bring real threads."""
    for module in pkgutil.walk_packages(parser.__path__, f"{parser.__name__}."):
        with suppress(ImportError):  # a few of its modules name others that moto left behind
            importlib.import_module(module.name)


def _replace(stack: ExitStack, owner: Any, name: str, wrap: Any) -> None:
    stack.enter_context(mock.patch.object(owner, name, wrap(getattr(owner, name))))


def _replace_threads(stack: ExitStack, clock: VirtualClock) -> None:
    virtual = virtual_threading.namespace(clock)
    # Modules import the whole module or single names of it.
    stand_ins = {id(threading): virtual} | {
        id(getattr(threading, name)): value for name, value in vars(virtual).items()
    }
    for name, module in sorted(sys.modules.items()):
        if name.startswith(parser.__name__):
            for attribute, value in list(vars(module).items()):
                if id(value) in stand_ins:
                    stack.enter_context(mock.patch.object(module, attribute, stand_ins[id(value)]))


def _with_text_for_instants(evaluate: Any) -> Any:
    """Answers of the SDK have datetimes; the States Language knows only text."""

    def evaluated(service: Any, env: Any, *arguments: Any, **named: Any) -> None:
        evaluate(service, env, *arguments, **named)
        env.stack.append(json.loads(json.dumps(env.stack.pop(), default=_text)))

    return evaluated


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    raise TypeError(f"{value!r} has no place in a workflow")


def _with_name(start: Any) -> Any:
    """An execution that is started without a name gets one, as "StartExecution" says."""

    def started(backend: Any, arn: str, name: str | None = None, *rest: Any) -> Any:
        return start(backend, arn, name or str(uuid4()), *rest)

    return started


def _stop(response: Any) -> ActionResult:
    """Say when an execution was stopped: its task ends a moment later, and only then moto would know."""
    execution = response.stepfunction_backend.stop_execution(response._get_param("executionArn"))
    return ActionResult({"stopDate": execution.stop_date or datetime.now(UTC)})


def _told(run: Any, journal: Journal) -> Any:
    """Name the workflow as the caller of its API calls, and say when it starts and how it ends."""

    def logic(worker: Any) -> None:
        details = worker._evaluation_details
        name = details.state_machine_details.name
        CALLER.set(Caller(name=name, request_id=details.execution_details.name))
        journal.add("workflow", name, "started")
        run(worker)
        outcome = type(worker.env.program_state()).__name__.removeprefix("Program").lower()
        journal.add("workflow", name, outcome)

    return logic
