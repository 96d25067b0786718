"""What is put into moto's interpreter while a world stands, and into the API in front of it."""

import importlib
import json
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from typing import Any
from unittest import mock

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions import parser
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk as aws_sdk
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from simulator import virtual_threading
from simulator.clock import VirtualClock

from . import casing, definitions, jsonata, nesting, pausing, redrive, status
from .executions import Executions
from .instant import text
from .tokens import Tokens

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
def installed(executions: Executions) -> Iterator[None]:
    """Run workflows as tasks of the virtual clock: a Wait of 300 seconds takes 300 virtual seconds and no real one."""
    _import_all()
    clock = executions.clock
    with ExitStack() as stack:
        stack.enter_context(jsonata.installed())
        _replace_threads(stack, clock)
        names = {**aws_sdk._SERVICE_ERROR_NAMES, **_ERROR_NAMES}
        stack.enter_context(mock.patch.object(aws_sdk, "_SERVICE_ERROR_NAMES", names))
        _wrap(stack, aws_sdk.StateTaskServiceAwsSdk, "_eval_service_task", _with_text_for_instants)
        stack.enter_context(mock.patch.object(StateTaskService, "_normalise_parameters", casing.parameters))
        stack.enter_context(mock.patch.object(StateTaskService, "_normalise_response", casing.response))
        stack.enter_context(mock.patch.object(AmazonStateLanguageParser, "parse", staticmethod(definitions.parsed)))
        _wrap(stack, ErrorEqualsDecl, "_eval_body", definitions.matching)
        _wrap(stack, StateTaskServiceSfn, "_eval_service_task", nesting.with_numbers)
        for name in ("_build_sync_resolver", "_build_sync2_resolver"):
            _wrap(stack, StateTaskServiceSfn, name, partial(nesting.waiting, executions))
        tokens = Tokens()
        _wrap(stack, ExecutionState, "_evaluate_with_timeout", tokens.attempt)
        _wrap(stack, CommonStateField, "_eval_body", executions.entering)
        _wrap(stack, Program, "_eval_body", executions.body)
        _wrap(stack, ExecutionWorker, "_execution_logic", lambda run: executions.logic(run, redrive.go_on))
        _wrap(stack, StepFunctionsParserBackend, "start_execution", executions.started)
        stack.enter_context(mock.patch.object(WaitFunction, "_eval_body", pausing.pausing(clock)))
        stack.enter_context(mock.patch.object(Timestamp, "_get_wait_seconds", pausing.until_timestamp(clock)))
        for name in ("_log_exception", "_log_failure_event_exception"):
            stack.enter_context(mock.patch.object(EvalComponent, name, _in_history))
        for name, answer in _answers(executions, tokens).items():
            stack.enter_context(mock.patch.object(StepFunctionResponse, name, answer, create=True))
        yield


def _answers(executions: Executions, tokens: Tokens) -> dict[str, Any]:
    """Say what answers the operations that moto answers otherwise, or not at all."""

    def run_of(response: Any) -> Any:
        arn = response._get_param("executionArn")
        response.stepfunction_backend.describe_execution(arn)  # refuses an ARN that is none, and one that is unknown
        return executions.of(arn)

    def describe_execution(response: Any) -> ActionResult:
        return ActionResult(status.answer(run_of(response), executions.clock.now()))

    def stop_execution(response: Any) -> ActionResult:
        said = (response._get_param("error"), response._get_param("cause"))
        return ActionResult({"stopDate": executions.stop(run_of(response), *said)})

    def redrive_execution(response: Any) -> ActionResult:
        run = run_of(response)
        redrive.redrive(executions, run)
        return ActionResult({"redriveDate": run.redriven_at})

    return {
        "describe_execution": describe_execution,
        "stop_execution": stop_execution,
        "redrive_execution": redrive_execution,
        "send_task_success": _as_method(tokens.succeed),
        "send_task_failure": _as_method(tokens.fail),
        "send_task_heartbeat": _as_method(tokens.beat),
    }


def _in_history(*_failure: Any, **_named: Any) -> None:
    """Leave it at what the execution's history says: moto would write out the whole workflow for each failure."""


def _as_method(answer: Callable[[Any], ActionResult | EmptyResult]) -> Any:
    """Make a plain function of a bound method: a class hands its own instance to that alone."""

    def method(response: Any) -> ActionResult | EmptyResult:
        return answer(response)

    return method


@cache
def _import_all() -> None:
    """Import the whole interpreter now: what it imported later would bring real threads."""
    for module in pkgutil.walk_packages(parser.__path__, f"{parser.__name__}."):
        with suppress(ImportError):  # a few of its modules name others that moto left behind
            importlib.import_module(module.name)


def _wrap(stack: ExitStack, owner: Any, name: str, wrap: Any) -> None:
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
        env.stack.append(json.loads(json.dumps(env.stack.pop(), default=text)))

    return evaluated
