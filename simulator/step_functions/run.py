"""What is ours of an execution: where it stands, what it waits for, and how it is brought to its end."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from greenlet import greenlet

from simulator.clock import VirtualClock
from simulator.waiting import Signal


class AbortedError(BaseException):
    """The execution is over, and so is what it waits for. Nothing that the interpreter catches catches this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A state that was entered, with what it was given: from here a redrive goes on."""

    state: str
    given: Any
    variables: Mapping[str, Any]


@dataclass(eq=False, slots=True)
class Run:
    """One execution. `closed` is set when it has ended, and made anew when it is redriven."""

    execution: Any
    machine: str
    region: str
    closed: Signal
    task: greenlet | None = None
    entered: Entry | None = None
    began: bool = False
    redrives: int = 0
    redriven_at: datetime | None = None
    children: list[tuple["Run", Any]] = field(default_factory=list)  # with the frame of the task that waits for each

    @property
    def arn(self) -> str:
        return str(self.execution.execution_arn)

    @property
    def status(self) -> str:
        return str(self.execution.status)

    def enter(self, state: str, env: Any) -> None:
        variables = copy.deepcopy(env.variable_store._inner_scope)
        self.entered = Entry(state=state, given=env.states.get_input(), variables=variables)

    def interrupt(self, clock: VirtualClock) -> None:
        """End what the execution waits for, at this instant; what it has asked of others goes on there."""
        if self.task is not None and not self.task.dead:
            clock.resume(self.task, AbortedError())
            clock.call_in(timedelta(), lambda: self.interrupt(clock), "interrupt")  # should it have moved meanwhile
