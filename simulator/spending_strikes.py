"""What may strike a life of a workflow that spends, whichever it is: each fault at each place, twins."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from simulator.assumptions import seconds
from simulator.faults import Fault, Place, Strike
from simulator.world import World

RETRIED = 3  # attempts of the SDK: so often in a row it takes to get past it
# Within the patience of every client; beyond it; beyond the time-out of every function and task.
LATE, TOO_LATE, HUNG = timedelta(seconds=8), timedelta(seconds=90), timedelta(seconds=400)
SLOW = seconds(0.02, 0.4)  # calls, so that two at once take turns
SEEDS = range(12)
TWICE = (Fault.INVOKED_TWICE_AT_ONCE, Fault.INVOKED_TWICE_IN_A_ROW)
MOMENT = timedelta(milliseconds=300)  # after a call of a workflow: while what it called is at work
Case: TypeAlias = tuple[str, tuple[Strike, ...]]  # its name, and what strikes


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a life without faults offers to be struck: its calls, the instants of its workflows' calls, its runs."""

    places: tuple[Place, ...]
    instants: tuple[datetime, ...]
    runs: tuple[str, ...]

    def stops(self) -> Iterator[datetime]:
        """Yield when a person may stop the workflow: while what it called is at work, and after that."""
        yield from (instant + span for instant in self.instants for span in (MOMENT, LATE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who makes the calls of a life: the state machines, their functions, and the one of these that spends."""

    machines: tuple[str, ...]
    functions: tuple[str, ...]
    spender: str

    def score(self, world: World) -> Score:
        machines = [world.physical_id(each).rpartition(":")[2] for each in self.machines]
        return Score(
            places=tuple(place for caller in (*self.functions, *machines) for place in world.places(caller)),
            instants=tuple(sorted({call.at for each in machines for call in world.calls.of(each)})),
            runs=tuple(one.function.logical_id for one in world.functions.invocations),
        )

    def cases(self, plain: Score, score: Callable[[tuple[Strike, ...]], Score]) -> Iterator[Case]:
        """Yield all that one life each is struck by. `score` plays another life, under the faults that it is given."""
        for place in plain.places:
            for strike in self.strikes(place):
                yield strike.fault.value, (strike,)
        yield from self._again_and_again(plain)
        yield from self._invoked_twice(plain)
        twice = Strike(fault=Fault.INVOKED_TWICE_AT_ONCE, at=self.spender)
        for place in score((twice,)).places:
            if place.caller == self.spender:
                held = place.strike(Fault.STALL, lasts=LATE)
                yield "bought twice at once, one held up at a call", (twice, held)

    def strikes(self, place: Place) -> Iterator[Strike]:
        """Yield every fault at one call.

        Of those that no other function's mere read could tell apart, one stands for all.
        What a workflow calls cannot crash, and takes as long as a task may.
        """
        is_ours = place.caller in self.functions
        if is_ours:
            yield place.strike(Fault.CRASH_BEFORE)
        yield place.strike(Fault.THROTTLE, RETRIED)
        yield place.strike(Fault.STALL, lasts=HUNG)
        if not place.mutating and not place.operation.startswith("dynamodb."):  # the ledger is read consistently
            yield place.strike(Fault.STALE_READ)
        if not place.mutating and place.caller != self.spender:
            return
        for fault in (Fault.NOT_SENT, Fault.SERVER_ERROR_BEFORE):
            yield place.strike(fault, RETRIED)
        yield place.strike(Fault.DENIED)
        yield place.strike(Fault.STALL, lasts=TOO_LATE)
        yield place.strike(Fault.REPLY_LATE, lasts=LATE)
        yield place.strike(Fault.REPLY_LATE, lasts=TOO_LATE if is_ours else HUNG)
        if place.mutating and is_ours:
            yield place.strike(Fault.CRASH_AFTER)
        for fault in (Fault.SERVER_ERROR_AFTER, Fault.REPLY_LOST) if place.mutating else ():
            yield place.strike(fault)
            yield place.strike(fault, RETRIED)

    def _again_and_again(self, plain: Score) -> Iterator[Case]:
        """Yield an operation that fails whenever one calls it, until its executions have failed and are redriven."""
        for caller, operation in sorted({(each.caller, each.operation) for each in plain.places}):
            for fault in (Fault.DENIED, Fault.CRASH_BEFORE) if caller in self.functions else (Fault.DENIED,):
                strike = Strike(fault=fault, at=operation, caller=caller, nth=None)
                yield f"always {fault.value}, then redriven", (strike,)

    def _invoked_twice(self, plain: Score) -> Iterator[Case]:
        for function in self.functions:
            for nth in range(1, plain.runs.count(function) + 1):
                for fault in TWICE:
                    yield fault.value, (Strike(fault=fault, at=function, nth=nth),)
