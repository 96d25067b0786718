"""Runs of functions as tasks of the virtual clock, in environments of their own, killed when their time is over."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from simulator.assumptions import Assumptions
from simulator.call import CALLER, Caller, CrashedError
from simulator.clock import VirtualClock
from simulator.invocation import Context, Function, HandlerError, Invocation, KilledError, run_handler
from simulator.journal import Journal, written
from simulator.randomness import component
from simulator.sandbox import Sandbox, Sandboxes
from simulator.waiting import Signal


class Runner:
    """All runs of all functions, and the environments that are warm between them."""

    def __init__(
        self, clock: VirtualClock, assumptions: Assumptions, journal: Journal, seed: int, sandboxes: Sandboxes
    ) -> None:
        self._clock = clock
        self._sandboxes = sandboxes
        self._assumptions = assumptions
        self._journal = journal
        self._seed = seed
        self._ids = component(seed, "request ids")
        self._idle: defaultdict[str, list[Sandbox]] = defaultdict(list)
        self._running: defaultdict[str, int] = defaultdict(int)
        self._current: dict[Any, Invocation] = {}
        self.invocations: list[Invocation] = []
        self.on_begin: list[Callable[[Invocation], None]] = []
        self.on_end: list[Callable[[Invocation], None]] = []
        clock.on_park.append(self._on_park)
        clock.on_switch.append(self._on_switch)

    def new_id(self) -> str:
        return str(UUID(int=self._ids.getrandbits(128), version=4))

    def is_full(self, function: Function) -> bool:
        """Say whether all of the function's reserved concurrency is taken."""
        limit = function.reserved_concurrency
        return limit is not None and self._running[function.arn] >= limit

    def invocation(self, function: Function, payload: str, trigger: str, request_id: str) -> Invocation:
        """Take a place for a run that is to begin."""
        invocation = Invocation(function, payload, trigger, request_id, Signal(self._clock))
        self._running[function.arn] += 1
        self.invocations.append(invocation)
        return invocation

    def run(self, invocation: Invocation) -> None:
        """Run to the end, in the calling task. Virtual time passes while the environment starts and the code sleeps."""
        function, clock = invocation.function, self._clock
        idle = self._idle[function.arn]
        warm = bool(idle)
        invocation.sandbox = sandbox = idle.pop() if warm else self._sandbox(function)
        self._start_up(function, warm=warm)
        invocation.started, invocation.task = clock.now(), clock.current_task()
        deadline = clock.now() + function.timeout
        alarm = clock.call_at(deadline, lambda: self._time_out(invocation), "time-out")
        self._current[invocation.task] = invocation
        for begun in self.on_begin:
            begun(invocation)
        sandbox.enter()
        try:
            reusable = self._outcome(invocation, sandbox, Context(invocation, clock, deadline))
        finally:
            sandbox.leave()
            del self._current[invocation.task]
            alarm.cancel()
            self._running[function.arn] -= 1
        if reusable:
            idle.append(sandbox)
        outcome = "ok" if invocation.error is None else invocation.error.error_type
        self._journal.add("invocation", function.logical_id, f"{invocation.trigger}: {outcome}")
        for ended in self.on_end:
            ended(invocation)

    def close(self) -> None:
        """End what still runs: nothing of it may speak to AWS any more."""
        for invocation in self._current.values():
            invocation.finish(None, HandlerError("Sandbox.Closed", "the world has ended"))
        for sandbox in (each for idle in self._idle.values() for each in idle):
            self._sandboxes.keep(sandbox)

    def _start_up(self, function: Function, *, warm: bool) -> None:
        delay = self._assumptions.warm_start if warm else self._assumptions.cold_start
        # By the instant, not by the number of runs before: a run that is left out moves no other.
        chance = component(self._seed, f"start:{function.logical_id}:{self._clock.now().isoformat()}")
        self._clock.sleep(delay.draw(chance).total_seconds())

    def _outcome(self, invocation: Invocation, sandbox: Sandbox, context: Context) -> bool:
        """Run the handler, note what came of it, and say whether its environment may be used again."""
        function = invocation.function
        caller = Caller(name=function.logical_id, request_id=invocation.request_id, still_alive=invocation.still_alive)
        token = CALLER.set(caller)
        try:
            invocation.finish(run_handler(invocation, sandbox, context), None)
        except HandlerError as error:
            invocation.finish(None, error)
            return not error.error_type.startswith("Runtime.")
        except CrashedError as crash:
            message = f"RequestId: {invocation.request_id} Error: Runtime exited with error: signal: killed ({crash})"
            invocation.finish(None, HandlerError("Runtime.ExitError", message))
            return False
        except KilledError:
            return False  # its outcome was set by what killed it
        finally:
            CALLER.reset(token)
        return True

    def _sandbox(self, function: Function) -> Sandbox:
        return self._sandboxes.take((function.code, *function.layers), function.environment, self._log)

    def _log(self, line: str) -> None:
        invocation = self._current.get(self._clock.current_task())
        if invocation is not None:
            invocation.log.append(line)

    def _time_out(self, invocation: Invocation) -> None:
        seconds = invocation.function.timeout.total_seconds()
        message = f"{written(self._clock.now())} {invocation.request_id} Task timed out after {seconds:.2f} seconds"
        invocation.finish(None, HandlerError("Sandbox.Timedout", message))
        if invocation.task is not None:
            self._clock.resume(invocation.task, KilledError(invocation.request_id))

    def _on_park(self) -> None:
        invocation = self._current.get(self._clock.current_task())
        if invocation is not None and invocation.sandbox is not None:
            invocation.still_alive()
            invocation.sandbox.leave()

    def _on_switch(self) -> None:
        invocation = self._current.get(self._clock.current_task())
        if invocation is not None and invocation.sandbox is not None:
            invocation.sandbox.enter()
