"""How an execution is shown: by DescribeExecution, and in the event of a new status."""

from datetime import datetime, timedelta
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from .instant import milliseconds
from .run import Run

# botocore, RedriveExecution: "The redrivable period is 14 days from the day a state machine completes its execution".
REDRIVABLE_FOR = timedelta(days=14)
# "Step Functions events": input and output are left out when both, escaped, are larger than 248 KiB.
_MOST_IN_EVENT = 248 * 1024


def answer(run: Run, now: datetime) -> dict[str, Any]:
    """Answer DescribeExecution."""
    execution = run.execution
    answer = {
        "executionArn": run.arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": run.status,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "error": execution.error,
        "cause": execution.cause,
        "redriveDate": run.redriven_at,
        **_redrive(run, now),
    }
    if run.status == ExecutionStatus.SUCCEEDED:
        answer |= {"output": _output(run), "outputDetails": {"included": True}}
    return {name: value for name, value in answer.items() if value is not None}


def event_detail(run: Run, now: datetime) -> dict[str, Any]:
    """Say what the event's detail holds: what DescribeExecution says, with instants in milliseconds and every key."""
    execution = run.execution
    output = _output(run) if run.status == ExecutionStatus.SUCCEEDED else None
    fits = len(to_json_str(execution.execution_input)) + len(to_json_str(output or "")) <= _MOST_IN_EVENT
    return {
        "executionArn": run.arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": run.status,
        "startDate": milliseconds(execution.start_date),
        "stopDate": milliseconds(execution.stop_date),
        "input": execution.execution_input if fits else None,
        "output": output if fits else None,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        **_redrive(run, now),
        "redriveDate": milliseconds(run.redriven_at),
        "inputDetails": {"included": fits},
        "outputDetails": None if output is None else {"included": fits},
        "error": execution.error,
        "cause": execution.cause,
    }


def why_not_redrivable(run: Run, now: datetime) -> str | None:
    """Say in DescribeExecution's words why an execution cannot be redriven (botocore, redriveStatusReason)."""
    stopped = run.execution.stop_date
    if run.status in {ExecutionStatus.RUNNING, ExecutionStatus.SUCCEEDED} or not run.closed.is_set():
        return f"Execution is {run.status} and cannot be redriven"
    if stopped is not None and now - stopped > REDRIVABLE_FOR:
        return "Execution redrivable period exceeded"
    return None


def _redrive(run: Run, now: datetime) -> dict[str, Any]:
    reason = why_not_redrivable(run, now)
    shown: dict[str, Any] = {"redriveCount": run.redrives}
    if reason is None:
        return {**shown, "redriveStatus": "REDRIVABLE"}
    return {**shown, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}


def _output(run: Run) -> str:
    return str(to_json_str(run.execution.output, separators=(",", ":")))
