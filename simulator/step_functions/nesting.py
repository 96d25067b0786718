"""Executions that wait for others: startExecution.sync and .sync:2, told at once when the child has ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator.call import CALLER

from .executions import Executions
from .instant import milliseconds


def waiting(executions: Executions, build: Any) -> Any:
    """Wrap what moto asks every half second, for days: it is asked once, when the child has ended.

    The asking is AWS's own, and so no call of the workflow that is recorded or that a fault could strike.
    """

    def built(service: Any, env: Any, **rest: Any) -> Callable[[], Any]:
        child = executions.of(env.stack[-1]["ExecutionArn"])
        parent = executions.of_env(env)
        resolve = build(service, env=env, **rest)

        def resolved() -> Any:
            waits = (child, env)
            parent.children.append(waits)
            child.closed.wait()
            if waits in parent.children:
                parent.children.remove(waits)
            token = CALLER.set(None)
            try:
                return _with_numbers(resolve())
            finally:
                CALLER.reset(token)

        return resolved

    return built


def _with_numbers(answer: Any) -> Any:
    """Write instants as numbers, as these integrations do; that they are milliseconds is assumed."""
    if isinstance(answer, dict):
        return {name: milliseconds(each) if isinstance(each, datetime) else each for name, each in answer.items()}
    return answer


def with_numbers(evaluate: Any) -> Any:
    """Wrap the call that starts a child: its answer has an instant, too."""

    def evaluated(service: Any, env: Any, *arguments: Any, **named: Any) -> None:
        evaluate(service, env, *arguments, **named)
        env.stack.append(_with_numbers(env.stack.pop()))

    return evaluated
