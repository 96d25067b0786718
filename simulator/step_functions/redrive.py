"""RedriveExecution: an execution goes on from the state in which it failed, with what that state had been given."""

from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.state_parallel import StateParallel
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from simulator.waiting import Signal

from .executions import Executions
from .refusal import NotRedrivableError
from .run import Run
from .status import why_not_redrivable


def redrive(executions: Executions, run: Run) -> None:
    """Start an execution that did not succeed again, under the same ARN and with the same definition."""
    now = executions.clock.now()
    if reason := why_not_redrivable(run, now):
        raise NotRedrivableError(reason)
    execution = run.execution
    before = execution.exec_worker
    execution.exec_worker = execution._get_start_execution_worker()
    _check(execution.exec_worker, run)
    run.redrives += 1
    run.redriven_at = now
    run.closed = Signal(executions.clock)
    execution.exec_status = ExecutionStatus.RUNNING
    execution.stop_date = execution.error = execution.cause = execution.output = None
    execution.exec_worker.history = before.env.event_manager if before.env else getattr(before, "history", None)
    execution.exec_worker.start()
    executions.tell(run)


def go_on(worker: Any, run: Run) -> None:
    """Run a redriven execution: the states that succeeded are not run again, and the history is appended to."""
    program = worker._get_evaluation_entrypoint()
    env = worker.env = worker._get_evaluation_environment()
    if worker.history is not None:
        env.event_manager = worker.history
    context = env.states.context_object.context_object_data["Execution"]
    context |= {"RedriveCount": run.redrives, "RedriveTime": run.redriven_at}
    if run.entered is not None:
        program.start_at = StartAt(start_at_name=run.entered.state)
        env.states.reset(input_value=run.entered.given)
        for name, value in run.entered.variables.items():
            env.variable_store.set(variable_identifier=name, variable_value=value)
        env.variable_store.reset_tracing()
    details = EventDetails(executionRedrivenEventDetails={"redriveCount": run.redrives})
    env.event_manager.add_event(
        context=env.event_history_context, event_type=HistoryEventType.ExecutionRedriven, event_details=details
    )
    program.eval(env)
    worker._execution_communication.terminated()


def _check(worker: Any, run: Run) -> None:
    """Refuse what is not played: of a Parallel or Map state AWS redrives the unsuccessful branches alone."""
    if run.entered is not None:
        state = worker._get_evaluation_entrypoint()._get_state(run.entered.state)
        if isinstance(state, StateParallel | StateMap):
            raise NotImplementedError(f"{run.arn}: the redrive of a Parallel or Map state is not played")
