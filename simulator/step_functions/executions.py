"""Executions from their start to their end, as StartExecution, StopExecution and EventBridge show them."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded

from simulator.call import CALLER, Caller
from simulator.clock import VirtualClock
from simulator.journal import Journal
from simulator.waiting import Signal

from . import status
from .refusal import InvalidNameError
from .run import AbortedError, Run

Emit = Callable[[str, str, Mapping[str, Any], Sequence[str], str], Any]

# "Quotas related to state machine executions": an execution that reaches this many events fails. The name is assumed.
MOST_EVENTS = 25_000
_TOO_MANY = f"The execution reached the maximum number of history events ({MOST_EVENTS})."

# botocore, StartExecutionInput.name: at most 80 characters, and none of these.
_NAME = re.compile(r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}""")


class Executions:
    """All executions of the account, by ARN."""

    def __init__(self, clock: VirtualClock, journal: Journal, emit: Emit) -> None:
        self.clock = clock
        self._journal = journal
        self._emit = emit
        self._runs: dict[str, Run] = {}

    def of(self, arn: str) -> Run:
        return self._runs[arn]

    def of_env(self, env: Any) -> Run:
        """Find the execution that an environment of the interpreter, or a frame of one, belongs to."""
        return self._runs[env.states.context_object.context_object_data["Execution"]["Id"]]

    def started(self, start: Any) -> Any:
        """Wrap moto's start: a name is made up where none is given, and a bad one is refused."""

        def started(backend: Any, arn: str, name: str | None = None, *rest: Any) -> Any:
            name = name or str(uuid4())
            if not _NAME.fullmatch(name):
                raise InvalidNameError(f"Invalid Name: '{name}'")
            execution = start(backend, arn, name, *rest)
            if execution.execution_arn not in self._runs:  # else the one that runs already is the answer
                machine, region = execution.state_machine.name, execution.region_name
                run = Run(execution=execution, machine=machine, region=region, closed=Signal(self.clock))
                self._runs[run.arn] = run
                self.tell(run)
            return execution

        return started

    def logic(self, begin: Any, go_on: Callable[[Any, Run], None]) -> Any:
        """Wrap the run of an execution: its workflow is the caller of its API calls, and its end is told."""

        def logic(worker: Any) -> None:
            run = self.of(worker._execution_communication.execution.execution_arn)
            CALLER.set(Caller(name=run.machine, request_id=run.execution.name, can_crash=False))
            self._journal.add("workflow", run.machine, "redriven" if run.redrives else "started")
            if run.status == ExecutionStatus.RUNNING:  # it may have been stopped before it began
                if run.redrives:
                    go_on(worker, run)
                else:
                    begin(worker)
            self._close(run)

        return logic

    def body(self, evaluate: Any) -> Any:
        """Wrap the run of a workflow's states, so that it ends at the instant at which the execution does."""

        def evaluated(program: Any, env: Any) -> None:
            if env.is_frame():
                evaluate(program, env)
                return
            run = self.of_env(env)
            run.task = self.clock.current_task()
            try:
                evaluate(program, env)
            except AbortedError:
                evaluate(program, env)  # nothing runs any more: this only writes into the history how it ended

        return evaluated

    def entering(self, evaluate: Any) -> Any:
        """Wrap the run of one state, to know where a redrive goes on, and to end an execution that is too long."""

        def evaluated(state: Any, env: Any) -> None:
            if not env.is_frame():
                if len(env.event_manager._history_event_list) >= MOST_EVENTS:
                    env.set_error(error={"error": "States.Runtime", "cause": _TOO_MANY})
                    return
                self.of_env(env).enter(state.name, env)
            evaluate(state, env)

        return evaluated

    def stop(self, run: Run, error: str | None = None, cause: str | None = None) -> datetime:
        """Abort an execution at this instant and say when it stopped. A second time changes nothing."""
        execution = run.execution
        if run.status == ExecutionStatus.RUNNING:
            execution.exec_status, execution.stop_date = ExecutionStatus.ABORTED, self.clock.now()
            execution.error, execution.cause = error, cause
            if execution.exec_worker.env is not None:
                execution.exec_worker.env.set_stop(stop_date=execution.stop_date, cause=cause, error=error)
            run.interrupt(self.clock)
        stopped: datetime = execution.stop_date
        return stopped

    def tell(self, run: Run) -> None:
        """Send the event of a new status. Standard workflows send one for each ("Step Functions events")."""
        detail = status.event_detail(run, self.clock.now())
        self._emit("aws.states", "Step Functions Execution Status Change", detail, [run.arn], run.region)

    def _close(self, run: Run) -> None:
        """End what is left of an execution. "Run a job (.sync)": a child of an aborted task is stopped as well.

        A task that timed out is no aborted one by that page: its child goes on. That an execution which timed out
        aborts its tasks is assumed.
        """
        for child, frame in run.children:
            if not isinstance(frame.program_state(), ProgramEnded):
                self.stop(child)
        run.children.clear()
        run.interrupt(self.clock)
        self._journal.add("workflow", run.machine, run.status.lower().replace("_", " "))
        run.closed.set()
        self.tell(run)
