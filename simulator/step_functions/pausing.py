"""Wait states, to the millisecond: moto counts whole seconds and would wake before a Timestamp."""

from datetime import timedelta
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException

from simulator.clock import VirtualClock

from .instant import parsed


def until_timestamp(clock: VirtualClock) -> Any:
    """Say how long a Wait with a Timestamp lasts; an instant that has passed is no wait at all."""

    def seconds(function: Any, env: Any) -> float:
        function.string.eval(env=env)
        written = env.stack.pop()
        instant = parsed(written)
        if instant is None:
            raise FailureEventException(function._create_failure_event(env, written))
        return (instant - clock.now()).total_seconds()

    return seconds


def pausing(clock: VirtualClock) -> Any:
    def waited(function: Any, env: Any) -> None:
        end = clock.now() + timedelta(seconds=function._get_wait_seconds(env=env))
        while env.is_running() and clock.now() < end:
            env.program_state_event.wait((end - clock.now()).total_seconds())

    return waited
