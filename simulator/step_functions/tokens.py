"""Task tokens: one for each attempt of a task, good until its answer has come or the task is over."""

import json
from typing import Any

from moto.core.responses import EmptyResult
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackConsumerLeft,
    CallbackEndpoint,
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)

from .refusal import InvalidOutputError, InvalidTokenError, TaskTimedOutError


class Tokens:
    """All tokens of the account, those that are no longer good included."""

    def __init__(self) -> None:
        self._endpoints: dict[str, CallbackEndpoint] = {}

    def attempt(self, evaluate: Any) -> Any:
        """Wrap one attempt of a state: a task that waits gets a token, and nothing can be told to it afterwards."""

        def evaluated(state: Any, env: Any) -> None:
            if not isinstance(state, StateTaskServiceCallback) or state.resource.condition is None:
                evaluate(state, env)
                return
            token = env.states.context_object.update_task_token()
            endpoint = self._endpoints[token] = env.callback_pool_manager.add(token)
            try:
                evaluate(state, env)
            finally:
                endpoint.report(CallbackConsumerLeft())
                endpoint.interrupt_all()

        return evaluated

    def succeed(self, response: Any) -> EmptyResult:
        """Answer SendTaskSuccess."""
        token, output = response._get_param("taskToken"), response._get_param("output")
        try:
            json.loads(output)
        except ValueError as wrong:
            raise InvalidOutputError(f"Invalid Output: '{wrong}'") from wrong
        return self._answer(token, CallbackOutcomeSuccess(callback_id=token, output=output))

    def fail(self, response: Any) -> EmptyResult:
        """Answer SendTaskFailure."""
        token, error, cause = (response._get_param(name) for name in ("taskToken", "error", "cause"))
        return self._answer(token, CallbackOutcomeFailure(callback_id=token, error=error, cause=cause))

    def beat(self, response: Any) -> EmptyResult:
        """Answer SendTaskHeartbeat."""
        self._open(response._get_param("taskToken")).notify_heartbeat()
        return EmptyResult()

    def _answer(self, token: str, outcome: CallbackOutcome) -> EmptyResult:
        endpoint = self._open(token)
        endpoint.notify(outcome)
        endpoint.report(CallbackConsumerLeft())  # the first answer counts
        return EmptyResult()

    def _open(self, token: str) -> CallbackEndpoint:
        if token not in self._endpoints:
            raise InvalidTokenError("Invalid Token: 'Invalid token'")
        endpoint = self._endpoints[token]
        if endpoint.consumer_error is not None:
            raise TaskTimedOutError("Task Timed Out: 'Provided task does not exist anymore'")
        return endpoint
